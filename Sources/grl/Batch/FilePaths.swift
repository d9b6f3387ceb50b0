import Foundation

/// What stands behind the last full stop of the last component; empty if there is none or the name begins with it.
func fileExtension(_ path: String) -> String {
  let name = lastComponent(path)
  guard let stop = name.lastIndex(of: "."), stop != name.startIndex else { return "" }
  return String(name[name.index(after: stop)...])
}

/// The last component without its extension.
func fileStem(_ path: String) -> String {
  let name = lastComponent(path)
  let ending = fileExtension(name)
  return ending.isEmpty ? name : String(name.dropLast(ending.count + 1))
}

func lastComponent(_ path: String) -> String {
  path.split(separator: "/").last.map(String.init) ?? path
}

/// The folder that holds `path`: "." for a bare name.
func parentFolder(_ path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}

func joined(_ folder: String, _ name: String) -> String {
  if folder == "." || folder.isEmpty { return name }
  return folder.hasSuffix("/") ? folder + name : folder + "/" + name
}

func isFolder(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

func isLink(_ path: String) -> Bool {
  var status = stat()
  return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
}

func fileExists(_ path: String) -> Bool {
  var status = stat()
  return lstat(path, &status) == 0
}

/// `path` made absolute with links resolved as far as it exists: equal for two spellings of one file.
func canonicalPath(_ path: String) -> String {
  if let resolved = realpath(path, nil) {
    defer { free(resolved) }
    return String(cString: resolved)
  }
  let parent = parentFolder(path)
  guard parent != path, !lastComponent(path).isEmpty, parent != "/" || path.count > 1 else { return path }
  return joined(canonicalPath(parent), lastComponent(path))
}
