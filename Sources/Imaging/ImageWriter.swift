import Base
import CImageIO

/// One file in encoding, to a descriptor or to memory.
final class ImageWriter {
  private let handle: OpaquePointer
  private let path: String

  /// `descriptor` -1 is memory; `path` names the target in errors.
  init(descriptor: Int32, path: String) throws(ImageError) {
    guard let created = grl_image_writer_create(descriptor) else { throw .outOfMemory(path: path, bytes: 1 << 16) }
    handle = created
    self.path = path
  }

  deinit { grl_image_writer_destroy(handle) }

  /// What was written to memory.
  var bytes: [UInt8] {
    var count = 0
    let start = grl_image_writer_bytes(handle, &count)
    return Array(UnsafeBufferPointer(start: start, count: count))
  }

  /// Encodes `image`, which must be fitted to `format`.
  /// - Returns: what the library warned about, such as a profile that it refused.
  func write(
    _ image: Image, _ format: ImageFile.Format, _ encoding: ImageFile.Encoding
  ) throws(ImageError) -> [String] {
    precondition((0...100).contains(encoding.quality(format)), "quality \(encoding.quality(format))")
    if let reason = format.reasonAgainstWriting { throw .unwritable(path: path, reason: reason) }
    guard max(image.width, image.height) <= format.largestSide else {
      throw .doesNotFit(
        path: path, format: format, width: image.width, height: image.height, limitSide: format.largestSide)
    }
    let how = encoding.code(format, image.metadata)
    let status = image.withPicture(image.height) { picture in
      switch format {
      case .png: grl_png_write(handle, &picture)
      case .jpeg: grl_jpeg_write(handle, &picture, how)
      case .tiff: grl_tiff_write(handle, &picture, how)
      case .webp: grl_webp_write(handle, &picture, how)
      case .heic, .avif: grl_avif_write(handle, &picture, how)
      case .jxl: grl_jxl_write(handle, &picture, how)
      case .exr: grl_exr_write(handle, &picture, how)
      case .bmp: grl_bmp_write(handle, &picture)
      case .pnm, .pfm: grl_pnm_write(handle, &picture)
      }
    }
    try check(status, bytes: image.width * image.height * image.layout.channels)
    return noteLines(grl_image_writer_notes(handle), library: format.library)
  }

  private func check(_ status: grl_image_status, bytes: Int) throws(ImageError) {
    let notes = grl_image_writer_notes(handle)
    switch status {
    case GRL_IMAGE_OK: return
    case GRL_IMAGE_IO: throw .unwritable(path: path, reason: systemReason(grl_image_notes_errno(notes)))
    case GRL_IMAGE_NO_MEMORY: throw .outOfMemory(path: path, bytes: bytes)
    default: throw .unwritable(path: path, reason: String(cString: grl_image_notes_message(notes)))
    }
  }

  // MARK: By rows

  /// Begins a picture of PNG, TIFF or OpenEXR that is written by rows: `height` of them, with kind, depth, width and metadata of `rows`, which is fitted to
  /// the format and is not written itself.
  func begin(
    like rows: Image, height: Int, _ format: ImageFile.Format, _ encoding: ImageFile.Encoding
  ) throws(ImageError) {
    precondition(format.isWrittenByRows)
    guard max(rows.width, height) <= format.largestSide else {
      throw .doesNotFit(path: path, format: format, width: rows.width, height: height, limitSide: format.largestSide)
    }
    let how = encoding.code(format, rows.metadata)
    try check(
      rows.withPicture(height) { picture in
        switch format {
        case .png: grl_png_begin(handle, &picture)
        case .exr: grl_exr_begin(handle, &picture, how)
        default: grl_tiff_begin(handle, &picture, how)
        }
      }, bytes: rows.width * rows.layout.channels)
  }

  /// The next rows from the top.
  func put(_ rows: Image) throws(ImageError) {
    let status = rows.samples.withUnsafeBytes { grl_image_put_rows(handle, $0.baseAddress, UInt32(rows.height)) }
    try check(status, bytes: rows.width * rows.layout.channels)
  }

  /// Behind the last row.
  ///
  /// - Returns: as `write`.
  func end(_ format: ImageFile.Format) throws(ImageError) -> [String] {
    try check(grl_image_end(handle), bytes: 1 << 16)
    return noteLines(grl_image_writer_notes(handle), library: format.library)
  }
}

extension ImageFile.Encoding {
  fileprivate func code(_ format: ImageFile.Format, _ metadata: ImageMetadata) -> grl_encoding {
    grl_encoding(
      quality: Int32(quality(format)), full_chroma: chroma == .full ? 1 : 0, compression: compression.code,
      strips_bytes: UInt64(stripsBytes), is_half: metadata.isHalf ? 1 : 0)
  }
}

extension Image {
  /// This picture, or one of another height that it is a part of, as the C wrappers take it, valid while `body` runs.
  fileprivate func withPicture<Result>(_ height: Int, _ body: (inout grl_picture) -> Result) -> Result {
    samples.withUnsafeBytes { samples in
      let texts = metadata.provenance.map { [$0.software, $0.comment].map { Array($0.printable.utf8) + [0] } }
      return Self.withPointers(
        [metadata.iccProfile, metadata.exif, metadata.xmp, metadata.iptc, texts?[0], texts?[1]], []
      ) { blocks in
        var carried = grl_image_metadata()
        (carried.icc, carried.icc_count) = (blocks[0].baseAddress, blocks[0].count)
        (carried.exif, carried.exif_count) = (blocks[1].baseAddress, blocks[1].count)
        (carried.xmp, carried.xmp_count) = (blocks[2].baseAddress, blocks[2].count)
        (carried.iptc, carried.iptc_count) = (blocks[3].baseAddress, blocks[3].count)
        blocks[4].withMemoryRebound(to: CChar.self) { carried.software = $0.baseAddress }
        blocks[5].withMemoryRebound(to: CChar.self) { carried.comment = $0.baseAddress }
        if let cicp = metadata.cicp {
          carried.has_cicp = 1
          carried.cicp = (cicp[0], cicp[1], cicp[2], cicp[3])
        }
        carried.density_x = metadata.pixelsPerMetre?.horizontal ?? 0
        carried.density_y = metadata.pixelsPerMetre?.vertical ?? 0
        carried.gamma = metadata.pngGamma ?? 0
        carried.srgb_intent = metadata.srgbIntent.map(Int32.init) ?? -1
        if let values = metadata.pngChromaticities, values.count == 8 {
          carried.has_chromaticities = 1
          withUnsafeMutableBytes(of: &carried.chromaticities) {
            $0.copyBytes(from: values.withUnsafeBytes(Array.init))
          }
        }
        var picture = grl_picture(
          width: UInt32(width), height: UInt32(height), channels: UInt32(layout.channels),
          bit_depth: UInt32(bitDepth), samples: samples.baseAddress, metadata: carried)
        return body(&picture)
      }
    }
  }

  /// Pointers to all blocks at once, empty where there are none.
  private static func withPointers<Result>(
    _ blocks: [[UInt8]?], _ pointers: [UnsafeBufferPointer<UInt8>],
    _ body: ([UnsafeBufferPointer<UInt8>]) -> Result
  ) -> Result {
    guard pointers.count < blocks.count else { return body(pointers) }
    return blocks[pointers.count].withPointer { withPointers(blocks, pointers + [$0], body) }
  }
}

extension Image.Samples {
  fileprivate func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    switch self {
    case .eight(let values): values.withUnsafeBytes(body)
    case .sixteen(let values): values.withUnsafeBytes(body)
    case .float(let values): values.withUnsafeBytes(body)
    }
  }
}

extension [UInt8]? {
  /// A pointer to the bytes, empty where there are none.
  fileprivate func withPointer<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    guard let self, !self.isEmpty else { return body(UnsafeBufferPointer(start: nil, count: 0)) }
    return self.withUnsafeBufferPointer(body)
  }
}
