import Workbench

/// The pictures that lie over the cells of terminals with a graphics protocol: draws new ones, takes away old ones.
package struct PictureLayer: Sendable {
  /// Pixels of a character cell, where the terminal told.
  package var cellSize: (width: Int, height: Int)?

  private let graphics: Graphics
  private var shown: [Int: PlacedPicture] = [:]
  private var wanted: [PlacedPicture] = []
  private var lastNumber = 0
  private var isForgotten = true

  package init(_ graphics: Graphics) { self.graphics = graphics }

  /// Terminals of sixel graphics that do not tell (VT340, and the default fonts of many).
  static let usualCellSize = (width: 10, height: 20)

  /// What the terminal shows is not known; the next frame draws all pictures.
  package mutating func forget() {
    shown = [:]
    isForgotten = true
  }

  /// Takes all pictures away for good.
  package mutating func leave(damage: (CanvasArea) -> Void) -> [UInt8] {
    prepare(Canvas(columns: 1, rows: 1), damage: damage)
  }

  /// Bytes to be sent before the cells: takes pictures away that `canvas` no longer has. Under sixels the cells must be drawn
  /// anew, which `damage` is told.
  package mutating func prepare(_ canvas: Canvas, damage: (CanvasArea) -> Void) -> [UInt8] {
    guard graphics == .kitty || graphics == .sixel else { return [] }
    var bytes: [UInt8] = []
    if isForgotten && graphics == .kitty { bytes += KittyEncoder.removeAll }
    isForgotten = false
    wanted = canvas.pictures.filter { Self.isDrawable($0, on: canvas) }
    for (number, picture) in shown.sorted(by: { $0.key < $1.key }) where !wanted.contains(picture) {
      shown[number] = nil
      if graphics == .kitty { bytes += KittyEncoder.remove(number) } else { damage(picture.area) }
    }
    return bytes
  }

  /// Bytes to be sent after the cells: the pictures that are not shown yet.
  package mutating func pictures() -> [UInt8] {
    var bytes: [UInt8] = []
    for picture in wanted where !shown.values.contains(picture) {
      lastNumber += 1
      shown[lastNumber] = picture
      // Colours and place of the cells' pen stay as they were.
      bytes += Array("\u{1b}7\u{1b}[\(picture.area.row + 1);\(picture.area.column + 1)H".utf8)
      if graphics == .kitty {
        bytes += KittyEncoder.place(picture.pixels, number: lastNumber, in: picture.area)
      } else {
        let cell = cellSize ?? Self.usualCellSize
        let (width, height) = (picture.area.columns * cell.width, picture.area.rows * cell.height)
        bytes += SixelEncoder.encode(picture.pixels.scaled(toWidth: width, height: height))
      }
      bytes += Array("\u{1b}8".utf8)
    }
    return bytes
  }

  /// Inside the canvas, and over blank cells alone: what is written there (a prompt, a list) must stay readable. The last row stays
  /// free of sixels, which would scroll the screen.
  private static func isDrawable(_ picture: PlacedPicture, on canvas: Canvas) -> Bool {
    let area = picture.area
    guard area.column >= 0, area.row >= 0, area.columns > 0, area.rows > 0,
      area.column + area.columns <= canvas.columns,
      area.row + area.rows < canvas.rows, picture.pixels.width > 0, picture.pixels.height > 0
    else { return false }
    return (area.row..<area.row + area.rows).allSatisfy { row in
      (area.column..<area.column + area.columns).allSatisfy { canvas[$0, row].glyph == " " }
    }
  }
}

extension PixelBlock {
  /// The same picture in other sides, interpolated between the four nearest pixels. Sides are cut to 4096.
  package func scaled(toWidth newWidth: Int, height newHeight: Int) -> PixelBlock {
    let (columns, rows) = (min(max(newWidth, 1), 4096), min(max(newHeight, 1), 4096))
    if columns == width && rows == height || width == 0 || height == 0 { return self }
    func places(_ count: Int, _ size: Int) -> [(low: Int, high: Int, share: Int)] {
      (0..<count).map { index in
        // Centre to centre, in 1/256 of a pixel.
        let place = min(max((2 * index + 1) * size * 128 / count - 128, 0), (size - 1) * 256)
        return (place >> 8, min((place >> 8) + 1, size - 1), place & 255)
      }
    }
    let across = places(columns, width)
    var result: [UInt8] = []
    result.reserveCapacity(columns * rows * 3)
    for vertical in places(rows, height) {
      let (upper, lower) = (vertical.low * width, vertical.high * width)
      for x in across {
        for channel in 0..<3 {
          func blend(_ row: Int) -> Int {
            Int(bytes[(row + x.low) * 3 + channel]) * (256 - x.share) + Int(bytes[(row + x.high) * 3 + channel])
              * x.share
          }
          let value = blend(upper) * (256 - vertical.share) + blend(lower) * vertical.share
          result.append(UInt8((value + 1 << 15) >> 16))
        }
      }
    }
    return PixelBlock(width: columns, height: rows, bytes: result)
  }
}
