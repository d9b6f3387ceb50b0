import Foundation
import Testing
import Workbench

@Suite("Themes")
struct ThemeTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Themes").standardized
  static let files: [String] =
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).filter { $0.hasSuffix(".theme") }
    .sorted()

  static func theme(_ file: String) throws -> (theme: Theme, complaints: [ThemeComplaint]) {
    Theme.parse(Array(try Data(contentsOf: folder.appending(path: file))), file: file)
  }

  @Test("at least seven themes are shipped, the named ones among them")
  func shipped() {
    #expect(Self.files.count >= 7)
    for name in ["dark", "light", "high-contrast", "monochrome", "okabe-ito"] {
      #expect(Self.files.contains("\(name).theme"))
    }
  }

  @Test("a shipped theme is understood whole and has a name", arguments: files)
  func understood(file: String) throws {
    let (theme, complaints) = try Self.theme(file)
    #expect(complaints == [])
    #expect(theme.title != theme.name)
    #expect(!theme.author.isEmpty)
  }

  @Test("the built-in texts are the files")
  func builtIn() throws {
    let dark = try String(contentsOf: Self.folder.appending(path: "dark.theme"), encoding: .utf8)
    let light = try String(contentsOf: Self.folder.appending(path: "light.theme"), encoding: .utf8)
    #expect(dark == Theme.standardText)
    #expect(light == Theme.standardLightText)
  }

  @Test("all text of a shipped theme has a contrast of 4.5:1 in 16, 256 and all colours", arguments: files)
  func contrast(file: String) throws {
    let theme = try Self.theme(file).theme
    for colours in [ColourDepth.sixteen, .indexed, .truecolour] {
      let look = theme.look(colours: colours, graphics: .half)
      for role in Look.Role.allCases {
        let wanted = role == .border ? 3 : 4.5
        let own = Contrast.ratio(look[role], isLight: theme.isLight)
        #expect(own >= wanted, "\(file) \(colours): \(role.rawValue) has \(own)")
        for ground in [Look.Role.bar, .panel, .cursor, .input] where role != .border {
          let there = Contrast.ratio(look[role, on: ground], isLight: theme.isLight)
          #expect(there >= 4.5, "\(file) \(colours): \(role.rawValue) on \(ground.rawValue) has \(there)")
        }
      }
    }
  }

  @Test(
    "the bars, the cursor and states of tiles can be told apart", arguments: files, [ColourDepth.sixteen, .indexed])
  func toldApart(file: String, colours: ColourDepth) throws {
    let look = try Self.theme(file).theme.look(colours: colours, graphics: .half)
    for role in [Look.Role.bar, .cursor, .match, .barActive] { #expect(look[role] != look[.text], "\(role.rawValue)") }
    let tiles = [Look.Role.tileWaiting, .tileRunning, .tileDone, .tileFailed].map { look[$0] }
    #expect(Set(tiles).count == 4)
    #expect(look[.meter].background != look[.meterRest].background)
    #expect(look[.barActive] != look[.bar])
  }

  @Test("without colours there are attributes only", arguments: files)
  func withoutColours(file: String) throws {
    let look = try Self.theme(file).theme.look(colours: .none, graphics: .half)
    for role in Look.Role.allCases {
      for style in [look[role], look[role, on: .bar], look[role, on: .cursor]] {
        #expect(style.foreground == .standard && style.background == .standard)
      }
    }
    #expect(look[.cursor].attributes.contains(.reverse))
    #expect(look[.bar] != look[.text] && look[.barActive] != look[.bar])
    #expect(look.heat(0.5) == .standard)
  }

  @Test("16 colours are asked for by number, 256 from the palette that every terminal has")
  func depths() {
    let sixteen = Theme.standard.look(colours: .sixteen, graphics: .half)
    for role in Look.Role.allCases {
      for colour in [sixteen[role].foreground, sixteen[role].background] {
        if case .rgb = colour { Issue.record("\(role.rawValue) is \(colour)") }
      }
    }
    let indexed = Theme.standard.look(colours: .indexed, graphics: .half)
    for role in Look.Role.allCases {
      for case .rgb(let red, let green, let blue) in [indexed[role].foreground, indexed[role].background] {
        let levels: Set<UInt8> = [0, 95, 135, 175, 215, 255]
        #expect(levels.isSuperset(of: [red, green, blue]) || (red == green && green == blue), "\(role.rawValue)")
      }
    }
  }

  @Test("an empty file looks as the built-in theme; one line changes one role")
  func gaps() {
    let empty = Theme.parse([], file: "x.theme").theme.look(colours: .truecolour, graphics: .half)
    let standard = Theme.standard.look(colours: .truecolour, graphics: .half)
    for role in Look.Role.allCases { #expect(empty[role] == standard[role]) }
    let one = Theme.parse(Array("accent = #ff00ff".utf8), file: "x.theme").theme
    let look = one.look(colours: .truecolour, graphics: .half)
    #expect(look[.accent] == Style(.rgb(255, 0, 255), on: standard[.text].background))
    #expect(look[.text] == standard[.text])
  }

  @Test("what a theme leaves open can be read on the background that it chose")
  func readableGaps() {
    let theme = Theme.parse(Array("text = black on #ffffff".utf8), file: "x.theme").theme
    let look = theme.look(colours: .truecolour, graphics: .half)
    for role in [Look.Role.faint, .accent, .title, .mark, .good, .warning, .error] {
      #expect(look[role].background == .rgb(255, 255, 255))
      #expect(Contrast.ratio(look[role], isLight: false) >= 4.5, "\(role.rawValue)")
    }
  }

  @Test("a line for one number of colours changes that one alone")
  func forOneDepth() {
    let text = "text = #000001 on #fffffe\ntext.256 = #0000af on #ffffd7\ntext.16 = blue on white"
    let theme = Theme.parse(Array(text.utf8), file: "x.theme").theme
    func style(_ colours: ColourDepth) -> Style { theme.look(colours: colours, graphics: .half)[.text] }
    #expect(style(.truecolour) == Style(.rgb(0, 0, 1), on: .rgb(255, 255, 254)))
    #expect(style(.indexed) == Style(.rgb(0, 0, 175), on: .rgb(255, 255, 215)))
    #expect(style(.sixteen) == Style(.terminal(4), on: .terminal(7)))
  }

  @Test("a standard background stays the terminal's own")
  func standardBackground() {
    let theme = Theme.parse(Array("text = standard on standard".utf8), file: "x.theme").theme
    for colours in ColourDepth.allCases {
      let look = theme.look(colours: colours, graphics: .half)
      #expect(look[.text].background == .standard && look[.accent].background == .standard)
    }
  }

  @Test(
    "a line that is not understood is told with its place and left out",
    arguments: [
      ("acent = red", "x.theme:1", "'acent' is no key"),
      ("accent red", "x.theme:1", "expected 'key = value'"),
      ("\n\naccent = reddish", "x.theme:3", "'reddish' where"),
      ("accent = #12345", "x.theme:1", "'#12345' where"),
      ("accent = #+12345", "x.theme:1", "'#+12345' where"),
      ("accent = red on", "x.theme:1", "'on' where"),
      ("accent = red on blue on green", "x.theme:1", "'on' where"),
      ("accent = red green", "x.theme:1", "'green' where"),
      ("accent = on bold", "x.theme:1", "'bold' where"),
      ("accent.17 = red", "x.theme:1", "'accent.17' is no key"),
      ("background = grey", "x.theme:1", "'grey' where dark or light"),
      ("heat = #000000", "x.theme:1", "1 colours where at least 2"),
      ("heat = red blue", "x.theme:1", "'red' where #rrggbb"),
      ("= red", "x.theme:1", "'' is no key"),
    ])
  func complaints(text: String, place: String, words: String) throws {
    let (theme, complaints) = Theme.parse(Array(text.utf8), file: "x.theme")
    #expect(complaints.count == 1)
    let told = try #require(complaints.first).description
    #expect(told.hasPrefix(place + ":"), "\(told)")
    #expect(told.contains(words), "\(told)")
    #expect(theme.wishes.isEmpty && theme.heat.isEmpty)
  }

  @Test("comments, blank lines, carriage returns and odd spacing are fine")
  func spacing() {
    let text = "# a\r\n\r\n   text=#010203   on\t#fffefd  bold # said\r\nname = A # b\r\n"
    let (theme, complaints) = Theme.parse(Array(text.utf8), file: "dir/x.theme")
    #expect(complaints == [])
    #expect(theme.name == "x" && theme.title == "A")
    #expect(theme.wishes[.text]?.foreground == .rgb(1, 2, 3))
    #expect(theme.wishes[.text]?.background == .rgb(255, 254, 253))
    #expect(theme.wishes[.text]?.attributes == .bold)
  }

  @Test("hostile files are bounded and leave nothing that could reach the terminal")
  func hostile() {
    let large = Theme.parse([UInt8](repeating: 10, count: Theme.fileLimit + 1), file: "x.theme")
    #expect(large.complaints.count == 1 && large.theme.wishes.isEmpty)
    let long = Theme.parse(Array(("text = " + String(repeating: "a", count: 5000)).utf8), file: "x.theme")
    #expect(long.complaints.count == 1 && long.complaints[0].description.utf8.count < 200)
    let many = Theme.parse(Array(String(repeating: "a\n", count: 30_000).utf8), file: "x.theme")
    #expect(many.complaints.count == 21)
    let name = Theme.parse(Array("name = \u{1b}]0;x\u{7}\u{202e}abc".utf8), file: "\u{1b}[2J.theme")
    #expect(!name.theme.title.unicodeScalars.contains { $0.value < 32 || $0.value == 0x202e })
    #expect(!name.theme.name.unicodeScalars.contains { $0.value < 32 })
    let key = Theme.parse(Array("\u{1b}[2J = red\n".utf8) + [0xff, 0xfe, 10], file: "x\u{1b}.theme")
    #expect(key.complaints.count == 2)
    for complaint in key.complaints { #expect(!complaint.description.unicodeScalars.contains { $0.value < 32 }) }
  }

  @Test("any bytes are taken without a trap and give a whole look")
  func random() {
    var random = Seeded(7)
    let words = [
      "text", "=", "on", "#", "#ffffff", "bold", "\n", "\r", ".16", "accent", "heat", "\u{0}", "\u{301}", " ", ".mono",
    ]
    for _ in 0..<300 {
      var bytes: [UInt8] = []
      for _ in 0..<random.below(60) {
        if random.below(3) == 0 {
          bytes.append(UInt8(random.below(256)))
        } else {
          bytes += Array(random.pick(words).utf8)
        }
      }
      let theme = Theme.parse(bytes, file: "x.theme").theme
      for colours in ColourDepth.allCases { _ = theme.look(colours: colours, graphics: .ascii)[.accent, on: .bar] }
    }
  }

  @Test("the heat map goes from its first stop to its last and takes any number")
  func heat() {
    let look = Theme.standard.look(colours: .truecolour, graphics: .half)
    #expect(look.heat(0) == .rgb(0x44, 0x01, 0x54) && look.heat(1) == .rgb(0xfd, 0xe7, 0x25))
    #expect(look.heat(-3) == look.heat(0) && look.heat(.infinity) == look.heat(0) && look.heat(.nan) == look.heat(0))
  }
}
