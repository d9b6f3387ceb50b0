import Workbench

/// Mouse reports of terminals. Only the left button and the wheel are told.
enum MouseReport {
  /// `ESC [ < button ; column ; row M` (pressed) or `m` (released), columns and rows from 1.
  static func sgr(_ parameters: ArraySlice<UInt8>, _ final: UInt8) -> MouseEvent? {
    let numbers = parameters.split(separator: UInt8(ascii: ";")).map {
      Int(String(decoding: $0.prefix(6), as: UTF8.self))
    }
    guard numbers.count == 3, let button = numbers[0], let column = numbers[1], let row = numbers[2] else { return nil }
    return event(button, isReleased: final == UInt8(ascii: "m") && button & 3 == 0, column, row)
  }

  /// `ESC [ M` and three bytes, each raised by 32.
  static func x10(_ bytes: [UInt8]) -> MouseEvent? {
    let button = Int(bytes[0]) - 32
    return event(button, isReleased: button & 3 == 3 && button < 64, Int(bytes[1]) - 32, Int(bytes[2]) - 32)
  }

  private static func event(_ code: Int, isReleased: Bool, _ column: Int, _ row: Int) -> MouseEvent? {
    guard code >= 0, (1...10_000).contains(column), (1...10_000).contains(row) else { return nil }
    let button = code & 3
    let action: MouseEvent.Action
    if code & 64 != 0 {
      guard button < 2 else { return nil }
      action = button == 0 ? .scrollUp : .scrollDown
    } else if isReleased {
      action = .release
    } else if button == 0 {
      action = code & 32 == 0 ? .press : .drag
    } else {
      return nil
    }
    return MouseEvent(action, column: column - 1, row: row - 1)
  }
}
