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
