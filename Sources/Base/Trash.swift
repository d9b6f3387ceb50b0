import CBase
import Foundation
import Glibc

/// Renames that replace nothing.
package enum RenameNew {
  /// nil where `from` has the name `to` now; errno otherwise, `EEXIST` where something has that name.
  package static func failure(from: String, to: String) -> Int32? {
    var code = grl_rename_new(from.systemPath, to.systemPath)
    if code == EINVAL || code == ENOSYS {
      // A file system without such a rename: looked at first, as well as can be.
      guard !fileExists(to) else { return EEXIST }
      code = rename(from, to) == 0 ? 0 : errno
    }
    return code == 0 ? nil : code
  }
}

/// The trash of the desktop (freedesktop.org's specification 1.0): the home trash for files of its file system, one at the top of
/// each other file system for the rest.
package struct Trash {
  package struct Problem: Error, CustomStringConvertible {
    package let description: String
  }

  private let home: String
  private let now: Date

  package init(_ environment: [String: String] = ProcessInfo.processInfo.environment, now: Date = Date()) {
    home = UserFolders.data(environment) + "/Trash"
    self.now = now
  }

  /// Moves a file or folder to the trash; from there the desktop's file manager brings it back.
  package func take(_ path: String) throws(Problem) {
    var status = stat()
    guard lstat(path, &status) == 0 else { throw Problem(description: "\(path): \(systemReason())") }
    let (trash, top) = try folder(for: path, device: status.st_dev)
    for folder in [trash + "/files", trash + "/info"] where !isFolder(folder) {
      guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
        throw Problem(description: "\(folder): cannot make this folder: \(systemReason())")
      }
    }
    let written = top.map { String(path.dropFirst($0 == "/" ? 1 : $0.count + 1)) } ?? path
    let allowed = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.dateFormat = "yyyy-MM-dd'T'HH:mm:ss"
    let info = """
      [Trash Info]
      Path=\(written.addingPercentEncoding(withAllowedCharacters: allowed) ?? written)
      DeletionDate=\(formatter.string(from: now))

      """
    // The note about the file comes first, under a name that nobody else has: so says the specification.
    for number in 1...10_000 {
      let name = number == 1 ? lastComponent(path) : "\(lastComponent(path)).\(number)"
      let note = "\(trash)/info/\(name).trashinfo"
      let descriptor = open(note, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
      if descriptor < 0 && errno == EEXIST { continue }
      guard descriptor >= 0 else { throw Problem(description: "\(note): \(systemReason())") }
      let bytes = Array(info.utf8)
      let isWhole = write(descriptor, bytes, bytes.count) == bytes.count
      close(descriptor)
      let code = isWhole ? RenameNew.failure(from: path, to: "\(trash)/files/\(name)") : ENOSPC
      guard let code else { return }
      unlink(note)
      if code == EEXIST { continue }
      throw Problem(description: "\(lastComponent(path)): cannot be moved to the trash: \(systemReason(code))")
    }
    throw Problem(description: "\(trash): holds too many files of the name \(lastComponent(path))")
  }

  /// The trash for a file of `device`, and the top of its file system where it is not the home trash.
  private func folder(for path: String, device: dev_t) throws(Problem) -> (trash: String, top: String?) {
    do { try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true) } catch {
      throw Problem(description: "\(home): \(error.localizedDescription)")
    }
    var status = stat()
    if stat(home, &status) == 0, status.st_dev == device { return (home, nil) }
    var top = parentFolder(path)
    while top != "/", lstat(parentFolder(top), &status) == 0, status.st_dev == device { top = parentFolder(top) }
    // A shared folder of the administrator's counts only where it is no link and has the sticky bit.
    let shared = joined(top, ".Trash")
    if lstat(shared, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_mode & S_ISVTX != 0 {
      let own = joined(shared, "\(getuid())")
      if mkdir(own, 0o700) == 0 || isFolder(own) { return (own, top) }
    }
    let own = joined(top, ".Trash-\(getuid())")
    guard mkdir(own, 0o700) == 0 || isFolder(own) else {
      throw Problem(description: "\(own): no trash can be made here (\(systemReason())); the file stays")
    }
    return (own, top)
  }
}
