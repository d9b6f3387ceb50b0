import Tensors

/// The damage of an unknown small picture, drawn from a seed: blur, bicubic shrinking by four, noise, JPEG, in this order.
///
/// Strengths are uniform in the ranges that the bundled `real-sr` weights were trained on. The numbers come from NumPy's
/// `RandomState(seed)`: five times `random_sample()` in the order of the properties below; the noise goes on from there.
public struct RealWorldDamage: Hashable, Sendable {
  /// How much the picture shrinks.
  public static let scale = 4

  /// Deviations of the elliptic Gaussian blur, in pixels of the large picture; 0.2..<3.
  public let blurSigma: Double
  public let blurSigmaAcross: Double
  /// Direction of `blurSigma`, counter-clockwise from the right; 0..<180.
  public let blurAngleDegrees: Double
  /// Standard deviation of the noise on the small picture, in 8-bit levels; 1..<25.
  public let noiseSigma: Double
  /// JPEG quality; 30...95.
  public let jpegQuality: Int

  private let generator: LegacyRandomState

  public init(seed: UInt32) {
    var generator = LegacyRandomState(seed: seed)
    func uniform(_ low: Double, _ high: Double) -> Double { low + (high - low) * generator.nextUniform() }
    blurSigma = uniform(0.2, 3)
    blurSigmaAcross = uniform(0.2, 3)
    blurAngleDegrees = uniform(0, 180)
    noiseSigma = uniform(1, 25)
    jpegQuality = Int(uniform(30, 96))
    self.generator = generator
  }

  var kernel: BlurKernel {
    .gaussian(sigma: blurSigma, sigmaAcross: blurSigmaAcross, angleDegrees: blurAngleDegrees)
  }

  /// The damaged picture: `[H, W, C]` to `[H / 4, W / 4, C]`, rounded down; what is over at the right and bottom is cropped.
  func apply(to picture: Tensor, on threads: ThreadLease) throws(DegradationError) -> Tensor {
    try finished(Degradation.bicubic(scale: Self.scale).apply(to: picture.blurred(by: kernel, on: threads)))
  }

  /// Noise and JPEG on the small picture.
  func finished(_ small: Tensor) throws(DegradationError) -> Tensor {
    var generator = generator
    return try small.adding(noiseSigma, .planes, from: &generator).throughJPEG(quality: jpegQuality)
  }
}
