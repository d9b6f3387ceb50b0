import EngineWire
import Testing
import Workbench

@Suite struct FilesScreenTests {
  static let photos = "/home/ada/photos/"

  /// In the folder with the photographs, on `name`.
  static func desk(
    on name: String = "harbour-02.png", columns: Int = 80, rows: Int = 24, graphics: Graphics = .half,
    colours: ColourDepth = .indexed
  ) -> Desk {
    var desk = Desk(columns: columns, rows: rows, graphics: graphics, colours: colours)
    desk.press("Enter", "/")
    desk.type(name)
    desk.press("Enter")
    desk.rest(0.5)
    return desk
  }

  @Test("shows the folder with sizes and kinds", arguments: [(60, 15), (80, 24), (120, 40), (200, 60)])
  func looks(_ size: (Int, Int)) throws {
    try expectScreen(Self.desk(columns: size.0, rows: size.1), "files-\(size.0)x\(size.1)")
  }

  @Test("needs nothing but ASCII where nothing else is shown")
  func asciiLooks() throws {
    let desk = Self.desk(graphics: .ascii, colours: .none)
    #expect(desk.text.allSatisfy { $0.isASCII })
    try expectScreen(desk, "files-ascii-80x24")
  }

  @Test("on a small screen Tab shows the preview alone")
  func foldsIntoOnePane() throws {
    var desk = Self.desk(columns: 60, rows: 15)
    #expect(desk.row("noise") == nil)
    desk.press("Tab")
    try expectScreen(desk, "files-preview-60x15")
    desk.press("Esc")
    #expect(desk.row("harbour-01.png") != nil)
  }

  @Test("goes into folders and back, standing on the one it came from")
  func goesIntoFolders() {
    var desk = Desk()
    desk.press("Enter")
    #expect(desk.body[0].contains("~/photos"))
    desk.press("j", "-")
    #expect(desk.body[0].contains("  ~ "))
    #expect(desk.state.session.current == nil)
    desk.press("Enter")
    #expect(desk.body[0].contains("~/photos"))
    desk.press("g", "g", "Enter")
    #expect(desk.body[0].contains("  ~ "))
    desk.press("~")
    #expect(desk.body[0].contains("  ~ "))
  }

  @Test("opens folders in place and closes them")
  func opensInPlace() throws {
    var desk = Self.desk(on: "album")
    desk.press("l")
    #expect(desk.row("cat.png") != nil)
    desk.press("j", "j")
    #expect(desk.state.session.current == Self.photos + "album/dog.png")
    try expectScreen(desk, "files-tree-80x24")
    desk.press("h")
    #expect(desk.state.session.current == nil)
    desk.press("h")
    #expect(desk.row("cat.png") == nil)
    desk.press("h")
    #expect(desk.body[0].contains("  ~ "))
  }

  @Test("marks one by one, in ranges, all but the marked, and none")
  func marks() {
    var desk = Self.desk(on: "harbour-01.png")
    desk.press("Space")
    #expect(desk.state.session.marked == [Self.photos + "harbour-01.png"])
    desk.press("k", "Space")
    #expect(desk.state.session.marked.isEmpty)
    desk.press("k", "v", "j", "j", "v")
    #expect(
      desk.state.session.marked.map { $0.dropFirst(Self.photos.count) } == [
        "harbour-01.png", "harbour-02.png", "harbour-10.png",
      ])
    desk.press("*")
    #expect(desk.state.session.marked.map { $0.dropFirst(Self.photos.count) } == ["letter.jpg", "logo.png"])
    desk.press("u")
    #expect(desk.state.session.marked.isEmpty)
  }

  @Test("names that differ only in how an accent is written are two pictures, each marked by itself")
  func twins() {
    var engine = FakeEngine()
    let twins = ["\u{e9}.png", "e\u{301}.png"]
    engine.add("/home/ada", twins)
    var desk = Desk(engine)
    func bytes(_ paths: [String]) -> Set<[UInt8]> { Set(paths.map { Array($0.utf8) }) }
    desk.press("*")
    #expect(bytes(desk.state.session.marked) == bytes(twins.map { "/home/ada/" + $0 }))
    desk.press("G", "Space")
    let marked = desk.state.session.marked
    #expect(marked.count == 1)
    #expect(bytes(marked) != bytes([desk.state.session.current ?? ""]))
    desk.press("k")
    #expect(bytes(marked) == bytes([desk.state.session.current ?? ""]))
  }

  @Test("a range is given up with Esc, and ended by Space")
  func ranges() {
    var desk = Self.desk(on: "harbour-01.png")
    desk.press("v", "j", "Esc", "j", "v")
    #expect(desk.state.session.marked.isEmpty)
    desk.press("G", "Space")
    #expect(desk.state.session.marked.count == 3)
    #expect(desk.footer.contains("3 pictures marked"))
  }

  @Test("tells how many are marked and how large they are together")
  func countsMarked() {
    var desk = Self.desk(on: "harbour-01.png")
    desk.press("Space", "Space")
    #expect(desk.body[0].contains("2 marked, 3.01 Mpx"))
  }

  @Test("a folder is marked as a whole, other files are not")
  func marksFolders() {
    var desk = Self.desk(on: "album")
    desk.press("Space")
    #expect(desk.state.session.marked == [Self.photos + "album/"])
    desk.press("G", "Space")
    #expect(desk.state.session.marked.count == 1)
    #expect(desk.footer.contains("only pictures and folders"))
  }

  @Test("finds, goes on finding, and goes round at the ends")
  func finds() {
    var desk = Self.desk(on: "HARBOUR")
    #expect(desk.state.session.current == Self.photos + "harbour-01.png")
    desk.press("n")
    #expect(desk.state.session.current == Self.photos + "harbour-02.png")
    desk.press("N", "N")
    #expect(desk.state.session.current == Self.photos + "harbour-10.png")
    desk.press("/")
    desk.type("nowhere")
    desk.press("Enter")
    #expect(desk.state.session.current == Self.photos + "harbour-10.png")
    #expect(desk.footer.contains("no name here holds nowhere"))
  }

  @Test("filters names; folders stay, Esc shows all again")
  func filters() {
    var desk = Self.desk()
    desk.press("f")
    desk.type("harbour-0")
    desk.press("Enter")
    #expect(desk.row("letter") == nil)
    #expect(desk.row("album") != nil)
    #expect(desk.state.session.current == Self.photos + "harbour-02.png")
    #expect(desk.body[0].contains("with harbour-0: 3"))
    desk.press("Esc")
    #expect(desk.row("letter") != nil)
    #expect(desk.state.session.current == Self.photos + "harbour-02.png")
  }

  @Test("hidden files come and go, and the choice is remembered")
  func hides() {
    var desk = Self.desk()
    #expect(desk.row(".hidden") == nil)
    desk.press(".")
    #expect(desk.row(".hidden") != nil)
    #expect(desk.state.session.settings.showsHidden)
    #expect(desk.effects.contains { if case .save(let settings) = $0 { settings.showsHidden } else { false } })
    #expect(desk.state.session.current == Self.photos + "harbour-02.png")
  }

  @Test("sorts by name, time and size, standing where it stood")
  func sorts() {
    var desk = Self.desk()
    desk.press("s")
    let names = desk.body.dropFirst(2).filter { $0.contains("harbour") || $0.contains("logo") }
    #expect(names.first?.contains("logo.png") == true)
    #expect(desk.state.session.current == Self.photos + "harbour-02.png")
    desk.press("s", "s")
    #expect(desk.footer.contains("sorted by name"))
  }

  @Test("goes to a path that is typed, and says why it cannot")
  func goesToPath() {
    var desk = Self.desk()
    desk.press("g", "p", "Ctrl-u")
    desk.type("/home/ada/scans/")
    desk.press("Enter")
    #expect(desk.body[0].contains("~/scans"))
    desk.press("g", "p", "Ctrl-u")
    desk.type("/nowhere")
    desk.press("Enter")
    #expect(desk.body[0].contains("~/scans"))
    #expect(desk.footer.contains("no such folder"))
  }

  @Test("pictures that cannot be read say so, and the rest is shown")
  func showsUnreadablePictures() {
    var engine = FakeEngine.photographs
    engine.pictures["/home/ada/photos/harbour-02.png"] = nil
    var desk = Desk(engine)
    desk.press("Enter", "/")
    desk.type("harbour-02")
    desk.press("Enter")
    #expect(desk.body.contains { $0.contains("harbour-02.png") && $0.contains("unreadable") })
    #expect(desk.text.contains("not a picture"))
    #expect(desk.row("harbour-01.png")?.contains("1504x1000") == true)
  }

  @Test("names cannot reach the terminal")
  func escapesNames() {
    var engine = FakeEngine()
    engine.add(
      "/home/ada",
      [
        "evil\u{1b}]0;x\u{7}.png", "a\u{202e}gnp.png", "\u{200b}", "b\nc/",
        "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}.png", "漢字.png",
      ])
    var desk = Desk(engine)
    for _ in 0..<7 {
      desk.press("j")
      for scalar in desk.text.unicodeScalars {
        #expect(
          scalar == "\n" || !["Cc", "Cf", "Cn"].contains(scalar.properties.generalCategory.short), "\(scalar.value)")
      }
    }
    #expect(desk.row("漢字.png") != nil)
  }

  @Test("files named on the command line are marked, a folder alone is opened")
  func takesArguments() {
    var desk = Desk(files: [Self.photos + "harbour-01.png", Self.photos + "letter.jpg"])
    #expect(desk.state.session.marked.count == 2)
    #expect(desk.state.session.current == Self.photos + "harbour-01.png")
    desk = Desk(files: ["/home/ada/scans"])
    #expect(desk.body[0].contains("~/scans"))
    desk = Desk(files: [Self.photos + "letter.jpg"])
    #expect(desk.state.session.current == Self.photos + "letter.jpg")
    #expect(desk.state.session.marked.isEmpty)
  }

  @Test("in a folder of a hundred thousand entries only those in sight are asked about")
  func asksForWhatIsInSight() {
    var engine = FakeEngine()
    engine.folders["/home/ada"] = FolderListing(
      path: "/home/ada",
      entries: (0..<100_000).map {
        FolderListing.Entry(name: "picture-\($0).png", kind: .picture, bytes: 1, modified: 1)
      }, isCut: true)
    var large = Desk(engine)
    for place in 0..<101 { large.press(place % 2 == 0 ? "Ctrl-d" : "k") }
    large.press("G", "k")
    #expect(large.state.session.current == "/home/ada/picture-99998.png")
    #expect(large.body[0].contains("100000+ entries"))
    let asked = large.asked { if case .inspect(let path) = $0 { path } else { nil } }
    #expect(asked.count < 4000)
  }

  @Test("is drawn at every size", arguments: [Graphics.half, .ascii, .quarter, .kitty])
  func drawsAtEverySize(_ graphics: Graphics) {
    var desk = Self.desk(graphics: graphics)
    for columns in 1...40 {
      for rows in 1...12 {
        desk.send(.resize(columns: columns, rows: rows))
        _ = desk.state.view()
        desk.press("Tab", "j")
        _ = desk.state.view()
        desk.press("Tab")
      }
    }
    desk.send(.resize(columns: 80, rows: 24))
    #expect(desk.row("harbour") != nil)
  }
}

extension Unicode.GeneralCategory {
  /// The names of those that must never be shown.
  var short: String {
    switch self {
    case .control: "Cc"
    case .format: "Cf"
    case .unassigned: "Cn"
    default: ""
    }
  }
}
