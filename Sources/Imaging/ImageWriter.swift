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
    _ image: Image, _ format: ImageFile.Format, jpegQuality: Int, _ chroma: ImageFile.ChromaSampling
  ) throws(ImageError) -> [String] {
    precondition((1...100).contains(jpegQuality), "quality \(jpegQuality)")
    guard max(image.width, image.height) <= format.largestSide else {
      throw .doesNotFit(
        path: path, format: format, width: image.width, height: image.height, limitSide: format.largestSide)
    }
    let status = image.withPicture { picture in
      switch format {
      case .png: grl_png_write(handle, &picture)
      case .jpeg: grl_jpeg_write(handle, &picture, Int32(jpegQuality), chroma == .full ? 1 : 0)
      }
    }
    let notes = grl_image_writer_notes(handle)
    switch status {
    case GRL_IMAGE_OK: return noteLines(notes, library: format.library)
    case GRL_IMAGE_IO: throw .unwritable(path: path, reason: systemReason(grl_image_notes_errno(notes)))
    case GRL_IMAGE_NO_MEMORY: throw .outOfMemory(path: path, bytes: image.width * image.height * image.layout.channels)
    default: throw .unwritable(path: path, reason: String(cString: grl_image_notes_message(notes)))
    }
  }
}

extension ImageFile.Format {
  /// Most pixels on a side that the library writes.
  package var largestSide: Int { self == .png ? 1_000_000 : 65_500 }
}

extension Image {
  /// This picture as the C wrappers take it, valid while `body` runs.
  fileprivate func withPicture<Result>(_ body: (inout grl_picture) -> Result) -> Result {
    samples.withUnsafeBytes { samples in
      metadata.iccProfile.withPointer { icc in
        metadata.exif.withPointer { exif in
          var carried = grl_image_metadata()
          carried.icc = icc.baseAddress
          carried.icc_count = icc.count
          carried.exif = exif.baseAddress
          carried.exif_count = exif.count
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
  }
}

extension Image.Samples {
  fileprivate func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    switch self {
    case .eight(let values): values.withUnsafeBytes(body)
    case .sixteen(let values): values.withUnsafeBytes(body)
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
