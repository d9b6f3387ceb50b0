import Glibc

/// What stands behind the last full stop of the last component; empty if there is none or the name begins with it.
package func fileExtension(_ path: String) -> String {
  let name = lastComponent(path)
  guard let stop = name.lastIndex(of: "."), stop != name.startIndex else { return "" }
  return String(name[name.index(after: stop)...])
}

/// The last component without its extension.
package func fileStem(_ path: String) -> String {
  let name = lastComponent(path)
  let ending = fileExtension(name)
  return ending.isEmpty ? name : String(name.dropLast(ending.count + 1))
}

package func lastComponent(_ path: String) -> String {
  path.utf8.split(separator: UInt8(ascii: "/")).last.map { String(Substring($0)) } ?? path
}

/// The folder that holds `path`: "." for a bare name.
package func parentFolder(_ path: String) -> String {
  guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}

package func joined(_ folder: String, _ name: String) -> String {
  if folder == "." || folder.isEmpty { return name }
  return folder.hasSuffix("/") ? folder + name : folder + "/" + name
}

package func isFolder(_ path: String) -> Bool {
  var status = stat()
  return stat(path.systemPath, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// Whether `path` names a pipe, a socket or a device, itself or through links.
package func isSpecialFile(_ path: String) -> Bool {
  var status = stat()
  return stat(path.systemPath, &status) == 0 && ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT)
}

package func isLink(_ path: String) -> Bool {
  var status = stat()
  return lstat(path.systemPath, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
}

package func fileExists(_ path: String) -> Bool {
  var status = stat()
  return lstat(path.systemPath, &status) == 0
}

/// `path` made absolute with links resolved as far as it exists: equal for two spellings of one file.
package func canonicalPath(_ path: String) -> String {
  if let resolved = realpath(path.systemPath, nil) {
    defer { free(resolved) }
    return String(cFileName: resolved)
  }
  let parent = parentFolder(path)
  guard parent != path, !lastComponent(path).isEmpty, parent != "/" || path.count > 1 else { return path }
  return joined(canonicalPath(parent), lastComponent(path))
}

/// Equal for paths that name the same file: the bytes of `canonicalPath`. As text, the two ways to write an accent (one
/// character, or a letter and a mark) are equal; as names of files they are two.
package func fileKey(_ path: String) -> [UInt8] { Array(canonicalPath(path).utf8) }

/// A path as file systems know it, by its bytes. As text, the two ways to write an accent (one character, or a letter and a mark)
/// are equal; as names of files they are two.
package struct PathKey: Hashable, Sendable {
  package let text: String

  package init(_ text: String) { self.text = text }

  package static func == (a: PathKey, b: PathKey) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }

  package func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
  }
}
