import CTerminal
import Foundation
import Workbench

/// What the terminal can do, from its description (terminfo) and the environment.
public struct Capabilities: Sendable {
  /// The value of `TERM`.
  public let name: String
  /// Colours that the description counts; -1 where it has none.
  public let colourCount: Int
  /// The description promises direct colour.
  public let hasDirectColour: Bool
  /// The locale's character set is not UTF-8: only ASCII may go out.
  public let isASCII: Bool
  let erasesInColour: Bool
  let enter: [UInt8]
  let leave: [UInt8]
  let hide: [UInt8]
  let show: [UInt8]
  let keys: [[UInt8]: Key]

  /// Terminals that machines reached through ssh often do not describe: all understand what xterm does, in direct colour.
  private static let builtIn = [
    "xterm-kitty", "foot", "xterm-ghostty", "ghostty", "wezterm", "alacritty", "contour", "rio",
  ]

  /// Loads the description of the terminal behind `descriptor`.
  ///
  /// - Throws: where the workbench cannot be shown on it.
  public init(_ environment: [String: String], descriptor: Int32) throws(TerminalError) {
    let name = environment["TERM"] ?? ""
    self.name = name
    guard !name.isEmpty, name != "dumb" else { throw .dumb(name) }
    let status = grl_terminfo_load(name, descriptor)
    guard status == 1 else {
      guard Self.builtIn.contains(where: { name == $0 || name.hasPrefix($0 + "-") }) else {
        throw status == 0 ? .unknown(name.printableASCII) : .noDatabase(name.printableASCII)
      }
      (colourCount, hasDirectColour, erasesInColour) = (256, true, name.hasPrefix("foot"))
      isASCII = Self.isNotUTF8(environment)
      enter = Array("\u{1b}[?1049h\u{1b}[22;0;0t\u{1b}[?1h\u{1b}=".utf8)
      leave = Array("\u{1b}[?1l\u{1b}>\u{1b}[?1049l\u{1b}[23;0;0t".utf8)
      (hide, show, keys) = (Array("\u{1b}[?25l".utf8), Array("\u{1b}[?25h".utf8), [:])
      return
    }
    let move = Self.string("cup") ?? []
    guard move == Array("\u{1b}[%i%p1%d;%p2%dH".utf8) else { throw .unsuitable(name.printableASCII) }
    colourCount = Int(grl_terminfo_number("colors"))
    hasDirectColour = grl_terminfo_flag("RGB") != 0 || grl_terminfo_flag("Tc") != 0 || colourCount >= 1 << 24
    isASCII = Self.isNotUTF8(environment)
    erasesInColour = grl_terminfo_flag("bce") != 0
    enter = (Self.string("smcup") ?? []) + (Self.string("smkx") ?? [])
    leave = (Self.string("rmkx") ?? []) + (Self.string("rmcup") ?? [])
    hide = Self.string("civis") ?? []
    show = Self.string("cnorm") ?? []
    keys = Self.keys()
  }

  /// Whether the locale names another character set, be it installed or not. The C locale, which nobody chose, does not: terminals
  /// speak UTF-8 today, and a machine reached through ssh often lacks the locale of the one before us.
  package static func isNotUTF8(_ environment: [String: String]) -> Bool {
    let named = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? "C"
    guard let dot = named.firstIndex(of: ".") else { return grl_locale_is_not_utf8() != 0 }
    let set = named[named.index(after: dot)...].prefix { $0 != "@" }.lowercased()
    return !["utf-8", "utf8"].contains(set)
  }

  private static func keys() -> [[UInt8]: Key] {
    var keys: [[UInt8]: Key] = [:]
    for (capability, key) in KeyTable.described {
      // Only what the decoder recognises as one sequence; single control characters have their fixed meaning.
      if let bytes = string(capability), bytes.count > 2 { keys[bytes] = key }
    }
    return keys
  }

  /// A string capability without its padding (`$<5>`), which no terminal of today needs.
  private static func string(_ capability: String) -> [UInt8]? {
    guard let text = grl_terminfo_string(capability) else { return nil }
    var bytes = Array(String(cString: text).utf8)
    while let start = bytes.firstRange(of: Array("$<".utf8))?.lowerBound,
      let end = bytes[start...].firstIndex(of: UInt8(ascii: ">"))
    {
      bytes.removeSubrange(start...end)
    }
    return bytes
  }
}

extension String {
  /// For messages about the environment.
  var printableASCII: String { String(unicodeScalars.prefix(60).map { 0x20..<0x7f ~= $0.value ? Character($0) : "?" }) }
}
