import Base

/// The bytes of a picture in any of the formats that are read, and what they hold.
package struct PictureFile {
  /// Endings of names, in lower case.
  package static let endings = ImageFile.extensions

  /// Names the file in errors.
  package let path: String
  package let bytes: [UInt8]

  /// - Throws: `ImageError.unreadable`.
  package init(_ path: String, limits: ImageLimits) throws(ImageError) {
    do { self.init(try RegularFile.read(path, limit: limits.fileBytes), path: path) } catch {
      throw .unreadable(path: path, reason: "\(error)")
    }
  }

  /// `bytes` that came from elsewhere, such as an archive.
  package init(_ bytes: [UInt8], path: String) {
    self.path = path
    self.bytes = bytes
  }

  /// By the header.
  package func size(limits: ImageLimits) throws(ImageError) -> (pixels: Int, decodingBytes: Int) {
    let header = try OpenedPicture(bytes, path: path, limits: limits).header
    return (header.width * header.height, header.decodingBytes)
  }

  /// By the header.
  package func isColour(limits: ImageLimits) throws(ImageError) -> Bool {
    try OpenedPicture(bytes, path: path, limits: limits).header.layout.isColour
  }

  package func image(limits: ImageLimits) throws(ImageError) -> Image {
    try ImageFile.decode(bytes, path: path, limits: limits).image
  }

  package var hash: String { SHA256.hex(bytes) }
}
