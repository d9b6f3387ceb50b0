import EngineWire

/// What lies over the screen and takes the keys first.
enum Overlay: Sendable {
  case prompt(Prompt)
  case question(Confirmation)
  case report(Report)
  /// Help and command palette.
  case finder(CommandFinder)
  case themes(ThemeChooser)
  case picture(FullPicture)
}

/// A picture on the whole screen.
struct FullPicture: Sendable {
  static let purpose = Purpose.other("full picture")

  let path: String
  var outcome: FilesPreview.Outcome?

  init(path: String) { self.path = path }

  /// Between the picture's name and the last row, which stays free for every kind of graphics.
  static func area(columns: Int, rows: Int) -> CanvasArea {
    CanvasArea(column: 0, row: 0, columns: columns, rows: rows).dropTop(rows > 3 ? 1 : 0).dropBottom(rows > 2 ? 1 : 0)
  }

  /// Takes the engine's answer.
  mutating func receive(_ reply: Reply, _ body: [UInt8]) {
    switch reply {
    case .pixels(let info):
      outcome =
        PixelBlock(info, body).map { .shown(FilesPreview.Shown(info: info, pixels: $0)) }
        ?? .failed("the engine's answer does not hold the pixels it tells of")
    case .failure(let failure): outcome = .failed(failure.message)
    default: outcome = .failed("the engine did not answer with a picture")
    }
  }
}

/// Lines to read.
struct Report: Sendable {
  let title: String
  let text: String
  private(set) var scroll = 0

  init(title: String, text: String) {
    self.title = title
    self.text = text
  }

  /// Columns and rows of its text on a screen of this size.
  static func room(_ session: Session) -> (columns: Int, rows: Int) {
    (max(1, min(100, session.columns - 4) - 4), max(1, session.rows - 6))
  }

  mutating func scroll(by count: Int, in session: Session) {
    let room = Self.room(session)
    let last = max(0, text.wrapped(columns: room.columns).count - room.rows)
    scroll = min(max(0, scroll + count), last)
  }
}

/// The list of themes; the chosen one is shown at once and kept by Enter.
struct ThemeChooser: Sendable {
  let names: [String]
  private(set) var choice: Int

  /// - Precondition: at least one name.
  init(names: [String], current: String) {
    precondition(!names.isEmpty)
    self.names = names
    choice = names.firstIndex(of: current) ?? 0
  }

  var name: String { names[choice] }

  mutating func move(by count: Int) { choice = min(max(0, choice + count), names.count - 1) }
}

/// A line of text that a screen asks for.
struct Prompt: Sendable {
  enum Completion: Hashable, Sendable {
    case none
    /// Paths of the engine's machine.
    case path
    case words([String])
  }
  /// Who gets the text, with `tag` to tell prompts apart. nil is the workbench itself.
  let screen: ScreenID?
  let tag: String
  let title: String
  let completion: Completion
  /// The first character that is typed takes the place of the text.
  var replaces = false
  var line: LineEditor
  /// What the text could become: words from the beginning, paths after Tab; the chosen one stands in the line already.
  var candidates: [String] = []
  /// Why what was answered means nothing; gone when something else is typed.
  var problem: String?
  private(set) var candidate: Int?
  private var isUntouched = true
  /// Which past answer stands in the line.
  var recalled: Int?

  init(screen: ScreenID?, tag: String, title: String, text: String = "", completion: Completion = .none) {
    self.screen = screen
    self.tag = tag
    self.title = title
    line = LineEditor(text)
    self.completion = completion
    guard case .words(let words) = completion else { return }
    candidates = words
    candidate = words.firstIndex(of: text)
  }

  /// Words are in sight, among which arrows choose.
  var showsWords: Bool { if case .words = completion { !candidates.isEmpty } else { false } }

  /// The words that go on with what stands behind the last comma of the line, or else hold it.
  private mutating func narrow() {
    candidate = nil
    guard case .words(let words) = completion else { return candidates = [] }
    let end = line.text.lastIndex(of: ",").map { line.text.index(after: $0) } ?? line.text.startIndex
    let (stem, typed) = (line.text[..<end], line.text[end...].trimmed.lowercased())
    let found = words.filter { $0.lowercased().hasPrefix(typed) }
    candidates = (found.isEmpty ? words.filter { $0.lowercased().contains(typed) } : found).map { stem + $0 }
  }

  /// Tab among words: as far as all agree, then from one to the next.
  mutating func completeWord() {
    let text = line.text
    guard candidate == nil, !text.isEmpty, !candidates.isEmpty else { return step(by: 1) }
    let all = candidates
    offer(all.filter { $0.hasPrefix(text) })
    if line.text != text || all.count == 1 {
      if all.count == 1 { line = LineEditor(all[0]) }
      return
    }
    candidates = all
    step(by: 1)
  }

  /// Takes what the text could become: goes on as far as all agree, and shows them where they do not.
  mutating func offer(_ candidates: [String]) {
    candidate = nil
    self.candidates = []
    guard var common = candidates.first else { return }
    for other in candidates.dropFirst() { common = String(zip(common, other).prefix { $0 == $1 }.map(\.0)) }
    if common.count > line.text.count { line = LineEditor(common) }
    if candidates.count > 1 { self.candidates = candidates }
  }

  /// Takes a key of the line. Until something was typed, a number or word replaces the one that stands there (a comma goes on with it),
  /// and the beginning of a whole path the folder.
  mutating func type(_ key: Key) -> Bool {
    if case .character(let character) = key, isUntouched, isReplaced(by: character) { line = LineEditor() }
    guard line.handle(key) else { return false }
    touched()
    return true
  }

  private func isReplaced(by character: Character) -> Bool {
    switch completion {
    case .words: character != ","
    case .path: replaces || (character == "/" || character == "~") && line.text.hasSuffix("/")
    case .none: replaces
    }
  }

  mutating func insert(_ text: String) {
    if isUntouched, let first = text.first, isReplaced(by: first) { line = LineEditor() }
    line.insert(text)
    touched()
  }

  private mutating func touched() {
    isUntouched = false
    problem = nil
    narrow()
  }

  /// To the next candidate, or the one before.
  mutating func step(by count: Int) {
    guard !candidates.isEmpty else { return }
    let next = candidate.map { $0 + count } ?? (count > 0 ? 0 : -1)
    let place = (next % candidates.count + candidates.count) % candidates.count
    candidate = place
    line = LineEditor(candidates[place])
  }
}

/// A question with few answers, each a key.
struct Confirmation: Sendable {
  struct Choice: Sendable {
    let key: Character
    let title: String
  }
  let screen: ScreenID?
  let tag: String
  let text: String
  /// The first is what Enter means; Esc means none.
  let choices: [Choice]
}

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
