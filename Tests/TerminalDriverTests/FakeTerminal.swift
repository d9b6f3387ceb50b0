import Testing

/// What terminals answer to the questions of the start, as recorded from them or as their documentation has it: the answers of one
/// kind of terminal to the whole batch.
struct FakeTerminal: Sendable, CustomTestStringConvertible {
  let name: String
  let environment: [String: String]
  /// To the whole batch, the answer to DA1 at the end.
  let answers: String

  var testDescription: String { name }

  static let rgb = "\u{1b}P1+r524742=38\u{1b}\\"
  static let sgr = "\u{1b}P1$r0;48:2:1:2:3m\u{1b}\\"

  static let xterm = FakeTerminal(
    name: "xterm", environment: ["TERM": "xterm-256color"],
    answers: "\u{1b}P>|XTerm(379)\u{1b}\\\u{1b}[6;18;9t\u{1b}P1+r524742=38\u{1b}\\\u{1b}P1$r48:2::1:2:3m\u{1b}\\"
      + "\u{1b}]11;rgb:ffff/ffff/ffff\u{1b}\\\u{1b}[?2026;0$y\u{1b}[?64;1;2;6;9;15;16;17;18;21;22;28c")
  static let xtermSixel = FakeTerminal(
    name: "xterm -ti vt340", environment: ["TERM": "xterm-256color"],
    answers: "\u{1b}P>|XTerm(379)\u{1b}\\\u{1b}[6;18;9t\u{1b}P0+r\u{1b}\\\u{1b}P1$r48:2::1:2:3m\u{1b}\\"
      + "\u{1b}]11;rgb:0000/0000/0000\u{07}\u{1b}[?2026;0$y\u{1b}[?63;1;2;4;6;9;15;16;22;28;29c")
  static let kitty = FakeTerminal(
    name: "kitty", environment: ["TERM": "xterm-kitty"],
    answers: "\u{1b}_Gi=31;OK\u{1b}\\\u{1b}_Gi=32;OK\u{1b}\\\u{1b}P>|kitty(0.35.2)\u{1b}\\\u{1b}[6;40;19t\(rgb)\(sgr)"
      + "\u{1b}]11;rgb:1e1e/1e1e/2e2e\u{1b}\\\u{1b}[?2026;2$y\u{1b}[?62;c")
  static let foot = FakeTerminal(
    name: "foot", environment: ["TERM": "foot"],
    answers: "\u{1b}P>|foot(1.16.2)\u{1b}\\\u{1b}[6;21;10t\u{1b}P1+r524742\u{1b}\\\u{1b}P1$r0;48:2::1:2:3m\u{1b}\\"
      + "\u{1b}]11;rgb:24/24/24\u{1b}\\\u{1b}[?2026;2$y\u{1b}[?62;4;22c")
  static let wezTerm = FakeTerminal(
    name: "WezTerm", environment: ["TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"],
    answers: "\u{1b}_Gi=31;OK\u{1b}\\\u{1b}_Gi=32;EBADF:no\u{1b}\\\u{1b}P>|WezTerm 20240203\u{1b}\\\u{1b}[6;22;10t"
      + "\(rgb)\u{1b}P1$r0;48:2:1:2:3m\u{1b}\\\u{1b}]11;rgb:0000/0000/0000\u{1b}\\\u{1b}[?2026;2$y"
      + "\u{1b}]1337;ReportCellSize=22.0;10.0\u{1b}\\\u{1b}[?65;4;6;18;22c")
  static let ghostty = FakeTerminal(
    name: "Ghostty", environment: ["TERM": "xterm-ghostty"],
    answers: "\u{1b}_Gi=31;OK\u{1b}\\\u{1b}_Gi=32;OK\u{1b}\\\u{1b}P>|ghostty 1.1.0\u{1b}\\\u{1b}[6;34;17t\(rgb)\(sgr)"
      + "\u{1b}]11;rgb:2828/2c2c/3434\u{1b}\\\u{1b}[?2026;2$y\u{1b}[?62;22c")
  static let iTerm = FakeTerminal(
    name: "iTerm2", environment: ["TERM": "xterm-256color", "LC_TERMINAL": "iTerm2"],
    answers:
      "\u{1b}P>|iTerm2 3.5.10\u{1b}\\\u{1b}[6;17;8t\(rgb)\(sgr)\u{1b}]11;rgb:fefe/fefe/fefe\u{07}\u{1b}[?2026;2$y"
      + "\u{1b}]1337;ReportCellSize=17.0;8.0;2.0\u{1b}\\\u{1b}[?64;1;2;4;6;17;18;21;22c")
  static let console = FakeTerminal(name: "Linux console", environment: ["TERM": "linux"], answers: "\u{1b}[?6c")
  static let oldTmux = FakeTerminal(
    name: "tmux 3.3", environment: ["TERM": "tmux-256color", "TMUX": "/tmp/tmux-0/default,1,0"],
    answers: "\u{1b}P>|tmux 3.3a\u{1b}\\\u{1b}]11;rgb:0000/0000/0000\u{1b}\\\u{1b}[?1;2c")
  /// The outer terminal's answer comes through after tmux's own.
  static let tmuxWithKitty = FakeTerminal(
    name: "tmux 3.3 in kitty, allow-passthrough",
    environment: ["TERM": "tmux-256color", "TMUX": "/tmp/tmux-0/default,1,0"],
    answers: "\u{1b}P>|tmux 3.3a\u{1b}\\\u{1b}[?1;2c\u{1b}_Gi=31;OK\u{1b}\\")
  static let tmuxWithSixel = FakeTerminal(
    name: "tmux 3.4 with Sixel", environment: ["TERM": "tmux-256color", "TMUX": "/tmp/tmux-0/default,1,0"],
    answers: "\u{1b}P>|tmux 3.4\u{1b}\\\u{1b}[6;20;10t\u{1b}]11;rgb:0000/0000/0000\u{1b}\\\u{1b}[?1;2;4c")

  static let all = [
    xterm, xtermSixel, kitty, foot, wezTerm, ghostty, iTerm, console, oldTmux, tmuxWithKitty, tmuxWithSixel,
  ]
}
