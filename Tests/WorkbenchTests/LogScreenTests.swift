import EngineWire
import Testing
import Workbench

@Suite("Screen Log and settings")
struct LogScreenTests {
  private func driver(columns: Int = 80, rows: Int = 24) -> WorkbenchDriver {
    var driver = WorkbenchDriver(columns: columns, rows: rows)
    // 2023-11-14 22:13:20 UTC.
    for (place, level) in [LogLine.Level.info, .debug, .warning, .error, .info].enumerated() {
      driver.tell(
        .log(LogLine(time: 1_700_000_000 + Double(place), level: level, text: "line \(place) of the \(level)")))
    }
    driver.press("7")
    return driver
  }

  @Test("shows settings and log", arguments: [(80, 24), (60, 15), (120, 40), (200, 60)])
  func looks(size: (columns: Int, rows: Int)) throws {
    try expectScreen(driver(columns: size.columns, rows: size.rows), "log-\(size.columns)x\(size.rows)")
  }

  @Test("a setting is stepped through by h and l, or typed, and is kept")
  func settings() {
    var driver = driver()
    driver.press("j", "j", "l")
    #expect(driver.state.session.settings.graphics == "half")
    driver.press("l", "l")
    #expect(driver.state.session.settings.graphics == "ascii" && driver.state.graphics == .ascii)
    driver.press("h", "h", "h")
    #expect(driver.state.session.settings.graphics == nil && driver.state.graphics == .half)
    driver.press("j", "Enter", "Ctrl-u")
    driver.type("3G")
    driver.press("Enter")
    #expect(driver.state.session.settings.memoryBytes == 3 << 30)
    driver.press("Enter", "Ctrl-u")
    driver.type("much")
    driver.press("Enter")
    #expect(driver.footer.contains("memory is a size such as 4G or 512M, or auto"))
    #expect(driver.state.session.settings.memoryBytes == 3 << 30)
    driver.press("j", "l", "j", "Enter", "j", "Enter")
    #expect(driver.state.session.settings.threadCount == 1)
    #expect(driver.state.session.settings.usesMouse && driver.state.session.settings.showsHidden)
    #expect(driver.effects.last == .save(driver.state.session.settings))
  }

  @Test(
    "another host is reached at once, a name that ssh would take for an option is not",
    arguments: [("ada@atlas", true), ("atlas", true), ("-oProxyCommand=x", false), ("a b", false), ("a\u{e9}", false)])
  func host(name: String, isGood: Bool) {
    var driver = driver()
    driver.press("End", "Enter")
    driver.type(name)
    driver.press("Enter")
    #expect(driver.effects.contains(.connect(host: name)) == isGood)
    #expect(driver.state.session.settings.host == (isGood ? name : nil))
  }

  @Test("the theme row opens the chooser")
  func theme() {
    var driver = driver()
    driver.press("Enter")
    #expect(driver.text.contains("Enter keep  Esc back"))
  }

  @Test("the log follows its end until one moves up in it")
  func follows() {
    var driver = driver()
    driver.press("Tab")
    #expect(driver.row("info and worse, 5 of 5") != nil, "\(driver.text)")
    driver.tell(.log(LogLine(time: 1_700_000_009, level: .info, text: "one more")))
    #expect(driver.row("6 of 6") != nil)
    driver.press("k", "k")
    driver.tell(.log(LogLine(time: 1_700_000_010, level: .info, text: "and one more")))
    #expect(driver.row("4 of 7") != nil)
  }

  @Test("levels and a filter leave less, 0 shows all")
  func filters() {
    var driver = driver()
    #expect(driver.row("debug") == nil)
    driver.press("Tab", "l")
    #expect(driver.row("line 0") == nil && driver.row("line 2") != nil)
    driver.press("l")
    #expect(driver.row("line 2") == nil && driver.row("line 3") != nil)
    driver.press("0")
    #expect(driver.row("line 1 of the debug") != nil)
    driver.press("f")
    driver.type("error")
    #expect(driver.row("line 2") == nil && driver.row("line 3") != nil)
    driver.press("Enter", "L")
    driver.type("nonsense")
    driver.press("Enter")
    #expect(driver.footer.contains("levels are debug, info, warning, error"))
    driver.press("0", "/")
    driver.type("line 2")
    driver.press("Enter", "Enter")
    #expect(driver.text.contains("warning 22:13:22"))
  }

  @Test("a long log keeps its last lines")
  func bounded() {
    var driver = driver()
    for place in 0..<2100 { driver.tell(.log(LogLine(time: 1, level: .info, text: "\(place)"))) }
    #expect(driver.state.session.log.count == 2000 && driver.state.session.log.last?.text == "2099")
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
