import Base

/// What became of a picture: what is measured of one picture alone, before and after, and how far samples moved.
///
/// It tells nothing of quality: a picture that was damaged is no reference, and the result that changes least is not the best one.
public struct PictureChange: Hashable, Sendable {
  /// A measure before and after; nil where the picture is too small for it.
  public struct Pair: Hashable, Sendable, Codable {
    public let before: Double?
    public let after: Double?

    /// `21.30 > 2.10`
    public func text(_ digits: Int) -> String { "\(before?.fixed(digits) ?? "-") > \(after?.fixed(digits) ?? "-")" }
  }

  /// Sigma in 8-bit levels, ``Metric/Quantity/noise``.
  public let noise: Pair
  /// Strength of the 8 x 8 grid, ``Metric/Quantity/blockiness``.
  public let blockiness: Pair
  /// 0 sharp to 1 blurred, ``Metric/Quantity/blur``.
  public let blur: Pair
  /// Largest change of a sample, in 8-bit levels, and its pixel.
  public let largest: Double
  public let x: Int
  public let y: Int
  /// Mean change of the samples, in 8-bit levels.
  public let mean: Double

  /// - Parameter flag: looked at in every row; what comes back once it is set means nothing.
  /// - Precondition: both pictures have one size.
  public init(from before: Image, to after: Image, heeding flag: CancelFlag? = nil) {
    precondition(before.width == after.width && before.height == after.height)
    func pair(_ quantity: Metric.Quantity) -> Pair {
      let metric = Metric(quantity, convention: .matlab)
      func value(_ image: Image) -> Double? {
        do throws(MetricError) { return try metric(image, heeding: flag) } catch { return nil }
      }
      return Pair(before: value(before), after: value(after))
    }
    (noise, blockiness, blur) = (pair(.noise), pair(.blockiness), pair(.blur))

    let metric = Metric(.mae, convention: .matlab)
    let isColour = before.layout.isColour || after.layout.isColour
    let (a, b) = (
      MeasuredRows(of: after, as: metric, isColour: isColour, heeding: flag),
      MeasuredRows(of: before, as: metric, isColour: isColour, heeding: flag)
    )
    var (sum, largest, place) = (0.0, 0.0, (x: 0, y: 0))
    var (rowA, rowB) = ([Double](repeating: 0, count: a.width), [Double](repeating: 0, count: a.width))
    for channel in 0..<a.channels {
      for y in 0..<a.height {
        rowA.withUnsafeMutableBufferPointer { a.read(y, channel, into: $0) }
        rowB.withUnsafeMutableBufferPointer { b.read(y, channel, into: $0) }
        var rowSum = 0.0
        for x in 0..<a.width {
          let change = abs(rowA[x] - rowB[x])
          rowSum += change
          if change > largest { (largest, place) = (change, (x, y)) }
        }
        sum += rowSum
      }
    }
    (self.largest, x, y) = (largest, place.x, place.y)
    mean = sum / Double(max(1, a.channels * a.height * a.width))
  }

  /// Names and values as they are shown: the same on every face.
  public var facts: [(name: String, text: String)] {
    [
      ("noise", noise.text(2)), ("blockiness", blockiness.text(2)), ("blur", blur.text(3)),
      ("largest change", largest.fixed(1)), ("mean change", mean.fixed(2)),
    ]
  }
}
