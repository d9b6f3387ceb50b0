import EngineWire
import Testing
import Workbench

@Suite struct FilesScreenTests {
  static let photos = "/home/ada/photos/"

  /// In the folder with the photographs, on `name`.
  static func driver(
    on name: String = "harbour-02.png", columns: Int = 80, rows: Int = 24, graphics: Graphics = .half,
    colours: ColourDepth = .indexed
  ) -> WorkbenchDriver {
    var driver = WorkbenchDriver(columns: columns, rows: rows, graphics: graphics, colours: colours)
    driver.press("Enter", "/")
    driver.type(name)
    driver.press("Enter")
    driver.rest(0.5)
    return driver
  }

  @Test("shows the folder with sizes and kinds", arguments: [(60, 15), (80, 24), (120, 40), (200, 60)])
  func looks(_ size: (Int, Int)) throws {
    try expectScreen(Self.driver(columns: size.0, rows: size.1), "files-\(size.0)x\(size.1)")
  }

  @Test("needs nothing but ASCII where nothing else is shown")
  func asciiLooks() throws {
    let driver = Self.driver(graphics: .ascii, colours: .none)
    #expect(driver.text.allSatisfy { $0.isASCII })
    try expectScreen(driver, "files-ascii-80x24")
  }

  @Test("on a small screen Tab shows the preview alone")
  func foldsIntoOnePane() throws {
    var driver = Self.driver(columns: 60, rows: 15)
    #expect(driver.row("noise") == nil)
    driver.press("Tab")
    try expectScreen(driver, "files-preview-60x15")
    driver.press("Esc")
    #expect(driver.row("harbour-01.png") != nil)
  }

  @Test("goes into folders and back, standing on the one it came from")
  func goesIntoFolders() {
    var driver = WorkbenchDriver()
    driver.press("Enter")
    #expect(driver.body[0].contains("~/photos"))
    driver.press("j", "-")
    #expect(driver.body[0].contains("  ~ "))
    #expect(driver.state.session.current == nil)
    driver.press("Enter")
    #expect(driver.body[0].contains("~/photos"))
    driver.press("g", "g", "Enter")
    #expect(driver.body[0].contains("  ~ "))
    driver.press("~")
    #expect(driver.body[0].contains("  ~ "))
  }

  @Test("opens folders in place and closes them")
  func opensInPlace() throws {
    var driver = Self.driver(on: "album")
    driver.press("l")
    #expect(driver.row("cat.png") != nil)
    driver.press("j", "j")
    #expect(driver.state.session.current == Self.photos + "album/dog.png")
    try expectScreen(driver, "files-tree-80x24")
    driver.press("h")
    #expect(driver.state.session.current == nil)
    driver.press("h")
    #expect(driver.row("cat.png") == nil)
    driver.press("h")
    #expect(driver.body[0].contains("  ~ "))
  }

  @Test("marks one by one, in ranges, all but the marked, and none")
  func marks() {
    var driver = Self.driver(on: "harbour-01.png")
    driver.press("Space")
    #expect(driver.state.session.marked == [Self.photos + "harbour-01.png"])
    driver.press("k", "Space")
    #expect(driver.state.session.marked.isEmpty)
    driver.press("k", "v", "j", "j", "v")
    #expect(
      driver.state.session.marked.map { $0.dropFirst(Self.photos.count) } == [
        "harbour-01.png", "harbour-02.png", "harbour-10.png",
      ])
    driver.press("*")
    #expect(driver.state.session.marked.map { $0.dropFirst(Self.photos.count) } == ["letter.jpg", "logo.png"])
    driver.press("U")
    #expect(driver.state.session.marked.isEmpty)
  }

  @Test("names that differ only in how an accent is written are two pictures, each marked by itself")
  func twins() {
    var engine = FakeEngine()
    let twins = ["\u{e9}.png", "e\u{301}.png"]
    engine.add("/home/ada", twins)
    var driver = WorkbenchDriver(engine)
    func bytes(_ paths: [String]) -> Set<[UInt8]> { Set(paths.map { Array($0.utf8) }) }
    driver.press("*")
    #expect(bytes(driver.state.session.marked) == bytes(twins.map { "/home/ada/" + $0 }))
    driver.press("End", "Space")
    let marked = driver.state.session.marked
    #expect(marked.count == 1)
    #expect(bytes(marked) != bytes([driver.state.session.current ?? ""]))
    driver.press("k")
    #expect(bytes(marked) == bytes([driver.state.session.current ?? ""]))
  }

  @Test("a range is given up with Esc, and ended by Space")
  func ranges() {
    var driver = Self.driver(on: "harbour-01.png")
    driver.press("v", "j", "Esc", "j", "v")
    #expect(driver.state.session.marked.isEmpty)
    driver.press("End", "Space")
    #expect(driver.state.session.marked.count == 3)
    #expect(driver.footer.contains("3 pictures marked"))
  }

  @Test("tells how many are marked and how large they are together")
  func countsMarked() {
    var driver = Self.driver(on: "harbour-01.png")
    driver.press("Space", "Space")
    #expect(driver.body[0].contains("2 marked, 3.01 Mpx"))
  }

  @Test("a folder is marked as a whole, other files are not")
  func marksFolders() {
    var driver = Self.driver(on: "album")
    driver.press("Space")
    #expect(driver.state.session.marked == [Self.photos + "album/"])
    driver.press("End", "Space")
    #expect(driver.state.session.marked.count == 1)
    #expect(driver.footer.contains("only pictures and folders"))
  }

  @Test("finds, goes on finding, and goes round at the ends")
  func finds() {
    var driver = Self.driver(on: "HARBOUR")
    #expect(driver.state.session.current == Self.photos + "harbour-01.png")
    driver.press("n")
    #expect(driver.state.session.current == Self.photos + "harbour-02.png")
    driver.press("N", "N")
    #expect(driver.state.session.current == Self.photos + "harbour-10.png")
    driver.press("/")
    driver.type("nowhere")
    driver.press("Enter")
    #expect(driver.state.session.current == Self.photos + "harbour-10.png")
    #expect(driver.footer.contains("no name here holds nowhere"))
  }

  @Test("filters names; folders stay, Esc shows all again")
  func filters() {
    var driver = Self.driver()
    driver.press("f")
    driver.type("harbour-0")
    driver.press("Enter")
    #expect(driver.row("letter") == nil)
    #expect(driver.row("album") != nil)
    #expect(driver.state.session.current == Self.photos + "harbour-02.png")
    #expect(driver.body[0].contains("with harbour-0: 3"))
    driver.press("Esc")
    #expect(driver.row("letter") != nil)
    #expect(driver.state.session.current == Self.photos + "harbour-02.png")
  }

  @Test("hidden files come and go, and the choice is remembered")
  func hides() {
    var driver = Self.driver()
    #expect(driver.row(".hidden") == nil)
    driver.press(".")
    #expect(driver.row(".hidden") != nil)
    #expect(driver.state.session.settings.showsHidden)
    #expect(driver.effects.contains { if case .save(let settings) = $0 { settings.showsHidden } else { false } })
    #expect(driver.state.session.current == Self.photos + "harbour-02.png")
  }

  @Test("sorts by name, time and size, standing where it stood")
  func sorts() {
    var driver = Self.driver()
    driver.press("s")
    let names = driver.body.dropFirst(2).filter { $0.contains("harbour") || $0.contains("logo") }
    #expect(names.first?.contains("logo.png") == true)
    #expect(driver.state.session.current == Self.photos + "harbour-02.png")
    driver.press("s", "s")
    #expect(driver.footer.contains("sorted by name"))
  }

  @Test("goes to a path that is typed, and says why it cannot")
  func goesToPath() {
    var driver = Self.driver()
    driver.press("g", "p", "Ctrl-u")
    driver.type("/home/ada/scans/")
    driver.press("Enter")
    #expect(driver.body[0].contains("~/scans"))
    driver.press("g", "p", "Ctrl-u")
    driver.type("/nowhere")
    driver.press("Enter")
    #expect(driver.body[0].contains("~/scans"))
    #expect(driver.footer.contains("no such folder"))
  }

  @Test("pictures that cannot be read say so, and the rest is shown")
  func showsUnreadablePictures() {
    var engine = FakeEngine.photographs
    engine.pictures["/home/ada/photos/harbour-02.png"] = nil
    var driver = WorkbenchDriver(engine)
    driver.press("Enter", "/")
    driver.type("harbour-02")
    driver.press("Enter")
    #expect(driver.body.contains { $0.contains("harbour-02.png") && $0.contains("unreadable") })
    #expect(driver.text.contains("not a picture"))
    #expect(driver.row("harbour-01.png")?.contains("1504x1000") == true)
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
    var driver = WorkbenchDriver(engine)
    for _ in 0..<7 {
      driver.press("j")
      for scalar in driver.text.unicodeScalars {
        #expect(
          scalar == "\n" || !["Cc", "Cf", "Cn"].contains(scalar.properties.generalCategory.short), "\(scalar.value)")
      }
    }
    #expect(driver.row("漢字.png") != nil)
  }

  @Test("files named on the command line are marked, a folder alone is opened")
  func takesArguments() {
    var driver = WorkbenchDriver(files: [Self.photos + "harbour-01.png", Self.photos + "letter.jpg"])
    #expect(driver.state.session.marked.count == 2)
    #expect(driver.state.session.current == Self.photos + "harbour-01.png")
    driver = WorkbenchDriver(files: ["/home/ada/scans"])
    #expect(driver.body[0].contains("~/scans"))
    driver = WorkbenchDriver(files: [Self.photos + "letter.jpg"])
    #expect(driver.state.session.current == Self.photos + "letter.jpg")
    #expect(driver.state.session.marked.isEmpty)
  }

  @Test("in a folder of a hundred thousand entries only those in sight are asked about")
  func asksForWhatIsInSight() {
    var engine = FakeEngine()
    engine.folders["/home/ada"] = FolderListing(
      path: "/home/ada",
      entries: (0..<100_000).map {
        FolderListing.Entry(name: "picture-\($0).png", kind: .picture, bytes: 1, modified: 1)
      }, isCut: true)
    var large = WorkbenchDriver(engine)
    for place in 0..<101 { large.press(place % 2 == 0 ? "Ctrl-d" : "k") }
    large.press("End", "k")
    #expect(large.state.session.current == "/home/ada/picture-99998.png")
    #expect(large.body[0].contains("100000+ entries"))
    let asked = large.asked { if case .inspect(let path) = $0 { path } else { nil } }
    #expect(asked.count < 4000)
  }

  @Test("is drawn at every size", arguments: [Graphics.half, .ascii, .quarter, .kitty])
  func drawsAtEverySize(_ graphics: Graphics) {
    var driver = Self.driver(graphics: graphics)
    for columns in 1...40 {
      for rows in 1...12 {
        driver.send(.resize(columns: columns, rows: rows))
        _ = driver.state.view()
        driver.press("Tab", "j")
        _ = driver.state.view()
        driver.press("Tab")
      }
    }
    driver.send(.resize(columns: 80, rows: 24))
    #expect(driver.row("harbour") != nil)
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
