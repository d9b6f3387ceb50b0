import Foundation
import TestSupport
import Testing

/// Nothing that comes from outside moves the cursor, rings the bell or turns text around.
@Suite(.enabled(if: TmuxTerminal.obstacle == nil, Comment(rawValue: TmuxTerminal.obstacle ?? "")))
struct HostileNamesTests {
  static let names = [
    "bell\u{7}.png", "clear\u{1b}[2J.png", "title\u{1b}]0;owned\u{7}.png", "c1\u{9b}31m.png", "line\nfeed.png",
    "return\rback.png", "right\u{202e}left.png", "zero\u{200b}width.png", "tab\there.png", "del\u{7f}.png",
  ]

  @Test("control characters in file names are shown as something else, on every screen that names files")
  func names() throws {
    let place = try TestPlace()
    try place.writeSettings()
    for name in Self.names { try place.writePicture("pictures/" + name, width: 24, height: 16) }
    let terminal = try TmuxTerminal(["pictures"], in: place)
    try terminal.wait("all files") { text in Self.names.allSatisfy { text.contains($0.prefix(2)) } }
    let log = place.path("bytes")
    try terminal.record(to: log)
    try terminal.press("C-l")
    _ = try terminal.settled()
    // Each in turn, so that each becomes a title; all marked, so that the plan names them.
    for _ in Self.names { try terminal.press("Space", "Down") }
    _ = try terminal.settled()
    try terminal.press("2")
    try terminal.waitFor("iB")
    _ = try terminal.settled()
    try terminal.press("1", "/")
    try terminal.type("bell")
    _ = try terminal.settled()
    try terminal.press("Escape", "7")
    _ = try terminal.settled()

    let bytes = try Data(contentsOf: URL(filePath: log))
    #expect(bytes.count > 4000, "the recording has something in it")
    let text = String(decoding: bytes, as: UTF8.self)
    for hostile in ["\u{7}", "\u{9b}", "\u{202e}", "\u{200b}", "\u{1b}]0;", "\t", "\u{7f}", "\n", "\r"] {
      #expect(!text.unicodeScalars.contains(hostile.unicodeScalars), "\(hostile.debugDescription) was sent")
    }
    // Every escape begins a sequence that the painter knows.
    let stripped = text.replacing(/\u{1b}\[[0-9;?]*[HKCmhlJ]/, with: "")
    #expect(!stripped.contains("\u{1b}"), "\(stripped.drop { $0 != "\u{1b}" }.prefix(20).debugDescription)")
    // The erasing of the whole screen came from Ctrl-L alone.
    #expect(text.matches(of: /\u{1b}\[2J/).count == 1)
  }
}

extension Sequence where Element == Unicode.Scalar {
  /// Whether the scalars of `part` stand here one after the other.
  fileprivate func contains(_ part: some Collection<Unicode.Scalar>) -> Bool {
    let all = Array(self)
    let wanted = Array(part)
    return all.indices.contains { all[$0...].starts(with: wanted) }
  }
}
