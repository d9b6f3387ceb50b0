/// A key as the terminal tells it.
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
