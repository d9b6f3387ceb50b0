/// What kind of failure an error is: one enumeration from the library that throws to the wire, the journal and the exit status.
public enum FailureKind: String, Codable, Sendable, CaseIterable {
  case usage, badInput, model, memory, verification, cancelled, system
  // Of a conversation with an engine
  case version, badRequest, noSuchJob
  /// What a job was to be given to cannot be asked, or refuses it.
  case scheduler

  /// Exit status of the command line.
  public var exitStatus: Int32 {
    switch self {
    case .system: 1
    case .usage, .badRequest, .noSuchJob: 2
    case .badInput: 3
    case .model: 4
    case .memory: 5
    case .verification: 6
    case .version, .scheduler: 7
    case .cancelled: 130
    }
  }
}

extension FailureKind {
  /// A word for programs, as events have it.
  public var code: String {
    switch self {
    case .usage, .badRequest: "usage"
    case .badInput: "bad-input"
    case .model: "model"
    case .memory: "memory"
    case .verification: "verification"
    case .cancelled: "interrupted"
    case .system: "system"
    case .version, .scheduler: "engine"
    case .noSuchJob: "no-such-job"
    }
  }
}

/// An error that knows of which kind it is, and says itself in one line.
public protocol KnownFailure: Error, CustomStringConvertible {
  var kind: FailureKind { get }
  /// A word for programs: the kind's, or one that says more.
  var code: String { get }
}

extension KnownFailure {
  public var code: String { kind.code }
}
