import EngineWire
import Testing
import Workbench

@Suite struct FilesScreenTests {
  /// In the folder with the photographs, on `name`.
  private func desk(on name: String = "harbour-02.png", columns: Int = 80, rows: Int = 24) -> Desk {
    var desk = Desk(columns: columns, rows: rows)
    desk.press("Enter")
    desk.press("/")
    desk.type(name)
    desk.press("Enter")
    desk.rest(0.5)
    return desk
  }

  @Test("shows the folder with sizes and kinds", arguments: [(60, 15), (80, 24), (120, 40), (200, 60)])
  func looks(_ size: (Int, Int)) throws {
    try expectScreen(desk(columns: size.0, rows: size.1), "files-\(size.0)x\(size.1)")
  }
}
