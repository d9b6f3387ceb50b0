import Glibc

/// Folders that only their user may enter.
package enum PrivateFolder {
  /// `path` is a folder (or a link to one) of this user.
  static func isOwn(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR && status.st_uid == geteuid()
  }

  /// Makes `path`, with what leads to it, for this user alone. A folder that is there must be the user's and, where
  /// `isChecked`, closed to everybody else: somebody might have made it before us, in `/tmp`.
  package static func make(_ path: String, isChecked: Bool = false) throws(EngineProcessError) {
    var status = stat()
    if lstat(path, &status) != 0 {
      guard errno == ENOENT else { throw .system(doing: "look at it", path: path, code: errno) }
      if let slash = path.lastIndex(of: "/"), slash != path.startIndex { try make(String(path[..<slash])) }
      // Two programs may do this at once: that it is there now is as good.
      guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
        throw .system(doing: "make this folder", path: path, code: errno)
      }
      guard lstat(path, &status) == 0 else { throw .system(doing: "look at it", path: path, code: errno) }
    }
    guard isChecked else { return }
    guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid(), status.st_mode & 0o077 == 0 else {
      throw .notPrivate(path: path)
    }
  }
}
