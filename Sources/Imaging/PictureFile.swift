import Base

/// The bytes of a picture in any of the formats that are read (PNG, JPEG, BMP, TIFF), and what they hold.
package struct PictureFile {
  /// Endings of names, in lower case.
  package static let endings = ImageFile.extensions.union(UncompressedFile.extensions)

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
    if let size = try UncompressedFile.size(bytes, path: path, limits: limits) { return size }
    let header = try OpenedPicture(bytes, path: path, limits: limits).header
    return (header.width * header.height, header.decodingBytes)
  }

  /// BMP or TIFF.
  package func isUncompressed(limits: ImageLimits) throws(ImageError) -> Bool {
    try UncompressedFile.size(bytes, path: path, limits: limits) != nil
  }

  /// By the header, where that tells.
  package func isColour(limits: ImageLimits) throws(ImageError) -> Bool {
    if let image = try UncompressedFile.decode(bytes, path: path, limits: limits) { return image.layout.isColour }
    return try OpenedPicture(bytes, path: path, limits: limits).header.layout.isColour
  }

  package func image(limits: ImageLimits) throws(ImageError) -> Image {
    if let image = try UncompressedFile.decode(bytes, path: path, limits: limits) { return image }
    return try ImageFile.decode(bytes, path: path, limits: limits).image
  }

  package var hash: String { SHA256.hex(bytes) }
}
