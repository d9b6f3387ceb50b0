import Base
import CImageIO

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
  public static func header(
    _ path: String, limits: ImageLimits = .standard, damaged: DamagePolicy = .refuse
  ) throws(ImageError) -> SensorHeader {
    try RawReader(path, limits, damaged).header
  }

  /// Bytes that reading and `mosaicPicture` hold at their peak: LibRaw's samples, ours, and the picture turned upright.
  public static func decodingBytes(_ header: SensorHeader) -> Int { 4 * header.storedWidth * header.storedHeight * 2 }

  /// Reads the sensor's active area: hot photosites replaced by their neighbours, samples looked over for damage.
  ///
  /// - Throws: `ImageError`: unreadable, over the limits, damaged, or of a kind without a Bayer mosaic (X-Trans, quad Bayer, Foveon,
  ///   linear and floating-point DNG). A few guessed samples are told in the warnings, more than
  ///   `SensorInspection.mostGuessed` are damage.
  public static func read(
    _ path: String, limits: ImageLimits = .standard, damaged: DamagePolicy = .refuse
  ) throws(ImageError) -> SensorMosaic {
    let reader = try RawReader(path, limits, damaged)
    let header = reader.header
    var samples = try reader.samples()
    var warnings = [
      header.exif == nil
        ? "the raw file tells nothing of camera, exposure and time"
        : "of the raw file's EXIF camera, lens, exposure and time are kept, the maker's notes are not"
    ]
    if let fault = reader.misplaced { warnings.append("damaged: \(fault)") }
    if let fault = reader.fault(in: samples) {
      guard fault.isLittle || damaged == .keep else {
        throw .damaged(
          path: path,
          reason: "\(fault.text); get the file anew, or restore what is there with --damaged keep")
      }
      warnings.append(fault.text)
    }
    warnings += reader.directory?.replacedTags(header) ?? []
    let hot = HotPhotosites.replace(in: &samples, header)
    if hot > 0 { warnings.append("\(hot) hot photosite\(hot == 1 ? "" : "s") replaced by their neighbours") }
    if !header.hasBalance {
      warnings.append("the file tells no white balance: colours are left as the sensor saw them")
    }
    return SensorMosaic(header: header, samples: samples, warnings: warnings)
  }
}

/// One raw file in reading.
private final class RawReader {
  private let handle: OpaquePointer
  private let path: String
  private let limits: ImageLimits
  let header: SensorHeader
  /// Of a DNG file.
  let directory: RawDirectory?
  /// Why the samples cannot be where the file says.
  let misplaced: String?

  /// For a kind of sensor that is not restored.
  private static let advice = "develop it with a raw converter, and restore the PNG that this writes"

  init(_ path: String, _ limits: ImageLimits, _ damaged: DamagePolicy) throws(ImageError) {
    try ImageInput.checkRegularFile(path, limits)
    let directory: RawDirectory?
    switch RawDirectory.read(path) {
    case .unsafe:
      throw .damaged(
        path: path,
        reason: "its colour pattern of 36 entries is not announced as one of 6 x 6; get the file anew from the camera")
    case .known(let known): directory = known
    case .unknown: directory = nil
    }
    if let kind = directory?.otherKind { throw .unsupported(path: path, what: kind, advice: Self.advice) }
    misplaced = directory?.misplacedSamples
    if let misplaced, damaged == .refuse {
      throw .damaged(path: path, reason: "\(misplaced); get the file anew from the camera")
    }
    self.directory = directory
    guard let handle = grl_raw_create() else { throw .outOfMemory(path: path, bytes: 1 << 20) }
    let bounds = grl_image_limits(
      side: UInt32(clamping: limits.side), pixels: UInt64(clamping: limits.pixels),
      metadata_bytes: UInt64(clamping: limits.metadataBytes), jpeg_scans: UInt32(clamping: limits.jpegScans),
      keeps_damaged: 0, is_cancelled: limits.cancelFlag == nil ? nil : Self.isCancelled,
      cancel_context: limits.cancelFlag.map { Unmanaged.passUnretained($0).toOpaque() })
    let status = grl_raw_read_header(handle, path.systemPath, bounds)
    guard status == GRL_IMAGE_OK else {
      defer { grl_raw_destroy(handle) }
      throw Self.error(status, handle, path, limits)
    }
    guard let header = SensorHeader(grl_raw_reader_header(handle).pointee, replacedWhite: directory?.replacedWhite)
    else {
      grl_raw_destroy(handle)
      throw .damaged(path: path, reason: "black level, saturation or colour matrix make no sense")
    }
    self.handle = handle
    self.path = path
    self.limits = limits
    self.header = header
  }

  deinit { grl_raw_destroy(handle) }

  /// `limits` keeps the flag alive as long as the reader. Another thread asks than the one that reads.
  private static let isCancelled: @convention(c) (UnsafeMutableRawPointer?) -> Int32 = { context in
    context.map { Unmanaged<CancelFlag>.fromOpaque($0).takeUnretainedValue().isSetUncounted ? 1 : 0 } ?? 0
  }

  /// What is wrong with the samples, and whether so little of them that a picture can be made; nil where nothing is.
  func fault(in samples: [UInt16]) -> (text: String, isLittle: Bool)? {
    let damage = directory?.damage(path, activeHeight: header.storedHeight)
    let inspection = SensorInspection(
      samples, header, largest: directory?.largestSample, damage: damage)
    let reason = damage.map { "\($0.reason): " } ?? ""
    if inspection.isConstant { return (reason + "all samples are the same, there is no picture in them", false) }
    if inspection.guessed > 0 {
      return (reason + inspection.text, inspection.share <= SensorInspection.mostGuessed)
    }
    guard grl_raw_reader_faults(handle) > 0 else { return nil }
    // LibRaw tells the first place only. What stands behind it is guessed; raw files end with their samples.
    let (first, end) = (grl_raw_reader_first_fault(handle), ImageInput.size(path))
    guard first >= 0, first < end else { return ("the compressed samples end too early", false) }
    let share = Double(end - Int(first)) / Double(end)
    return (
      "the compressed samples make no sense from byte \(first) of \(end) on and were guessed",
      share <= SensorInspection.mostGuessed
    )
  }

  /// The active area as stored. Once.
  func samples() throws(ImageError) -> [UInt16] {
    if limits.cancelFlag?.isSet == true { throw .cancelled(path: path) }
    var status = GRL_IMAGE_OK
    let count = header.storedWidth * header.storedHeight
    let samples = [UInt16](unsafeUninitializedCapacity: count) { buffer, initialized in
      buffer.initialize(repeating: 0)
      status = grl_raw_read_samples(handle, buffer.baseAddress)
      initialized = count
    }
    guard status == GRL_IMAGE_OK else { throw Self.error(status, handle, path, limits) }
    if limits.cancelFlag?.isSet == true { throw .cancelled(path: path) }
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
    case GRL_IMAGE_UNSUPPORTED: return .unsupported(path: path, what: message, advice: advice)
    case GRL_IMAGE_CANCELLED: return .cancelled(path: path)
    case GRL_IMAGE_CUT where header.width == 0:
      return .damaged(path: path, reason: "it ends too early for a camera raw file, or is none (LibRaw)")
    case GRL_IMAGE_CUT:
      return .damaged(path: path, reason: "it ends too early, samples are missing; get the file anew from the camera")
    default: return .damaged(path: path, reason: message)
    }
  }
}
