import Base

/// Something about two to four pictures that are looked at side by side.
///
/// All are brought onto one frame: that of the largest picture. One of a whole fraction of its size, or of its shape, is enlarged to
/// it; any other lies in its top left corner. Rectangles and places are pixels of the frame. Numbers are those of `grl compare`: of
/// the pixels that all pictures have in common with the reference, at its size.
public struct ComparisonRequest: Codable, Hashable, Sendable {
  public enum Question: Codable, Hashable, Sendable {
    /// What the pictures are; decodes them.
    case open
    /// A part of all of them, scaled to exactly `width` x `height`, and the samples at `x`, `y`. No pixels where a side is 0.
    /// Sides are at most those of the region: pixels are enlarged by who shows them.
    case view(region: Rectangle, width: Int, height: Int, x: Int, y: Int)
    /// How far the pictures are from the reference; nil measures all that they have in common. Pictures whose size and shape have
    /// nothing to do with the reference's are left out. `convention` is `matlab`, `basicsr` or `grl`.
    case measure(region: Rectangle?, convention: String, shave: Int)
    /// What changed from the picture at `reference`, which is no reference then but may be as damaged as any: noise, blockiness and blur
    /// before and after, the largest and the mean change in 8-bit levels. nil is of all that they have in common.
    case changes(region: Rectangle?)
    /// Where they differ most from the reference: at most `count` squares of `side`, the largest difference first.
    case crops(side: Int, count: Int)
    /// What cutting into tiles changed of `picture`, where the reference is the same picture restored whole. `columns` and `rows` are
    /// the lines with which tiles begin or end, in pixels of the pictures: `x` lies between pixels `x - 1` and `x`.
    case tiling(picture: Int, columns: [Int], rows: [Int])
  }

  /// Most pictures of one comparison.
  public static let pictureLimit = 4

  public var paths: [String]
  /// Place of the picture that the others are measured against.
  public var reference: Int
  public var question: Question

  public init(paths: [String], reference: Int, _ question: Question) {
    self.paths = paths
    self.reference = reference
    self.question = question
  }
}

public enum ComparisonReply: Codable, Hashable, Sendable {
  case opened(ComparisonInfo)
  /// The raw bytes hold the pictures one after the other, each `width * height * 3` bytes, sRGB, row by row.
  case view(ComparisonView)
  case measures([ComparisonMeasure])
  case crops([Rectangle])
  case tiling(TilingInfo)
}

/// What cutting a picture into tiles changed.
public struct TilingInfo: Codable, Hashable, Sendable {
  /// The largest change of a sample and the mean, in 8-bit levels, 0...255, and the pixel of the largest.
  public var maximum: Double
  public var x: Int
  public var y: Int
  public var mean: Double
  /// Gradient across the lines over that of the whole picture there, 1 where no seam was added; nil where there is none to see.
  public var seamScore: Double?

  public init(maximum: Double, x: Int, y: Int, mean: Double, seamScore: Double?) {
    self.maximum = maximum
    self.x = x
    self.y = y
    self.mean = mean
    self.seamScore = seamScore
  }
}

/// Pictures that are compared, and what was done to bring them together.
public struct ComparisonInfo: Codable, Hashable, Sendable {
  public struct Picture: Codable, Hashable, Sendable {
    public var path: String
    /// Sides of the upright picture.
    public var width: Int
    public var height: Int
    /// 8 or 16.
    public var bitDepth: Int
    /// `gray`, `grayAlpha`, `rgb`, `rgbAlpha`.
    public var layout: String
    /// What is special about it beside the others, in a few words; nil where nothing is.
    public var note: String?

    public init(path: String, width: Int, height: Int, bitDepth: Int, layout: String, note: String?) {
      self.path = path
      self.width = width
      self.height = height
      self.bitDepth = bitDepth
      self.layout = layout
      self.note = note
    }
  }

  /// Of the frame.
  public var width: Int
  public var height: Int
  public var pictures: [Picture]

  public init(width: Int, height: Int, pictures: [Picture]) {
    self.width = width
    self.height = height
    self.pictures = pictures
  }
}

/// The same part of all pictures.
public struct ComparisonView: Codable, Hashable, Sendable {
  public var region: Rectangle
  public var width: Int
  public var height: Int
  public var x: Int
  public var y: Int
  /// The samples at `x`, `y` as they are stored, alpha included: one list for each picture, empty where it does not reach.
  public var samples: [[Int]]

  public init(region: Rectangle, width: Int, height: Int, x: Int, y: Int, samples: [[Int]]) {
    self.region = region
    self.width = width
    self.height = height
    self.x = x
    self.y = y
    self.samples = samples
  }
}

/// One metric under its convention.
public struct ComparisonMeasure: Codable, Hashable, Sendable {
  /// With the convention: `PSNR (matlab)`.
  public var name: String
  /// For each picture, ready to be shown; empty for the reference and where it cannot be measured.
  public var values: [String]

  public init(name: String, values: [String]) {
    self.name = name
    self.values = values
  }
}
