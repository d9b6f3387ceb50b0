import Imaging
import Tensors

/// A known damage, applied to a good picture to make test input for one of the restoration tasks.
///
/// Deterministic: the same picture and the same strengths give the same values.
public enum Degradation: Hashable, Sendable {
  /// Input of `denoise`: see ``GaussianNoise``. Any channels; neither clipped nor rounded.
  case noise(GaussianNoise)
  /// Input of `sr`: Matlab's bicubic, 1/2, 1/3 or 1/4 of the size. The picture is first cropped (right and bottom) to a
  /// multiple of the scale; compare restored pictures with that crop. With a `bitDepth` (1...16), integer samples are
  /// resized, which gives the small pictures of the published test sets exactly; nil neither clips nor rounds.
  case bicubic(scale: Int, bitDepth: Int? = nil)
  /// Input of `jpeg`: through a JPEG file of this quality, 1...100; colours are stored at half resolution (4:2:0).
  case jpeg(quality: Int)
  /// Input of `demosaic`: one colour per pixel; three channels in, one out.
  case mosaic(ColourFilterArray)
  /// Input of `motion-deblur`: a straight shake of the camera in linear light; length in pixels, 0...256, angle in degrees
  /// counter-clockwise from the right, -360...360.
  case motionBlur(length: Double, angleDegrees: Double)
  /// Input of `defocus-deblur`: a disc in linear light; radius in pixels, 0.5...64. For dual-pixel input see
  /// ``dualPixelDefocus(_:radius:)``.
  case defocus(radius: Double)
  /// Input of `real-sr`: see ``RealWorldDamage``. Cropped to a multiple of four first, like `bicubic`.
  case realWorld(seed: UInt32)

  /// What the strengths may be. Blur takes time in proportion to the area of its kernel, some minutes for 24 megapixels at
  /// the upper bounds.
  public enum Limits {
    public static let sigma: ClosedRange<Double> = 0...255
    public static let scale: ClosedRange<Double> = 2...4
    public static let bitDepth: ClosedRange<Double> = 1...16
    public static let quality: ClosedRange<Double> = 1...100
    public static let motionLength: ClosedRange<Double> = 0...256
    public static let angleDegrees: ClosedRange<Double> = -360...360
    public static let defocusRadius: ClosedRange<Double> = 0.5...64
  }

  /// Checks the strengths, without a picture.
  public func validate() throws(DegradationError) {
    switch self {
    case .noise(let noise): try Self.check("sigma", noise.sigma, Limits.sigma)
    case .bicubic(let scale, let bitDepth):
      try Self.check("scale", Double(scale), Limits.scale)
      if let bitDepth { try Self.check("bit depth", Double(bitDepth), Limits.bitDepth) }
    case .jpeg(let quality): try Self.check("quality", Double(quality), Limits.quality)
    case .mosaic, .realWorld: break
    case .motionBlur(let length, let angle):
      try Self.check("motion length", length, Limits.motionLength)
      try Self.check("motion angle", angle, Limits.angleDegrees)
    case .defocus(let radius): try Self.check("defocus radius", radius, Limits.defocusRadius)
    }
  }

  /// The damaged picture.
  ///
  /// - Parameters:
  ///   - picture: `[H, W, C]`, values in 0...1, without alpha (a JPEG file holds 1 or 3 channels, a mosaic is made of 3).
  ///   - threads: those that blur; the result does not depend on them.
  /// - Throws: a strength out of range, channels the damage is not defined for, or a picture too small to be shrunk.
  public func apply(
    to picture: Tensor, on threads: ThreadLease = ThreadLease(threadCount: 1)
  ) throws(DegradationError) -> Tensor {
    try validate()
    switch self {
    case .noise(let noise): return picture.adding(noise)
    case .bicubic(let scale, let bitDepth):
      let (height, width) = (picture.shape.height / scale, picture.shape.width / scale)
      guard height > 0 && width > 0 else { throw .tooSmall(picture.shape, scale: scale) }
      return picture.cropped(toMultipleOf: scale).bicubicResized(height: height, width: width, bitDepth: bitDepth)
    case .jpeg(let quality): return try picture.throughJPEG(quality: quality)
    case .mosaic(let filters):
      guard picture.shape.channels == 3 else {
        throw .wrongChannels(operation: "a mosaic", found: picture.shape.channels, allowed: [3])
      }
      return picture.mosaicked(filters)
    case .motionBlur(let length, let angleDegrees):
      return picture.blurredInLinearLight(by: .motion(length: length, angleDegrees: angleDegrees), on: threads)
    case .defocus(let radius): return picture.blurredInLinearLight(by: .disc(radius: radius), on: threads)
    case .realWorld(let seed): return try RealWorldDamage(seed: seed).apply(to: picture, on: threads)
    }
  }

  /// The two views of a dual-pixel sensor of a scene that lies out of focus by `radius` pixels, 0.5...64.
  ///
  /// Each view is blurred in linear light by one half of the disc; in linear light their mean is `defocus(radius:)`.
  public static func dualPixelDefocus(
    _ picture: Tensor, radius: Double, on threads: ThreadLease = ThreadLease(threadCount: 1)
  ) throws(DegradationError) -> (left: Tensor, right: Tensor) {
    try check("defocus radius", radius, Limits.defocusRadius)
    return (
      picture.blurredInLinearLight(by: .disc(radius: radius, through: .left), on: threads),
      picture.blurredInLinearLight(by: .disc(radius: radius, through: .right), on: threads)
    )
  }

  private static func check(
    _ parameter: String, _ value: Double, _ allowed: ClosedRange<Double>
  ) throws(DegradationError) {
    guard allowed.contains(value) else {
      throw .outOfRange(parameter: parameter, value: value, allowed: allowed)
    }
  }
}
