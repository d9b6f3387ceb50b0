import Base
import Glibc

/// How good a picture is by a named quantity under a named convention: against a reference, or by itself.
///
/// Numbers in papers differ by whole decibels with the convention, so none is the default of the other. All compute in
/// double precision on colours only: alpha is not measured. A gray picture compared with a colour one counts as colour.
///
/// | | `matlab` | `basicsr` | `grl` |
/// |---|---|---|---|
/// | 16-bit samples | at their depth, on the scale 0...255 | the same | rounded to 8 bits first |
/// | PSNR, MAE | over all colour values | the same | the same |
/// | Y | BT.601 studio swing, rounded to the samples' depth | not rounded | rounded to 8 bits |
/// | SSIM | 11 x 11 Gaussian window, only where it lies in the picture | the same | zeros around the picture |
/// | PSNR-B | Yim and Bovik's, all colour values together | as SwinIR's test: decibels of each channel, then their mean | the same |
///
/// In detail: Y = 16 + (65.481 R + 128.553 G + 24.966 B) / 255 with R, G, B in 0...255, as Matlab's `rgb2ycbcr`, which
/// rounds for integer pictures; Y of two gray pictures is the gray value itself. SSIM (Wang et al. 2004) has sigma 1.5,
/// C1 = (0.01 * 255)^2, C2 = (0.03 * 255)^2, is averaged over positions, then over channels; `grl` rounds the unscaled
/// window weights to six decimals. MS-SSIM, GMSD, blur, noise and blockiness have one definition each, which
/// ``Quantity`` names; the convention settles only depth and rounding of luma. Sources: KAIR `matlab/Cal_PSNRSSIM.m`,
/// BasicSR `metrics/psnr_ssim.py`, GRL `utils/metrics` and `utils/utils_image.py`.
public struct Metric: Hashable, Sendable {
  public enum Convention: String, Sendable, CaseIterable {
    case matlab, basicsr, grl
  }

  public var quantity: Quantity
  public var convention: Convention
  /// Pixels left out on each side; papers on super-resolution leave out as many as the scale.
  public var shave: Int

  public init(_ quantity: Quantity, convention: Convention, shave: Int = 0) {
    precondition(shave >= 0)
    self.quantity = quantity
    self.convention = convention
    self.shave = shave
  }

  /// The quantity of `picture` against `reference`, which quantities of a single picture leave aside.
  ///
  /// - Throws: `MetricError` where the sides differ or too little is left after shaving.
  public func callAsFunction(_ picture: Image, _ reference: Image) throws(MetricError) -> Double {
    guard quantity.needsReference else { return try self(picture) }
    guard picture.width == reference.width, picture.height == reference.height else {
      throw .differentSizes(
        width: picture.width, height: picture.height, referenceWidth: reference.width, referenceHeight: reference.height
      )
    }
    try checkSize(picture)
    let isColour = picture.layout.isColour || reference.layout.isColour
    let rows = MeasuredRows(of: picture, as: self, isColour: isColour)
    let referenceRows = MeasuredRows(of: reference, as: self, isColour: isColour)
    switch quantity {
    case .psnr, .psnrY: return 10 * log10(255 * 255 / mean(rows, referenceRows) { $0 * $0 })
    case .mae: return mean(rows, referenceRows) { abs($0) } / 255
    case .ssim, .ssimY: return window.meanSimilarity(rows, referenceRows)
    case .psnrB, .psnrBY:
      return BlockingEffect(isNominal: convention != .matlab).signalToNoise(rows, referenceRows)
    case .msSSIM, .msSSIMY: return MultiScaleSimilarity.mean(rows, referenceRows)
    case .gmsd: return GradientSimilarity.deviation(rows, referenceRows)
    case .blur, .noise, .blockiness: preconditionFailure("measured without a reference")
    }
  }

  /// A quantity of `picture` alone.
  ///
  /// - Parameter flag: looked at in every row of noise and blockiness; what comes back once it is set means nothing.
  /// - Throws: `MetricError.tooSmall`.
  /// - Precondition: the quantity needs no reference.
  public func callAsFunction(_ picture: Image, heeding flag: CancelFlag? = nil) throws(MetricError) -> Double {
    precondition(!quantity.needsReference, "\(self) compares with a reference")
    try checkSize(picture)
    let rows = MeasuredRows(of: picture, as: self, isColour: picture.layout.isColour, heeding: flag)
    switch quantity {
    case .blur: return BlurEffect.measure(rows)
    case .noise: return WaveletNoise.deviation(rows)
    default: return BlockGrid.strength(rows)
    }
  }

  private var window: SSIMWindow { convention == .grl ? .grl : .matlab }

  private func checkSize(_ picture: Image) throws(MetricError) {
    let smallest =
      switch quantity {
      case .ssim, .ssimY: window.smallestSide
      case .msSSIM, .msSSIMY: MultiScaleSimilarity.smallestSide
      case .psnrB, .psnrBY: BlockingEffect.smallestSide
      case .blockiness: BlockGrid.smallestSide
      case .blur: BlurEffect.smallestSide
      case .noise: WaveletNoise.smallestSide
      case .gmsd: GradientSimilarity.smallestSide
      case .psnr, .psnrY, .mae: 1
      }
    guard min(picture.width, picture.height) - 2 * shave >= smallest else {
      throw .tooSmall(width: picture.width, height: picture.height, shave: shave, smallestSide: smallest)
    }
  }

  private func mean(_ a: MeasuredRows, _ b: MeasuredRows, of value: (Double) -> Double) -> Double {
    var (rowA, rowB) = ([Double](repeating: 0, count: a.width), [Double](repeating: 0, count: a.width))
    var sum = 0.0
    for channel in 0..<a.channels {
      for y in 0..<a.height {
        rowA.withUnsafeMutableBufferPointer { a.read(y, channel, into: $0) }
        rowB.withUnsafeMutableBufferPointer { b.read(y, channel, into: $0) }
        var rowSum = 0.0
        for x in 0..<a.width { rowSum += value(rowA[x] - rowB[x]) }
        sum += rowSum
      }
    }
    return sum / Double(a.channels * a.height * a.width)
  }
}

extension Metric: CustomStringConvertible {
  /// Name, definition and convention, such as `PSNR-Y (basicsr, shave 4)` or `GMSD (xue2014, matlab)`.
  public var description: String {
    let words = [quantity.definition, convention.rawValue, shave > 0 ? "shave \(shave)" : nil].compactMap { $0 }
    return "\(quantity.rawValue.uppercased()) (\(words.joined(separator: ", ")))"
  }
}

/// Why two pictures cannot be compared.
public enum MetricError: Error, Hashable, CustomStringConvertible {
  case differentSizes(width: Int, height: Int, referenceWidth: Int, referenceHeight: Int)
  case tooSmall(width: Int, height: Int, shave: Int, smallestSide: Int)
  /// `fit` allows no way to bring the picture onto the reference's pixels.
  case unfitting(picture: String, width: Int, height: Int, referenceWidth: Int, referenceHeight: Int, fit: PictureFit)

  public var description: String {
    switch self {
    case .differentSizes(let width, let height, let referenceWidth, let referenceHeight):
      "cannot compare \(width) x \(height) with a reference of \(referenceWidth) x \(referenceHeight): "
        + "both must have the same sides"
    case .tooSmall(let width, let height, let shave, let smallestSide):
      "\(width) x \(height) shaved by \(shave) is too small: each side needs \(smallestSide) pixels or more; shave less"
    case .unfitting(let picture, let width, let height, let referenceWidth, let referenceHeight, let fit):
      "\(picture.printable): cannot compare \(width) x \(height) with a reference of \(referenceWidth) x \(referenceHeight): "
        + (fit == .refuse
          ? "both must have the same sides; leave --fit none out or make them so"
          : "neither size nor shape agree; name --fit crop or --fit resize to compare all the same")
    }
  }
}
