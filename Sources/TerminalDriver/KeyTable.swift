import Workbench

/// What sequences mean on all terminals alike (xterm, VT220, rxvt, st, the Linux console), whatever `TERM` says. Modifiers are not
/// told apart: Ctrl-Left is Left.
enum KeyTable {
  /// A control character; nil where it means nothing.
  static func control(_ byte: UInt8) -> Key? {
    switch byte {
    case 0x09: .tab
    case 0x0a, 0x0d: .enter
    case 0x08, 0x7f: .backspace
    case 0: .control(" ")
    case 1...26: .control(Character(Unicode.Scalar(byte + 0x60)))
    default: nil
    }
  }

  /// ESC O and a letter.
  static func ss3(_ final: UInt8) -> Key? {
    switch Unicode.Scalar(final) {
    case "A": .up
    case "B": .down
    case "C": .right
    case "D": .left
    case "H": .home
    case "F": .end
    case "M": .enter
    case "P", "Q", "R", "S": .function(Int(final - UInt8(ascii: "P")) + 1)
    // The digits of a keypad in application mode.
    case "p"..."y": .character(Character(Unicode.Scalar(final - UInt8(ascii: "p") + UInt8(ascii: "0"))))
    case "k": .character("+")
    case "m": .character("-")
    case "o": .character("/")
    case "j": .character("*")
    default: nil
    }
  }

  /// ESC [ numbers letter.
  static func csi(_ numbers: [Int], _ final: UInt8) -> Key? {
    switch Unicode.Scalar(final) {
    case "Z": return .backTab
    case "~": return vt220(numbers.first ?? 0)
    // st sends this for Delete outside of application mode; F1 has numbers here.
    case "P" where numbers.isEmpty: return .delete
    case "h" where numbers == [4]: return .insert
    case "A", "B", "C", "D", "H", "F", "P", "Q", "S": return ss3(final)
    // With numbers it may also be a cursor's place, but nobody asks for one.
    case "R": return .function(3)
    default: return nil
    }
  }

  /// ESC [ [ letter.
  static func linuxFunction(_ letter: UInt8) -> Key? {
    (UInt8(ascii: "A")...UInt8(ascii: "E")).contains(letter) ? .function(Int(letter - UInt8(ascii: "A")) + 1) : nil
  }

  private static func vt220(_ number: Int) -> Key? {
    switch number {
    case 1, 7: .home
    case 2: .insert
    case 3: .delete
    case 4, 8: .end
    case 5: .pageUp
    case 6: .pageDown
    case 11...15: .function(number - 10)
    case 17...21: .function(number - 11)
    case 23, 24: .function(number - 12)
    default: nil
    }
  }

  /// Names of terminfo's capabilities whose strings are read into the decoder.
  static let described: [(capability: String, key: Key)] =
    [
      ("kcuu1", .up), ("kcud1", .down), ("kcub1", .left), ("kcuf1", .right), ("khome", .home), ("kend", .end),
      ("kpp", .pageUp), ("knp", .pageDown), ("kich1", .insert), ("kdch1", .delete), ("kcbt", .backTab),
      ("kent", .enter),
    ] + (1...12).map { ("kf\($0)", .function($0)) }
}
