import Imaging
import Tensors

extension Degradation {
  /// The damaged picture as a file can hold it: clipped and rounded to the picture's depth (8 bits after JPEG).
  ///
  /// Gray stays gray. Alpha is not damaged, only shrunk with the colours; a mosaic has none. Metadata are kept, but for the
  /// colour profile of a mosaic, which is not a colour picture any more. `bicubic` rounds to the picture's depth.
  ///
  /// - Throws: as ``apply(to:on:)-(Tensor,_)``; a mosaic needs a colour picture.
  public func apply(
    to image: Image, on threads: ThreadLease = ThreadLease(threadCount: 1)
  ) throws(DegradationError) -> Image {
    switch self {
    case .bicubic(let scale, _):
      let rounding = Degradation.bicubic(scale: scale, bitDepth: image.bitDepth)
      let alpha = try image.alphaTensor.map { alpha throws(DegradationError) in try rounding.apply(to: alpha) }
      return image.with(try rounding.apply(to: image.colourTensor), alpha: alpha)
    case .realWorld:
      let shrinking = Degradation.bicubic(scale: RealWorldDamage.scale, bitDepth: 8)
      let alpha = try image.alphaTensor.map { alpha throws(DegradationError) in try shrinking.apply(to: alpha) }
      return image.with(try apply(to: image.colourTensor, on: threads), alpha: alpha, bitDepth: 8)
    case .jpeg:
      return image.with(try apply(to: image.colourTensor, on: threads), alpha: image.alphaTensor, bitDepth: 8)
    case .mosaic:
      var mosaic = image.with(try apply(to: image.colourTensor, on: threads), alpha: nil)
      mosaic.metadata.iccProfile = nil
      return mosaic
    case .noise, .motionBlur, .defocus:
      return image.with(try apply(to: image.colourTensor, on: threads), alpha: image.alphaTensor)
    }
  }

  /// ``dualPixelDefocus(_:radius:on:)-(Tensor,_,_)`` of a picture; both views keep its depth, alpha and metadata.
  public static func dualPixelDefocus(
    _ image: Image, radius: Double, on threads: ThreadLease = ThreadLease(threadCount: 1)
  ) throws(DegradationError) -> (left: Image, right: Image) {
    let views = try dualPixelDefocus(image.colourTensor, radius: radius, on: threads)
    return (image.with(views.left, alpha: image.alphaTensor), image.with(views.right, alpha: image.alphaTensor))
  }
}

extension Image {
  /// `[H, W, 1 or 3]` without alpha.
  fileprivate var colourTensor: Tensor {
    Tensor(
      shape: Shape(height: height, width: width, channels: layout.colourChannels),
      values: floats(layout.isColour ? .rgb : .gray))
  }

  /// `[H, W, 1]`, nil without alpha.
  fileprivate var alphaTensor: Tensor? {
    layout.hasAlpha ? Tensor(shape: Shape(height: height, width: width, channels: 1), values: floats(.alpha)) : nil
  }

  /// Other colours, and alpha of their size, with this picture's metadata and, if nothing else is said, depth.
  fileprivate func with(_ colours: Tensor, alpha: Tensor?, bitDepth: Int? = nil) -> Image {
    Image(
      width: colours.shape.width, height: colours.shape.height, colour: colours.values, alpha: alpha?.values,
      bitDepth: bitDepth ?? self.bitDepth, metadata: metadata)
  }
}
