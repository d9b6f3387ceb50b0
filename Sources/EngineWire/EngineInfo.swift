/// The engine behind the connection.
public struct EngineInfo: Codable, Hashable, Sendable {
  /// Of the protocol.
  public var version: Int
  /// Of the program, such as `0.2.0`.
  public var program: String
  public var host: String
  public var processID: Int
  public var threadCount: Int
  /// What jobs that name no budget may hold resident.
  public var budgetBytes: Int
  /// The folder it starts in and calls home.
  public var home: String
  /// Its machine belongs to a Slurm cluster; nil of an engine that does not know of clusters.
  public var hasSlurm: Bool?

  public init(
    version: Int, program: String, host: String, processID: Int, threadCount: Int, budgetBytes: Int, home: String,
    hasSlurm: Bool? = nil
  ) {
    self.version = version
    self.program = program
    self.host = host
    self.processID = processID
    self.threadCount = threadCount
    self.budgetBytes = budgetBytes
    self.home = home
    self.hasSlurm = hasSlurm
  }
}

/// One line of the engine's log.
public struct LogLine: Codable, Hashable, Sendable {
  public enum Level: String, Codable, Sendable { case debug, info, warning, error }
  /// Seconds since 1970.
  public var time: Double
  public var level: Level
  public var text: String

  public init(time: Double, level: Level, text: String) {
    self.time = time
    self.level = level
    self.text = text
  }
}

/// An installed model.
public struct ModelInfo: Codable, Hashable, Sendable {
  /// One setting of the network and where it comes from.
  public struct Setting: Codable, Hashable, Sendable {
    public var name: String
    public var value: String
    public var source: String

    public init(name: String, value: String, source: String) {
      self.name = name
      self.value = value
      self.source = source
    }
  }
  /// What the file says of itself: `title`, `training`, `quality`, `licence`, ...
  public struct Fact: Codable, Hashable, Sendable {
    public var name: String
    public var text: String

    public init(name: String, text: String) {
      self.name = name
      self.text = text
    }
  }

  public var name: String
  public var path: String
  /// `bundled`, `user`, `environment` or `file`.
  public var origin: String
  public var fileBytes: Int
  /// SHA-256 of the file, hexadecimal.
  public var sha256: String
  public var task: String
  /// Enlargement of the output.
  public var scale: Int
  /// `tiny`, `small`, `base`; nil where none of them.
  public var variant: String?
  /// `gray`, `colour` or `dual pixel`.
  public var colours: String
  /// `denoise, colour, sigma 0 to 55, tiny`.
  public var summary: String
  public var parameterCount: Int
  public var settings: [Setting]
  public var facts: [Fact]
  /// Input pixels a second measured on this machine; nil before the first run.
  public var pixelsPerSecond: Double?
  /// Not yet one to rely on; the fact of this name says why.
  public var isExperimental: Bool { facts.contains { $0.name == "experimental" } }
  /// Of `real-sr`: crisp rather than faithful.
  public var isSharp: Bool { facts.contains { $0.name == "style" && $0.text == "sharp" } }

  public init(
    name: String, path: String, origin: String, fileBytes: Int, sha256: String, task: String, scale: Int,
    variant: String?, colours: String, summary: String, parameterCount: Int, settings: [Setting], facts: [Fact],
    pixelsPerSecond: Double?
  ) {
    self.name = name
    self.path = path
    self.origin = origin
    self.fileBytes = fileBytes
    self.sha256 = sha256
    self.task = task
    self.scale = scale
    self.variant = variant
    self.colours = colours
    self.summary = summary
    self.parameterCount = parameterCount
    self.settings = settings
    self.facts = facts
    self.pixelsPerSecond = pixelsPerSecond
  }
}

/// The connection to the engine, as a client's main loop sees it.
public enum EngineLink: Hashable, Sendable {
  /// Being started or reached; `what` says how (`starting the engine`, `reaching the engine on host`).
  case connecting(what: String)
  /// Up and greeted. Requests sent before are lost: the state asks again.
  case connected(EngineInfo)
  /// Gone; it is tried again after `retrySeconds`, or not at all where nil.
  case lost(reason: String, retrySeconds: Double?)
}
