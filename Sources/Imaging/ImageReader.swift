import Base
import CImageIO
import Glibc

/// One file in decoding: its header first, then its samples.
final class ImageReader {
  private let handle: OpaquePointer
  private let format: ImageFile.Format
  private let path: String
  private let limits: ImageLimits
  private var header: grl_image_header { grl_image_reader_header(handle).pointee }

  /// Reads and checks the header. `source` must outlive the reader.
  init(
    _ source: grl_image_source, _ format: ImageFile.Format, path: String, _ limits: ImageLimits,
    damaged: DamagePolicy = .refuse
  ) throws(ImageError) {
    let bounds = grl_image_limits(
      side: UInt32(clamping: limits.side), pixels: UInt64(clamping: limits.pixels),
      metadata_bytes: UInt64(clamping: limits.metadataBytes), jpeg_scans: UInt32(clamping: limits.jpegScans),
      keeps_damaged: damaged == .keep ? 1 : 0, is_cancelled: limits.cancelFlag == nil ? nil : Self.isCancelled,
      cancel_context: limits.cancelFlag.map { Unmanaged.passUnretained($0).toOpaque() })
    let opened =
      switch format {
      case .png: grl_png_open(source, bounds)
      case .jpeg: grl_jpeg_open(source, bounds)
      case .tiff: grl_tiff_open(source, bounds)
      case .webp: grl_webp_open(source, bounds)
      case .heic, .avif: grl_heif_open(source, bounds)
      case .jxl: grl_jxl_open(source, bounds)
      case .exr: grl_exr_open(source, bounds)
      case .bmp: grl_bmp_open(source, bounds)
      case .pnm, .pfm: grl_pnm_open(source, bounds)
      }
    guard let opened else { throw .outOfMemory(path: path, bytes: 1 << 16) }
    handle = opened
    self.format = format
    self.path = path
    self.limits = limits
    try check(grl_image_read_header(handle))
  }

  deinit { grl_image_close(handle) }

  /// `limits` keeps the flag alive as long as the reader.
  private static let isCancelled: @convention(c) (UnsafeMutableRawPointer?) -> Int32 = { context in
    context.map { Unmanaged<CancelFlag>.fromOpaque($0).takeUnretainedValue().isSet ? 1 : 0 } ?? 0
  }

  var width: Int { Int(header.width) }
  var height: Int { Int(header.height) }
  var bitDepth: Int { Int(header.bit_depth) }
  var layout: Image.Layout {
    switch header.channels {
    case 1: .gray
    case 2: .grayAlpha
    case 3: .rgb
    default: .rgbAlpha
    }
  }

  var sampleBytes: Int { width * height * layout.channels * bitDepth / 8 }
  /// What the library holds beside them.
  var scanBytes: Int { Int(header.scan_bytes) }

  /// Why samples are decoded whole only; nil where they are decoded by rows too.
  var wholeReason: String? { header.whole_reason.map { String(cString: $0) } }
  /// What decoding by rows holds beside the rows that are asked for.
  var rowsBytes: Int { Int(header.rows_bytes) }

  /// Decodes rows, as stored, behind those of `kept`, which are what an earlier call gave. Calls go down the picture.
  ///
  /// - Precondition: `wholeReason` is nil; `rows` are in the picture and not above those that were decoded last.
  func samples(of rows: Range<Int>, behind kept: Image.Samples?) throws(ImageError) -> Image.Samples {
    switch (bitDepth, kept) {
    case (8, .eight(let values)?): .eight(try decode(rows, behind: values))
    case (8, _): .eight(try decode(rows, behind: []))
    case (16, .sixteen(let values)?): .sixteen(try decode(rows, behind: values))
    case (16, _): .sixteen(try decode(rows, behind: []))
    case (_, .float(let values)?): .float(try decode(rows, behind: values))
    default: .float(try decode(rows, behind: []))
    }
  }

  private func decode<Value>(_ rows: Range<Int>, behind kept: [Value]) throws(ImageError) -> [Value] {
    let count = kept.count + rows.count * width * layout.channels
    guard let probe = malloc(count * bitDepth / 8) else { throw .outOfMemory(path: path, bytes: count * bitDepth / 8) }
    free(probe)
    var status = GRL_IMAGE_OK
    let values = [Value](unsafeUninitializedCapacity: count) { buffer, initialized in
      _ = buffer.initialize(from: kept)
      status = grl_image_read_rows(
        handle, UInt32(rows.lowerBound), UInt32(rows.count), buffer.baseAddress! + kept.count)
      initialized = status == GRL_IMAGE_OK ? count : 0
    }
    try check(status)
    return values
  }

  /// Decodes the samples, as stored. Once.
  func samples() throws(ImageError) -> Image.Samples {
    let (count, overflow) = (width * height).multipliedReportingOverflow(by: layout.channels)
    guard !overflow, count <= Int.max / 2 else { throw .outOfMemory(path: path, bytes: .max) }
    // Arrays end the program where memory is out; this asks first, and touches nothing.
    guard let probe = malloc(count * bitDepth / 8) else { throw .outOfMemory(path: path, bytes: count * bitDepth / 8) }
    free(probe)

    return switch bitDepth {
    case 8: .eight(try decode(count))
    case 16: .sixteen(try decode(count))
    default: .float(try decode(count))
    }
  }

  private func decode<Value>(_ count: Int) throws(ImageError) -> [Value] {
    var status = GRL_IMAGE_OK
    let values = [Value](unsafeUninitializedCapacity: count) { buffer, initialized in
      status = grl_image_read_samples(handle, buffer.baseAddress)
      initialized = status == GRL_IMAGE_OK ? count : 0
    }
    try check(status)
    return values
  }

  /// What stands beside the samples, and how they are to be turned. Complete after `samples()`; before it, what stands in
  /// front of them.
  func metadata() -> (metadata: ImageMetadata, orientation: Orientation) {
    let found = grl_image_reader_metadata(handle).pointee
    var metadata = ImageMetadata()
    var orientation = Orientation.upright
    if let exif = found.exif {
      var block = ExifBlock(Array(UnsafeBufferPointer(start: exif, count: found.exif_count)))
      orientation = block.orientation
      block.setUpright()
      metadata.exif = block.bytes
    }
    if found.orientation > 0 { orientation = Orientation(rawValue: UInt8(clamping: found.orientation)) ?? .upright }
    if header.is_upright != 0 { orientation = .upright }
    metadata.isHalf = header.is_half != 0
    metadata.xmp = Self.bytes(found.xmp, found.xmp_count)
    metadata.iptc = Self.bytes(found.iptc, found.iptc_count)
    if found.has_cicp != 0 {
      metadata.cicp = [found.cicp.0, found.cicp.1, found.cicp.2, found.cicp.3]
    }
    if found.density_x > 0, found.density_y > 0 {
      metadata.pixelsPerMetre = .init(horizontal: found.density_x, vertical: found.density_y)
    }
    if let profile = found.icc {
      if header.is_cmyk == 0 {
        metadata.iccProfile = Array(UnsafeBufferPointer(start: profile, count: found.icc_count))
      }
    } else {
      if found.gamma > 0 { metadata.pngGamma = found.gamma }
      if found.srgb_intent >= 0 { metadata.srgbIntent = UInt8(clamping: found.srgb_intent) }
      if found.has_chromaticities != 0 {
        metadata.pngChromaticities = withUnsafeBytes(of: found.chromaticities) { Array($0.bindMemory(to: Int32.self)) }
      }
    }
    return (metadata, orientation)
  }

  private static func bytes(_ start: UnsafePointer<UInt8>?, _ count: Int) -> [UInt8]? {
    start.map { Array(UnsafeBufferPointer(start: $0, count: count)) }
  }

  /// One line each for what is not as the format wants it.
  func faults() -> [String] {
    noteLines(grl_image_reader_notes(handle), library: nil)
  }

  /// One line each for what is converted or left out.
  func conversions() -> [String] {
    var lines: [String] = []
    switch Int(header.is_cmyk) {
    case GRL_CMYK_PLAIN:
      lines.append("CMYK without a profile converted to RGB by the plain formula, so colours are approximate")
    case GRL_CMYK_PROFILE: lines.append("CMYK converted to sRGB through the file's profile")
    default: break
    }
    if let line = header.conversion { lines.append(String(cString: line)) }
    if let kind = ColourSpace.highDynamicRange(metadata().metadata) {
      lines.append("HDR (\(kind)): values are shown and measured as they are coded, as if they were sRGB's")
    }
    let dropped = droppedNames
    if !dropped.isEmpty { lines.append("not carried into copies: " + dropped.joined(separator: ", ")) }
    return lines
  }

  private var droppedNames: [String] {
    let bits = Int(grl_image_reader_metadata(handle).pointee.dropped)
    let names = [
      (GRL_DROPPED_XMP, "XMP"), (GRL_DROPPED_EXIF, "EXIF"),
      (GRL_DROPPED_MAKER_NOTE, "the maker's note of EXIF"), (GRL_DROPPED_PHOTOSHOP, "Photoshop's image resources"),
      (GRL_DROPPED_TEXT, "text"), (GRL_DROPPED_CHANNELS, "channels that are neither colours nor alpha"),
      (GRL_DROPPED_FRAMES, "all frames of the animation but the first"),
      (GRL_DROPPED_PAGES, "all pictures of the file but the first"),
    ]
    return names.filter { bits & Int($0.0) != 0 }.map(\.1)
  }

  private func check(_ status: grl_image_status) throws(ImageError) {
    let notes = grl_image_reader_notes(handle)
    let message = String(cString: grl_image_notes_message(notes))
    switch status {
    case GRL_IMAGE_OK:
      return
    case GRL_IMAGE_DAMAGED:
      let row = Int(grl_image_reader_row(handle))
      throw .damaged(path: path, reason: message, row: row < 0 ? nil : row, height: height)
    case GRL_IMAGE_CUT:
      let row = Int(grl_image_reader_row(handle))
      throw .cutOff(path: path, row: row < 0 ? nil : row, height: height)
    case GRL_IMAGE_UNSUPPORTED:
      throw .unsupported(path: path, what: message)
    case GRL_IMAGE_TOO_LARGE:
      throw .tooLarge(path: path, width: width, height: height, limitPixels: limits.pixels, limitSide: limits.side)
    case GRL_IMAGE_IO:
      throw .unreadable(path: path, reason: systemReason(grl_image_notes_errno(notes)))
    case GRL_IMAGE_CANCELLED:
      throw .cancelled(path: path)
    default:
      throw .outOfMemory(path: path, bytes: width * height * layout.channels * bitDepth / 8)
    }
  }
}

/// The warnings kept, and how many more there were; `library` is named where the words are its own.
func noteLines(_ notes: OpaquePointer?, library: String?) -> [String] {
  let prefix = library.map { "\($0): " } ?? ""
  let count = grl_image_notes_warning_count(notes)
  var lines: [String] = []
  while lines.count < count, let text = grl_image_notes_warning(notes, lines.count) {
    lines.append("\(prefix)\(String(cString: text))".printable)
  }
  if lines.count < count { lines.append("\(prefix)\(count - lines.count) more warnings") }
  return lines
}
