import Foundation
import Imaging
import Testing

/// The pictures that `grl compare` draws, looked at pixel by pixel.
@Suite struct CompareDrawingTests {
  private let width = 60
  private let height = 44

  /// A picture, and the same with a block of 8 x 8 pixels from 16,24 on made brighter by 40 levels.
  private func pair(in folder: TemporaryFolder) throws {
    let clean = try TestPicture.write(to: folder, "waves.png", width: width, height: height)
    var values = TestPicture.values(clean).map { UInt8($0 / 2) }
    let dark = Image(width: width, height: height, layout: .rgb, samples: .eight(values))
    try ImageFile.write(dark, to: folder.path("clean.png"), format: .png)
    for y in 24..<32 {
      for x in 16..<24 {
        for channel in 0..<3 { values[(y * width + x) * 3 + channel] += 40 }
      }
    }
    let damaged = Image(width: width, height: height, layout: .rgb, samples: .eight(values))
    try ImageFile.write(damaged, to: folder.path("damaged.png"), format: .png)
  }

  private func pixel(_ image: Image, _ x: Int, _ y: Int) -> [Int] {
    guard case .eight(let values) = image.samples else { return [] }
    return (0..<3).map { Int(values[(y * image.width + x) * 3 + $0]) }
  }

  private func draw(_ arguments: [String], in folder: TemporaryFolder, as name: String) async throws -> Image {
    let outcome = try await GRLProcess.run(["compare", "clean.png", "damaged.png"] + arguments, in: folder)
    #expect(outcome.status == 0, "\(outcome.errorText)")
    return try TestPicture.read(folder, name)
  }

  /// Where the map of differences begins in its picture, and how many pixels a pixel takes (360 / 60).
  private let mapLeft = 24
  private let mapTop = 50
  private let mapZoom = 6

  @Test("an absolute map is black where pictures agree and bright where they do not")
  func absoluteMap() async throws {
    let folder = try TemporaryFolder()
    try pair(in: folder)
    let map = try await draw(["--diff", "map.png", "--gain", "4"], in: folder, as: "map.png")
    #expect(map.width == 2 * mapLeft + width * mapZoom)
    func at(_ x: Int, _ y: Int) -> [Int] { pixel(map, mapLeft + x * mapZoom, mapTop + y * mapZoom) }
    #expect(at(3, 3) == [0, 0, 4])
    #expect(at(15, 24) == [0, 0, 4])
    // 40 levels of 255 / 4: a pale orange of the inferno colours.
    let bright = at(16, 24)
    #expect(bright[0] > 200 && bright[1] > 60 && bright[1] < 160 && bright[2] < 100, "\(bright)")
    #expect(at(23, 31) == bright)
    #expect(pixel(map, mapLeft + 16 * mapZoom + mapZoom - 1, mapTop + 24 * mapZoom + mapZoom - 1) == bright)
    // The ends of the colour bar under it.
    let bar = mapTop + height * mapZoom + 47
    #expect(pixel(map, mapLeft, bar) == [0, 0, 4])
    #expect(pixel(map, mapLeft + 359, bar) == [252, 255, 164])
  }

  @Test("a signed map tells brighter from darker")
  func signedMap() async throws {
    let folder = try TemporaryFolder()
    try pair(in: folder)
    let brighter = try await draw(["--diff", "a.png", "--diff-kind", "signed", "--gain", "4"], in: folder, as: "a.png")
    let outcome = try await GRLProcess.run(
      ["compare", "damaged.png", "clean.png", "--diff", "b.png", "--diff-kind", "signed", "--gain", "4"], in: folder)
    #expect(outcome.status == 0)
    let darker = try TestPicture.read(folder, "b.png")
    let place = (mapLeft + 18 * mapZoom, mapTop + 26 * mapZoom)
    let (up, down) = (pixel(brighter, place.0, place.1), pixel(darker, place.0, place.1))
    #expect(up[0] > up[2] + 40, "orange: \(up)")
    #expect(down[2] > down[0] + 40, "blue: \(down)")
    #expect(pixel(brighter, mapLeft, mapTop) == pixel(darker, mapLeft, mapTop))
    #expect(pixel(brighter, mapLeft, mapTop).max()! < 30)
  }

  @Test("a sheet shows the places that differ most, every pixel a square of one colour")
  func sheet() async throws {
    let folder = try TemporaryFolder()
    try pair(in: folder)
    let sheet = try await draw(
      ["--sheet", "sheet.png", "--zoom", "16", "--crops", "1"], in: folder, as: "sheet.png")
    // Two columns of 480 pixels, a gap of 20, margins of 28.
    #expect(sheet.width == 2 * 480 + 20 + 2 * 28)
    #expect(pixel(sheet, 2, 2) == [0x17, 0x19, 0x1E])
    let damaged = try TestPicture.read(folder, "damaged.png")
    // The crop is 30 x 22 pixels, each 16 x 16 large; below it lie a caption of 26, a gap of 10, the footer's 14 and the margin.
    let (left, top) = (28 + 480 + 20, sheet.height - 28 - 14 - 10 - 26 - 22 * 16)
    func square(_ column: Int, _ row: Int) -> Set<[Int]> {
      Set((0..<16).flatMap { y in (0..<16).map { pixel(sheet, left + column * 16 + $0, top + row * 16 + y) } })
    }
    let squares = (0..<22).map { row in (0..<30).map { square($0, row) } }
    #expect(squares.allSatisfy { $0.allSatisfy { $0.count == 1 } })
    let places = (0...height - 22).flatMap { y in (0...width - 30).map { (x: $0, y: y) } }
    let corner = try #require(
      places.first { place in
        (0..<22).allSatisfy { row in
          (0..<30).allSatisfy { squares[row][$0].first == pixel(damaged, place.x + $0, place.y + row) }
        }
      }, "no part of the picture is what the sheet shows")
    // All of the damaged block is in it.
    #expect(corner.0 <= 16 && corner.0 + 30 >= 24 && corner.1 <= 24 && corner.1 + 22 >= 32, "\(corner)")
  }

  @Test("sheet and map are the same bytes each time, on light ground too, for three pictures of 16 bits")
  func repeatable() async throws {
    let folder = try TemporaryFolder()
    for (name, phase) in [("a.png", 0.0), ("b.png", 0.1), ("c.png", 0.3)] {
      try TestPicture.write(to: folder, name, width: 90, height: 70, bitDepth: 16, phase: phase)
    }
    for run in ["1", "2"] {
      let outcome = try await GRLProcess.run(
        [
          "compare", "a.png", "b.png", "c.png", "--sheet", "sheet\(run).png", "--diff", "map\(run).png", "--background",
          "light", "--metric", "psnr,ssim,gmsd,blur",
        ], in: folder)
      #expect(outcome.status == 0, "\(outcome.errorText)")
    }
    #expect(try folder.bytes("sheet1.png") == folder.bytes("sheet2.png"))
    #expect(try folder.bytes("map1.png") == folder.bytes("map2.png"))
    #expect(pixel(try TestPicture.read(folder, "sheet1.png"), 1, 1) == [0xFA, 0xF9, 0xF6])
  }

  @Test("what exists is replaced only when asked, and no picture to compare ever is")
  func overwriting() async throws {
    let folder = try TemporaryFolder()
    try pair(in: folder)
    try folder.write("map.png", "something else")
    let refused = try await GRLProcess.run(["compare", "clean.png", "damaged.png", "--diff", "map.png"], in: folder)
    #expect(refused.status == 2)
    #expect(try folder.bytes("map.png") == Data("something else".utf8))
    _ = try await draw(["--diff", "map.png", "--overwrite"], in: folder, as: "map.png")
    let input = try await GRLProcess.run(
      ["compare", "clean.png", "damaged.png", "--sheet", "./damaged.png", "--overwrite"], in: folder)
    #expect(input.status == 2)
    #expect(input.oneErrorLine().contains("damaged.png"))
    let same = try await GRLProcess.run(
      ["compare", "clean.png", "damaged.png", "--sheet", "x.png", "--diff", "x.png"], in: folder)
    #expect(same.status == 2)
    #expect(!folder.exists("x.png"))
  }
}
