import EngineWire
import Testing
import Workbench

@Suite("real-sr in the workbench") struct EnlargementStyleTests {
  private static func model(_ name: String, style: String?) -> ModelInfo {
    ModelInfo(
      name: name, path: "/usr/share/grl/\(name).safetensors", origin: "bundled", fileBytes: 2_000_000,
      sha256: String(repeating: "9", count: 64), task: "real-sr", scale: 4, variant: "tiny", colours: "colour",
      summary: "real-sr x4, colour, tiny", parameterCount: 910_000, settings: [],
      facts: style.map { [ModelInfo.Fact(name: "style", text: $0)] } ?? [], pixelsPerSecond: nil)
  }

  private static func chosen(_ models: [ModelInfo]) -> (driver: WorkbenchDriver, plan: JobRequest?) {
    var engine = FakeEngine.photographs
    engine.models += models
    var driver = WorkbenchDriver(engine, columns: 120, rows: 40, files: ["/home/ada/photos/harbour-01.png"])
    driver.rest(0.5)
    driver.press("2", "Right", "Right", "Right", "Right")
    driver.rest(0.5)
    let plans = driver.asked { if case .plan(let job, _) = $0 { job } else { nil } }
    return (driver, plans.last)
  }

  @Test("the sharp model comes first where there is one, and the command says so") func sharpFirst() {
    let (driver, plan) = Self.chosen([Self.model("real-a", style: nil), Self.model("real-b", style: "sharp")])
    #expect(plan?.task == "real-sr" && plan?.style == "sharp")
    #expect(plan?.commandLine.contains("--style sharp") == true)
    #expect(driver.row("style")?.contains("sharp") == true)
    let (_, plain) = Self.chosen([Self.model("real-a", style: nil)])
    #expect(plain?.task == "real-sr" && plain?.style == nil)
  }
}
