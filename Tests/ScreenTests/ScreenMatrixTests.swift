import Foundation
import TestSupport
import Testing

/// Every screen at every size in every kind of terminal, as a person meets them one after the other. Minutes of waiting for
/// terminals: `make test` and `make screens` run it.
@Suite(
  .enabled(if: TmuxTerminal.obstacle == nil, Comment(rawValue: TmuxTerminal.obstacle ?? "")),
  .enabled(if: ProcessInfo.processInfo.environment["GRL_SCREENS"] != nil, "takes minutes; make test runs it"))
struct ScreenMatrixTests {
  private struct Scene {
    let name: String
    let keys: [String]
    /// What must have gone from the screen, and what must be there, before it counts.
    var without: [String] = []
    let with: String
    /// Pictures look different in every number of colours.
    var hasPicture = false
    /// Meters are drawn with characters where there are no colours.
    var hasMeter = false
    /// Keys that lead away from it.
    var leave: [String] = []
  }

  private static let scenes = [
    Scene(
      name: "folder", keys: [], without: ["reading", "starting", "connecting", "waiting"], with: "harbour-01.png"),
    Scene(
      name: "files", keys: ["Down"], without: ["reading", "starting", "connecting", "waiting"], with: "8 RGB",
      hasPicture: true),
    Scene(name: "find", keys: ["/", "l"], with: "find: l", hasPicture: true, leave: ["Escape"]),
    Scene(name: "run-empty", keys: ["3"], with: "nothing is queued"),
    Scene(name: "plan", keys: ["1", "Space", "2"], without: ["asking"], with: "denoise", hasMeter: true),
    Scene(name: "run-done", keys: ["r"], without: ["running", "waiting"], with: "done", hasPicture: true),
    Scene(
      name: "attention", keys: ["4", "Enter"], without: ["at work", "reading"], with: "entropy", hasPicture: true),
    Scene(
      name: "attention-overview", keys: ["v"], without: ["at work"], with: "entropy, of", hasPicture: true,
      leave: ["v"]),
    Scene(
      name: "compare", keys: ["5"], without: ["reading", "measuring"], with: "side by side", hasPicture: true),
    Scene(name: "compare-flip", keys: ["b"], without: ["side by side"], with: "flip  ", hasPicture: true),
    Scene(name: "compare-wipe", keys: ["x"], with: "A | B", hasPicture: true),
    Scene(name: "compare-difference", keys: ["d"], with: "times 4", hasPicture: true),
    Scene(name: "models", keys: ["6"], with: "1 of 1"),
    Scene(name: "help", keys: ["?"], with: "Help", leave: ["Escape"]),
    Scene(name: "palette", keys: [":"], with: "Command", leave: ["Escape"]),
    Scene(name: "themes", keys: ["T"], with: "Theme", leave: ["Escape"]),
    Scene(name: "leave", keys: ["C-c"], with: "Leave", leave: ["Escape"]),
    Scene(name: "log", keys: ["7"], with: "Settings"),
  ]

  @Test("every screen", arguments: TmuxTerminal.Size.all, TmuxTerminal.Mode.allCases)
  func screens(size: TmuxTerminal.Size, mode: TmuxTerminal.Mode) throws {
    let place = try TestPlace()
    try place.writePictures()
    try place.writeSettings()
    try place.installModel()
    let terminal = try TmuxTerminal(["pictures"], in: place, mode: mode, size: size)
    for scene in Self.scenes {
      for key in scene.keys { try terminal.press(key) }
      try terminal.wait("\(scene.name): \(scene.with)") { text in
        text.contains(scene.with) && !scene.without.contains { text.contains($0) }
      }
      let text = try terminal.settled()
      // 256, truecolor and 16 show the same text; pictures depend on colours, and ASCII is a text of its own.
      let ownsFile =
        mode == .ascii || scene.hasPicture && mode != .indexed || scene.hasMeter && mode == .noColour
      let name = "\(scene.name)-\(size.testDescription)" + (ownsFile ? "-\(mode.rawValue)" : "")
      try ExpectedScreen.compare(text, name, isWritten: ownsFile || mode == .indexed)
      checkGlyphs(text, mode, scene.name)
      checkColours(try terminal.styledText(), mode, scene.name)
      for key in scene.leave { try terminal.press(key) }
      if !scene.leave.isEmpty { _ = try terminal.settled(milliseconds: 60) }
    }
    try terminal.press("C-c", "q")
    let end = ContinuousClock.now + .seconds(120)
    while try !terminal.hasEnded(), ContinuousClock.now < end { usleep(20_000) }
    #expect(try terminal.hasEnded())
  }

  /// Glyphs that terminals agree on. Others may be added after a look at their East Asian width: it must not be ambiguous.
  private static let signs: Set<Unicode.Scalar> = ["\u{2713}", "\u{2717}", "\u{25b8}", "\u{25b4}", "\u{25be}"]

  private func checkGlyphs(_ text: String, _ mode: TmuxTerminal.Mode, _ scene: String) {
    let odd = text.unicodeScalars.filter { scalar in
      let isPicture = (0x2580...0x259f).contains(scalar.value)
      let isAllowed = scalar.isASCII || mode != .ascii && (isPicture || Self.signs.contains(scalar))
      return !isAllowed
    }
    #expect(odd.isEmpty, "\(scene): \(Set(odd.map { String($0.value, radix: 16) }))")
  }

  /// Only such colours as the terminal has, and some of them at all.
  private func checkColours(_ styled: String, _ mode: TmuxTerminal.Mode, _ scene: String) {
    let hasDirect = styled.contains(/[\[;][34]8;2;/)
    let hasIndexed = styled.contains(/[\[;][34]8;5;/)
    let hasSixteen = styled.contains(/\u{1b}\[([0-9;]*;)?(3[0-7]|4[0-7]|9[0-7]|10[0-7])[;m]/)
    switch mode {
    case .truecolour: #expect(hasDirect && !hasIndexed, "\(scene)")
    case .indexed, .ascii: #expect(hasIndexed && !hasDirect, "\(scene)")
    case .sixteen: #expect(hasSixteen && !hasIndexed && !hasDirect, "\(scene)")
    case .noColour:
      #expect(!hasSixteen && !hasIndexed && !hasDirect, "\(scene)")
      // What colours tell elsewhere is told by attributes here.
      #expect(styled.contains(/\u{1b}\[[0-9;]*[147][;m]/), "\(scene)")
    }
  }

  @Test("colours are those of the theme, to the last bit where the terminal has them all")
  func themeColours() throws {
    let place = try TestPlace()
    try place.writePictures()
    let theme = "text = #010203 on #fdfeff\nbar = #102030 on #405060\n"
    try place.write("../config/grl/themes/mine.theme", theme)
    let terminal = try TmuxTerminal(["--theme", "mine", "pictures"], in: place, mode: .truecolour)
    try terminal.waitFor("harbour-01.png")
    let styled = try terminal.styledText()
    #expect(styled.contains("48;2;253;254;255"))
    #expect(styled.contains("38;2;1;2;3"))
    #expect(styled.contains("48;2;64;80;96"))
  }
}
