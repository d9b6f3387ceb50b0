import Workbench

/// What a terminal answers to the questions of `TerminalQuestions`.
public enum TerminalAnswer: Hashable, Sendable {
  /// To a Kitty picture sent on trial, by its number.
  case kitty(number: Int, isGood: Bool)
  /// XTVERSION.
  case program(String)
  /// It sets colours of 24 bits.
  case truecolour
  /// OSC 11.
  case background(isLight: Bool)
  /// DECRPM: whether the terminal knows a private mode.
  case mode(Int, isKnown: Bool)
  /// DA1: the numbers after the first.
  case attributes([Int])
  /// iTerm2's size of a cell, which only terminals with its protocol tell.
  case iTerm

  /// A string without its frame; `kind` is the letter behind Esc.
  ///
  /// Whatever else a terminal sends as a string means nothing and is nil.
  init?(kind: UInt8, _ body: ArraySlice<UInt8>) {
    let text = String(decoding: body.prefix(512), as: UTF8.self)
    switch Unicode.Scalar(kind) {
    case "_":
      guard text.hasPrefix("G"), let end = text.firstIndex(of: ";") else { return nil }
      let keys = text[text.index(after: text.startIndex)..<end].split(separator: ",")
      guard let number = keys.first(where: { $0.hasPrefix("i=") }).flatMap({ Int($0.dropFirst(2)) }) else { return nil }
      self = .kitty(number: number, isGood: text[end...].dropFirst() == "OK")
    case "P" where text.hasPrefix(">|"): self = .program(String(text.dropFirst(2).prefix(60)).printableASCII)
    case "P" where text.hasPrefix("1+r524742"): self = .truecolour
    case "P" where text.hasPrefix("1$r") && (text.contains("48:2:") || text.contains("48;2;")): self = .truecolour
    case "]" where text.hasPrefix("11;"):
      guard let light = Self.luma(text.dropFirst(3)) else { return nil }
      self = .background(isLight: light > 0.5)
    case "]" where text.hasPrefix("1337;ReportCellSize="): self = .iTerm
    default: return nil
    }
  }

  /// A control sequence by its parameters, a leading `?` and intermediate characters included.
  init?(_ parameters: ArraySlice<UInt8>, _ final: UInt8) {
    guard parameters.first == UInt8(ascii: "?") else { return nil }
    let text = String(decoding: parameters.dropFirst().prefix(64), as: UTF8.self)
    switch Unicode.Scalar(final) {
    case "c": self = .attributes(text.split(separator: ";").dropFirst().compactMap { Int($0) })
    case "y" where text.hasSuffix("$"):
      let numbers = text.dropLast().split(separator: ";").compactMap { Int($0) }
      guard numbers.count == 2 else { return nil }
      self = .mode(numbers[0], isKnown: (1...3).contains(numbers[1]))
    default: return nil
    }
  }

  /// Light of `rgb:1e1e/2f2f/3a3a` (or `rgba:`, or fewer digits), 0...1, as the eye weighs the channels.
  private static func luma(_ text: Substring) -> Double? {
    guard let start = text.firstIndex(of: ":"), text[..<start] == "rgb" || text[..<start] == "rgba" else { return nil }
    let channels = text[text.index(after: start)...].split(separator: "/").prefix(3).map { digits -> Double? in
      guard (1...4).contains(digits.utf8.count), let value = Int(digits, radix: 16), value >= 0 else { return nil }
      return Double(value) / Double(1 << (4 * digits.utf8.count) - 1)
    }
    guard channels.count == 3, let red = channels[0], let green = channels[1], let blue = channels[2] else {
      return nil
    }
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
}

/// One batch of questions. DA1 stands at the end: every terminal answers it, and answers come in the order of the questions, so that
/// what has not come before it will not come.
enum TerminalQuestions {
  /// Numbers of the Kitty pictures that are sent on trial.
  static let direct = 31
  static let shared = 32

  /// Whether Kitty pictures are shown.
  ///
  /// - Parameters:
  ///   - isTmux: tmux stands between; the question is handed through, and comes back only where it passes.
  ///   - sharedName: of an object in shared memory with one pixel of three bytes; nil where the terminal cannot be on this machine.
  static func kitty(isTmux: Bool, sharedName: String?) -> [UInt8] {
    // Through tmux pictures stand in placeholders, whose key Kitty before 0.28 does not know: it does not answer then.
    let key = isTmux ? ",U=1" : ""
    var kitty = Array("\u{1b}_Gi=\(direct),s=1,v=1,a=q\(key),t=d,f=24;AAAA\u{1b}\\".utf8)
    if let sharedName {
      kitty += Array("\u{1b}_Gi=\(shared),s=1,v=1,a=q,t=s,f=24;".utf8) + KittyEncoder.base64(Array(sharedName.utf8))
      kitty += Array("\u{1b}\\".utf8)
    }
    return isTmux ? KittyEncoder.throughTmux(kitty) : kitty
  }

  /// - Parameters:
  ///   - name: the value of `TERM`.
  ///   - isTmux: tmux stands between, and was asked for Kitty pictures before.
  ///   - sharedName: see `kitty`.
  static func bytes(name: String, isTmux: Bool, sharedName: String?) -> [UInt8] {
    // The Linux console takes `CSI > q` and strings for other things.
    if name == "linux" { return Array("\u{1b}[c".utf8) }
    let kitty = isTmux ? [] : Self.kitty(isTmux: false, sharedName: sharedName)
    let rest = [
      "\u{1b}[>0q", "\u{1b}[16t", "\u{1b}P+q524742\u{1b}\\", "\u{1b}[48;2;1;2;3m\u{1b}P$qm\u{1b}\\\u{1b}[0m",
      "\u{1b}]11;?\u{1b}\\", "\u{1b}[?2026$p", isTmux ? "" : "\u{1b}]1337;ReportCellSize\u{1b}\\", "\u{1b}[c",
    ]
    return kitty + Array(rest.joined().utf8)
  }
}

extension TerminalFacts {
  /// What is known before anything is asked: `TERM`, and what iTerm2 and WezTerm tell, which ssh hands on where it may.
  package init(environment: [String: String]) {
    self.init()
    name = (environment["TERM"] ?? "").printableASCII
    isTmux = environment["TMUX"].map { !$0.isEmpty } ?? false || name.hasPrefix("tmux")
    let programs = [environment["TERM_PROGRAM"], environment["LC_TERMINAL"]].compactMap { $0 }
    hasITerm = !isTmux && programs.contains { ["iTerm.app", "iTerm2", "WezTerm"].contains($0) }
  }

  /// Takes an answer.
  package mutating func learn(_ answer: TerminalAnswer) {
    switch answer {
    case .kitty(TerminalQuestions.direct, let isGood): hasKitty = isGood
    case .kitty(TerminalQuestions.shared, let isGood): sharesMemory = isGood
    case .kitty: break
    case .program(let text):
      program = text
      isTmux = isTmux || text.hasPrefix("tmux")
      hasITerm = hasITerm || ["iTerm2", "WezTerm", "mintty"].contains { text.hasPrefix($0) }
    case .truecolour: isTruecolour = true
    case .background(let isLight): self.isLight = isLight
    case .mode(2026, let isKnown): isSynchronised = isKnown
    case .mode: break
    case .attributes(let numbers):
      hasAnswered = true
      hasSixel = numbers.contains(4)
    case .iTerm: hasITerm = !isTmux
    }
  }
}
