import Foundation
import Imaging
import TerminalDriver
import Testing
import Workbench

@Suite(.timeLimit(.minutes(10))) struct PictureTests {
  private func gradient(_ width: Int, _ height: Int) -> PixelBlock {
    var bytes: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        bytes += [
          UInt8(x * 255 / max(width - 1, 1)), UInt8(y * 255 / max(height - 1, 1)), UInt8((x * 7 + y * 3) % 256),
        ]
      }
    }
    return PixelBlock(width: width, height: height, bytes: bytes)
  }

  /// Draws sixels as a terminal does. Written from the protocol, not from the encoder.
  private func decodeSixel(_ bytes: [UInt8]) -> (width: Int, height: Int, pixels: [Int: (Int, Int, Int)])? {
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.hasPrefix("\u{1b}P"), text.hasSuffix("\u{1b}\\"), let start = text.firstIndex(of: "q") else {
      return nil
    }
    let data = Array(text[text.index(after: start)...].dropLast(2).utf8)
    var place = 0
    func numbers() -> [Int] {
      var list = [0]
      while place < data.count {
        if data[place] >= 0x30 && data[place] <= 0x39 {
          list[list.count - 1] = list[list.count - 1] * 10 + Int(data[place] - 0x30)
        } else if data[place] == 0x3b {
          list.append(0)
        } else {
          break
        }
        place += 1
      }
      return list
    }
    var (width, height, x, top) = (0, 0, 0, 0)
    var colour = (0, 0, 0)
    var palette: [Int: (Int, Int, Int)] = [:]
    var pixels: [Int: (Int, Int, Int)] = [:]
    while place < data.count {
      let character = data[place]
      place += 1
      var count = 1
      switch character {
      case UInt8(ascii: "\""):
        let list = numbers()
        guard list.count == 4 else { return nil }
        (width, height) = (list[2], list[3])
        continue
      case UInt8(ascii: "#"):
        let list = numbers()
        if list.count == 5 { palette[list[0]] = (list[2], list[3], list[4]) }
        guard let known = palette[list[0]] else { return nil }
        colour = known
        continue
      case UInt8(ascii: "$"):
        x = 0
        continue
      case UInt8(ascii: "-"):
        (x, top) = (0, top + 6)
        continue
      case UInt8(ascii: "!"):
        count = numbers()[0]
        place += 1
      default: break
      }
      let sixel = data[place - 1]
      guard sixel >= 63, sixel < 127 else { return nil }
      for _ in 0..<count {
        for bit in 0..<6 where (sixel - 63) >> bit & 1 == 1 { pixels[(top + bit) * 10_000 + x] = colour }
        x += 1
      }
    }
    return (width, height, pixels)
  }

  @Test("sixels show the picture: every pixel, near its colour", arguments: [(1, 1), (7, 6), (40, 25), (64, 64)])
  func sixel(width: Int, height: Int) throws {
    let picture = gradient(width, height)
    let decoded = try #require(decodeSixel(SixelEncoder.encode(picture)))
    #expect(decoded.width == width && decoded.height == height)
    #expect(decoded.pixels.count == width * height)
    var error = 0
    for y in 0..<height {
      for x in 0..<width {
        let found = try #require(decoded.pixels[y * 10_000 + x])
        let place = (y * width + x) * 3
        for (channel, value) in [found.0, found.1, found.2].enumerated() {
          error += abs(value * 255 / 100 - Int(picture.bytes[place + channel]))
        }
      }
    }
    // 256 colours for a picture of nearly all: a mean error of 12 of 255.
    #expect(error <= 12 * width * height * 3)
  }

  @Test("few colours are kept as they are")
  func reduction() {
    let bytes: [UInt8] = [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0]
    let picture = PixelBlock(width: 6, height: 1, bytes: bytes)
    let (palette, indices) = ColourReduction.reduce(picture, to: 256)
    #expect(palette.count == 5)
    let shown = indices.flatMap { [palette[Int($0)].0, palette[Int($0)].1, palette[Int($0)].2] }
    #expect(shown == bytes)
    let two = ColourReduction.reduce(gradient(50, 50), to: 2)
    #expect(two.palette.count == 2 && Set(two.indices) == [0, 1])
  }

  private func canvas(_ pictures: [PlacedPicture]) -> Canvas {
    var canvas = Canvas(columns: 40, rows: 12)
    canvas.pictures = pictures
    return canvas
  }

  private func samples(_ file: [UInt8]) throws -> [UInt8]? {
    guard case .eight(let samples) = try ImageFile.decode(file, path: "a.png").image.samples else { return nil }
    return samples
  }

  @Test("PNG files are read by libpng as what they were", arguments: [(1, 1), (40, 30), (100, 77)])
  func png(width: Int, height: Int) throws {
    let picture = gradient(width, height)
    #expect(try samples(PNGEncoder.encode(picture)) == picture.bytes)
    let frame = PlacedPicture.Frame(left: -3, top: 2, right: width + 5, bottom: height + 2, red: 9, green: 8, blue: 7)
    guard height > 2 else { return }
    let (file, x, y) = try #require(PNGEncoder.encode(frame, width: width, height: height))
    #expect((file.width, file.height, x, y) == (width, height - 2, 0, 2))
    #expect(try ImageFile.decode(file.bytes, path: "b.png").image.layout == .rgbAlpha)
    #expect(PNGEncoder.encode(frame, width: 1, height: 1) == nil)
  }

  /// A photograph-like plane of pixels and the part of it that stands at (x, y).
  private func part(_ x: Int, _ y: Int, _ width: Int, _ height: Int) -> PixelBlock {
    var bytes: [UInt8] = []
    for row in y..<y + height {
      for column in x..<x + width {
        bytes += [
          UInt8((column * 3 + row) & 255), UInt8((column * column / 7 + row * 5) & 255), UInt8((column ^ row) & 255),
        ]
      }
    }
    return PixelBlock(width: width, height: height, bytes: bytes)
  }

  @Test("Kitty: a picture that moves on its plane is placed from what was sent, exact to the pixel, frames above it")
  func panning() throws {
    let cell = CellSize(width: 9, height: 18)
    let area = CanvasArea(column: 3, row: 2, columns: 20, rows: 8)
    var layer = PictureLayer(.kitty)
    layer.facts.cell = cell
    var terminal = FakeKitty(cell: cell)
    var sent: [Int] = []
    let places = [(100, 50), (122, 50), (144, 50), (144, 68), (100, 50), (95, 45), (95, 45), (400, 300), (122, 50)]
    for (number, (x, y)) in places.enumerated() {
      var picture = PlacedPicture(area: area, pixels: part(x, y, 180, 144))
      picture.source = PlacedPicture.Source(plane: "p", x: x, y: y)
      picture.frames = [
        PlacedPicture.Frame(left: 5 + number, top: 9, right: 30, bottom: 40, red: 255, green: 0, blue: 0),
        PlacedPicture.Frame(left: -2, top: 130, right: 500, bottom: 143, red: 0, green: 255, blue: 0),
      ]
      let bytes = layer.prepare(canvas([picture])) { _ in Issue.record("no damage") } + layer.pictures()
      sent.append(bytes.count)
      try terminal.feed(bytes)
      // What came while it moved has 256 colours of its own; at the start all are there.
      let (seen, wanted) = (terminal.pixels(in: area), picture.pixels.with(picture.frames).bytes)
      var error = 0
      for (found, expected) in zip(seen, wanted) { error += abs(Int(found) - Int(expected)) }
      #expect(number > 0 ? error < 5 * wanted.count : error == 0, "at \(x), \(y): \(error)")
      #expect(layer.prepare(canvas([picture])) { _ in }.isEmpty && layer.pictures().isEmpty)
    }
    // An eighth further costs about an eighth; back to what was seen, and a frame alone, next to nothing.
    #expect(sent[1] < sent[0] / 3, "\(sent)")
    #expect(sent[4] < 3000, "\(sent)")
    #expect(sent[6] < 2000, "\(sent)")
    #expect(!layer.prepare(canvas([])) { _ in }.isEmpty)
  }

  @Test("Kitty: at 120x40 a step with a clean and a noisy photograph costs under 60 KB")
  func panCost() throws {
    let sample = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(
      path: "../../Samples/torii_gates.png")
    guard case .eight(let bytes) = try ImageFile.read(sample.path).image.samples else {
      throw CocoaError(.fileReadCorruptFile)
    }
    let clean = PixelBlock(width: 480, height: 320, bytes: bytes).scaled(toWidth: 1920, height: 1280)
    var seed: UInt64 = 1
    let noisy = PixelBlock(
      width: clean.width, height: clean.height,
      bytes: clean.bytes.map { value in
        // Four uniform numbers: near enough to a normal one of sigma 10.
        var sum = 0
        for _ in 0..<4 {
          seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          sum += Int(seed >> 33) % 35
        }
        return UInt8(min(255, max(0, Int(value) + sum / 2 - 34)))
      })
    var layer = PictureLayer(.kitty)
    layer.facts.cell = CellSize(width: 9, height: 18)
    // Two panes of 59 x 28 cells: what the compare screen has at 120x40.
    let (width, height) = (59 * 9, 28 * 18)
    func cost(at x: Int) -> Int {
      var canvas = Canvas(columns: 120, rows: 40)
      canvas.pictures = [clean, noisy].enumerated().map { place, block in
        var pixels: [UInt8] = []
        for row in 300..<300 + height {
          pixels += block.bytes[(row * block.width + x) * 3..<(row * block.width + x + width) * 3]
        }
        var picture = PlacedPicture(
          area: CanvasArea(column: place * 60, row: 3, columns: 59, rows: 28),
          pixels: PixelBlock(width: width, height: height, bytes: pixels))
        picture.source = PlacedPicture.Source(plane: "\(place)", x: x, y: 300)
        return picture
      }
      return (layer.prepare(canvas) { _ in } + layer.pictures()).count
    }
    let first = cost(at: 700)
    let steps = (1...3).map { cost(at: 700 + $0 * width / 8) }
    print("bytes of the first view and of three steps: \(first), \(steps)")
    #expect(steps.allSatisfy { $0 < 60_000 }, "\(steps)")
    #expect(cost(at: 700) < 2000)
  }

  @Test("Kitty inside tmux: handed through, shown by placeholders, and the cells are drawn anew afterwards")
  func placeholders() throws {
    var layer = PictureLayer(.kitty)
    layer.facts.isTmux = true
    let picture = PlacedPicture(area: CanvasArea(column: 1, row: 1, columns: 4, rows: 2), pixels: gradient(40, 40))
    _ = layer.prepare(canvas([picture])) { _ in }
    let text = String(decoding: layer.pictures(), as: UTF8.self)
    #expect(text.contains("\u{1b}Ptmux;\u{1b}\u{1b}_Ga=T,U=1,f=100,i=1,c=4,r=2,q=2,m="))
    #expect(text.contains("\u{1b}[0;38;5;1m\u{1b}[2;2H"))
    // Row 1, column 3: the protocol's second and fourth marks.
    #expect(text.unicodeScalars.contains("\u{10eeee}") && text.contains("\u{10eeee}\u{30d}\u{310}"))
    #expect(text.unicodeScalars.count { $0 == "\u{10eeee}" } == 8)
    // All that is not handed through are placeholders and the pen.
    #expect(!text.replacing("\u{1b}Ptmux;\u{1b}\u{1b}_G", with: "").contains("\u{1b}_G"))
    var damaged: [CanvasArea] = []
    _ = layer.prepare(canvas([])) { damaged.append($0) }
    #expect(damaged == [picture.area])
    #expect(KittyEncoder.marks.count == 297)
    #expect(KittyEncoder.marks[..<8].map(\.value) == [0x305, 0x30d, 0x30e, 0x310, 0x312, 0x33d, 0x33e, 0x33f])
    #expect(KittyEncoder.marks[98..<102].map(\.value) == [0x749, 0x74a, 0x7eb, 0x7ec])
  }

  @Test("Kitty on this machine: pixels go through shared memory")
  func shared() throws {
    var layer = PictureLayer(.kitty)
    layer.facts.sharesMemory = true
    let pixels = gradient(30, 20)
    let picture = PlacedPicture(area: CanvasArea(column: 1, row: 1, columns: 4, rows: 2), pixels: pixels)
    _ = layer.prepare(canvas([picture])) { _ in }
    let text = String(decoding: layer.pictures(), as: UTF8.self)
    #expect(text.count < 300 && text.contains("a=t,t=s,f=24,s=30,v=20,S=1800,i=1"))
    let encoded = try #require(text.firstMatch(of: /m=0;([A-Za-z0-9+\/=]+)/)).1
    let name = String(decoding: try #require(Data(base64Encoded: String(encoded))), as: UTF8.self)
    let file = "/dev/shm" + name
    #expect(FileManager.default.contents(atPath: file).map(Array.init) == pixels.bytes)
    try FileManager.default.removeItem(atPath: file)
  }

  @Test("iTerm2 gets a PNG file stretched over its cells")
  func iTerm() throws {
    let picture = gradient(12, 9)
    let area = CanvasArea(column: 0, row: 0, columns: 5, rows: 3)
    let text = String(decoding: ITermEncoder.place(picture, in: area), as: UTF8.self)
    let match = try #require(
      text.wholeMatch(
        of: /\x1b\]1337;File=inline=1;size=([0-9]+);width=5;height=3;preserveAspectRatio=0:(.*)\x07/))
    let file = Array(try #require(Data(base64Encoded: String(match.2))))
    #expect(Int(match.1) == file.count)
    #expect(try samples(file) == picture.bytes)
  }

  @Test("a picture is sent once, taken away when it goes, and sent again when the screen is forgotten")
  func layer() {
    let picture = PlacedPicture(area: CanvasArea(column: 1, row: 1, columns: 8, rows: 4), pixels: gradient(8, 8))
    var layer = PictureLayer(.kitty)
    #expect(layer.prepare(canvas([picture])) { _ in Issue.record("no damage") } == KittyEncoder.removeAll)
    #expect(!layer.pictures().isEmpty)
    #expect(layer.prepare(canvas([picture])) { _ in }.isEmpty)
    #expect(layer.pictures().isEmpty)
    layer.forget()
    _ = layer.prepare(canvas([picture])) { _ in }
    #expect(!layer.pictures().isEmpty)
    var moved = picture
    moved.area.column = 2
    #expect(!layer.prepare(canvas([moved])) { _ in }.isEmpty)
    #expect(!layer.pictures().isEmpty)
    #expect(!layer.prepare(canvas([])) { _ in }.isEmpty)
    #expect(layer.pictures().isEmpty)
  }

  @Test("where a sixel picture was, the cells are drawn anew")
  func sixelDamage() {
    let picture = PlacedPicture(area: CanvasArea(column: 1, row: 1, columns: 8, rows: 4), pixels: gradient(8, 8))
    var layer = PictureLayer(.sixel)
    _ = layer.prepare(canvas([picture])) { _ in Issue.record("nothing was there") }
    #expect(layer.pictures().starts(with: Array("\u{1b}7\u{1b}[2;2H\u{1b}P".utf8)))
    var damaged: [CanvasArea] = []
    #expect(layer.prepare(canvas([])) { damaged.append($0) }.isEmpty)
    #expect(damaged == [picture.area])
    // The painter then writes over these cells although the canvas had blanks there before.
    var painter = Painter(Painter.Features())
    var screen = TestScreen(columns: 40, rows: 12)
    screen.feed(painter.paint(canvas([])))
    for row in 2...5 { screen.feed(Array("\u{1b}[\(row);2H########".utf8)) }
    #expect(screen.text.contains("########"))
    painter.damage(picture.area)
    screen.feed(Array("\u{1b}[H".utf8) + painter.paint(canvas([])))
    #expect(!screen.text.contains("#"))
  }

  @Test("pictures outside the canvas, in its last row, or under text are not drawn")
  func refused() {
    let areas = [
      CanvasArea(column: 38, row: 1, columns: 8, rows: 4), CanvasArea(column: -1, row: 1, columns: 8, rows: 4),
      CanvasArea(column: 1, row: 8, columns: 8, rows: 4), CanvasArea(column: 1, row: 1, columns: 0, rows: 4),
    ]
    for area in areas {
      var layer = PictureLayer(.sixel)
      _ = layer.prepare(canvas([PlacedPicture(area: area, pixels: gradient(4, 4))])) { _ in }
      #expect(layer.pictures().isEmpty, "\(area)")
    }
    var covered = canvas([
      PlacedPicture(area: CanvasArea(column: 1, row: 1, columns: 8, rows: 4), pixels: gradient(4, 4))
    ])
    covered[3, 2].glyph = "x"
    var layer = PictureLayer(.sixel)
    _ = layer.prepare(covered) { _ in }
    #expect(layer.pictures().isEmpty)
  }

  @Test("scaling keeps what is even, and the corners")
  func scaling() {
    let even = PixelBlock(width: 3, height: 2, bytes: [UInt8](repeating: 77, count: 18))
    #expect(even.scaled(toWidth: 11, height: 5).bytes.allSatisfy { $0 == 77 })
    let picture = gradient(16, 16)
    let large = picture.scaled(toWidth: 160, height: 100)
    #expect(large.bytes.count == 160 * 100 * 3)
    #expect(Array(large.bytes.prefix(3)) == Array(picture.bytes.prefix(3)))
    #expect(Array(large.bytes.suffix(3)) == Array(picture.bytes.suffix(3)))
  }
}
