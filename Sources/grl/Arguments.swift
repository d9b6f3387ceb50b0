import ArgumentParser
import Foundation
import Logging
import Restoration
import Tensors

extension RestorationTask: ExpressibleByArgument {}
extension ModelVariant: ExpressibleByArgument {}
extension ColourFilterArray: ExpressibleByArgument {}
extension InstructionSet: ExpressibleByArgument {}
extension OutputDepth: ExpressibleByArgument {}
extension MetadataPolicy: ExpressibleByArgument {}

extension TileChoice: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension PixelRegion: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

/// A number of bytes as a person writes it: `4G`, `512M`, `2147483648`.
struct MemorySize: ExpressibleByArgument {
  let bytes: Int

  init?(argument: String) {
    guard let bytes = MemoryBudget.bytes(argument) else { return nil }
    self.bytes = bytes
  }
}

/// A number of threads, 1 to 1024.
struct ThreadCount: ExpressibleByArgument {
  let value: Int

  init?(argument: String) {
    guard let value = Int(argument), (1...1024).contains(value) else { return nil }
    self.value = value
  }

  /// One thread for each processor that this process may use.
  static var standard: Int { ProcessInfo.processInfo.activeProcessorCount }
}

/// Options that every verb understands.
struct CommonOptions: ParsableArguments {
  @Flag(name: [.short, .long], help: "Print errors only: no notes and no progress bar.")
  var quiet = false

  @Flag(name: [.short, .long], help: "Log to standard error what is chosen and done; -vv logs more.")
  var verbose: Int

  /// - Parameter showsProgress: whether the verb has something to draw a bar for.
  func console(showsProgress: Bool = false) -> Console {
    Console(isQuiet: quiet, showsProgress: showsProgress && verbose == 0)
  }

  func logger(_ console: Console) -> Logger {
    var logger = Logger(label: "grl") { _ in ConsoleLogHandler(console: console) }
    logger.logLevel = verbose == 0 ? .warning : verbose == 1 ? .info : .debug
    return logger
  }
}
