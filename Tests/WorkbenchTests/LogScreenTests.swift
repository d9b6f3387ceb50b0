import EngineWire
import Testing
import Workbench

@Suite("Screen Log and settings")
struct LogScreenTests {
  private func desk(columns: Int = 80, rows: Int = 24) -> Desk {
    var desk = Desk(columns: columns, rows: rows)
    // 2023-11-14 22:13:20 UTC.
    for (place, level) in [LogLine.Level.info, .debug, .warning, .error, .info].enumerated() {
      desk.tell(.log(LogLine(time: 1_700_000_000 + Double(place), level: level, text: "line \(place) of the \(level)")))
    }
    desk.press("7")
    return desk
  }

  @Test("shows settings and log", arguments: [(80, 24), (60, 15), (120, 40), (200, 60)])
  func looks(size: (columns: Int, rows: Int)) throws {
    try expectScreen(desk(columns: size.columns, rows: size.rows), "log-\(size.columns)x\(size.rows)")
  }

  @Test("a setting is stepped through by h and l, or typed, and is kept")
  func settings() {
    var desk = desk()
    desk.press("j", "j", "l")
    #expect(desk.state.session.settings.graphics == "half")
    desk.press("l", "l")
    #expect(desk.state.session.settings.graphics == "ascii" && desk.state.graphics == .ascii)
    desk.press("h", "h", "h")
    #expect(desk.state.session.settings.graphics == nil && desk.state.graphics == .half)
    desk.press("j", "Enter", "Ctrl-u")
    desk.type("3G")
    desk.press("Enter")
    #expect(desk.state.session.settings.memoryBytes == 3 << 30)
    desk.press("Enter", "Ctrl-u")
    desk.type("much")
    desk.press("Enter")
    #expect(desk.footer.contains("memory is a size such as 4G or 512M, or auto"))
    #expect(desk.state.session.settings.memoryBytes == 3 << 30)
    desk.press("j", "l", "j", "Enter", "j", "Enter")
    #expect(desk.state.session.settings.threadCount == 1)
    #expect(desk.state.session.settings.usesMouse && desk.state.session.settings.showsHidden)
    #expect(desk.effects.last == .save(desk.state.session.settings))
  }

  @Test(
    "another host is reached at once, a name that ssh would take for an option is not",
    arguments: [("ada@atlas", true), ("atlas", true), ("-oProxyCommand=x", false), ("a b", false), ("a\u{e9}", false)])
  func host(name: String, isGood: Bool) {
    var desk = desk()
    desk.press("G", "Enter")
    desk.type(name)
    desk.press("Enter")
    #expect(desk.effects.contains(.connect(host: name)) == isGood)
    #expect(desk.state.session.settings.host == (isGood ? name : nil))
  }

  @Test("the theme row opens the chooser")
  func theme() {
    var desk = desk()
    desk.press("Enter")
    #expect(desk.text.contains("Enter keep  Esc back"))
  }

  @Test("the log follows its end until one moves up in it")
  func follows() {
    var desk = desk()
    desk.press("Tab")
    #expect(desk.row("info and worse, 5 of 5") != nil, "\(desk.text)")
    desk.tell(.log(LogLine(time: 1_700_000_009, level: .info, text: "one more")))
    #expect(desk.row("6 of 6") != nil)
    desk.press("k", "k")
    desk.tell(.log(LogLine(time: 1_700_000_010, level: .info, text: "and one more")))
    #expect(desk.row("4 of 7") != nil)
  }

  @Test("levels and a filter leave less, 0 shows all")
  func filters() {
    var desk = desk()
    #expect(desk.row("debug") == nil)
    desk.press("Tab", "l")
    #expect(desk.row("line 0") == nil && desk.row("line 2") != nil)
    desk.press("l")
    #expect(desk.row("line 2") == nil && desk.row("line 3") != nil)
    desk.press("0")
    #expect(desk.row("line 1 of the debug") != nil)
    desk.press("f")
    desk.type("error")
    #expect(desk.row("line 2") == nil && desk.row("line 3") != nil)
    desk.press("Enter", "L")
    desk.type("nonsense")
    desk.press("Enter")
    #expect(desk.footer.contains("levels are debug, info, warning, error"))
    desk.press("0", "/")
    desk.type("line 2")
    desk.press("Enter", "Enter")
    #expect(desk.text.contains("warning 22:13:22"))
  }

  @Test("a long log keeps its last lines")
  func bounded() {
    var desk = desk()
    for place in 0..<2100 { desk.tell(.log(LogLine(time: 1, level: .info, text: "\(place)"))) }
    #expect(desk.state.session.log.count == 2000 && desk.state.session.log.last?.text == "2099")
  }

  @Test("times are the person's")
  func zone() {
    var state = State(zoneSeconds: 3600)
    _ = state.update(.resize(columns: 100, rows: 24))
    _ = state.update(
      .answer(Answer(id: 0, .event(.log(LogLine(time: 1_700_000_000, level: .info, text: "x")))), body: []))
    _ = state.update(.key(.character("7")))
    #expect(state.view().lines.contains { $0.contains("23:13:20") })
  }
}
