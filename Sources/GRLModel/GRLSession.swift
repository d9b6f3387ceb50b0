import Tensors

/// Working memory and tables for pictures of one size. Make one for each tile shape and reuse it.
public final class GRLSession {
  public let network: GRL
  public let height: Int
  public let width: Int
  private let pool: ThreadPool
  private let workspace: Workspace
  let rules: [[BlockRules]]

  /// - Parameters:
  ///   - height, width: of the unpadded pictures in pixels, at least 1.
  ///   - pool: the threads that compute.
  /// - Throws: `OutOfMemory` where the system refuses the working memory.
  public init(network: GRL, height: Int, width: Int, pool: ThreadPool) throws(OutOfMemory) {
    precondition(height > 0 && width > 0)
    self.network = network
    self.height = height
    self.width = width
    self.pool = pool
    workspace = try Workspace(
      reserving: network.measure(height: height, width: width, pool: pool).workspaceFloats)
    let compute = Compute(network.arithmetic, pool: pool, workspace: workspace)
    rules = network.rules(
      height: network.configuration.padded(height), width: network.configuration.padded(width), on: compute)
  }

  /// Restores one picture. Same result for any number of threads. While the pool's gate is paused, this waits.
  ///
  /// - Parameters:
  ///   - input: `[height, width, inputChannels]`, values in 0...1.
  ///   - isCancelled: asked between blocks; when true, `CancellationError` is thrown.
  ///   - onBlock: told after each transformer block how many of how many are done.
  /// - Returns: `[height * upscale, width * upscale, outputChannels]`, not clamped.
  /// - Throws: `CancellationError` when `isCancelled` says so, or when the pool's gate was cancelled.
  public func restore(
    _ input: Tensor, isCancelled: () -> Bool = { false }, onBlock: (_ done: Int, _ of: Int) -> Void = { _, _ in }
  ) throws(CancellationError) -> Tensor {
    var done = 0
    let output = try run(input, trace: nil) { (_) throws(CancellationError) in
      if pool.gate.isCancelled { throw CancellationError() }
      done += 1
      onBlock(done, network.blockCount)
      if isCancelled() { throw CancellationError() }
    }
    // A pass that skipped some of its work has no result.
    if pool.gate.isCancelled { throw CancellationError() }
    return output
  }

  /// Restores one picture and shows `trace` every intermediate result under the name that the golden files use.
  package func restore(_ input: Tensor, trace: (_ name: String, _ map: FeatureMap) -> Void) -> Tensor {
    withoutActuallyEscaping(trace) { run(input, trace: $0) { _ in } }
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
      _ = try run(input, trace: nil, probe: probe) { (place) throws(Stop) in
        if pool.gate.isCancelled { throw .cancelled }
        done += 1
        onBlock(done, network.blockCount)
        if isCancelled() { throw .cancelled }
        if probe.isDone(after: place) { throw .seen }
      }
    } catch {
      if error == .cancelled { throw .cancelled }
    }
    if pool.gate.isCancelled { throw .cancelled }
    if let failure = probe.failure { throw .outOfMemory(failure) }
  }

  /// Restores one picture and books on `profile` where the time goes.
  package func restore(_ input: Tensor, profile: Profile) -> Tensor {
    run(input, trace: nil, profile: profile) { _ in }
  }

  private func run<Failure: Error>(
    _ input: Tensor, trace: ((String, FeatureMap) -> Void)?, profile: Profile? = nil, probe: AttentionProbe? = nil,
    afterBlock: (BlockPlace) throws(Failure) -> Void
  ) throws(Failure) -> Tensor {
    precondition(
      input.shape == Shape(height: height, width: width, channels: network.configuration.inputChannels),
      "input \(input.shape) in a session for \(height) x \(width)")
    let compute = Compute(network.arithmetic, pool: pool, workspace: workspace, trace: trace, profile: profile)
    return try network.forward(input, rules: rules, on: compute, probe: probe, afterBlock: afterBlock)
  }
}
