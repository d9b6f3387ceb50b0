import CPUDevice
import GRLModel
import Tensors

/// Features of a block, `[H, W, C]` of the padded map, as people can look at them.
public struct BlockFeatures: Sendable {
  /// The unpadded pixels.
  public let area: AttentionCell.Area
  private let map: Tensor

  /// - Parameter map: `[H, W, C]` of the padded map, as `AttentionProbe` shows a block's result.
  public init(_ map: Tensor, area: AttentionCell.Area) {
    self.map = map
    self.area = area
  }

  public var channels: Int { map.shape.channels }

  /// One channel, `[height, width]`.
  public func channel(_ channel: Int) -> [Float] {
    pixels.map { map.values[$0 * channels + channel] }
  }

  /// All channels, `[height, width, C]`.
  public var values: [Float] { pixels.flatMap { map.values[$0 * channels..<($0 + 1) * channels] } }

  /// Cosine similarity of each pixel's features with those of one, `[height, width]`.
  public func similarity(toX x: Int, y: Int) -> [Float] {
    func vector(_ pixel: Int) -> ArraySlice<Float> { map.values[pixel * channels..<(pixel + 1) * channels] }
    let own = vector((y - area.y) * map.shape.width + x - area.x)
    let length = own.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return pixels.map { pixel in
      var (product, square) = (Float(0), Float(0))
      for (a, b) in zip(own, vector(pixel)) {
        product += a * b
        square += b * b
      }
      return product / max(length * square.squareRoot(), 1e-12)
    }
  }

  /// Principal components of the pixels' features.
  public struct Components: Sendable {
    /// `[count][height * width]`, centred.
    public let planes: [[Float]]
    /// Share of the variance that each holds, 0...1.
    public let shares: [Double]
  }

  /// The first `count` principal components. The sign of each is such that its largest weight is positive.
  ///
  /// - Throws: `OpenBLAS.NotFound` where there is no LAPACK.
  public func components(_ count: Int = 3) throws(OpenBLAS.NotFound) -> Components {
    let (channels, pixels) = (channels, pixels)
    var means = [Double](repeating: 0, count: channels)
    for pixel in pixels {
      for channel in 0..<channels { means[channel] += Double(map.values[pixel * channels + channel]) }
    }
    for channel in 0..<channels { means[channel] /= Double(pixels.count) }
    var covariance = [Double](repeating: 0, count: channels * channels)
    var own = [Double](repeating: 0, count: channels)
    covariance.withUnsafeMutableBufferPointer { covariance in
      for pixel in pixels {
        for channel in 0..<channels { own[channel] = Double(map.values[pixel * channels + channel]) - means[channel] }
        own.withUnsafeBufferPointer { own in
          for a in 0..<channels {
            let (row, value) = (covariance.baseAddress! + a * channels, own[a])
            for b in 0..<channels { row[b] += value * own[b] }
          }
        }
      }
    }
    let vectors = try LinearAlgebra.eigenvectors(covariance, side: channels)
    let total = max(vectors.reduce(0) { $0 + max(0, $1.value) }, .leastNormalMagnitude)
    let first = vectors.prefix(count)
    return Components(
      planes: first.map { _, vector in
        let largest = vector.max { abs($0) < abs($1) } ?? 1
        let weights = largest < 0 ? vector.map { -$0 } : vector
        return pixels.map { pixel in
          Float(
            (0..<channels).reduce(0.0) { $0 + weights[$1] * (Double(map.values[pixel * channels + $1]) - means[$1]) })
        }
      }, shares: first.map { max(0, $0.value) / total })
  }

  /// Of the unpadded pixels, in the padded map.
  private var pixels: [Int] {
    (0..<area.height).flatMap { y in (0..<area.width).map { y * map.shape.width + $0 } }
  }
}
