import CSystem

/// Reading camera raw files (DNG, NEF, CR2, ARW, ...) through LibRaw: what the sensor recorded, not what a converter makes of
/// it.
///
/// ```
/// file ─RawFile.read→ SensorMosaic ─mosaicPicture→ gray Image behind a colour filter array ─network→ Image
///                          └─ header.finished(_:) ←───────────────────────────────────────────────────┘
/// ```
public enum RawFile {
  /// Endings of the files that are taken for camera raw, in lower case.
  public static let extensions: Set<String> = [
    "3fr", "arw", "cr2", "cr3", "crw", "dcr", "dng", "erf", "fff", "iiq", "kdc", "mef", "mos", "mrw", "nef", "nrw",
    "orf",
    "pef", "raf", "rw2", "rwl", "sr2", "srf", "srw",
  ]

  /// Whether `path` ends like a camera raw file.
  public static func isRaw(_ path: String) -> Bool {
    guard let dot = path.lastIndex(of: "."), !path[dot...].contains("/") else { return false }
    return extensions.contains(path[path.index(after: dot)...].lowercased())
  }

  /// What the header says: sides of the upright picture, pattern, levels, colours. Samples are not unpacked.
  public static func header(_ path: String, limits: ImageLimits = .standard) throws(ImageError) -> SensorHeader {
    try RawReader(path, limits).header
  }

  /// Reads the sensor's active area.
  ///
  /// - Throws: `ImageError`: unreadable, over the limits, damaged, or of a kind without a Bayer mosaic (X-Trans, Foveon, linear
  ///   DNG).
  public static func read(_ path: String, limits: ImageLimits = .standard) throws(ImageError) -> SensorMosaic {
    let reader = try RawReader(path, limits)
    let samples = try reader.samples()
    var warnings = ["EXIF of the raw file is not carried over"]
    if reader.faults > 0 {
      warnings.append("\(reader.faults) places in the compressed samples are damaged and were guessed")
    }
    if !reader.header.hasBalance {
      warnings.append("the file tells no white balance: colours are left as the sensor saw them")
    }
    return SensorMosaic(header: reader.header, samples: samples, warnings: warnings)
  }
}

/// One raw file in reading.
private final class RawReader {
  private let handle: OpaquePointer
  private let path: String
  private let limits: ImageLimits
  let header: SensorHeader

  init(_ path: String, _ limits: ImageLimits) throws(ImageError) {
    try ImageInput.checkRegularFile(path, limits)
    guard let handle = grl_raw_create() else { throw .outOfMemory(path: path, bytes: 1 << 20) }
    let bounds = grl_image_limits(
      side: UInt32(clamping: limits.side), pixels: UInt64(clamping: limits.pixels),
      metadata_bytes: UInt64(clamping: limits.metadataBytes), jpeg_scans: UInt32(clamping: limits.jpegScans))
    let status = grl_raw_read_header(handle, path, bounds)
    guard status == GRL_IMAGE_OK else {
      defer { grl_raw_destroy(handle) }
      throw Self.error(status, handle, path, limits)
    }
    guard let header = SensorHeader(grl_raw_reader_header(handle).pointee) else {
      grl_raw_destroy(handle)
      throw .damaged(path: path, reason: "black level, saturation or colour matrix make no sense")
    }
    self.handle = handle
    self.path = path
    self.limits = limits
    self.header = header
  }

  deinit { grl_raw_destroy(handle) }

  var faults: Int { grl_raw_reader_faults(handle) }

  /// The active area as stored. Once.
  func samples() throws(ImageError) -> [UInt16] {
    var status = GRL_IMAGE_OK
    let count = header.storedWidth * header.storedHeight
    let samples = [UInt16](unsafeUninitializedCapacity: count) { buffer, initialized in
      buffer.initialize(repeating: 0)
      status = grl_raw_read_samples(handle, buffer.baseAddress)
      initialized = count
    }
    guard status == GRL_IMAGE_OK else { throw Self.error(status, handle, path, limits) }
    return samples
  }

  private static func error(
    _ status: grl_image_status, _ handle: OpaquePointer, _ path: String, _ limits: ImageLimits
  ) -> ImageError {
    let notes = grl_raw_reader_notes(handle)
    let message = String(cString: grl_image_notes_message(notes))
    let header = grl_raw_reader_header(handle).pointee
    switch status {
    case GRL_IMAGE_TOO_LARGE:
      return .tooLarge(
        path: path, width: Int(header.width), height: Int(header.height), limitPixels: limits.pixels,
        limitSide: limits.side)
    case GRL_IMAGE_IO: return .unreadable(path: path, reason: systemReason(grl_image_notes_errno(notes)))
    case GRL_IMAGE_NO_MEMORY:
      return .outOfMemory(path: path, bytes: Int(header.width) * Int(header.height) * 2)
    case GRL_IMAGE_UNSUPPORTED: return .unsupported(path: path, what: "\(message) (LibRaw)")
    default: return .damaged(path: path, reason: "\(message) (LibRaw)")
    }
  }
}
