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
    var desk = Desk(Self.engine, columns: size.columns, rows: size.rows)
    desk.press("6")
    #expect(desk.body.filter { $0.contains("motion-deb") }.contains { $0.contains("experimental") }, "\(desk.text)")
    try expectScreen(desk, "models-\(size.columns)x\(size.rows)")
  }

  @Test("on a small screen Tab brings the details, q the list")
  func folded() throws {
    var desk = Desk(Self.engine, columns: 60, rows: 15)
    desk.press("6", "j", "Tab")
    #expect(desk.row("sr, colour") != nil)
    try expectScreen(desk, "models-details-60x15")
    desk.press("q")
    #expect(desk.row("denoise-color-tiny") != nil && desk.state.session.screen == .models)
  }

  @Test("details scroll to their end and no further, and begin anew for another model")
  func scrolling() {
    var desk = Desk(Self.engine, columns: 80, rows: 24)
    desk.press("6", "Tab")
    #expect(desk.row("1-14 of 16") != nil, "\(desk.text)")
    desk.press("G")
    #expect(desk.row("of 16")?.contains("3-16 of 16") == true)
    desk.press("PgDn", "j", "k")
    #expect(desk.row("of 16")?.contains("2-15 of 16") == true)
    desk.press("Tab", "j")
    #expect(desk.row("1-14 of") != nil)
  }

  @Test("Enter takes the model and its task to the plan")
  func use() {
    var desk = Desk(Self.engine)
    desk.press("6", "j", "Enter")
    #expect(desk.state.session.screen == .plan)
    #expect(desk.text.contains("sr-x4-tiny"))
    desk.press("u")
    #expect(!desk.body.joined().contains("sr-x4-tiny"))
  }

  @Test("models are found by name")
  func find() {
    var desk = Desk(Self.engine)
    desk.press("6", "/")
    desk.type("jpeg")
    desk.press("Enter")
    #expect(desk.row("3 of 4") != nil)
    desk.press("n")
    #expect(desk.row("3 of 4") != nil)
    desk.press("/", "Ctrl-u")
    desk.type("tiny")
    desk.press("Enter", "n")
    #expect(desk.row("4 of 4") != nil)
    desk.press("N")
    #expect(desk.row("3 of 4") != nil)
  }

  @Test("says so where there is no model or no engine")
  func none() {
    var engine = Self.engine
    engine.models = []
    var desk = Desk(engine)
    desk.press("6", "j", "Enter", "c", "n")
    #expect(desk.text.contains("no model is installed: grl models import FILE"))
    var lonely = Desk(engine, isConnected: false)
    lonely.press("6")
    #expect(lonely.text.contains("no engine to ask yet"))
  }

  @Test("c copies the path; the mouse chooses")
  func others() {
    var settings = Settings()
    settings.usesMouse = true
    var desk = Desk(Self.engine, settings: settings)
    desk.press("6", "c")
    #expect(desk.effects.last == .copy("/usr/share/grl/denoise-color-tiny.safetensors"))
    desk.send(.mouse(MouseEvent(.press, column: 5, row: 5)))
    #expect(desk.row("3 of 4") != nil)
    desk.send(.mouse(MouseEvent(.scrollUp, column: 5, row: 5)))
    desk.send(.mouse(MouseEvent(.scrollDown, column: 5, row: 15)))
    #expect(desk.row("3-16 of 16") != nil)
  }
}
