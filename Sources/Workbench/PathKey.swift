/// A path as file systems know it, by its bytes. As text, the two ways to write an accent (one character, or a letter and a mark)
/// are equal; as names of files they are two.
struct PathKey: Hashable, Sendable {
  let text: String

  init(_ text: String) { self.text = text }

  static func == (a: PathKey, b: PathKey) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }

  func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
  }
}
