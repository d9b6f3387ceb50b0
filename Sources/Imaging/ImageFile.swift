/// Reading and writing picture files.
public enum ImageFile {
  public enum Format: String, Sendable, CaseIterable {
    case png, jpeg
  }

  /// A decoded picture and what a careful reader should know about it.
  public struct Decoded: Sendable {
    public let image: Image
    public let format: Format
    /// One line each: what the library warned about, what was converted or could not be kept.
    public let warnings: [String]
  }

  /// What the header says, without decoding the samples.
  public struct Header: Sendable {
    public let format: Format
    public let width: Int
    public let height: Int
    public let layout: Image.Layout
    public let bitDepth: Int
  }

  /// Reads `path`, or standard input for "-".
  public static func read(_ path: String, limits: ImageLimits = .standard) throws(ImageError) -> Decoded {
    throw .unreadable(path: path, reason: "not built yet")
  }

  /// Reads size and kind from the header.
  public static func header(_ path: String, limits: ImageLimits = .standard) throws(ImageError) -> Header {
    throw .unreadable(path: path, reason: "not built yet")
  }

  /// Writes `image` whole or not at all: a temporary file beside `path`, fsync, rename. "-" is standard output.
  ///
  /// - Returns: one line for each thing that the format cannot keep.
  @discardableResult
  public static func write(
    _ image: Image, to path: String, format: Format, jpegQuality: Int = 95
  ) throws(ImageError) -> [String] {
    throw .unwritable(path: path, reason: "not built yet")
  }
}

/// Bounds on what is read from outside, checked from the header before anything is allocated.
public struct ImageLimits: Sendable {
  /// Largest width times height.
  public var pixels: Int
  /// Largest width or height.
  public var side: Int
  /// Largest file in bytes.
  public var fileBytes: Int
  public static let standard = ImageLimits(pixels: 256_000_000, side: 65_535, fileBytes: 4 << 30)
}
