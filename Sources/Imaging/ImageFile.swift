import Base
import CImageIO
import Glibc

/// Reading and writing picture files.
///
/// ```
/// file ─ImageInput→ bytes ─ImageReader (a library of the format)→ stored samples ─Orientation→ Image
/// Image ─Image.fitted(to:)→ what the format can hold ─ImageWriter→ bytes ─WholeFile→ file
/// ```
public enum ImageFile {
  /// Endings of the names of all formats, in lower case.
  package static let extensions = Format.allCases.reduce(into: Set<String>()) { $0.formUnion($1.extensions) }

  /// A decoded picture and what a careful reader should know about it.
  public struct Decoded: Sendable {
    /// Upright, with 8 or 16 bits or floats as stored (fewer bits become 8, 9 to 15 become 16).
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
    /// 8, 16 or 32.
    public let bitDepth: Int
    /// What stands in front of the samples (a PNG file may have its EXIF behind them).
    public let metadata: ImageMetadata
    public let orientation: Orientation
    /// Bytes that decoding holds at its peak: the samples, twice while they are turned upright, all coefficients of a JPEG file
    /// that tells its picture in several scans, and a stream as it came.
    public let decodingBytes: Int
    /// Why its samples cannot be read by rows; nil where they can.
    package let wholeReason: String?
    /// Bytes that reading by rows holds beside the rows that are asked for.
    package let rowsBytes: Int
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
    guard let begins = Descriptor.head(descriptor, FileSignature.length) else { throw .system(code: errno) }
    if let format = FileSignature.format(begins) {
      // Most cameras' files are TIFF files by their first bytes.
      return format == .tiff && RawFile.isRaw(path) ? .other("a camera raw picture") : .picture(format)
    }
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
    try OpenedPicture(path, limits: limits).decoded(damaged)
  }

  /// Decodes a file's `bytes`; `path` names them in errors.
  public static func decode(
    _ bytes: [UInt8], path: String, limits: ImageLimits = .standard, damaged: DamagePolicy = .refuse
  ) throws(ImageError) -> Decoded {
    try OpenedPicture(bytes, path: path, limits: limits).decoded(damaged)
  }

  /// Reads size, kind and metadata from the header; of a large file only its beginning is read.
  public static func header(_ path: String, limits: ImageLimits = .standard) throws(ImageError) -> Header {
    try OpenedPicture(path, limits: limits).header
  }

  /// Writes `image` whole or not at all: a temporary file beside `path`, fsync, rename. "-" is standard output.
  ///
  /// - Parameter mayReplace: see `WholeFile.write`.
  /// - Returns: one line for each thing that the format cannot keep.
  /// - Throws: `ImageError.unwritable` (also for a full disk), `.exists`, `.doesNotFit`, `.outOfMemory`, `.notFlushed`.
  @discardableResult
  public static func write(
    _ image: Image, to path: String, format: Format, encoding: Encoding = .init(), mayReplace: Bool = true
  ) throws(ImageError) -> [String] {
    let (fitted, losses) = image.fitted(to: format)
    var notes: [String] = []
    try WholeFile.write(to: path, mayReplace: mayReplace) { descriptor throws(ImageError) in
      let writer = try ImageWriter(descriptor: descriptor, path: path)
      notes = try writer.write(fitted, format, encoding)
    }
    return losses + notes
  }

  /// The bytes of a file with `image`, as `write` makes it. What the format cannot keep is left out: `Image.fitted(to:)`
  /// tells.
  public static func encode(
    _ image: Image, format: Format, encoding: Encoding = .init()
  ) throws(ImageError) -> [UInt8] {
    let writer = try ImageWriter(descriptor: -1, path: "memory")
    _ = try writer.write(image.fitted(to: format).image, format, encoding)
    return writer.bytes
  }
}

/// A picture file whose header was read and whose samples wait, so that there can be seen to the room that they take.
public final class OpenedPicture {
  public let header: ImageFile.Header
  private let input: ImageInput
  private let limits: ImageLimits

  /// Opens `path`; where the limits take streams, standard input for "-". A stream is taken in whole, encoded as it is.
  ///
  /// - Throws: what `ImageFile.read` throws of opening and of the header.
  public convenience init(_ path: String, limits: ImageLimits = .standard) throws(ImageError) {
    try self.init(ImageInput(path, limits), limits)
  }

  /// `bytes` of a file; `path` names them in errors.
  public convenience init(
    _ bytes: [UInt8], path: String, limits: ImageLimits = .standard
  ) throws(ImageError) {
    try self.init(ImageInput(bytes, path: path, limits), limits)
  }

  private init(_ input: ImageInput, _ limits: ImageLimits) throws(ImageError) {
    (self.input, self.limits) = (input, limits)
    header = try input.read { source throws(ImageError) in
      let reader = try ImageReader(source, input.format, path: input.path, limits)
      let (metadata, orientation) = reader.metadata()
      let (width, height) = orientation.swapsSides ? (reader.height, reader.width) : (reader.width, reader.height)
      return ImageFile.Header(
        format: input.format, width: width, height: height, layout: reader.layout, bitDepth: reader.bitDepth,
        metadata: metadata, orientation: orientation,
        decodingBytes: reader.sampleBytes * (orientation == .upright ? 1 : 2) + reader.scanBytes + input.heldBytes,
        wholeReason: input.heldBytes > 0
          ? "it comes as a stream"
          : orientation == .upright || orientation == .mirrored
            ? reader.wholeReason : "its samples are stored turned, and have to be turned upright whole",
        rowsBytes: reader.rowsBytes)
    }
  }

  /// The samples by rows.
  ///
  /// - Precondition: `header.wholeReason` is nil. One reading at a time: they share a place in the file.
  package func rows() throws(ImageError) -> RowReader {
    precondition(header.wholeReason == nil)
    let reader = try input.read { source throws(ImageError) in
      try ImageReader(source, input.format, path: input.path, limits)
    }
    return RowReader(reader, header, input)
  }

  /// Decodes the samples, as `ImageFile.read` says.
  public func decoded(_ damaged: DamagePolicy = .refuse) throws(ImageError) -> ImageFile.Decoded {
    try input.read { source throws(ImageError) in
      let reader = try ImageReader(source, input.format, path: input.path, limits, damaged: damaged)
      let samples = try reader.samples()
      let (metadata, orientation) = reader.metadata()
      let stored = Image(
        width: reader.width, height: reader.height, layout: reader.layout, samples: samples, metadata: metadata)
      return ImageFile.Decoded(
        image: stored.upright(from: orientation), format: input.format, orientation: orientation,
        faults: reader.faults(), warnings: reader.faults() + reader.conversions())
    }
  }
}
