import Checkpoints
import Tensors

/// The GRL network with its weights: immutable, usable from any thread.
public final class GRL: Sendable {
  public let configuration: GRLConfiguration
  public let instructionSet: InstructionSet

  /// Takes the weights out of `checkpoint`; every name and shape must fit, every tensor must be used once.
  public init(
    _ checkpoint: Checkpoint, configuration: GRLConfiguration, instructionSet: InstructionSet = .best
  ) throws(CheckpointError) {
    self.configuration = configuration
    self.instructionSet = instructionSet
  }

  /// Names and shapes of all parameters of a network with this configuration.
  public static func parameters(of configuration: GRLConfiguration) -> [(name: String, shape: [Int])] { [] }

  /// Bytes of the packed weights that this object holds.
  public var weightBytes: Int { 0 }

  /// Bytes of working memory that a `GRLSession` for pictures of this size needs (tensors in and out not counted).
  public func workspaceBytes(height: Int, width: Int, threadCount: Int) -> Int { 0 }
}

/// Working memory and tables for pictures of one size. Make one per tile shape and reuse it.
public final class GRLSession {
  public let network: GRL
  public let height: Int
  public let width: Int

  /// - Parameters: size of the unpadded pictures in pixels, at least 1 x 1.
  public init(network: GRL, height: Int, width: Int, pool: ThreadPool) {
    self.network = network
    self.height = height
    self.width = width
  }

  /// Restores one picture. Same result for any number of threads.
  ///
  /// - Parameters:
  ///   - input: `[height, width, inputChannels]`, values in 0...1.
  ///   - isCancelled: asked between blocks; when true, `CancellationError` is thrown.
  ///   - onBlock: told after each transformer block how many of how many are done.
  /// - Returns: `[height * upscale, width * upscale, outputChannels]`, not clamped.
  public func restore(
    _ input: Tensor, isCancelled: () -> Bool = { false }, onBlock: (_ done: Int, _ of: Int) -> Void = { _, _ in }
  ) throws(CancellationError) -> Tensor {
    input
  }
}
