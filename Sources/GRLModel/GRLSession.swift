import Tensors

/// Working memory and tables for pictures of one size. Make one for each tile shape and reuse it.
public final class GRLSession {
  public let network: GRL
  public let height: Int
  public let width: Int
  private let threads: ThreadLease
  private let workspace: Workspace
  let rules: [[BlockRules]]

  /// - Parameters:
  ///   - height, width: of the unpadded pictures in pixels, at least 1.
  ///   - threads: those that pass.
  /// - Throws: `OutOfMemory` where the system refuses the working memory.
  public init(network: GRL, height: Int, width: Int, threads: ThreadLease) throws(OutOfMemory) {
    precondition(height > 0 && width > 0)
    self.network = network
    self.height = height
    self.width = width
    self.threads = threads
    let need = network.measure(height: height, width: width, threads: threads)
    workspace = try Workspace(on: network.device, floats: need.workspaceFloats)
    let pass = Pass(on: workspace, threads: threads)
    rules = network.rules(
      height: network.configuration.padded(height), width: network.configuration.padded(width), on: pass)
  }

  /// Working memory and tables that passes have taken so far; `GRL.workspaceBytes` is what was measured before.
  package var usedBytes: Int { workspace.peakFloats * 4 + rules.joined().reduce(0) { $0 + $1.bytes } }

  /// Why the device computes nothing more for this session: it was lost, or had too little memory. Passes then end with `CancellationError`.
  public var fault: DeviceFault? { workspace.memory?.fault }

  package var memory: (any DeviceMemory)? { workspace.memory }

  /// Restores one picture. Same result for any number of threads. While their gate is paused, this waits.
  ///
  /// - Parameters:
  ///   - input: `[height, width, inputChannels]`, values in 0...1.
  ///   - isCancelled: asked between blocks; when true, `CancellationError` is thrown.
  ///   - onBlock: told after each transformer block how many of how many are done.
  /// - Returns: `[height * upscale, width * upscale, outputChannels]`, not clamped.
  /// - Throws: `CancellationError` when `isCancelled` says so, when the threads' gate was cancelled, or when the device has a `fault`.
  public func restore(
    _ input: Tensor, isCancelled: () -> Bool = { false }, onBlock: (_ done: Int, _ of: Int) -> Void = { _, _ in }
  ) throws(CancellationError) -> Tensor {
    var done = 0
    let output = try run(input) { (_) throws(CancellationError) in
      if threads.gate.isCancelled || fault != nil { throw CancellationError() }
      done += 1
      onBlock(done, network.blockCount)
      if isCancelled() { throw CancellationError() }
    }
    // A pass that skipped some of its work has no result.
    if threads.gate.isCancelled || fault != nil { throw CancellationError() }
    return output
  }

  /// Restores one picture and shows `trace` every intermediate result under the name that the golden files use.
  ///
  /// On memory of its own, since some of these exist for the trace only.
  package func restore(
    _ input: Tensor, trace: (_ name: String, _ values: Tensor) -> Void
  ) throws(OutOfMemory) -> Tensor {
    let need = network.measure(height: height, width: width, threads: threads, isTraced: true)
    let memory = try Workspace(on: network.device, floats: need.workspaceFloats)
    return withoutActuallyEscaping(trace) { run(input, on: memory, trace: $0) { _ in } }
  }

  /// Runs the picture through the network up to the last block that `probe` looks into.
  ///
  /// - Parameters: see `restore`.
  /// - Throws: `cancelled` as `restore`, or `outOfMemory` where the system refuses memory to the probe.
  public func inspect(
    _ input: Tensor, with probe: AttentionProbe, isCancelled: () -> Bool = { false },
    onBlock: (_ done: Int, _ of: Int) -> Void = { _, _ in }
  ) throws(InspectionError) {
    enum Stop: Error { case seen, cancelled }
    var done = 0
    do throws(Stop) {
      _ = try run(input, probe: probe) { (place) throws(Stop) in
        if threads.gate.isCancelled || fault != nil { throw .cancelled }
        done += 1
        onBlock(done, network.blockCount)
        if isCancelled() { throw .cancelled }
        if probe.isDone(after: place) { throw .seen }
      }
    } catch {
      if error == .cancelled { throw .cancelled }
    }
    if threads.gate.isCancelled || fault != nil { throw .cancelled }
    if let failure = probe.failure { throw .outOfMemory(failure) }
  }

  /// Restores one picture and books on `profile` where the time goes.
  package func restore(_ input: Tensor, profile: Profile) -> Tensor {
    run(input, profile: profile) { _ in }
  }

  private func run<Failure: Error>(
    _ input: Tensor, on memory: Workspace? = nil, trace: ((String, Tensor) -> Void)? = nil,
    profile: Profile? = nil, probe: AttentionProbe? = nil,
    afterBlock: (BlockPlace) throws(Failure) -> Void
  ) throws(Failure) -> Tensor {
    precondition(
      input.shape == Shape(height: height, width: width, channels: network.configuration.inputChannels),
      "input \(input.shape) in a session for \(height) x \(width)")
    let pass = Pass(on: memory ?? workspace, threads: threads, trace: trace, profile: profile)
    return try network.forward(input, rules: rules, on: pass, probe: probe, afterBlock: afterBlock)
  }
}
