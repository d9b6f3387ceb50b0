import Base

/// Bounds on what is read from outside, checked from the header before anything that grows with the picture is allocated.
public struct ImageLimits: Hashable, Sendable {
  /// Largest width times height.
  public var pixels: Int
  /// Largest width or height; the standard value is also the most that libpng writes.
  public var side: Int
  /// Largest file in bytes.
  public var fileBytes: Int
  /// Most memory for profiles, EXIF and text of a PNG file, and most bytes in front of the samples of a JPEG file.
  public var metadataBytes: Int
  /// Most scans of a JPEG file: each costs a pass over the whole picture, and files made for pictures have about ten.
  public var jpegScans: Int
  /// Whether "-" and `/dev/fd/N` name what this process was given to read: those of a command line do, those of a request do not.
  public var takesStreams = false
  /// Ends reading, with `ImageError.cancelled`, when it is set; nil where nobody can.
  public var cancelFlag: CancelFlag?

  public init(
    pixels: Int = 256_000_000, side: Int = 1_000_000, fileBytes: Int = 4 << 30, metadataBytes: Int = 64 << 20,
    jpegScans: Int = 100
  ) {
    self.pixels = pixels
    self.side = side
    self.fileBytes = fileBytes
    self.metadataBytes = metadataBytes
    self.jpegScans = jpegScans
  }

  public static let standard = ImageLimits()

  /// The same for a reading that `flag` ends.
  public func heeding(_ flag: CancelFlag) -> ImageLimits {
    var limits = self
    limits.cancelFlag = flag
    return limits
  }
}

/// What becomes of a picture that is damaged or cut off.
public enum DamagePolicy: String, Sendable, CaseIterable {
  /// It is an error that says where.
  case refuse
  /// What is there is used, and what is missing or guessed is told.
  case keep
}
