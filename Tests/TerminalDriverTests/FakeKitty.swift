import Foundation
import Imaging
import Testing
import Workbench

/// As much of a Kitty terminal as the workbench uses: keeps pictures, places parts of them, and shows the pixels that come of it.
/// Written from the protocol's description, not from the encoder.
struct FakeKitty {
  let cell: CellSize
  private struct Picture {
    var width = 0
    var height = 0
    /// RGBA.
    var pixels: [UInt8] = []
  }
  private struct Placement {
    var picture: Int
    var x: Int
    var y: Int
    var crop: (x: Int, y: Int, width: Int, height: Int)
    var layer: Int
  }
  private var pictures: [Int: Picture] = [:]
  private var placements: [Placement] = []
  private var incoming: (keys: [String: String], text: String)?
  private var column = 0
  private var row = 0

  init(cell: CellSize) { self.cell = cell }

  mutating func feed(_ bytes: [UInt8]) throws {
    let text = String(decoding: bytes, as: UTF8.self)
    for match in text.matches(of: /\x1b(?:_G([^\x1b;]*);([^\x1b]*)\x1b\\|\[([0-9]+);([0-9]+)H|[78])/) {
      if let row = match.3.flatMap({ Int($0) }), let column = match.4.flatMap({ Int($0) }) {
        (self.row, self.column) = (row - 1, column - 1)
      } else if let keys = match.1 {
        try command(String(keys), String(match.2 ?? ""))
      }
    }
  }

  private mutating func command(_ text: String, _ payload: String) throws {
    var keys: [String: String] = [:]
    for pair in text.split(separator: ",") {
      let parts = pair.split(separator: "=").map(String.init)
      keys[parts[0]] = parts.count > 1 ? parts[1] : ""
    }
    if let begun = incoming { incoming = (begun.keys, begun.text + payload) }
    if incoming == nil, keys["a"] == "t" { incoming = (keys, payload) }
    if let whole = incoming {
      guard keys["m"] != "1" else { return }
      incoming = nil
      let number = try #require(Int(whole.keys["i"] ?? ""))
      return pictures[number] = try picture(whole.keys, whole.text)
    }
    func number(_ key: String, _ standard: Int = 0) -> Int { keys[key].flatMap { Int($0) } ?? standard }
    switch keys["a"] {
    case "d":
      switch keys["d"] {
      case "A":
        pictures = [:]
        placements = []
      case "I", "i":
        placements.removeAll { $0.picture == number("i") }
        if keys["d"] == "I" { pictures[number("i")] = nil }
      default: Issue.record("d=\(keys["d"] ?? "")")
      }
    case "p":
      #expect(pictures[number("i")] != nil, "a picture that was never sent")
      placements.removeAll { $0.picture == number("i") }
      placements.append(
        Placement(
          picture: number("i"), x: column * cell.width + number("X"), y: row * cell.height + number("Y"),
          crop: (number("x"), number("y"), number("w"), number("h")), layer: number("z")))
      #expect(number("X") < cell.width && number("Y") < cell.height && number("C") == 1)
    default: Issue.record("a=\(keys["a"] ?? "")")
    }
  }

  private func picture(_ keys: [String: String], _ text: String) throws -> Picture {
    #expect(keys["f"] == "100" && keys["q"] == "2")
    let file = Array(try #require(Data(base64Encoded: text)))
    let image = try ImageFile.decode(file, path: "sent.png").image
    guard case .eight(let samples) = image.samples else { throw CocoaError(.fileReadCorruptFile) }
    let channels = image.layout.channels
    var pixels: [UInt8] = []
    for place in stride(from: 0, to: samples.count, by: channels) {
      pixels += samples[place..<place + 3]
      pixels.append(channels == 4 ? samples[place + 3] : 255)
    }
    return Picture(width: image.width, height: image.height, pixels: pixels)
  }

  /// RGB of what is shown over `area`.
  func pixels(in area: CanvasArea) -> [UInt8] {
    let (width, height) = (area.columns * cell.width, area.rows * cell.height)
    var result = [UInt8](repeating: 77, count: width * height * 3)
    for placement in placements.sorted(by: { ($0.layer, $0.picture) < ($1.layer, $1.picture) }) {
      guard let picture = pictures[placement.picture] else { continue }
      for y in 0..<placement.crop.height {
        for x in 0..<placement.crop.width {
          let from = ((placement.crop.y + y) * picture.width + placement.crop.x + x) * 4
          let (column, row) = (
            placement.x - area.column * cell.width + x, placement.y - area.row * cell.height + y
          )
          guard picture.pixels[from + 3] > 0, (0..<width).contains(column), (0..<height).contains(row) else { continue }
          for channel in 0..<3 { result[(row * width + column) * 3 + channel] = picture.pixels[from + channel] }
        }
      }
    }
    return result
  }
}
