/// A line being typed.
package struct LineEditor: Hashable, Sendable {
  /// Longest line, in characters: a paste of a whole file stays bearable.
  package static let limit = 4096

  private(set) var characters: [Character]
  /// Before which character the cursor stands, `0...characters.count`.
  package private(set) var position: Int

  package init(_ text: String = "") {
    characters = Array(text.prefix(Self.limit))
    position = characters.count
  }

  package var text: String { String(characters) }

  package mutating func insert(_ text: some StringProtocol) {
    // A line break within a paste ends nothing; it is a blank.
    let new = text.prefix(Self.limit - characters.count).map { $0.isNewline || $0 == "\t" ? " " : $0 }
    characters.insert(contentsOf: new, at: position)
    position += new.count
  }

  /// False where the key means nothing to a line.
  package mutating func handle(_ key: Key) -> Bool {
    switch key {
    case .character(let character): insert(String(character))
    case .backspace, .control("h"): erase(position - 1..<position)
    case .delete, .control("d"): erase(position..<position + 1)
    case .left, .control("b"): position = max(0, position - 1)
    case .right, .control("f"): position = min(characters.count, position + 1)
    case .home, .control("a"): position = 0
    case .end, .control("e"): position = characters.count
    case .control("u"): erase(0..<position)
    case .control("k"): erase(position..<characters.count)
    case .control("w"): erase(wordStart..<position)
    default: return false
    }
    return true
  }

  private mutating func erase(_ range: Range<Int>) {
    let range = range.clamped(to: 0..<characters.count)
    characters.removeSubrange(range)
    if position > range.lowerBound { position = max(range.lowerBound, position - range.count) }
  }

  /// Where the word before the cursor begins; parts of a path are words.
  private var wordStart: Int {
    var place = position
    while place > 0, characters[place - 1] == " " || characters[place - 1] == "/" { place -= 1 }
    while place > 0, characters[place - 1] != " ", characters[place - 1] != "/" { place -= 1 }
    return place
  }
}
