import Base
import EngineWire

/// A folder, with folders opened in place, as rows to show. Rows are made when something is opened, filtered or sorted, never for
/// a movement: a folder may hold 100,000 entries.
struct FilesTree: Sendable {
  enum Order: String, Sendable, CaseIterable {
    case name, newest, largest
  }

  /// A row: `entry` of the listing `folder`; the way up where `entry` is `wayUp`.
  struct Row: Hashable, Sendable {
    var folder: Int
    var entry: Int
    static let wayUp = -1
  }

  /// What is shown of one folder.
  private struct Folder: Sendable {
    var listing: FolderListing
    var depth: Int
  }

  /// The folder at the top, absolute; "" before its listing came.
  private(set) var path = ""
  private(set) var rows: [Row] = []
  /// Grows whenever `rows` changes.
  private(set) var version = 0
  private var listings: [String: FolderListing] = [:]
  private var folders: [Folder] = []

  var order = Order.name { didSet { if order != oldValue { build() } } }
  var showsHidden = false { didSet { if showsHidden != oldValue { build() } } }
  /// Only names that hold this are shown; "" shows all.
  var filter = "" { didSet { if filter != oldValue { build() } } }

  /// Shows `listing` as the top. Folders that were open in it stay open.
  mutating func show(_ listing: FolderListing) {
    if listing.path != path { listings = [:] }
    path = listing.path
    listings[listing.path] = listing
    build()
  }

  /// Opens a folder of the tree in place, or brings one that is open up to date.
  mutating func open(_ listing: FolderListing) {
    guard listing.path != path else { return show(listing) }
    listings[listing.path] = listing
    build()
  }

  /// Opens in place under the name by which the tree shows the folder: a link leads elsewhere.
  mutating func open(_ listing: FolderListing, at path: String) {
    var listing = listing
    listing.path = path
    open(listing)
  }

  mutating func close(_ path: String) {
    guard path != self.path, listings.removeValue(forKey: path) != nil else { return }
    let below = path + "/"
    listings = listings.filter { !$0.key.hasPrefix(below) }
    build()
  }

  func isOpen(_ path: String) -> Bool { path != self.path && listings[path] != nil }
  /// The top holds more entries than its listing.
  var isCut: Bool { listings[path]?.isCut ?? false }
  var isEmpty: Bool { rows.isEmpty }
  /// Entries of the top folder, hidden and filtered ones too.
  var entryCount: Int { listings[path]?.entries.count ?? 0 }
  /// Entries of the top folder that are shown.
  private(set) var shownCount = 0

  func entry(_ row: Row) -> FolderListing.Entry? {
    guard folders.indices.contains(row.folder), row.entry >= 0 else { return nil }
    let entries = folders[row.folder].listing.entries
    return entries.indices.contains(row.entry) ? entries[row.entry] : nil
  }

  /// Absolute; the folder above the top for the way up.
  func path(of row: Row) -> String {
    guard let entry = entry(row) else { return parentFolder(path) }
    return joined(folders[row.folder].listing.path, entry.name)
  }

  /// 0 in the top folder.
  func depth(of row: Row) -> Int { folders.indices.contains(row.folder) ? folders[row.folder].depth : 0 }

  /// The row of the folder in which `index` lies, where that folder was opened in place.
  func rowAbove(_ index: Int) -> Int? {
    let depth = depth(of: rows[index])
    guard depth > 0 else { return nil }
    return rows[..<index].lastIndex { self.depth(of: $0) == depth - 1 }
  }

  /// The row that shows `path`.
  func index(of path: String) -> Int? {
    let (parent, name) = (parentFolder(path), lastComponent(path))
    guard let folder = folders.firstIndex(where: { $0.listing.path == parent }) else { return nil }
    return rows.firstIndex { $0.folder == folder && entry($0)?.name == name }
  }

  private mutating func build() {
    rows = []
    folders = []
    version += 1
    guard let top = listings[path] else { return }
    if path != "/" { rows.append(Row(folder: 0, entry: Row.wayUp)) }
    add(top, depth: 0)
    shownCount = 0
    for row in rows where row.folder == 0 && row.entry != Row.wayUp { shownCount += 1 }
  }

  private mutating func add(_ listing: FolderListing, depth: Int) {
    let folder = folders.count
    folders.append(Folder(listing: listing, depth: depth))
    let opened = Set(listings.keys.lazy.filter { $0 != listing.path && parentFolder($0) == listing.path })
    let query = filter.isEmpty ? nil : TextQuery(filter)
    rows.reserveCapacity(rows.count + listing.entries.count)
    for index in arranged(listing.entries) {
      let entry = listing.entries[index]
      if !showsHidden && entry.name.utf8.first == UInt8(ascii: ".") { continue }
      // Folders stay: what is looked for may lie in them.
      if let query, entry.kind != .folder, !query.isIn(entry.name) { continue }
      rows.append(Row(folder: folder, entry: index))
      guard entry.kind == .folder, !opened.isEmpty, depth < 64 else { continue }
      let path = joined(listing.path, entry.name)
      if opened.contains(path), let inner = listings[path] { add(inner, depth: depth + 1) }
    }
  }

  /// Places of the entries in the order chosen; the listing's own order is by name, folders first.
  private func arranged(_ entries: [FolderListing.Entry]) -> [Int] {
    let places = Array(entries.indices)
    guard order != .name else { return places }
    let split = entries.firstIndex { $0.kind != .folder } ?? entries.count
    let files = places[split...].sorted { a, b in
      let (first, second) = (entries[a], entries[b])
      if order == .newest && first.modified != second.modified { return first.modified > second.modified }
      if order == .largest && first.bytes != second.bytes { return first.bytes > second.bytes }
      return a < b
    }
    return places[..<split] + files
  }
}

/// Names that hold a text, found once and then gone through.
struct FilesSearch: Sendable {
  private(set) var text = ""
  private var matches: [Int] = []
  private var version = -1

  /// Looks for `text` from now on.
  mutating func begin(_ text: String) {
    self.text = text
    version = -1
  }

  /// The next row after `index`, or before it, that matches, going round at the ends; nil where nothing does.
  mutating func next(after index: Int, isForward: Bool, in tree: FilesTree) -> Int? {
    guard !text.isEmpty else { return nil }
    if version != tree.version {
      let query = TextQuery(text)
      matches = tree.rows.indices.filter { tree.entry(tree.rows[$0]).map { query.isIn($0.name) } ?? false }
      version = tree.version
    }
    guard let first = matches.first, let last = matches.last else { return nil }
    if isForward { return matches.first { $0 > index } ?? first }
    return matches.last { $0 < index } ?? last
  }
}

/// Text to look for in names, upper and lower case alike.
struct TextQuery: Sendable {
  private let text: String
  /// Lower case, if it is all ASCII: bytes are compared then, which is ten times as fast.
  private let bytes: [UInt8]?
  /// With `*`, `?` or `[` it is a pattern for whole names, as shells have them.
  private let pattern: String?

  init(_ text: String) {
    self.text = text.lowercased()
    pattern = text.contains { "*?[".contains($0) } ? text.lowercased() : nil
    bytes = self.text.utf8.allSatisfy { $0 < 0x80 } ? Array(self.text.utf8) : nil
  }

  func isIn(_ name: String) -> Bool {
    if let pattern { return matches(name.lowercased(), pattern: pattern) }
    guard let bytes else { return name.lowercased().contains(text) }
    guard let first = bytes.first else { return true }
    var name = name
    return name.withUTF8 { name in
      guard name.count >= bytes.count else { return false }
      return (0...name.count - bytes.count).contains { start in
        Self.lower(name[start]) == first && bytes.indices.allSatisfy { Self.lower(name[start + $0]) == bytes[$0] }
      }
    }
  }

  private static func lower(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }
}
