import Foundation
import Imaging
import Restoration

/// The bytes of one picture of a test set, and what they hold.
struct TestPictureFile {
  let path: String
  let bytes: [UInt8]

  /// - Throws: `ImageError.unreadable`, `.fileTooLarge`.
  init(_ path: String, limits: ImageLimits) throws(ImageError) {
    self.path = path
    var status = stat()
    guard stat(path, &status) == 0 else { throw .unreadable(path: path, reason: String(cString: strerror(errno))) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .unreadable(path: path, reason: "it is not a regular file") }
    guard status.st_size <= limits.fileBytes else {
      throw .fileTooLarge(path: path, bytes: Int(status.st_size), limitBytes: limits.fileBytes)
    }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw .unreadable(path: path, reason: "it cannot be opened")
    }
    bytes = Array(data)
  }

  /// PNG, JPEG, BMP or TIFF.
  func image(limits: ImageLimits) throws(ImageError) -> Image {
    if let image = try UncompressedFile.decode(bytes, path: path, limits: limits) { return image }
    return try ImageFile.decode(bytes, path: path, limits: limits).image
  }

  var hash: String { SHA256.hex(bytes) }
}
