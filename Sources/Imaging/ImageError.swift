/// Why a picture could not be read or written.
public enum ImageError: Error {
  case unreadable(path: String, reason: String)
  case notAnImage(path: String, begins: [UInt8])
  case tooLarge(path: String, width: Int, height: Int, limitPixels: Int)
  case damaged(path: String, reason: String)
  case unsupported(path: String, what: String)
  case unwritable(path: String, reason: String)
}
