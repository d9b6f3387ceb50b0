import EngineTransport
import EngineWire
import Glibc
import TestSupport
import Testing

/// Drives a connection as the workbench's loop does, with a clock that a test can put forward.
final class ConnectionDriver {
  let connection: EngineConnection
  private(set) var links: [EngineLink] = []
  private(set) var answers: [Answer] = []
  private(set) var bodies: [Int: [UInt8]] = [:]
  /// Put forward over the real clock.
  private var aheadSeconds = 0.0
  private let start = ContinuousClock.now

  init(_ connection: EngineConnection) { self.connection = connection }

  var now: Double {
    let (seconds, attoseconds) = (ContinuousClock.now - start).components
    return Double(seconds) + Double(attoseconds) / 1e18 + aheadSeconds
  }

  func turn() {
    for event in connection.advance(now: now) {
      switch event {
      case .link(let link): links.append(link)
      case .answer(let answer, let body):
        answers.append(answer)
        bodies[answer.id] = body
      }
    }
  }

  /// Waits for the next retry without waiting.
  func skipAhead() {
    if let deadline = connection.deadline { aheadSeconds += max(0, deadline - now) }
  }

  func run(
    until what: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ isSo: (ConnectionDriver) async throws -> Bool
  ) async throws {
    try await eventually(what, sourceLocation: sourceLocation) {
      turn()
      return try await isSo(self)
    }
  }

  var isConnected: Bool { if case .connected = connection.link { true } else { false } }

  /// Why it was lost, and when it is tried again.
  var loss: (reason: String, retrySeconds: Double?)? {
    if case .lost(let reason, let retrySeconds) = connection.link { (reason, retrySeconds) } else { nil }
  }
}
