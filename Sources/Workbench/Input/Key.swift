/// A key as the terminal reports it.
public enum Key: Hashable, Sendable {
  /// A printable character, with Shift already applied.
  case character(Character)
  /// Control and a lower-case letter: `control("c")`.
  case control(Character)
  case enter, escape, tab, backTab, backspace, delete, insert
  case up, down, left, right, home, end, pageUp, pageDown
  /// F1...F12.
  case function(Int)
}

/// What the mouse did, only while mouse reporting is on.
public struct MouseEvent: Hashable, Sendable {
  public enum Action: Hashable, Sendable { case press, release, drag, scrollUp, scrollDown }
  public var action: Action
  public var column: Int
  public var row: Int

  public init(_ action: Action, column: Int, row: Int) {
    self.action = action
    self.column = column
    self.row = row
  }
}

extension Key {
  /// As the footer and the help write it.
  public var name: String {
    switch self {
    case .character(" "): "Space"
    case .character(let character): String(character)
    case .control(let letter): "Ctrl-\(letter)"
    case .enter: "Enter"
    case .escape: "Esc"
    case .tab: "Tab"
    case .backTab: "Shift-Tab"
    case .backspace: "Backspace"
    case .delete: "Del"
    case .insert: "Ins"
    case .up: "Up"
    case .down: "Down"
    case .left: "Left"
    case .right: "Right"
    case .home: "Home"
    case .end: "End"
    case .pageUp: "PgUp"
    case .pageDown: "PgDn"
    case .function(let number): "F\(number)"
    }
  }

  private static let named: [String: Key] = Dictionary(
    uniqueKeysWithValues: [
      .character(" "), .enter, .escape, .tab, .backTab, .backspace, .delete, .insert, .up, .down, .left, .right, .home,
      .end, .pageUp, .pageDown,
    ].map { (key: Key) in (key.name, key) })

  /// The key of a name; nil where there is none.
  public init?(named name: some StringProtocol) {
    if let key = Key.named[String(name)] {
      self = key
    } else if name.count == 1, let character = name.first {
      self = .character(character)
    } else if name.hasPrefix("Ctrl-"), name.count == 6, let letter = name.last {
      self = .control(letter)
    } else if name.hasPrefix("F"), let number = Int(name.dropFirst()), (1...12).contains(number) {
      self = .function(number)
    } else {
      return nil
    }
  }

  /// Keys pressed one after the other, named with blanks between: `g g`. What is no name is left out.
  public static func sequence(_ names: String) -> [Key] {
    names.split(separator: " ").compactMap { Key(named: $0) }
  }
}

/// Which command keys mean. Where two tables know the same keys, the first one's command counts.
struct KeyMap {
  enum Match {
    case command(Command)
    /// The beginning of a longer sequence.
    case begun
    case none
  }

  let tables: [[Command]]

  func match(_ keys: [Key]) -> Match {
    var isBegun = false
    for command in tables.joined() {
      for sequence in command.keys where sequence.starts(with: keys) {
        if sequence.count == keys.count { return .command(command) }
        isBegun = true
      }
    }
    return isBegun ? .begun : .none
  }
}
