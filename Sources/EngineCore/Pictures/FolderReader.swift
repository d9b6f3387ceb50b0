import EngineWire
import Glibc

/// Lists folders for people: folders first, natural order, nothing opened.
package enum FolderReader {
  /// Entries of one listing, at most; what an answer on the wire holds with room to spare.
  package static let mostEntries = 20_000
  /// - Throws: `folderNotListed`.
  package static func list(_ path: String) throws(JobError) -> FolderListing {
    guard !path.utf8.contains(0), let resolved = realpath(path, nil) else {
      throw .folderNotListed(
        folder: path, reason: path.utf8.contains(0) ? "not a name" : String(cString: strerror(errno)))
    }
    defer { free(resolved) }
    guard let stream = opendir(resolved) else {
      throw .folderNotListed(folder: path, reason: String(cString: strerror(errno)))
    }
    defer { closedir(stream) }
    var entries: [FolderListing.Entry] = []
    var isCut = false
    while let found = readdir(stream) {
      let name = withUnsafeBytes(of: &found.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if name == [UInt8(ascii: ".")] || name == [UInt8(ascii: "."), UInt8(ascii: ".")] { continue }
      guard entries.count < mostEntries else {
        isCut = true
        break
      }
      entries.append(entry(name, dirfd(stream)))
    }
    entries.sort {
      let (a, b) = ($0.kind == .folder, $1.kind == .folder)
      return a == b ? naturallyPrecedes($0.name, $1.name) : a
    }
    return FolderListing(path: String(cString: resolved), entries: entries, isCut: isCut)
  }

  private static func entry(_ name: [UInt8], _ folder: Int32) -> FolderListing.Entry {
    var status = stat()
    let terminated = name.map { CChar(bitPattern: $0) } + [0]
    let isFound = fstatat(folder, terminated, &status, 0) == 0
    // A name that is no UTF-8 can be shown, with marks in place of what cannot be read, but never be spelt back.
    let text = String(decoding: name, as: UTF8.self)
    let kind: FolderListing.Entry.Kind =
      if !text.utf8.elementsEqual(name) || !isFound {
        .unreadable
      } else {
        switch status.st_mode & S_IFMT {
        case S_IFDIR: .folder
        case S_IFREG: InputList.extensions.contains(fileExtension(text).lowercased()) ? .picture : .other
        default: .other
        }
      }
    return FolderListing.Entry(
      name: text, kind: kind, bytes: isFound ? Int(status.st_size) : 0,
      modified: isFound ? Double(status.st_mtim.tv_sec) : 0)
  }

  /// The order in which people look for names: numbers by value, letters without case, and the bytes where all else is equal.
  package static func naturallyPrecedes(_ a: String, _ b: String) -> Bool {
    var (x, y) = (Substring(a.lowercased()).utf8, Substring(b.lowercased()).utf8)
    while let first = x.first, let second = y.first {
      if isDigit(first) && isDigit(second) {
        let (m, n) = (x.prefix(while: isDigit), y.prefix(while: isDigit))
        let (p, q) = (m.drop { $0 == 0x30 }, n.drop { $0 == 0x30 })
        if p.count != q.count { return p.count < q.count }
        if !p.elementsEqual(q) { return p.lexicographicallyPrecedes(q) }
        (x, y) = (x.dropFirst(m.count), y.dropFirst(n.count))
      } else {
        if first != second { return first < second }
        (x, y) = (x.dropFirst(), y.dropFirst())
      }
    }
    if x.isEmpty != y.isEmpty { return x.isEmpty }
    return a.utf8.lexicographicallyPrecedes(b.utf8)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
