/// A terminal of our own to look at what arrives: what ECMA-48 says about the sequences that the painter uses, and a note of
/// everything else. Widths as the canvas told: a cell that is skipped over by a wide character holds nothing.
struct TestScreen {
  struct Cell: Hashable {
    var text: String
    /// SGR parameters as sent: `38;5;7`, ...; empty for the terminal's own.
    var foreground = ""
    var background = ""
    /// Of 1, 2, 4, 7.
    var attributes: Set<Int> = []
  }

  private(set) var columns: Int
  private(set) var rows: Int
  private(set) var cells: [Cell]
  private(set) var isCursorShown = true
  private(set) var column = 0
  private(set) var row = 0
  /// Control characters and sequences that change what is shown and are not known here.
  private(set) var strange: [String] = []
  /// Private modes that are on.
  private(set) var modes: Set<Int> = []
  private var pen = Cell(text: " ")
  private var lastPut = 0
  private var pending: [UInt8] = []
  private let isWide: @Sendable (Character) -> Bool

  init(columns: Int, rows: Int, isWide: @escaping @Sendable (Character) -> Bool = { _ in false }) {
    (self.columns, self.rows) = (columns, rows)
    self.isWide = isWide
    cells = [Cell](repeating: Cell(text: " "), count: columns * rows)
  }

  subscript(column: Int, row: Int) -> Cell { cells[row * columns + column] }

  /// The cells without what cannot be seen: colour and weight of blanks.
  var looks: [Cell] {
    cells.map { cell in
      var cell = cell
      if cell.text == " " && cell.attributes.isDisjoint(with: [4, 7]) { (cell.foreground, cell.attributes) = ("", []) }
      return cell
    }
  }

  /// The text of all rows, blanks at their ends left out.
  var text: String {
    (0..<rows).map { row in
      let line = (0..<columns).map { self[$0, row].text }.joined()
      return String(line.reversed().drop { $0 == " " }.reversed())
    }.joined(separator: "\n")
  }

  /// A terminal of another size, whose cells show what they may until everything is drawn anew.
  mutating func resize(columns: Int, rows: Int) {
    self = TestScreen(columns: columns, rows: rows, isWide: isWide, modes: modes)
  }

  private init(columns: Int, rows: Int, isWide: @escaping @Sendable (Character) -> Bool, modes: Set<Int>) {
    self.init(columns: columns, rows: rows, isWide: isWide)
    self.modes = modes
  }

  mutating func feed(_ bytes: some Sequence<UInt8>) {
    pending += bytes
    var place = 0
    while place < pending.count, let count = step(pending[place...]) { place += count }
    pending.removeFirst(place)
  }

  private mutating func step(_ rest: ArraySlice<UInt8>) -> Int? {
    let start = rest.startIndex
    switch rest[start] {
    case 0x1b: return escape(rest)
    case 0x18: return 1
    case 0x0d:
      column = 0
      return 1
    case 0x00..<0x20, 0x7f:
      strange.append("control \(rest[start])")
      return 1
    case 0x20..<0x7f:
      put(Character(Unicode.Scalar(rest[start])))
      return 1
    default:
      let count = rest[start] >= 0xf0 ? 4 : rest[start] >= 0xe0 ? 3 : 2
      guard rest.count >= count else { return nil }
      let text = String(decoding: rest.prefix(count), as: UTF8.self)
      for character in text { put(character) }
      return count
    }
  }

  private mutating func escape(_ rest: ArraySlice<UInt8>) -> Int? {
    guard rest.count > 1 else { return nil }
    let start = rest.startIndex
    switch rest[start + 1] {
    case UInt8(ascii: "["):
      guard let end = rest.dropFirst(2).firstIndex(where: { (0x40..<0x7f).contains($0) }) else { return nil }
      let parameters = String(decoding: rest[(start + 2)..<end], as: UTF8.self)
      control(parameters, Character(Unicode.Scalar(rest[end])))
      return end - start + 1
    case UInt8(ascii: "]"), UInt8(ascii: "_"), UInt8(ascii: "P"):
      var place = start + 2
      while place < rest.endIndex {
        if rest[place] == 0x07 { return place - start + 1 }
        guard rest[place] == 0x1b else {
          place += 1
          continue
        }
        guard place + 1 < rest.endIndex else { return nil }
        if rest[place + 1] == UInt8(ascii: "\\") { return place - start + 2 }
        // Inside what tmux hands on, Esc stands twice; elsewhere it breaks the string off.
        guard rest[place + 1] == 0x1b else { return place - start }
        place += 2
      }
      return nil
    // Keypad modes, save and restore, the end of a string.
    case UInt8(ascii: "="), UInt8(ascii: ">"), UInt8(ascii: "7"), UInt8(ascii: "8"), UInt8(ascii: "\\"): return 2
    default:
      strange.append("escape \(rest[start + 1])")
      return 2
    }
  }

  private mutating func control(_ parameters: String, _ final: Character) {
    let numbers = parameters.split(separator: ";", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    let first = numbers.first ?? 0
    switch final {
    case "H":
      row = min(max(first, 1), rows) - 1
      column = min(max(numbers.count > 1 ? numbers[1] : 1, 1), columns) - 1
    case "C": column = min(column + max(first, 1), columns - 1)
    case "K": for place in column..<columns { cells[row * columns + place] = erased }
    case "J":
      if first != 2 { strange.append("J \(parameters)") }
      cells = [Cell](repeating: erased, count: columns * rows)
    case "m": style(numbers)
    case "h", "l":
      guard parameters.hasPrefix("?") else { return strange.append(parameters + String(final)) }
      for mode in parameters.dropFirst().split(separator: ";").compactMap({ Int($0) }) {
        if final == "h" { modes.insert(mode) } else { modes.remove(mode) }
        if mode == 25 { isCursorShown = final == "h" }
      }
    // Titles, and the questions of the start.
    case "t", "c", "q", "p": break
    default: strange.append(parameters + String(final))
    }
  }

  private var erased: Cell { Cell(text: " ", background: pen.background) }

  private mutating func style(_ numbers: [Int]) {
    var place = 0
    while place < numbers.count {
      let number = numbers[place]
      switch number {
      case 0: pen = Cell(text: " ")
      case 1, 2, 4, 7: pen.attributes.insert(number)
      case 22: pen.attributes.subtract([1, 2])
      case 24, 27: pen.attributes.remove(number - 20)
      case 39: pen.foreground = ""
      case 49: pen.background = ""
      case 38, 48:
        let count = place + 1 < numbers.count && numbers[place + 1] == 5 ? 3 : 5
        guard place + count <= numbers.count else { return strange.append("m \(numbers)") }
        let text = numbers[(place + 1)..<(place + count)].map(String.init).joined(separator: ";")
        if number == 38 { pen.foreground = text } else { pen.background = text }
        place += count - 1
      case 30..<38, 90..<98: pen.foreground = "\(number)"
      case 40..<48, 100..<108: pen.background = "\(number)"
      default: strange.append("m \(numbers)")
      }
      place += 1
    }
  }

  private mutating func put(_ character: Character) {
    let isMark = character.unicodeScalars.allSatisfy { $0.properties.generalCategory == .nonspacingMark }
    if isMark {
      cells[lastPut].text += String(character)
      return
    }
    guard column < columns else { return strange.append("beyond the right edge") }
    var cell = pen
    cell.text = String(character)
    lastPut = row * columns + column
    cells[lastPut] = cell
    column += 1
    if isWide(character), column < columns {
      cell.text = ""
      cells[row * columns + column] = cell
      column += 1
    }
    // Without wrapping the pen stays in the last column.
    column = min(column, columns - 1)
  }
}
