import CSystem
import Glibc

/// Files that appear whole or not at all.
public enum WholeFile {
  /// Calls `body` with a descriptor to write to, then gives what it wrote the name `path`.
  ///
  /// The bytes go to a hidden temporary file in the same folder, are flushed to the disk, and take the name in one step; if
  /// anything fails, the temporary file goes and whatever had the name before stays. A link is followed, the file it names
  /// is replaced with its permissions kept. "-" is standard output; a pipe or device is written to directly.
  /// - Parameters:
  ///   - mayReplace: false keeps what has the name, also where it appeared while `body` wrote.
  ///   - temporaryName: of the temporary file, for a caller who sees to it that nobody else uses it at the same time:
  ///     what a run that was killed left under it is replaced. Without it the name is drawn.
  /// - Throws: what `body` throws, `ImageError.unwritable`, `.exists`, or `.notFlushed`.
  public static func write(
    to path: String, mayReplace: Bool = true, temporaryName: String? = nil,
    _ body: (_ descriptor: Int32) throws(ImageError) -> Void
  ) throws(ImageError) {
    if path == "-" { return try body(1) }
    guard !path.isEmpty, !path.utf8.contains(0) else { throw .unwritable(path: path, reason: "not a file name") }

    var status = stat()
    guard stat(path, &status) == 0 else {
      guard errno == ENOENT else { throw .unwritable(path: path, reason: systemReason()) }
      return try write(path, path: path, permissions: nil, mayReplace, temporaryName, body)
    }
    guard mayReplace else { throw .exists(path: path) }
    switch status.st_mode & S_IFMT {
    case S_IFDIR:
      throw .unwritable(path: path, reason: "it is a folder")
    case S_IFREG:
      guard access(path, W_OK) == 0 else { throw .unwritable(path: path, reason: systemReason()) }
      guard let resolved = realpath(path, nil) else { throw .unwritable(path: path, reason: systemReason()) }
      defer { free(resolved) }
      try write(
        String(cString: resolved), path: path, permissions: status.st_mode & 0o777, mayReplace, temporaryName, body)
    default:
      let descriptor = open(path, O_WRONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw .unwritable(path: path, reason: systemReason()) }
      defer { close(descriptor) }
      try body(descriptor)
    }
  }

  /// Writes beside `target` and renames; `path` is the caller's name for it.
  private static func write(
    _ target: String, path: String, permissions: mode_t?, _ mayReplace: Bool, _ temporaryName: String?,
    _ body: (Int32) throws(ImageError) -> Void
  ) throws(ImageError) {
    let folder = folder(of: target)
    let (descriptor, temporary) = try createTemporary(in: folder, temporaryName, path: path)
    var isOpen = true
    var isRenamed = false
    defer {
      if isOpen { close(descriptor) }
      if !isRenamed { unlink(temporary) }
    }
    func check(_ result: Int32) throws(ImageError) {
      guard result == 0 else { throw .unwritable(path: path, reason: systemReason()) }
    }

    if let permissions { try check(fchmod(descriptor, permissions)) }
    try body(descriptor)
    try check(fsync(descriptor))
    isOpen = false
    try check(close(descriptor))
    if mayReplace {
      try check(rename(temporary, target))
    } else {
      let code = give(target, to: temporary)
      if code == EEXIST { throw .exists(path: path) }
      guard code == 0 else { throw .unwritable(path: path, reason: systemReason(code)) }
    }
    isRenamed = true
    try flush(folder, path: path)
  }

  /// Gives the file `temporary` the name `target`, unless something has it.
  ///
  /// Where the file system refuses the rename that replaces nothing (NFS, many FUSE ones), a second name and the removal of the
  /// first do the same. Where there are no second names either (FAT through FUSE), the name is looked for and then taken: only
  /// there a file that appears within those microseconds is replaced.
  /// - Parameters:
  ///   - renaming: `grl_rename_new`, or a test's file system.
  ///   - linking: `link(2)`, or a test's; 0 or `errno`.
  /// - Returns: 0 or `errno`; `EEXIST` where the name is taken.
  package static func give(
    _ target: String, to temporary: String,
    renaming: (String, String) -> Int32 = { grl_rename_new($0, $1) },
    linking: (String, String) -> Int32 = { link($0, $1) == 0 ? 0 : errno }
  ) -> Int32 {
    let refusal = renaming(temporary, target)
    guard [EINVAL, ENOSYS, EOPNOTSUPP].contains(refusal) else { return refusal }
    var code = linking(temporary, target)
    // The answer to a link that was made may be lost on its way from a server; asked again, the name is taken: by itself.
    if code == EEXIST && isSameFile(temporary, target) { code = 0 }
    if [EPERM, EOPNOTSUPP, ENOSYS, EMLINK].contains(code) {
      var status = stat()
      if lstat(target, &status) == 0 { return EEXIST }
      return rename(temporary, target) == 0 ? 0 : errno
    }
    if code == 0 { unlink(temporary) }
    return code
  }

  private static func isSameFile(_ first: String, _ second: String) -> Bool {
    var (one, other) = (stat(), stat())
    return lstat(first, &one) == 0 && lstat(second, &other) == 0 && one.st_ino == other.st_ino
      && one.st_dev == other.st_dev
  }

  private static func createTemporary(
    in folder: String, _ name: String?, path: String
  ) throws(ImageError) -> (Int32, String) {
    if let name { unlink("\(folder)/\(name)") }
    while true {
      let drawn = ".grl-\(String(UInt64.random(in: .min ... .max), radix: 36)).part"
      let temporary = "\(folder)/\(name ?? drawn)"
      let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor >= 0 { return (descriptor, temporary) }
      switch errno {
      case EEXIST, EINTR: continue
      case ENOENT: throw .unwritable(path: path, reason: "the folder \(folder) does not exist; create it first")
      default: throw .unwritable(path: path, reason: "\(systemReason()) (folder \(folder))")
      }
    }
  }

  private static func folder(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Makes the new name durable. Some file systems cannot flush a folder and say EINVAL; their names need no flush.
  private static func flush(_ folder: String, path: String) throws(ImageError) {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      // A folder may be writable but not readable.
      if errno == EACCES { return }
      throw .notFlushed(path: path, reason: systemReason())
    }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 || errno == EINVAL else { throw .notFlushed(path: path, reason: systemReason()) }
  }
}
