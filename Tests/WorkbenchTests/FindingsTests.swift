import Base
import EngineWire
import Testing

import Workbench

/// What people stumbled over who tried the workbench, each as it shall be.
@Suite("Findings of a tour")
struct FindingsTests {
  private static let photos = "/home/ada/photos/"

  private func driver(
    _ engine: FakeEngine = .photographs, columns: Int = 80, rows: Int = 24, graphics: Graphics = .half,
    settings: Settings = Settings()
  ) -> WorkbenchDriver {
    var driver = WorkbenchDriver(engine, columns: columns, rows: rows, graphics: graphics, settings: settings)
    driver.press("Enter")
    driver.rest(1)
    return driver
  }

  private func kitty(cell: CellSize = CellSize(width: 9, height: 18), isTmux: Bool = false) -> TerminalFacts {
    var facts = TerminalFacts()
    (facts.name, facts.program, facts.hasAnswered, facts.hasKitty) = ("xterm-kitty", "kitty(0.35.2)", true, !isTmux)
    (facts.isTruecolour, facts.cell, facts.isLight, facts.isTmux) = (true, cell, true, isTmux)
    return facts
  }

  @Test("2: what the terminal can do is told once, changed by one key, and decides colours and theme")
  func terminal() {
    var driver = driver()
    driver.send(.terminal(kitty()))
    #expect(driver.footer.contains("this terminal can show real pixels: G turns them on"))
    #expect(driver.state.colours == .truecolour && driver.state.session.themeName == "light")
    #expect(driver.state.graphics == .half && driver.state.session.settings.knowsPixels)
    var ways: [Graphics] = []
    for _ in 0..<5 {
      driver.press("G")
      ways.append(driver.state.graphics)
    }
    #expect(ways == [.quarter, .sextant, .octant, .kitty, .half])
    driver.press("7")
    #expect(driver.row("kitty(0.35.2): Kitty pictures, truecolor") != nil, "\(driver.text)")
    driver.send(.terminal(kitty()))
    #expect(!driver.footer.contains("real pixels"))
  }

  @Test("2: 256 and 16 colours keep the mean of every colour")
  func dithering() {
    let looks = [ColourDepth.indexed, .sixteen].map { Theme.standard.look(colours: $0, graphics: .half) }
    for look in looks {
      for colour in [RGB(60, 60, 60), RGB(200, 120, 40), RGB(30, 90, 160), RGB(0, 0, 0), RGB(255, 255, 255)] {
        let bytes = (0..<32 * 32).flatMap { _ in [colour.red, colour.green, colour.blue] }
        var canvas = Canvas(columns: 32, rows: 16)
        canvas.draw(ShownPicture(PixelBlock(width: 32, height: 32, bytes: bytes)), in: canvas.area, look)
        var sum = SIMD3<Int>.zero
        for cell in canvas.cells {
          let back = cell.style.background.usualRGB ?? RGB(0)
          let front = cell.glyph == " " ? back : cell.style.foreground.usualRGB ?? RGB(0)
          for half in [front, back] { sum &+= SIMD3(Int(half.red), Int(half.green), Int(half.blue)) }
        }
        let mean = SIMD3(sum[0] / 1024, sum[1] / 1024, sum[2] / 1024)
        // 16 colours are few: their mean is nearer than any one of them.
        let limit = look.colours == .indexed ? 4 : 60
        #expect(abs(mean[0] - Int(colour.red)) <= limit, "\(colour) \(mean)")
        #expect(abs(mean[1] - Int(colour.green)) <= limit, "\(colour) \(mean)")
        #expect(abs(mean[2] - Int(colour.blue)) <= limit, "\(colour) \(mean)")
      }
    }
  }

  @Test("sextants and octants show two colours where they are")
  func smallBlocks() {
    #expect(SmallBlocks.sextants.count == 64 && Set(SmallBlocks.sextants).count == 64)
    #expect(SmallBlocks.octants.count == 256 && Set(SmallBlocks.octants).count == 256)
    #expect(SmallBlocks.sextants[62] == "\u{1fb3b}" && SmallBlocks.octants[254] == "\u{1cde5}")
    let (red, blue) = (RGB(200, 0, 0), RGB(0, 0, 200))
    for (count, glyphs) in [(6, SmallBlocks.sextants), (8, SmallBlocks.octants)] {
      for mask in stride(from: 0, to: 1 << count, by: 2) {
        let split = SmallBlocks.split((0..<count).map { mask >> $0 & 1 == 1 ? red : blue })
        #expect(split.mask == mask && split.background == blue && glyphs.count > mask)
        if mask > 0 { #expect(split.foreground == red) }
      }
    }
  }

  @Test("17: graphics that tmux does not pass on become blocks, with a word")
  func tmux() {
    var settings = Settings()
    settings.graphics = "kitty"
    var driver = driver(settings: settings)
    driver.send(.terminal(kitty(isTmux: true)))
    #expect(driver.state.graphics == .half)
    #expect(driver.text.contains("tmux does not pass Kitty pictures on: half blocks instead"))
    // The answer that tmux hands back may come behind its own.
    var facts = kitty(isTmux: true)
    facts.hasKitty = true
    driver.send(.terminal(facts))
    #expect(driver.state.graphics == .kitty && !driver.text.contains("tmux does not pass"), "\(driver.text)")
    driver.send(.terminal(kitty(isTmux: true)))
    driver.press("7")
    #expect(driver.row("kitty (not here: half)") != nil)
  }

  @Test("18: one to one is one pixel a pixel, whatever the size of a cell", arguments: [(9, 18), (19, 40), (8, 17)])
  func oneToOne(cell: (width: Int, height: Int)) throws {
    var driver = driver(columns: 120, rows: 40, graphics: .kitty)
    driver.send(.terminal(kitty(cell: CellSize(width: cell.width, height: cell.height))))
    driver.press("j", "Space", "Space", "B")
    driver.rest(1)
    driver.press("=")
    driver.rest(1)
    let picture = try #require(driver.state.view().pictures.first)
    #expect(picture.pixels.width == picture.area.columns * cell.width)
    #expect(picture.pixels.height == picture.area.rows * cell.height)
    let before = try #require(picture.source)
    driver.press("l")
    driver.rest(1)
    let after = try #require(driver.state.view().pictures.first?.source)
    #expect(after.plane == before.plane && after.x > before.x && after.y == before.y)
  }

  @Test("13: one collision leaves the plan as it is, and the words are those of this screen")
  func collision() {
    var engine = FakeEngine.photographs
    engine.collisions = [Self.photos + "harbour-02.png"]
    var driver = driver(engine, columns: 120, rows: 40)
    driver.press("*", "2")
    driver.rest(1)
    #expect(driver.row("denoise-color-tiny") != nil && driver.row("harbour-01_denoise.png") != nil)
    #expect(driver.row("1 result would replace a picture to read") != nil, "\(driver.text)")
    #expect(driver.row("is one of the pictures to read; change row 'name'") != nil)
    #expect(!driver.body.joined().contains("--"), "\(driver.text)")
    driver.press("r", "Right")
    #expect(driver.state.session.draft.request.existing != .refuse)
  }

  @Test("14: rows out of sight are counted at the border")
  func scrollMarks() {
    var driver = driver()
    driver.press("j", "2")
    driver.rest(1)
    #expect(driver.row("more") != nil && driver.text.contains(" more"), "\(driver.text)")
    driver.press("End")
    #expect(driver.row("\u{25b4}") != nil)
  }

  @Test("19: the footer leads, r goes on, and u brings marks back")
  func leads() {
    var driver = driver()
    driver.press("j")
    #expect(driver.footer.hasPrefix(" 2 plan >"))
    driver.press("*")
    let marked = driver.state.session.marked
    driver.press("Space")
    #expect(driver.footer.hasPrefix(" 2 plan"))
    driver.press("U")
    #expect(driver.state.session.marked.isEmpty)
    driver.press("u", "u")
    #expect(driver.state.session.marked == marked)
    driver.press("r")
    #expect(driver.state.session.screen == .plan)
    var engine = FakeEngine.photographs
    engine.add("/home/ada/photos", [])
    var empty = self.driver(engine)
    empty.press("Esc")
    #expect(empty.row("g p goes to a path") != nil, "\(empty.text)")
  }

  @Test("20: a picture is opened, copied, renamed, deleted; a folder is made; each only when asked")
  func files() {
    var driver = driver()
    driver.press("j")
    let path = Self.photos + "harbour-01.png"
    #expect(driver.state.session.current == path)
    driver.press("O")
    #expect(driver.state.hasOverlay && driver.lines[0].contains("harbour-01.png"))
    #expect(driver.lines[0].contains("Esc back") && !driver.text.contains("harbour-02"))
    driver.press("Esc", "C")
    #expect(driver.effects.contains(.copy(path)))
    driver.press("e", "Ctrl-u")
    driver.type("new name.png")
    driver.press("Enter")
    let renaming = FileChange.rename(path: path, name: "new name.png")
    #expect(driver.effects.contains(.change(renaming)))
    driver.send(.changed(renaming, problem: nil))
    #expect(driver.footer.contains("renamed to new name.png"))
    driver.press("e", "Ctrl-u")
    driver.type("../x")
    driver.press("Enter")
    #expect(driver.row("is no name for a file") != nil)
    driver.press("Esc")
    driver.press("D", "n")
    #expect(!driver.effects.contains { if case .change(.trash) = $0 { true } else { false } })
    driver.press("Del", "y")
    #expect(driver.effects.contains { if case .change(.trash(let paths)) = $0 { paths.count == 1 } else { false } })
    driver.press("a")
    driver.type("out")
    driver.press("Enter")
    #expect(driver.effects.contains(.change(.makeFolder(Self.photos + "out"))))
    driver.send(.changed(.makeFolder(Self.photos + "out"), problem: "out: exists already"))
    #expect(driver.footer.contains("out: exists already"))
  }

  @Test("20: results become the next input by one key, and what is done says where it lies")
  func nextInput() {
    var engine = FakeEngine.photographs
    engine.jobs = [
      JobInfo(
        id: "a", created: 0, state: .done, request: JobRequest(inputs: [], task: "denoise"),
        pictures: ["harbour-01", "harbour-02"].map {
          PictureProgress(input: Self.photos + $0 + ".png", output: Self.photos + $0 + "_denoise.png", state: .done)
        })
    ]
    var driver = driver(engine)
    driver.press("3")
    #expect(driver.footer.contains("g n next input") && !driver.footer.contains("pause"), "\(driver.footer)")
    driver.press("g", "n")
    #expect(driver.state.session.screen == .plan)
    #expect(driver.state.session.marked == ["harbour-01", "harbour-02"].map { Self.photos + $0 + "_denoise.png" })
  }

  @Test("20: two models on the framed part, side by side, by one key")
  func twoModels() {
    var engine = FakeEngine.photographs
    var other = FakeEngine.denoiser
    other.name = "denoise-color-small"
    engine.models.append(other)
    var driver = driver(engine, columns: 120, rows: 40)
    driver.press("j", "p")
    #expect(driver.row("before") != nil)
    driver.press("M")
    let asked = driver.asked { if case .tryRegion(let request, _, _, _, _) = $0 { request.model } else { nil } }
    #expect(asked.last == "denoise-color-small")
    #expect(driver.row("before") == nil, "\(driver.text)")
    driver.press("M")
    #expect(driver.row("before") != nil)
    driver.press("?")
    #expect(driver.row("the same part by another model, side by side") != nil)
    #expect(driver.row("sort by name") == nil, "the keys of the preview alone")
  }

  @Test("22: reasons come before paths, and what is long is told in more rows")
  func reasons() {
    var driver = driver()
    let path = "/home/ada/photos/a very long name of a folder/scan_0003_denoise.png"
    driver.send(.problem("\(path): cannot be written: No space left on device; goes on by itself when there is room"))
    let told = driver.lines.suffix(3).joined()
    #expect(told.contains("No space left") && told.contains("when there is room"), "\(driver.text)")
    #expect("/a/b/c.png: no room".reasonFirst == "no room (c.png)" && "x: y".reasonFirst == "x: y")
    let short = path.shortened(to: 40)
    #expect(short.columns <= 40 && short.hasPrefix("/home") && short.hasSuffix("scan_0003_denoise.png"), "\(short)")
    #expect(path.relative(to: "", home: "/home/ada").hasPrefix("~/photos"))
  }

  @Test("22: names are whole where there is room", arguments: [80, 100, 120])
  func names(columns: Int) {
    var engine = FakeEngine.photographs
    for name in ["denoise-color-photo-small", "denoise-color-photo-smaller"] {
      var model = FakeEngine.denoiser
      model.name = name
      engine.models.append(model)
    }
    engine.add("/home/ada/photos", ["panorama 6000 x 4000.png", "Dom au\u{df}en 2024-05-01.png"])
    var driver = driver(engine, columns: columns, rows: 30)
    if columns > 80 { #expect(driver.row("panorama 6000 x 4000.png") != nil, "\(driver.text)") }
    driver.press("6")
    #expect(driver.row("denoise-color-photo-smaller") != nil, "\(driver.text)")
  }

  @Test("23: help and palette stand in a frame, hold values too, and find whole words first")
  func palette() {
    var driver = driver(columns: 100, rows: 30)
    driver.press(":")
    #expect(driver.body.contains { $0.contains("+------") })
    driver.type("denoise")
    #expect(
      driver.body.first { $0.contains("denoise") && !$0.contains("Command") }?.contains("task denoise") == true,
      "\(driver.text)")
    driver.press("Enter")
    #expect(driver.state.session.screen == .plan && driver.state.session.draft.request.task == "denoise")
    driver.press(":")
    driver.type("harbour-10")
    #expect(driver.row("find harbour-10.png") != nil, "\(driver.text)")
    driver.press("Enter")
    #expect(driver.state.session.current == Self.photos + "harbour-10.png")
    driver.press(":")
    driver.type("strength")
    #expect(driver.body.first { $0.contains("strength") && !$0.contains("Command") } != nil)
    driver.press("Esc", ":", "End")
    #expect(driver.state.hasOverlay)
    driver.press("Esc", "T")
    #expect(driver.state.hasOverlay)
  }

  @Test("24: a camera raw file is known for what it is, and t takes its task")
  func raw() {
    var engine = FakeEngine.photographs
    engine.pictures[Self.photos + "harbour-01.png"]?.format = "raw"
    var driver = driver(engine)
    driver.press("j")
    driver.rest(1)
    #expect(driver.row("camera raw: t takes task demosaic") != nil, "\(driver.text)")
    driver.press("t")
    #expect(driver.state.session.draft.request.task == "demosaic")
  }

  @Test("25: the footer of screen 3 follows the job")
  func footers() {
    for (state, words, others) in [
      (JobState.running, "Space pause  c cancel", "retry"), (.paused, "Space go on", "pause"),
      (.done, "B compare", "cancel"), (.failed, "R retry", "cancel"), (.waiting, "K earlier", "retry"),
    ] {
      var engine = FakeEngine.photographs
      let picture: PictureState =
        state == .paused || state == .waiting ? .waiting : PictureState(rawValue: state.rawValue)!
      engine.jobs = [
        JobInfo(
          id: "a", created: 0, state: state, request: JobRequest(inputs: [], task: "denoise"),
          pictures: [
            PictureProgress(input: Self.photos + "harbour-01.png", output: "/x.png", state: picture)
          ])
      ]
      var driver = driver(engine)
      driver.press("3", "Esc")
      #expect(driver.footer.contains(words) && !driver.footer.contains(others), "\(state): \(driver.footer)")
    }
  }

  @Test("26: paths are completed from the folder in sight, numbers replaced, names filtered by patterns")
  func prompts() {
    var driver = driver()
    driver.press("g", "p")
    driver.type("/home/ada/sc")
    driver.press("Tab")
    #expect(driver.footer.contains("/home/ada/scans/"), "\(driver.footer)")
    driver.press("Esc", "j", "2")
    driver.rest(1)
    driver.press(":")
    driver.type("folder")
    driver.press("Enter")
    driver.type("al")
    driver.press("Tab")
    #expect(driver.footer.contains("album/"), "\(driver.footer)")
    driver.press("Enter")
    #expect(driver.state.session.draft.request.outputFolder == Self.photos + "album/")
    driver.press(":")
    driver.type("sigma 15")
    driver.press("Enter")
    driver.press(":")
    driver.type("sigma")
    driver.press("Enter")
    driver.type("25")
    driver.press("Enter")
    #expect(driver.state.session.draft.request.sigma == 25)
    driver.press("1", "f")
    driver.type("harbour-0?.png")
    driver.press("Enter")
    #expect(
      driver.row("harbour-02.png") != nil && driver.row("harbour-10.png") == nil && driver.row("letter.jpg") == nil)
  }

  @Test("28: keys that come before the folder wait for it")
  func early() {
    var driver = WorkbenchDriver(files: ["/home/ada/photos"], isConnected: false)
    driver.press("*")
    driver.send(.engine(.connected(FakeEngine.info)))
    driver.rest(1)
    #expect(driver.state.session.marked.count == 5, "\(driver.state.session.marked)")
  }

  @Test("21: marks are there after a run and after leaving")
  func marksStay() {
    var driver = driver()
    driver.press("*", "2")
    driver.rest(1)
    driver.press("r")
    #expect(driver.state.session.screen == .run && driver.state.session.marked.count == 5)
    let kept = driver.state.settingsAtEnd
    #expect(kept.marked.count == 5)
    let again = WorkbenchDriver(settings: kept)
    #expect(again.state.session.marked == driver.state.session.marked)
    let other = WorkbenchDriver(
      settings: kept, files: ["/home/ada/photos/harbour-01.png", "/home/ada/photos/logo.png"])
    #expect(other.state.session.marked.count == 2)
  }

  @Test("30: wide pictures stand above each other, others side by side")
  func stacked() {
    func panes(_ width: Int, _ height: Int, _ count: Int) -> [CanvasArea] {
      CompareLayout(
        CanvasArea(column: 0, row: 1, columns: 120, rows: 38), pictures: count, frame: (width, height), notes: 0,
        figures: 0
      ).panes
    }
    #expect(Set(panes(6000, 2000, 3).map(\.column)).count == 1)
    #expect(Set(panes(1500, 1000, 2).map(\.row)).count == 1)
    #expect(Set(panes(1000, 1000, 4).map(\.row)).count <= 2)
  }

  @Test("7, 8: both panes have one size, the cell has a margin, and the colours a scale")
  func attention() {
    let layout = AttentionLayout(CanvasArea(column: 0, row: 1, columns: 120, rows: 38), isSplit: true)
    #expect(layout.panes[0].columns == layout.panes[1].columns && layout.panes[0].rows == layout.panes[1].rows)
    var driver = driver(columns: 120, rows: 40)
    driver.press("j", "4", "Enter")
    driver.rest(1)
    #expect(driver.row("% of the answer, by its root") != nil, "\(driver.text)")
    #expect(driver.row("query  cell") != nil)
    driver.press("x")
    driver.rest(1)
    #expect(driver.row("full scale") != nil && driver.row("half scale") != nil, "\(driver.text)")
  }
}
