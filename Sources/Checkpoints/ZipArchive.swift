import Base

/// The directory of a zip archive as `torch.save` writes them: entries stored plain, zip64 where needed.
///
/// Format: PKWARE APPNOTE 6.3.10, sections 4.3 and 4.5.3. Nothing is ever unpacked to a file, so names need no care.
struct ZipArchive {
  private struct Entry {
    let flags: UInt16
    let method: UInt16
    let checksum: UInt32
    let size: Int
    let headerOffset: Int
  }

  private let source: ByteSource
  private let directory: Range<Int>
  private var entries: [String: Entry] = [:]

  var names: some Collection<String> { entries.keys }

  /// Reads the directory; an entry's own header and content are checked when it is read.
  init(_ source: ByteSource, limits: CheckpointLimits) throws(CheckpointError) {
    self.source = source
    let entryCount: Int
    (directory, entryCount) = try Self.locateDirectory(source)
    guard entryCount <= limits.zipEntries else {
      throw .tooLarge(path: source.path, what: "zip entries", found: entryCount, limit: limits.zipEntries)
    }
    guard directory.count <= limits.headerBytes else {
      throw .tooLarge(path: source.path, what: "zip directory bytes", found: directory.count, limit: limits.headerBytes)
    }
    var cursor = ByteCursor(try source.read(directory))
    for _ in 0..<entryCount {
      let offset = directory.lowerBound + cursor.position
      guard let (name, entry) = Self.directoryEntry(&cursor) else {
        throw Self.malformed(source, offset, "not a directory entry")
      }
      guard entries.updateValue(entry, forKey: name) == nil else {
        throw .archive(path: source.path, fault: .duplicateEntry(name))
      }
    }
    guard cursor.remaining == 0 else {
      throw Self.malformed(source, directory.lowerBound + cursor.position, "bytes after the last directory entry")
    }
  }

  /// Bytes that entry `name` holds; nil where there is no such entry.
  func size(of name: String) -> Int? { entries[name]?.size }

  /// The content of entry `name`, checksum verified.
  func read(_ name: String) throws(CheckpointError) -> [UInt8] {
    guard let entry = entries[name] else { throw .archive(path: source.path, fault: .missingEntry(name)) }
    guard entry.flags & 0x2041 == 0 else { throw .archive(path: source.path, fault: .encrypted(entry: name)) }
    guard entry.method == 0 else {
      throw .archive(path: source.path, fault: .compressed(entry: name, method: Int(entry.method)))
    }
    let bytes = try source.read(contentRange(of: entry, named: name))
    let checksum = CRC32.checksum(bytes)
    guard checksum == entry.checksum else {
      throw .archive(path: source.path, fault: .checksum(entry: name, stored: entry.checksum, computed: checksum))
    }
    return bytes
  }

  /// Where the content lies: behind the entry's local header, which must name the same entry, before the directory.
  private func contentRange(of entry: Entry, named name: String) throws(CheckpointError) -> Range<Int> {
    let header = entry.headerOffset
    guard header <= directory.lowerBound - 30 else { throw Self.malformed(source, header, "entry outside the archive") }
    var cursor = ByteCursor(try source.read(header..<header + 30))
    guard cursor.integer(UInt32.self) == 0x0403_4B50, cursor.take(4) != nil, cursor.integer(UInt16.self) == 0 else {
      throw Self.malformed(source, header, "not the header of a plainly stored entry")
    }
    _ = cursor.take(16)
    let nameLength = Int(cursor.integer(UInt16.self)!)
    let start = header + 30 + nameLength + Int(cursor.integer(UInt16.self)!)
    let (end, overflow) = start.addingReportingOverflow(entry.size)
    guard !overflow, end <= directory.lowerBound else {
      throw Self.malformed(source, header, "entry reaches into the directory")
    }
    guard try source.read(header + 30..<header + 30 + nameLength).elementsEqual(name.utf8) else {
      throw Self.malformed(source, header, "entry has another name than in the directory")
    }
    return start..<end
  }

  /// One central directory header; nil if it is not one.
  private static func directoryEntry(_ cursor: inout ByteCursor) -> (name: String, entry: Entry)? {
    guard cursor.integer(UInt32.self) == 0x0201_4B50, cursor.take(4) != nil,
      let flags = cursor.integer(UInt16.self), let method = cursor.integer(UInt16.self), cursor.take(4) != nil,
      let checksum = cursor.integer(UInt32.self),
      let storedSize = cursor.integer(UInt32.self), let size = cursor.integer(UInt32.self),
      let nameLength = cursor.integer(UInt16.self), let extraLength = cursor.integer(UInt16.self),
      let commentLength = cursor.integer(UInt16.self), let disk = cursor.integer(UInt16.self), disk == 0,
      cursor.take(6) != nil, let headerOffset = cursor.integer(UInt32.self),
      let nameBytes = cursor.take(Int(nameLength)), let name = String(validating: nameBytes, as: UTF8.self),
      let extra = cursor.take(Int(extraLength)), cursor.take(Int(commentLength)) != nil,
      let wide = zip64([size, storedSize, headerOffset], extra: Array(extra)),
      method != 0 || wide[0] == wide[1]
    else { return nil }
    return (name, Entry(flags: flags, method: method, checksum: checksum, size: wide[0], headerOffset: wide[2]))
  }

  /// `fields` with those that are all ones taken, in this order, from the zip64 extra field; nil where that fails.
  private static func zip64(_ fields: [UInt32], extra: [UInt8]) -> [Int]? {
    var wide = ByteCursor([])
    var cursor = ByteCursor(extra)
    while cursor.remaining > 0, let tag = cursor.integer(UInt16.self) {
      guard let length = cursor.integer(UInt16.self), let content = cursor.take(Int(length)) else { return nil }
      if tag == 1 { wide = ByteCursor(Array(content)) }
    }
    var result: [Int] = []
    for field in fields {
      guard let value = field == .max ? wide.integer(UInt64.self) : UInt64(field), let value = Int(exactly: value)
      else {
        return nil
      }
      result.append(value)
    }
    return result
  }

  /// Finds the end-of-directory record (and its zip64 form) and what it says about the directory.
  private static func locateDirectory(_ source: ByteSource) throws(CheckpointError) -> (Range<Int>, entryCount: Int) {
    let tailStart = max(0, source.count - (22 + 0xFFFF))
    let tail = try source.read(tailStart..<source.count)
    let missing = CheckpointError.archive(path: source.path, fault: .noDirectory)
    // The comment, which torch leaves empty, reaches exactly to the end of the file.
    let candidate = stride(from: tail.count - 22, through: 0, by: -1).first { position in
      var cursor = ByteCursor(tail, at: position)
      guard cursor.integer(UInt32.self) == 0x0605_4B50 else { return false }
      var comment = ByteCursor(tail, at: position + 20)
      return position + 22 + Int(comment.integer(UInt16.self)!) == tail.count
    }
    guard let position = candidate else { throw missing }
    var cursor = ByteCursor(tail, at: position + 4)
    let offset = tailStart + position
    guard cursor.integer(UInt32.self) == 0, let onDisk = cursor.integer(UInt16.self),
      let entries = cursor.integer(UInt16.self), onDisk == entries,
      let size = cursor.integer(UInt32.self), let start = cursor.integer(UInt32.self)
    else { throw malformed(source, offset, "archive in several parts") }

    var (directoryStart, directorySize, entryCount, endOfDirectory) = (Int(start), Int(size), Int(entries), offset)
    if let wide = try locateWideDirectory(source, before: offset) {
      guard start == .max || Int(start) == wide.start, size == .max || Int(size) == wide.size,
        entries == .max || Int(entries) == wide.entries
      else { throw malformed(source, offset, "the two directory records disagree") }
      (directoryStart, directorySize, entryCount, endOfDirectory) = (wide.start, wide.size, wide.entries, wide.record)
    }
    let (directoryEnd, overflow) = directoryStart.addingReportingOverflow(directorySize)
    guard !overflow, directoryEnd == endOfDirectory else {
      throw malformed(source, offset, "the directory does not lie where the record says")
    }
    // 46 bytes is the least that one entry takes.
    guard entryCount <= directorySize / 46 else {
      throw malformed(source, offset, "more entries than the directory holds")
    }
    return (directoryStart..<directoryEnd, entryCount)
  }

  /// The zip64 end-of-directory record, if a locator stands right before `end`. All numbers fit `Int` and are not negative.
  private static func locateWideDirectory(
    _ source: ByteSource, before end: Int
  ) throws(CheckpointError) -> (start: Int, size: Int, entries: Int, record: Int)? {
    guard end >= 20 + 56 else { return nil }
    var locator = ByteCursor(try source.read(end - 20..<end))
    guard locator.integer(UInt32.self) == 0x0706_4B50 else { return nil }
    guard locator.integer(UInt32.self) == 0, let record = Int(exactly: locator.integer(UInt64.self)!),
      record == end - 20 - 56
    else { throw malformed(source, end - 20, "the zip64 record does not lie where its locator says") }
    var cursor = ByteCursor(try source.read(record..<end - 20))
    guard cursor.integer(UInt32.self) == 0x0606_4B50, cursor.integer(UInt64.self) == 44, cursor.take(12) != nil,
      let onDisk = cursor.integer(UInt64.self), let entries = cursor.integer(UInt64.self), onDisk == entries,
      let entryCount = Int(exactly: entries), let size = Int(exactly: cursor.integer(UInt64.self)!),
      let start = Int(exactly: cursor.integer(UInt64.self)!)
    else { throw malformed(source, record, "not a zip64 record of an archive in one part") }
    return (start, size, entryCount, record)
  }

  private static func malformed(_ source: ByteSource, _ offset: Int, _ rule: String) -> CheckpointError {
    .archive(path: source.path, fault: .malformed(offset: offset, rule: rule))
  }
}
