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
