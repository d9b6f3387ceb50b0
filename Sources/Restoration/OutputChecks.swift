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
