import Base
import Tensors

/// Looks at every tile that leaves the network and refuses what no restoration can be.
struct TileInspector {
  /// A smaller tile may honestly change its mean by more.
  private static let fewestPixelsForDrift = 256
  /// An input whose values span less counts as flat.
  private static let flatInputSpan: Float = 0.02
  /// An output whose values span no more is flat; the rounding noise of a real network is above it.
  private static let flatOutputSpan: Float = 1e-6

  private let checks: OutputChecks
  private var previous: (tile: Rectangle, input: UInt64, output: UInt64)?

  init(_ checks: OutputChecks) { self.checks = checks }

  /// - Parameter tile: where it lies in the picture, for the message.
  mutating func check(input: Tensor, output: Tensor, of tile: Rectangle) throws(RestorationError) {
    let (before, after) = (Summary(input), Summary(output))
    func refuse(_ what: RestorationError.SuspiciousOutput) -> RestorationError {
      .suspiciousOutput(tile: tile, what: what)
    }
    if after.notFinite > 0 { throw refuse(.notFinite(count: after.notFinite)) }
    if checks.flatOrRepeated {
      if before.span > Self.flatInputSpan && after.span <= Self.flatOutputSpan {
        throw refuse(.flat(value: after.least))
      }
      if let previous, previous.output == after.hash, previous.input != before.hash {
        throw refuse(.repeated(of: previous.tile))
      }
    }
    if let bound = checks.meanDrift, input.shape.pixels >= Self.fewestPixelsForDrift,
      abs(after.mean - before.mean) > bound
    {
      throw refuse(.meanDrift(from: before.mean, to: after.mean, bound: bound))
    }
    if let bound = checks.colourDrift, input.shape.pixels >= Self.fewestPixelsForDrift,
      let (before, after) = Self.tint(input, output), zip(before, after).contains(where: { abs($1 - $0) > bound })
    {
      throw refuse(.colourDrift(from: before, to: after, bound: bound))
    }
    previous = (tile, before.hash, after.hash)
  }

  /// How far the mean of each channel is from that of all, before and after; nil where there is one channel, or where others go in
  /// than come out. Views side by side count as one picture.
  private static func tint(_ input: Tensor, _ output: Tensor) -> (before: [Double], after: [Double])? {
    let channels = output.shape.channels
    guard channels > 1, input.shape.channels % channels == 0 else { return nil }
    func tint(_ tensor: Tensor) -> [Double] {
      var sums = [Double](repeating: 0, count: channels)
      tensor.values.withUnsafeBufferPointer { values in
        for first in stride(from: 0, to: values.count - channels + 1, by: channels) {
          for channel in 0..<channels { sums[channel] += Double(values[first + channel]) }
        }
      }
      let means = sums.map { $0 / Double(max(1, tensor.values.count / channels)) }
      let mean = means.reduce(0, +) / Double(channels)
      return means.map { $0 - mean }
    }
    return (tint(input), tint(output))
  }

  /// What one pass over the values tells.
  private struct Summary {
    var least = Float.infinity
    var greatest = -Float.infinity
    var mean = 0.0
    var notFinite = 0
    /// FNV-1a over the values' bits.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325

    var span: Float { greatest - least }

    init(_ tensor: Tensor) {
      var sum = 0.0
      for value in tensor.values {
        if !value.isFinite { notFinite += 1 }
        least = min(least, value)
        greatest = max(greatest, value)
        sum += Double(value)
        hash = (hash ^ UInt64(value.bitPattern)) &* 0x100_0000_01B3
      }
      mean = sum / Double(max(1, tensor.values.count))
    }
  }
}

/// What is checked on every tile that leaves the network; a failure stops the restoration without a picture.
public struct OutputChecks: Hashable, Sendable {
  /// Furthest that a tile's mean may move, on the scale 0...1; nil switches the check off.
  ///
  /// Restoration keeps local brightness. The bound leaves room for the strongest honest case: noise of sigma 50 clipped at
  /// black raises the mean by 0.08, and the network takes that back.
  public var meanDrift: Double?
  /// Furthest that the mean of a tile's channel may move away from that of its other channels; nil switches the check off.
  ///
  /// Restoration keeps local colour. The strongest honest case is noise of sigma 50 clipped in one channel that is black: the
  /// network takes back 0.08 there and nothing in the others, which is 0.053 against their mean.
  public var colourDrift: Double?
  /// Whether a constant tile from an input that was not constant, or the same tile twice from different inputs, is a failure.
  public var flatOrRepeated: Bool

  public init(meanDrift: Double? = 0.2, colourDrift: Double? = 0.08, flatOrRepeated: Bool = true) {
    self.meanDrift = meanDrift
    self.colourDrift = colourDrift
    self.flatOrRepeated = flatOrRepeated
  }

  public static let standard = OutputChecks()
  /// Only values that are not finite are refused: for networks whose output need not resemble the input.
  public static let finiteOnly = OutputChecks(meanDrift: nil, colourDrift: nil, flatOrRepeated: false)
}
