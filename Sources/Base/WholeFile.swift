import CBase
import Glibc

/// Files that appear whole or not at all.
public enum WholeFile {
  /// Why a file does not have its name, or has it without a promise that it keeps it.
  package enum Refusal: Error, Hashable {
    /// Nothing changed; `code` is the system's, or what it would be.
    case unwritable(reason: String, code: Int32)
    /// Something has the name, and may not be replaced.
    case exists
    /// The file is there; whether it is after a power failure is not known.
    case notFlushed(reason: String)

    static func system(_ code: Int32 = errno) -> Self { .unwritable(reason: systemReason(code), code: code) }
  }

  /// Calls `body` with a descriptor to write to, then gives what it wrote the name `path`.
  ///
  /// The bytes go to a hidden temporary file in the same folder, `.grl-HASH.part` with the hash of the name, are flushed to the disk, and take the name in one step; if
  /// anything fails, the temporary file goes and whatever had the name before stays. A link is followed, the file it names
  /// is replaced with its permissions kept. "-" is standard output; a pipe or device is written to directly. What a process left
  /// that was killed while it wrote the same name is removed.
  /// - Parameters:
  ///   - mayReplace: false keeps what has the name, also where it appeared while `body` wrote.
  ///   - permissions: of a file that was not there before; by default those of any new file.
  ///   - isFlushed: false where losing the file in a power failure does not matter.
  ///   - failure: the caller's error for a refusal.
  /// - Throws: what `body` throws, or `failure`.
  package static func write<Failure: Error>(
    to path: String, mayReplace: Bool = true, permissions: mode_t? = nil, isFlushed: Bool = true,
    failure: (Refusal) -> Failure, _ body: (_ descriptor: Int32) throws(Failure) -> Void
  ) throws(Failure) {
    if path == "-" { return try body(1) }
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw failure(.unwritable(reason: "not a file name", code: EINVAL))
    }

    var status = stat()
    guard stat(path.systemPath, &status) == 0 else {
      guard errno == ENOENT else { throw failure(.system()) }
      return try replace(path, permissions, mayReplace, isFlushed, failure, body)
    }
    guard mayReplace else { throw failure(.exists) }
    switch status.st_mode & S_IFMT {
    case S_IFDIR:
      throw failure(.unwritable(reason: "it is a folder", code: EISDIR))
    case S_IFREG:
      guard access(path.systemPath, W_OK) == 0 else { throw failure(.system()) }
      guard let resolved = realpath(path.systemPath, nil) else { throw failure(.system()) }
      defer { free(resolved) }
      try replace(String(cFileName: resolved), status.st_mode & 0o777, mayReplace, isFlushed, failure, body)
    default:
      let descriptor = open(path.systemPath, O_WRONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw failure(.system()) }
      defer { close(descriptor) }
      try body(descriptor)
    }
  }

  /// Writes every byte, at the descriptor's place or at `offset`, whatever signals come in between. Returns 0 or `errno`.
  package static func writeAll(
    _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at offset: Int? = nil
  ) -> Int32 {
    var done = 0
    while done < bytes.count {
      let (start, count) = (bytes.baseAddress! + done, bytes.count - done)
      let written =
        offset.map { pwrite(descriptor, start, count, off_t($0 + done)) } ?? Glibc.write(descriptor, start, count)
      if written > 0 {
        done += written
      } else if written == 0 {
        return ENOSPC
      } else if errno != EINTR {
        return errno
      }
    }
    return 0
  }

  package static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
    bytes.withUnsafeBytes { writeAll($0, to: descriptor) }
  }

  /// Writes beside `target` and renames.
  private static func replace<Failure: Error>(
    _ target: String, _ permissions: mode_t?, _ mayReplace: Bool, _ isFlushed: Bool,
    _ failure: (Refusal) -> Failure, _ body: (Int32) throws(Failure) -> Void
  ) throws(Failure) {
    let folder = parentFolder(target)
    let (descriptor, temporary): (Int32, String)
    do throws(Refusal) { (descriptor, temporary) = try createTemporary(in: folder, for: target) } catch {
      throw failure(error)
    }
    var isOpen = true
    var isRenamed = false
    defer {
      // Removed before the lock goes with the descriptor: from then on the name may be somebody else's.
      if !isRenamed { unlink(temporary.systemPath) }
      if isOpen { close(descriptor) }
    }
    func check(_ result: Int32) throws(Failure) {
      guard result == 0 else { throw failure(.system()) }
    }

    if let permissions { try check(fchmod(descriptor, permissions)) }
    try body(descriptor)
    if isFlushed { try check(fsync(descriptor)) }
    // Some file systems tell only when a descriptor is closed that the bytes are not kept; ours stays open for its lock.
    try check(close(dup(descriptor)))
    if mayReplace {
      try check(rename(temporary.systemPath, target.systemPath))
    } else {
      let code = give(target, to: temporary)
      if code == EEXIST { throw failure(.exists) }
      guard code == 0 else { throw failure(.system(code)) }
    }
    isRenamed = true
    isOpen = false
    OpenFileLock.release(descriptor)
    close(descriptor)
    if isFlushed, let refusal = flush(folder) { throw failure(refusal) }
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
    renaming: (String, String) -> Int32 = { grl_rename_new($0.systemPath, $1.systemPath) },
    linking: (String, String) -> Int32 = { link($0.systemPath, $1.systemPath) == 0 ? 0 : errno }
  ) -> Int32 {
    let refusal = renaming(temporary, target)
    guard [EINVAL, ENOSYS, EOPNOTSUPP].contains(refusal) else { return refusal }
    var code = linking(temporary, target)
    // The answer to a link that was made may be lost on its way from a server; asked again, the name is taken: by itself.
    if code == EEXIST && isSameFile(temporary, target) { code = 0 }
    if [EPERM, EOPNOTSUPP, ENOSYS, EMLINK].contains(code) {
      var status = stat()
      if lstat(target.systemPath, &status) == 0 { return EEXIST }
      return rename(temporary.systemPath, target.systemPath) == 0 ? 0 : errno
    }
    if code == 0 { unlink(temporary.systemPath) }
    return code
  }

  private static func isSameFile(_ first: String, _ second: String) -> Bool {
    var (one, other) = (stat(), stat())
    return lstat(first.systemPath, &one) == 0 && lstat(second.systemPath, &other) == 0 && one.st_ino == other.st_ino
      && one.st_dev == other.st_dev
  }

  /// A new file beside `target`, locked while it is open, and its path. One name for each target, so that whoever writes it next
  /// finds what was left; a drawn one where another process is writing the target now, or the file system has no locks.
  private static func createTemporary(in folder: String, for target: String) throws(Refusal) -> (Int32, String) {
    let own = "\(folder)/.grl-\(String(hash(target), radix: 36)).part"
    var temporary = own
    while true {
      let descriptor = open(temporary.systemPath, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor >= 0 {
        let lock = OpenFileLock.take(descriptor)
        // Before it was locked, somebody may have taken it for one that was left.
        if temporary != own || lock == .own && Descriptor.isNamed(descriptor, temporary) {
          return (descriptor, temporary)
        }
        unlinkIfNamed(descriptor, temporary)
        close(descriptor)
        temporary = drawnName(in: folder)
        continue
      }
      switch errno {
      case EINTR: continue
      case EEXIST: if temporary != own || !removeLeftOver(temporary) { temporary = drawnName(in: folder) }
      case ENOENT:
        throw .unwritable(reason: "the folder \(folder) does not exist; create it first", code: ENOENT)
      default:
        let code = errno
        throw .unwritable(reason: "\(systemReason(code)) (folder \(folder))", code: code)
      }
    }
  }

  private static func drawnName(in folder: String) -> String {
    "\(folder)/.grl-\(String(UInt64.random(in: .min ... .max), radix: 36)).part"
  }

  /// Removes a temporary file that no process holds; false where one does, or that cannot be told.
  private static func removeLeftOver(_ temporary: String) -> Bool {
    let descriptor = open(temporary.systemPath, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return errno == ENOENT }
    defer { close(descriptor) }
    guard OpenFileLock.take(descriptor) == .own else { return false }
    unlinkIfNamed(descriptor, temporary)
    OpenFileLock.release(descriptor)
    return true
  }

  private static func unlinkIfNamed(_ descriptor: Int32, _ path: String) {
    if Descriptor.isNamed(descriptor, path) { unlink(path.systemPath) }
  }

  /// FNV-1a, 64 bits, of a path's last component.
  private static func hash(_ path: String) -> UInt64 {
    let name = path.utf8.split(separator: UInt8(ascii: "/")).last ?? path.utf8[...]
    return name.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }

  /// Makes the names in a folder durable. Some file systems cannot flush a folder and say EINVAL; their names need no flush.
  package static func flush(_ folder: String) -> Refusal? {
    let descriptor = open(folder.systemPath, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      // A folder may be writable but not readable.
      return errno == EACCES ? nil : .notFlushed(reason: systemReason())
    }
    defer { close(descriptor) }
    return fsync(descriptor) == 0 || errno == EINVAL ? nil : .notFlushed(reason: systemReason())
  }
}
