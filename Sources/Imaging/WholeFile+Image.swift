import Base

extension WholeFile {
  /// `WholeFile.write` with the errors of pictures.
  ///
  /// - Throws: what `body` throws, `ImageError.unwritable`, `.exists`, or `.notFlushed`.
  package static func write(
    to path: String, mayReplace: Bool = true, _ body: (_ descriptor: Int32) throws(ImageError) -> Void
  ) throws(ImageError) {
    try write(to: path, mayReplace: mayReplace, failure: { ImageError($0, path: path) }, body)
  }

  /// All of `bytes`.
  package static func write(_ bytes: [UInt8], to path: String, mayReplace: Bool = true) throws(ImageError) {
    try write(to: path, mayReplace: mayReplace) { descriptor throws(ImageError) in
      let code = writeAll(bytes, to: descriptor)
      if code != 0 { throw .unwritable(path: path, reason: systemReason(code)) }
    }
  }
}

extension ImageError {
  init(_ refusal: WholeFile.Refusal, path: String) {
    self =
      switch refusal {
      case .unwritable(let reason, _): .unwritable(path: path, reason: reason)
      case .exists: .exists(path: path)
      case .notFlushed(let reason): .notFlushed(path: path, reason: reason)
      }
  }
}
