import Base
import Foundation
import Imaging
import Restoration

/// The bytes of one picture of a test set, and what they hold.
package struct TestPictureFile {
  package let path: String
  package let bytes: [UInt8]

  /// - Throws: `ImageError.unreadable`.
  package init(_ path: String, limits: ImageLimits) throws(ImageError) {
    self.path = path
    do { bytes = try RegularFile.read(path, limit: limits.fileBytes) } catch {
      throw .unreadable(path: path, reason: "\(error)")
    }
  }

  /// By the header.
  package func size(limits: ImageLimits) throws(ImageError) -> (pixels: Int, decodingBytes: Int) {
    if let size = try UncompressedFile.size(bytes, path: path, limits: limits) { return size }
    let header = try OpenedPicture(bytes, path: path, limits: limits).header
    return (header.width * header.height, header.decodingBytes)
  }

  /// BMP or TIFF.
  func isUncompressed(limits: ImageLimits) throws(ImageError) -> Bool {
    try UncompressedFile.size(bytes, path: path, limits: limits) != nil
  }

  /// By the header, where that tells.
  package func isColour(limits: ImageLimits) throws(ImageError) -> Bool {
    if let image = try UncompressedFile.decode(bytes, path: path, limits: limits) { return image.layout.isColour }
    return try OpenedPicture(bytes, path: path, limits: limits).header.layout.isColour
  }

  /// PNG, JPEG, BMP or TIFF.
  package func image(limits: ImageLimits) throws(ImageError) -> Image {
    if let image = try UncompressedFile.decode(bytes, path: path, limits: limits) { return image }
    return try ImageFile.decode(bytes, path: path, limits: limits).image
  }

  package var hash: String { SHA256.hex(bytes) }
}
