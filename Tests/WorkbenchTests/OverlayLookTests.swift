import Testing
import Workbench

@Suite("What lies over the screens")
struct OverlayLookTests {
  @Test(
    "help, palette, themes and questions look calm",
    arguments: [("help", "?"), ("palette", ":"), ("themes", "T"), ("question", "Ctrl-c")],
    [(80, 24), (60, 15), (40, 10)])
  func overlays(overlay: (name: String, key: String), size: (columns: Int, rows: Int)) throws {
    var driver = WorkbenchDriver(columns: size.columns, rows: size.rows)
    driver.press("6", overlay.key)
    try expectScreen(driver, "\(overlay.name)-\(size.columns)x\(size.rows)")
  }
}
