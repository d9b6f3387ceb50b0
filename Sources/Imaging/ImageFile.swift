import CSystem
import Glibc

/// Reading and writing picture files.
///
/// ```
/// file ─ImageInput→ bytes ─ImageReader (libpng, libjpeg-turbo)→ stored samples ─Orientation→ Image
/// Image ─Image.fitted(to:)→ what the format can hold ─ImageWriter→ bytes ─WholeFile→ file
/// ```
public enum ImageFile {
  public enum Format: String, Sendable, CaseIterable {
    case png, jpeg

    /// The format that `path` asks for by its extension; nil for any other.
    public init?(path: String) {
      let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
      guard let dot = name.lastIndex(of: ".") else { return nil }
      switch name[name.index(after: dot)...].lowercased() {
      case "png": self = .png
      case "jpg", "jpeg", "jpe", "jfif": self = .jpeg
      default: return nil
      }
    }

    var library: String { self == .png ? "libpng" : "libjpeg" }
  }

  /// A decoded picture and what a careful reader should know about it.
  public struct Decoded: Sendable {
    /// Upright, with 8 or 16 bits as stored (1, 2 and 4 bits become 8).
    public let image: Image
    public let format: Format
    /// How the samples were stored before they were turned upright.
    public let orientation: Orientation
    /// One line each on what is not as the format wants it; damage that was kept among it.
    public let faults: [String]
    /// `faults`, and one line each on what was converted or could not be kept.
    public let warnings: [String]
  }

  /// What the header says, without decoding the samples.
  public struct Header: Sendable {
    public let format: Format
    /// Sides of the upright picture.
    public let width: Int
    public let height: Int
    public let layout: Image.Layout
    /// 8 or 16.
    public let bitDepth: Int
    /// What stands in front of the samples (a PNG file may have its EXIF behind them).
    public let metadata: ImageMetadata
    public let orientation: Orientation
  }

  /// How much of the colours' resolution a JPEG file keeps.
  public enum ChromaSampling: String, Sendable {
    /// Half in both directions: 4:2:0, libjpeg's default.
    case half
    /// All: 4:4:4.
    case full
  }

  /// What a file is by its first bytes.
  public enum Kind: Hashable, Sendable {
    case picture(Format)
    /// Words for what else it is: `a GIF picture`, `text`.
    case other(String)
  }

  public static func kind(of path: String) throws(RegularFile.Refusal) -> Kind {
    let (descriptor, _) = try RegularFile.open(path)
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: FileSignature.length)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    guard count >= 0 else { throw .system(code: errno) }
    let begins = Array(bytes.prefix(count))
    if let format = FileSignature.format(begins) { return .picture(format) }
    return .other(FileSignature.name(begins) ?? "data of another kind")
  }

  /// Whether `path` names what this process was given to read: standard input, or a shell's `<(...)`. Such input may be long in
  /// coming, and comes once.
  public static func isStream(_ path: String) -> Bool { ImageInput.stream(path) != nil }

  /// Reads `path`; where the limits take streams, standard input for "-".
  ///
  /// A file that is cut off, fails a checksum or has faults in its compressed samples is an error, unless `damaged` says to keep
  /// what is there.
  /// - Throws: every case of `ImageError` but those about writing. Limits are checked before samples are allocated.
  public static func read(
    _ path: String, limits: ImageLimits = .standard, damaged: DamagePolicy = .refuse
  ) throws(ImageError) -> Decoded {
    try ImageInput.open(path, limits) { source, format throws(ImageError) in
      try decode(source, format, path: path == "-" ? "standard input" : path, limits, damaged)
    }
  }

  /// Decodes a file's `bytes`; `path` names them in errors.
  public static func decode(
    _ bytes: [UInt8], path: String, limits: ImageLimits = .standard, damaged: DamagePolicy = .refuse
  ) throws(ImageError) -> Decoded {
    try ImageInput.open(bytes, path: path, limits) { source, format throws(ImageError) in
      try decode(source, format, path: path, limits, damaged)
    }
  }

  /// Reads size, kind and metadata from the header; of a large file only its beginning is read.
  public static func header(_ path: String, limits: ImageLimits = .standard) throws(ImageError) -> Header {
    try ImageInput.open(path, limits) { source, format throws(ImageError) in
      let reader = try ImageReader(source, format, path: path, limits)
      let (metadata, orientation) = reader.metadata()
      let (width, height) = orientation.swapsSides ? (reader.height, reader.width) : (reader.width, reader.height)
      return Header(
        format: format, width: width, height: height, layout: reader.layout, bitDepth: reader.bitDepth,
        metadata: metadata, orientation: orientation)
    }
  }

  private static func decode(
    _ source: grl_image_source, _ format: Format, path: String, _ limits: ImageLimits, _ damaged: DamagePolicy
  ) throws(ImageError) -> Decoded {
    let reader = try ImageReader(source, format, path: path, limits, damaged: damaged)
    let samples = try reader.samples()
    let (metadata, orientation) = reader.metadata()
    let stored = Image(
      width: reader.width, height: reader.height, layout: reader.layout, samples: samples, metadata: metadata)
    return Decoded(
      image: stored.upright(from: orientation), format: format, orientation: orientation, faults: reader.faults(),
      warnings: reader.faults() + reader.conversions())
  }

  /// Writes `image` whole or not at all: a temporary file beside `path`, fsync, rename. "-" is standard output.
  ///
  /// - Parameters:
  ///   - jpegQuality: 1...100, libjpeg's scale.
  ///   - mayReplace, temporaryName: see `WholeFile.write`.
  /// - Returns: one line for each thing that the format cannot keep.
  /// - Throws: `ImageError.unwritable` (also for a full disk), `.exists`, `.doesNotFit`, `.outOfMemory`, `.notFlushed`.
  @discardableResult
  public static func write(
    _ image: Image, to path: String, format: Format, jpegQuality: Int = 95, chroma: ChromaSampling = .half,
    mayReplace: Bool = true, temporaryName: String? = nil
  ) throws(ImageError) -> [String] {
    let (fitted, losses) = image.fitted(to: format)
    var notes: [String] = []
    try WholeFile.write(to: path, mayReplace: mayReplace, temporaryName: temporaryName) {
      descriptor throws(ImageError) in
      let writer = try ImageWriter(descriptor: descriptor, path: path)
      notes = try writer.write(fitted, format, jpegQuality: jpegQuality, chroma)
    }
    return losses + notes
  }

  /// The bytes of a file with `image`, as `write` makes it. What the format cannot keep is left out: `Image.fitted(to:)`
  /// tells.
  public static func encode(
    _ image: Image, format: Format, jpegQuality: Int = 95, chroma: ChromaSampling = .half
  ) throws(ImageError) -> [UInt8] {
    let writer = try ImageWriter(descriptor: -1, path: "memory")
    _ = try writer.write(image.fitted(to: format).image, format, jpegQuality: jpegQuality, chroma)
    return writer.bytes
  }
}
