import Foundation
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

  @Test("Kitty gets the pixels in pieces of 4096 characters", arguments: [(1, 1), (40, 30), (100, 77)])
  func kitty(width: Int, height: Int) throws {
    let picture = gradient(width, height)
    let area = CanvasArea(column: 2, row: 3, columns: 10, rows: 5)
    let text = String(decoding: KittyEncoder.place(picture, number: 9, in: area), as: UTF8.self)
    let pieces = text.components(separatedBy: "\u{1b}\\").dropLast()
    var base64 = ""
    for (number, piece) in pieces.enumerated() {
      let parts = piece.split(separator: ";", omittingEmptySubsequences: false)
      #expect(parts.count == 2 && parts[0].hasPrefix("\u{1b}_G"))
      #expect(parts[0].hasSuffix(number == pieces.count - 1 ? "m=0" : "m=1"))
      #expect(parts[1].utf8.count <= 4096)
      if number < pieces.count - 1 { #expect(parts[1].utf8.count % 4 == 0) }
      base64 += parts[1]
    }
    #expect(pieces.first?.contains("s=\(width),v=\(height),c=10,r=5,i=9") == true)
    #expect(Data(base64Encoded: base64).map(Array.init) == picture.bytes)
  }

  private func canvas(_ pictures: [PlacedPicture]) -> Canvas {
    var canvas = Canvas(columns: 40, rows: 12)
    canvas.pictures = pictures
    return canvas
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
