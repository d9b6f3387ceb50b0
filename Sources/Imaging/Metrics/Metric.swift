import Glibc

/// How far a picture is from a reference, by a named quantity under a named convention.
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
///
/// In detail: Y = 16 + (65.481 R + 128.553 G + 24.966 B) / 255 with R, G, B in 0...255, as Matlab's `rgb2ycbcr`, which
/// rounds for integer pictures; Y of two gray pictures is the gray value itself. SSIM (Wang et al. 2004) has sigma 1.5,
/// C1 = (0.01 * 255)^2, C2 = (0.03 * 255)^2, is averaged over positions, then over channels; `grl` rounds the unscaled
/// window weights to six decimals. Sources: KAIR `matlab/Cal_PSNRSSIM.m`, BasicSR `metrics/psnr_ssim.py`, GRL
/// `utils/metrics` and `utils/utils_image.py`.
public struct Metric: Hashable, Sendable {
  public enum Quantity: String, Sendable, CaseIterable {
    /// Peak signal to noise ratio over red, green and blue in dB: 10 log10(255^2 / mean squared error); infinite where
    /// the pictures are equal.
    case psnr
    /// The same over luma.
    case psnrY = "psnr-y"
    /// Structural similarity, mean over the colour channels; 1 where the pictures are equal.
    case ssim
    /// The same over luma.
    case ssimY = "ssim-y"
    /// Mean absolute error over red, green and blue, on the scale 0...1.
    case mae
  }

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

  /// The quantity of `picture` against `reference`.
  ///
  /// - Throws: `MetricError` where the sides differ or too little is left after shaving.
  public func callAsFunction(_ picture: Image, _ reference: Image) throws(MetricError) -> Double {
    guard picture.width == reference.width, picture.height == reference.height else {
      throw .differentSizes(
        width: picture.width, height: picture.height, referenceWidth: reference.width, referenceHeight: reference.height
      )
    }
    let window: SSIMWindow? =
      switch quantity {
      case .ssim, .ssimY: convention == .grl ? .grl : .matlab
      case .psnr, .psnrY, .mae: nil
      }
    let smallest = window.map(\.smallestSide) ?? 1
    guard min(picture.width, picture.height) - 2 * shave >= smallest else {
      throw .tooSmall(width: picture.width, height: picture.height, shave: shave, smallestSide: smallest)
    }

    let isColour = picture.layout.isColour || reference.layout.isColour
    let rows = MeasuredRows(of: picture, as: self, isColour: isColour)
    let referenceRows = MeasuredRows(of: reference, as: self, isColour: isColour)
    if let window { return window.meanSimilarity(rows, referenceRows) }
    return switch quantity {
    case .mae: mean(rows, referenceRows) { abs($0) } / 255
    default: 10 * log10(255 * 255 / mean(rows, referenceRows) { $0 * $0 })
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
  /// Name and convention, such as `PSNR-Y (basicsr, shave 4)`.
  public var description: String {
    "\(quantity.rawValue.uppercased()) (\(convention.rawValue)\(shave > 0 ? ", shave \(shave)" : ""))"
  }
}

/// Why two pictures cannot be compared.
public enum MetricError: Error, Hashable, CustomStringConvertible {
  case differentSizes(width: Int, height: Int, referenceWidth: Int, referenceHeight: Int)
  case tooSmall(width: Int, height: Int, shave: Int, smallestSide: Int)

  public var description: String {
    switch self {
    case .differentSizes(let width, let height, let referenceWidth, let referenceHeight):
      "cannot compare \(width) x \(height) with a reference of \(referenceWidth) x \(referenceHeight): "
        + "both must have the same sides"
    case .tooSmall(let width, let height, let shave, let smallestSide):
      "\(width) x \(height) shaved by \(shave) is too small: each side needs \(smallestSide) pixels or more; shave less"
    }
  }
}
