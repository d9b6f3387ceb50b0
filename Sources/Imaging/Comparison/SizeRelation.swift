/// What the sizes of two pictures say of how they belong together. It is the same in both directions.
public enum SizeRelation: Hashable, Sendable {
  case same
  /// The larger has `factor` times the sides of the smaller, after its own are cut to multiples of `factor`.
  case multiple(factor: Int)
  /// A few pixels are missing at a border: pixel lies on pixel, from the top left corner.
  case cut
  /// One shape at two sizes.
  case similar
  /// Neither size nor shape agree.
  case unrelated

  /// Pixels that test sets and tiles lose at a border.
  static let mostToCut = 16
  /// Largest enlargement that is looked for.
  static let largestFactor = 8

  public init(_ a: (width: Int, height: Int), _ b: (width: Int, height: Int)) {
    let (large, small) = a.width * a.height >= b.width * b.height ? (a, b) : (b, a)
    let factor = large.width / small.width
    let (across, down) = (a.width * b.height, a.height * b.width)
    if a == b {
      self = .same
    } else if (2...Self.largestFactor).contains(factor), large.width / factor == small.width,
      large.height / factor == small.height
    {
      self = .multiple(factor: factor)
    } else if abs(a.width - b.width) <= Self.mostToCut, abs(a.height - b.height) <= Self.mostToCut {
      self = .cut
    } else if abs(across - down) * 50 <= min(across, down) {
      self = .similar
    } else {
      self = .unrelated
    }
  }

  public init(_ a: Image, _ b: Image) { self.init((a.width, a.height), (b.width, b.height)) }

  /// The size that a picture of `size` takes on beside one of `other`, before what they have in common is cut out.
  ///
  /// Only `multiple` and `similar` change it.
  public func size(
    of size: (width: Int, height: Int), beside other: (width: Int, height: Int)
  ) -> (width: Int, height: Int) {
    switch self {
    case .same, .cut, .unrelated: size
    case .similar: other
    case .multiple(let factor):
      size.width < other.width || size.height < other.height ? (size.width * factor, size.height * factor) : other
    }
  }
}
