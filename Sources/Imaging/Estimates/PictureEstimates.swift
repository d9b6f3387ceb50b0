import Base

/// What a look at the samples tells of a picture's damage: the same numbers for every part of the program.
public struct PictureEstimates: Hashable, Sendable {
  /// Standard deviation of the noise on the scale 0...255, as `Metric.Quantity.noise`; nil where the picture is too small.
  public let noiseSigma: Double?
  /// Strength of an 8 x 8 JPEG grid, 0 none, as `Metric.Quantity.blockiness`; nil where the picture is too small.
  public let blockiness: Double?
  /// What kind of noise it is; nil where there is none to speak of or too little to tell.
  public let noise: NoiseKind?

  /// Nothing is told.
  public static let none = PictureEstimates(noiseSigma: nil, blockiness: nil, noise: nil)

  private init(noiseSigma: Double?, blockiness: Double?, noise: NoiseKind?) {
    self.noiseSigma = noiseSigma
    self.blockiness = blockiness
    self.noise = noise
  }

  public init(_ image: Image) { self.init(of: image, heeding: nil) }

  /// Nil where `flag` was set before it was done; it is looked at in every row.
  public init?(_ image: Image, heeding flag: CancelFlag?) {
    self.init(of: image, heeding: flag)
    if flag?.isSet == true { return nil }
  }

  private init(of image: Image, heeding flag: CancelFlag?) {
    func measured(_ quantity: Metric.Quantity) -> Double? {
      let metric = Metric(quantity, convention: .matlab)
      do throws(MetricError) { return try metric(image, heeding: flag) } catch { return nil }
    }
    self.init(
      noiseSigma: measured(.noise), blockiness: measured(.blockiness), noise: NoiseSpectrum(image, heeding: flag)?.kind)
  }
}
