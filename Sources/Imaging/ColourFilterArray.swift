/// The colours of a Bayer sensor's top left two by two pixels, first row first; the pattern repeats from there.
public enum ColourFilterArray: String, Hashable, Sendable, CaseIterable {
  case rggb, bggr, grbg, gbrg

  /// Reads a name in any case: "RGGB", "bggr".
  public init?(name: String) {
    self.init(rawValue: name.lowercased())
  }

  /// The colour behind which pixel `(x, y)` lies: 0 red, 1 green, 2 blue.
  public func channel(y: Int, x: Int) -> Int {
    // All four are RGGB seen from another corner.
    let (rowShift, columnShift) =
      switch self {
      case .rggb: (0, 0)
      case .grbg: (0, 1)
      case .gbrg: (1, 0)
      case .bggr: (1, 1)
      }
    return ((y + rowShift) & 1) + ((x + columnShift) & 1)
  }
}
