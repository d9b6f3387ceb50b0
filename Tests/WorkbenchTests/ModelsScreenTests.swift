import EngineWire
import Testing
import Workbench

@Suite("Screen Models")
struct ModelsScreenTests {
  static var engine: FakeEngine {
    var engine = FakeEngine.photographs
    func model(_ name: String, _ task: String, scale: Int, speed: Double?) -> ModelInfo {
      ModelInfo(
        name: name, path: "/usr/share/grl/\(name).safetensors", origin: "bundled", fileBytes: 1_810_000,
        sha256: String(repeating: "0123456789abcdef", count: 4), task: task, scale: scale, variant: "tiny",
        colours: "colour", summary: "\(task), colour, sigma 0 to 55, tiny", parameterCount: 880_227,
        settings: [
          .init(name: "variant", value: "tiny", source: "metadata"),
          .init(name: "window", value: "8 x 8", source: "metadata"),
          .init(name: "stripes", value: "16 x 64, 64 x 16", source: "table of published settings"),
          .init(name: "depths", value: "4, 4, 4, 4", source: "tensors"),
        ],
        facts: [
          .init(name: "title", text: "Blind colour denoising"),
          .init(name: "training", text: "one hour on two CPU cores, freely licensed photographs, crops of 48 x 48"),
          .init(name: "quality", text: "not measured on a test set"),
        ], pixelsPerSecond: speed)
    }
    var motion = model("motion-deblur-tiny", "motion-deblur", scale: 1, speed: 42_000)
    motion.summary += ", experimental"
    motion.facts.append(.init(name: "experimental", text: "what is nearly sharp loses"))
    engine.models = [
      model("denoise-color-tiny", "denoise", scale: 1, speed: 210_000), model("sr-x4-tiny", "sr", scale: 4, speed: nil),
      model("jpeg-color-tiny", "jpeg", scale: 1, speed: 98_000), motion,
    ]
    return engine
  }

  @Test("shows models and all about one", arguments: [(80, 24), (60, 15), (120, 40), (200, 60)])
  func looks(size: (columns: Int, rows: Int)) throws {
    var driver = WorkbenchDriver(Self.engine, columns: size.columns, rows: size.rows)
    driver.press("6")
    #expect(driver.body.filter { $0.contains("motion-deb") }.contains { $0.contains("experimental") }, "\(driver.text)")
    try expectScreen(driver, "models-\(size.columns)x\(size.rows)")
  }

  @Test("on a small screen Tab brings the details, q the list")
  func folded() throws {
    var driver = WorkbenchDriver(Self.engine, columns: 60, rows: 15)
    driver.press("6", "j", "Tab")
    #expect(driver.row("sr, colour") != nil)
    try expectScreen(driver, "models-details-60x15")
    driver.press("q")
    #expect(driver.row("denoise-color-tiny") != nil && driver.state.session.screen == .models)
  }

  @Test("details scroll to their end and no further, and begin anew for another model")
  func scrolling() {
    var driver = WorkbenchDriver(Self.engine, columns: 80, rows: 24)
    driver.press("6", "Tab")
    #expect(driver.row("1-14 of 16") != nil, "\(driver.text)")
    driver.press("End")
    #expect(driver.row("of 16")?.contains("3-16 of 16") == true)
    driver.press("PgDn", "j", "k")
    #expect(driver.row("of 16")?.contains("2-15 of 16") == true)
    driver.press("Tab", "j")
    #expect(driver.row("1-14 of") != nil)
  }

  @Test("Enter takes the model and its task to the plan")
  func use() {
    var driver = WorkbenchDriver(Self.engine)
    driver.press("6", "j", "Enter")
    #expect(driver.state.session.screen == .plan)
    #expect(driver.text.contains("sr-x4-tiny"))
    driver.press("u")
    #expect(!driver.body.joined().contains("sr-x4-tiny"))
  }

  @Test("models are found by name")
  func find() {
    var driver = WorkbenchDriver(Self.engine)
    driver.press("6", "/")
    driver.type("jpeg")
    driver.press("Enter")
    #expect(driver.row("3 of 4") != nil)
    driver.press("n")
    #expect(driver.row("3 of 4") != nil)
    driver.press("/", "Ctrl-u")
    driver.type("tiny")
    driver.press("Enter", "n")
    #expect(driver.row("4 of 4") != nil)
    driver.press("N")
    #expect(driver.row("3 of 4") != nil)
  }

  @Test("says so where there is no model or no engine")
  func none() {
    var engine = Self.engine
    engine.models = []
    var driver = WorkbenchDriver(engine)
    driver.press("6", "j", "Enter", "c", "n")
    #expect(driver.text.contains("no model is installed: grl models import FILE"))
    var lonely = WorkbenchDriver(engine, isConnected: false)
    lonely.press("6")
    #expect(lonely.text.contains("no engine to ask yet"))
  }

  @Test("c copies the path; the mouse chooses")
  func others() {
    var settings = Settings()
    settings.usesMouse = true
    var driver = WorkbenchDriver(Self.engine, settings: settings)
    driver.press("6", "c")
    #expect(driver.effects.last == .copy("/usr/share/grl/denoise-color-tiny.safetensors"))
    driver.send(.mouse(MouseEvent(.press, column: 5, row: 5)))
    #expect(driver.row("3 of 4") != nil)
    driver.send(.mouse(MouseEvent(.scrollUp, column: 5, row: 5)))
    driver.send(.mouse(MouseEvent(.scrollDown, column: 5, row: 15)))
    #expect(driver.row("3-16 of 16") != nil)
  }
}
