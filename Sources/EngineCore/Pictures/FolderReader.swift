import Base
import EngineWire
import Glibc
import Imaging

/// Lists folders for people: folders first, natural order, nothing opened.
package enum FolderReader {
  /// Entries of one listing, at most; what an answer on the wire holds with room to spare.
  package static let mostEntries = 20_000
  /// - Parameter flag: looked at for every entry.
  /// - Throws: `folderNotListed`.
  package static func list(_ path: String, _ flag: CancelFlag = CancelFlag()) throws(JobError) -> FolderListing {
    guard !path.utf8.contains(0), let resolved = realpath(path.systemPath, nil) else {
      throw .folderNotListed(
        folder: path, reason: path.utf8.contains(0) ? "not a name" : systemReason())
    }
    defer { free(resolved) }
    guard let stream = opendir(resolved) else {
      throw .folderNotListed(folder: path, reason: systemReason())
    }
    defer { closedir(stream) }
    var entries: [FolderListing.Entry] = []
    var isCut = false
    while let found = readdir(stream) {
      if flag.isSet { throw .cancelled }
      let name = withUnsafeBytes(of: &found.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if name == [UInt8(ascii: ".")] || name == [UInt8(ascii: "."), UInt8(ascii: ".")] { continue }
      guard entries.count < mostEntries else {
        isCut = true
        break
      }
      entries.append(entry(name, dirfd(stream)))
    }
    let ordered = entries.map { (entry: $0, key: NaturalKey($0.name)) }.sorted {
      let (a, b) = ($0.entry.kind == .folder, $1.entry.kind == .folder)
      return a == b ? $0.key < $1.key : a
    }
    return FolderListing(path: String(cFileName: resolved), entries: ordered.map(\.entry), isCut: isCut)
  }

  private static func entry(_ name: [UInt8], _ folder: Int32) -> FolderListing.Entry {
    var status = stat()
    let terminated = name.map { CChar(bitPattern: $0) } + [0]
    let isFound = fstatat(folder, terminated, &status, 0) == 0
    let text = String(fileName: name)
    let kind: FolderListing.Entry.Kind =
      if !isFound {
        .unreadable
      } else {
        switch status.st_mode & S_IFMT {
        case S_IFDIR: .folder
        case S_IFREG:
          ImageFile.extensions.contains(fileExtension(text).lowercased()) || RawFile.isRaw(text) ? .picture : .other
        default: .other
        }
      }
    return FolderListing.Entry(
      name: text, kind: kind, bytes: isFound ? Int(status.st_size) : 0,
      modified: isFound ? Double(status.st_mtim.tv_sec) : 0)
  }

  /// The order in which people look for names: numbers by value, letters without case, and the bytes where all else is equal.
  package static func naturallyPrecedes(_ a: String, _ b: String) -> Bool { NaturalKey(a) < NaturalKey(b) }
}

/// A name made ready to be compared often.
private struct NaturalKey: Comparable {
  private let folded: [UInt8]
  private let name: String

  init(_ name: String) {
    self.name = name
    folded = Array(name.lowercased().utf8)
  }

  static func < (a: NaturalKey, b: NaturalKey) -> Bool {
    a.folded.withUnsafeBufferPointer { x in
      b.folded.withUnsafeBufferPointer { y in
        compare(x, y) ?? a.name.utf8.lexicographicallyPrecedes(b.name.utf8)
      }
    }
  }

  /// nil where all is equal.
  private static func compare(_ x: UnsafeBufferPointer<UInt8>, _ y: UnsafeBufferPointer<UInt8>) -> Bool? {
    var (i, j) = (0, 0)
    while i < x.count && j < y.count {
      if isDigit(x[i]) && isDigit(y[j]) {
        let (m, n) = (digits(x, from: &i), digits(y, from: &j))
        if m.count != n.count { return m.count < n.count }
        if !m.elementsEqual(n) { return m.lexicographicallyPrecedes(n) }
      } else {
        if x[i] != y[j] { return x[i] < y[j] }
        i += 1
        j += 1
      }
    }
    return x.count - i == y.count - j ? nil : x.count - i < y.count - j
  }

  /// The digits of a number without leading zeros; moves `place` behind it.
  private static func digits(_ bytes: UnsafeBufferPointer<UInt8>, from place: inout Int) -> Slice<
    UnsafeBufferPointer<UInt8>
  > {
    while place < bytes.count && bytes[place] == 0x30 { place += 1 }
    let start = place
    while place < bytes.count && isDigit(bytes[place]) { place += 1 }
    return bytes[start..<place]
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
