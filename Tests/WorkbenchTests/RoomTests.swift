import Testing
import Workbench

@Suite("Rooms, and what lies over the screens")
struct RoomTests {
  @Test(
    "the room of screen 5 says what will be there", arguments: [(5, "compare")], [80, 60])
  func rooms(room: (key: Int, name: String), columns: Int) throws {
    var desk = Desk(columns: columns, rows: columns == 80 ? 24 : 15)
    desk.press("\(room.key)", "[", "j", "Enter")
    try expectScreen(desk, "\(room.name)-\(columns)x\(columns == 80 ? 24 : 15)")
  }

  @Test(
    "help, palette, themes and questions look calm",
    arguments: [("help", "?"), ("palette", ":"), ("themes", "T"), ("question", "Ctrl-c")],
    [(80, 24), (60, 15), (40, 10)])
  func overlays(overlay: (name: String, key: String), size: (columns: Int, rows: Int)) throws {
    var desk = Desk(columns: size.columns, rows: size.rows)
    desk.press("6", overlay.key)
    try expectScreen(desk, "\(overlay.name)-\(size.columns)x\(size.rows)")
  }
}
