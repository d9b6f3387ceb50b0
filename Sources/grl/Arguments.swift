import ArgumentParser
import CPUDevice
import EngineWire
import Foundation
import GRLModel
import Imaging
import Logging
import Restoration
import Tensors

extension RestorationTask: ExpressibleByArgument {}
extension ModelVariant: ExpressibleByArgument {}
extension ColourFilterArray: ExpressibleByArgument {}
extension NoiseKind: ExpressibleByArgument {}
extension PeerProcess.Engine: ExpressibleByArgument {}
extension PrecisionChoice: ExpressibleByArgument {}
extension InstructionSet: ExpressibleByArgument {}
extension KernelChoice: ExpressibleByArgument {}

/// A transform for `@Option` that says what is allowed when `read` cannot make sense of the text.
func reading<Value>(
  _ allowed: String, _ read: @escaping @Sendable (String) -> Value?
) -> @Sendable (String) throws -> Value {
  { text in
    guard let value = read(text) else { throw ValidationError("give \(allowed)") }
    return value
  }
}

/// A transform for `@Option` that takes whole numbers in `range`.
func number(in range: ClosedRange<Int>) -> @Sendable (String) throws -> Int {
  reading("a whole number, \(range.lowerBound) to \(range.upperBound)") { text in
    Int(text).flatMap { range.contains($0) ? $0 : nil }
  }
}

extension RestorationTask {
  /// Refuses an option that was given and is for other tasks.
  func refuse(_ option: String, _ isGiven: Bool, unless tasks: RestorationTask...) throws {
    guard isGiven && !tasks.contains(self) else { return }
    let names = tasks.map(\.rawValue).joined(separator: " and ")
    throw ValidationError("\(option) does not apply to task \(self), only to \(names): leave it out")
  }
}

/// Number of threads that compute.
struct ThreadOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(JobOption.threads.help),
    transform: number(in: 1...MachineLimits.mostThreads))
  var threads: Int?

  /// As many as this process may use, if nothing else was said.
  var count: Int { threads ?? MachineLimits.current.threadCount }

  /// Logs how many threads compute and what memory there is, and who ruled so.
  ///
  /// - Parameter memory: what `--memory` says.
  func log(to logger: Logger, memory: Int? = nil) {
    let limits = MachineLimits.current
    let ruled = limits.memoryRule.map {
      "\(MemoryBudget.text(MemoryBudget.standard(within: limits))): 3/4 of \($0.origin)"
    }
    logger.info(
      "limits",
      metadata: [
        "threads": "\(threads.map { "\($0): --threads" } ?? "\(limits.threadCount): \(limits.threadRule.origin)")",
        "memory": "\(memory.map { "\(MemoryBudget.text($0)): --memory" } ?? ruled ?? "unknown")",
      ])
    for complaint in limits.complaints { logger.info("\(complaint)") }
  }
}

/// Where and by whose kernels networks are computed.
struct DeviceOptions: ParsableArguments {
  @Option(help: ArgumentHelp(JobOption.kernels.help)) var kernels: KernelChoice?
  @Option(help: ArgumentHelp(JobOption.device.help)) var device: String?

  func validate() throws {
    guard kernels == .blas else { return }
    do { _ = try OpenBLAS() } catch { throw ValidationError("--kernels blas: \(error)") }
  }

  /// - Throws: `ValidationError` where these kernels do not compute in `precision`.
  func check(_ precision: PrecisionChoice) throws {
    guard kernels == .blas && precision == .bfloat16 else { return }
    throw ValidationError("--kernels blas computes in float32: leave --precision bf16 away, or take --kernels own")
  }

  /// What was said, or what this machine and its environment say.
  var chosenKernels: KernelChoice { kernels ?? .standard }
  var place: DeviceChoice { device.map { DeviceChoice($0) } ?? .standard }
}

/// Memory that a verb stays within.
struct MemoryOptions: ParsableArguments {
  @Option(
    help: "Memory to stay within: 4G, 512M (default: three quarters of what is free).",
    transform: reading("a size such as 4G, 512M or 1000000000") { MemoryBudget.bytes($0) })
  var memory: Int?

  /// What was said, or what this process may take.
  var budgetBytes: Int { memory ?? MemoryBudget.standard }
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
