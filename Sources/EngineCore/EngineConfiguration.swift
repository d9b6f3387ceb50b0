import EngineTransport
import Foundation
import Restoration
import Tensors

/// What an engine works with.
public struct EngineConfiguration: Sendable {
  /// Where jobs and measured speeds are kept: `$XDG_STATE_HOME/grl`.
  public var stateFolder: String
  /// The folder that clients begin in.
  public var home: String
  public var library: ModelLibrary
  /// Threads that compute for jobs that name no number.
  public var threadCount: Int
  /// What jobs that name no budget may hold resident.
  public var budgetBytes: Int
  /// How long a request may wait for a file system that does not answer; a picture of a job waits six times as long.
  public var patience: Duration
  /// Version of the program, for `hello`.
  public var program: String

  public init(
    stateFolder: String, home: String, library: ModelLibrary, threadCount: Int = MachineLimits.current.threadCount,
    budgetBytes: Int = MemoryBudget.standard, patience: Duration = .seconds(10), program: String
  ) {
    self.stateFolder = stateFolder
    self.home = home
    self.library = library
    self.threadCount = threadCount
    self.budgetBytes = budgetBytes
    self.patience = patience
    self.program = program
  }

  /// For this user on this machine.
  public static func standard(program: String) -> EngineConfiguration {
    let environment = ProcessInfo.processInfo.environment
    let home = environment["HOME"] ?? "/"
    return EngineConfiguration(
      stateFolder: StateFolder.path(environment), home: home, library: .standard(), program: program)
  }
}

/// Where the program keeps what outlives it.
public enum StateFolder {
  /// `$XDG_STATE_HOME/grl`, by default `~/.local/state/grl`.
  public static func path(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> String {
    EnginePlace(environment: environment).stateFolder
  }
}
