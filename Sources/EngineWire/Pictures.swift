import Base

public struct FolderListing: Codable, Hashable, Sendable {
  public struct Entry: Codable, Hashable, Sendable {
    public enum Kind: String, Codable, Sendable {
      case folder, picture, other
      /// Its name is no valid UTF-8 or its kind cannot be told; it is shown and cannot be opened.
      case unreadable
    }
    public var name: String
    public var kind: Kind
    public var bytes: Int
    /// Seconds since 1970.
    public var modified: Double

    public init(name: String, kind: Kind, bytes: Int, modified: Double) {
      self.name = name
      self.kind = kind
      self.bytes = bytes
      self.modified = modified
    }
  }
  /// The folder, absolute, links resolved.
  public var path: String
  /// Folders first, each by name as people sort it (2 before 10); hidden ones included.
  public var entries: [Entry]
  /// The folder holds more entries than these.
  public var isCut: Bool

  public init(path: String, entries: [Entry], isCut: Bool) {
    self.path = path
    self.entries = entries
    self.isCut = isCut
  }
}

/// What a picture's header says.
public struct PictureInfo: Codable, Hashable, Sendable {
  public var path: String
  public var bytes: Int
  /// `png`, `jpeg`.
  public var format: String
  /// Sides of the upright picture.
  public var width: Int
  public var height: Int
  /// 8 or 16.
  public var bitDepth: Int
  /// `gray`, `grayAlpha`, `rgb`, `rgbAlpha`.
  public var layout: String
  public var hasICC: Bool
  public var hasEXIF: Bool
  /// Stored turned or mirrored; degrees clockwise it was turned by to stand upright (0, 90, 180, 270).
  public var turnedDegrees: Int
  public var isMirrored: Bool

  public init(
    path: String, bytes: Int, format: String, width: Int, height: Int, bitDepth: Int, layout: String, hasICC: Bool,
    hasEXIF: Bool, turnedDegrees: Int, isMirrored: Bool
  ) {
    self.path = path
    self.bytes = bytes
    self.format = format
    self.width = width
    self.height = height
    self.bitDepth = bitDepth
    self.layout = layout
    self.hasICC = hasICC
    self.hasEXIF = hasEXIF
    self.turnedDegrees = turnedDegrees
    self.isMirrored = isMirrored
  }
}

/// The pixels that follow: `width * height * 3` bytes, sRGB, row by row.
public struct PixelsInfo: Codable, Hashable, Sendable {
  public var width: Int
  public var height: Int
  /// Size of the whole upright picture.
  public var pictureWidth: Int
  public var pictureHeight: Int
  /// The part of it that these pixels show.
  public var region: Rectangle
  /// Standard deviation of the noise on the scale 0...255, estimated from the picture; nil where it was not estimated.
  public var noiseSigma: Double?
  /// Strength of an 8 x 8 JPEG grid, 0 none; nil where it was not estimated.
  public var blockiness: Double?

  /// Noise below this may as well be texture: clean photographs measure 1 to 6.
  public static let noisySigma = 8.0
  /// From here on blocks can be seen: a photograph saved with quality 85 measures 0.3, with 60 0.9, with 30 1.7.
  public static let blockyStrength = 0.5

  public init(
    width: Int, height: Int, pictureWidth: Int, pictureHeight: Int, region: Rectangle, noiseSigma: Double? = nil,
    blockiness: Double? = nil
  ) {
    self.width = width
    self.height = height
    self.pictureWidth = pictureWidth
    self.pictureHeight = pictureHeight
    self.region = region
    self.noiseSigma = noiseSigma
    self.blockiness = blockiness
  }

  public var byteCount: Int { width * height * 3 }
}

/// A restored region beside what it was.
public struct TrialInfo: Codable, Hashable, Sendable {
  /// First in the raw bytes.
  public var before: PixelsInfo
  public var after: PixelsInfo
  public var model: String
  public var seconds: Double

  public init(before: PixelsInfo, after: PixelsInfo, model: String, seconds: Double) {
    self.before = before
    self.after = after
    self.model = model
    self.seconds = seconds
  }
}
