import GRLModel
import Imaging
import Tensors

/// Restores pictures with one model: image in, image out, the same bytes for any number of threads.
public struct Restorer: Sendable {
  public let model: RestorationModel
  public let threadCount: Int

  public init(model: RestorationModel, threadCount: Int) {
    self.model = model
    self.threadCount = threadCount
  }

  /// Settles tiles and memory for a picture of this shape, without its samples.
  public func plan(
    for picture: PictureShape, request: RestorationRequest, options: RestorationOptions = .init()
  ) throws(RestorationError) -> RestorationPlan { fatalError() }

  /// Restores `image` (for dual pixel the left view, with `right` beside it) as `plan` says.
  ///
  /// Runs on the caller's thread and the restorer's own, for as long as it takes.
  /// - Parameters:
  ///   - isCancelled: asked between transformer blocks; when true, `RestorationError.cancelled` is thrown.
  ///   - onProgress: told after each transformer block.
  public func restore(
    _ image: Image, right: Image? = nil, plan: RestorationPlan, isCancelled: () -> Bool = { false },
    onProgress: (RestorationProgress) -> Void = { _ in }
  ) throws(RestorationError) -> RestoredImage { fatalError() }
}
