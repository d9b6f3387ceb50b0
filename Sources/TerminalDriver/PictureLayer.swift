import Workbench

/// The pictures that lie over the cells of terminals with a graphics protocol: draws new ones, takes away old ones.
///
/// A Kitty terminal keeps what it was sent. Where a picture shows another part of the same plane of pixels than before, only what
/// was never sent goes out; the rest is placed anew by its number. Frames are pictures of their own above it, so that one which
/// moves costs a few hundred bytes.
package struct PictureLayer: Sendable {
  /// What the terminal told: size of its cells, ways that are open.
  package var facts = TerminalFacts()

  private let graphics: Graphics
  private var shown: [Shown] = []
  private var wanted: [PlacedPicture] = []
  private var lastNumber = 0
  private var isForgotten = true

  private struct Shown: Sendable {
    var picture: PlacedPicture
    /// What was sent, in pixels of the plane; of a picture without one, in its own.
    var parts: [Part] = []
    var frames: [Int] = []
  }

  /// A rectangle of pixels that the terminal has.
  private struct Part: Hashable, Sendable {
    var number = 0
    var x: Int
    var y: Int
    var width: Int
    var height: Int

    func shared(with other: Part) -> Part? {
      let (left, top) = (max(x, other.x), max(y, other.y))
      let (right, bottom) = (min(x + width, other.x + other.width), min(y + height, other.y + other.height))
      return left < right && top < bottom ? Part(x: left, y: top, width: right - left, height: bottom - top) : nil
    }

    /// What is left of this without `other`: up to four rectangles.
    func without(_ other: Part) -> [Part] {
      guard let hole = shared(with: other) else { return [self] }
      let (right, bottom) = (hole.x + hole.width, hole.y + hole.height)
      return [
        Part(x: x, y: y, width: width, height: hole.y - y),
        Part(x: x, y: bottom, width: width, height: y + height - bottom),
        Part(x: x, y: hole.y, width: hole.x - x, height: hole.height),
        Part(x: right, y: hole.y, width: x + width - right, height: hole.height),
      ].filter { $0.width > 0 && $0.height > 0 }
    }
  }

  /// Pixels kept beyond those in sight, as a multiple of them.
  private static let keptViews = 8

  package init(_ graphics: Graphics) { self.graphics = graphics }

  private var cell: CellSize { facts.cell ?? .usual }

  /// What the terminal shows is not known; the next frame draws all pictures.
  package mutating func forget() {
    shown = []
    isForgotten = true
  }

  /// Takes all pictures away for good.
  package mutating func leave(damage: (CanvasArea) -> Void) -> [UInt8] {
    prepare(Canvas(columns: 1, rows: 1), damage: damage)
  }

  /// Bytes to be sent before the cells: takes pictures away that `canvas` no longer has. Where a picture is part of the cells they
  /// must be drawn anew, which `damage` is told.
  package mutating func prepare(_ canvas: Canvas, damage: (CanvasArea) -> Void) -> [UInt8] {
    guard graphics.isPixels else { return [] }
    var bytes: [UInt8] = []
    if isForgotten && graphics == .kitty { bytes += forTerminal(KittyEncoder.removeAll) }
    isForgotten = false
    wanted = canvas.pictures.filter { Self.isDrawable($0, on: canvas) }
    let before = shown
    shown = []
    for old in before {
      guard !wanted.contains(where: { goesOn(old.picture, $0) }) else {
        shown.append(old)
        continue
      }
      for number in old.parts.map(\.number) + old.frames { bytes += forTerminal(KittyEncoder.remove(number)) }
      if graphics != .kitty || facts.isTmux { damage(old.picture.area) }
    }
    return bytes
  }

  /// Bytes to be sent after the cells: the pictures that are not shown yet.
  package mutating func pictures() -> [UInt8] {
    var bytes: [UInt8] = []
    for picture in wanted where !shown.contains(where: { $0.picture == picture }) {
      let place = shown.firstIndex { goesOn($0.picture, picture) }
      var next = place.map { shown.remove(at: $0) } ?? Shown(picture: picture)
      // Colours and place of the cells' pen stay as they were.
      bytes += Array("\u{1b}7".utf8) + at(picture.area.column, picture.area.row)
      if graphics == .kitty && !facts.isTmux {
        bytes += drawKitty(picture, &next)
      } else {
        bytes += drawBaked(picture, &next)
      }
      bytes += Array("\u{1b}8".utf8)
      next.picture = picture
      shown.append(next)
    }
    return bytes
  }

  /// Whether `new` can be made of what the terminal has of `old`.
  private func goesOn(_ old: PlacedPicture, _ new: PlacedPicture) -> Bool {
    guard old != new else { return true }
    guard graphics == .kitty, !facts.isTmux, old.area == new.area, old.pixels.width == new.pixels.width,
      old.pixels.height == new.pixels.height
    else { return false }
    if old.pixels == new.pixels && old.source == new.source { return true }
    return new.source != nil && old.source?.plane == new.source?.plane && isExact(new)
  }

  /// Its pixels are those of the terminal.
  private func isExact(_ picture: PlacedPicture) -> Bool {
    facts.cell != nil && picture.pixels.width == picture.area.columns * cell.width
      && picture.pixels.height == picture.area.rows * cell.height
  }

  private mutating func number() -> Int {
    // Placeholders tell it by one of 255 colours.
    lastNumber = facts.isTmux ? lastNumber % 255 + 1 : lastNumber + 1
    return lastNumber
  }

  private func at(_ column: Int, _ row: Int) -> [UInt8] { Array("\u{1b}[\(row + 1);\(column + 1)H".utf8) }

  private func forTerminal(_ bytes: [UInt8]) -> [UInt8] {
    graphics != .kitty ? [] : facts.isTmux ? KittyEncoder.throughTmux(bytes) : bytes
  }

  // MARK: Kitty

  private mutating func drawKitty(_ picture: PlacedPicture, _ shown: inout Shown) -> [UInt8] {
    let isNew = shown.parts.isEmpty
    let view = Part(
      x: picture.source?.x ?? 0, y: picture.source?.y ?? 0, width: picture.pixels.width, height: picture.pixels.height)
    var bytes: [UInt8] = []
    if isNew || picture.pixels != shown.picture.pixels || picture.source != shown.picture.source {
      var missing = [view]
      for part in shown.parts { missing = missing.flatMap { $0.without(part) } }
      for var part in missing {
        part.number = number()
        bytes += send(
          picture.pixels.part(x: part.x - view.x, y: part.y - view.y, width: part.width, height: part.height),
          part.number, isStrip: !isNew)
        shown.parts.append(part)
      }
      for part in shown.parts where !isNew { bytes += KittyEncoder.hide(part.number) }
      for part in shown.parts { bytes += place(part, in: view, of: picture) }
      bytes += forgetFar(from: view, &shown)
    }
    if isNew || picture.frames != shown.picture.frames { bytes += drawFrames(picture, &shown) }
    return bytes
  }

  /// - Parameter isStrip: more of a picture that moves: over a wire each key shall cost little. Ctrl-L sends all of it anew.
  private func send(_ pixels: PixelBlock, _ number: Int, isStrip: Bool) -> [UInt8] {
    if facts.sharesMemory, let bytes = KittyEncoder.share(pixels, number: number) { return bytes }
    let file = PNGEncoder.encode(pixels)
    guard isStrip, case let small = PNGEncoder.encodeIndexed(pixels), small.count < file.count else {
      return KittyEncoder.send(file, number: number)
    }
    return KittyEncoder.send(small, number: number)
  }

  private func place(_ part: Part, in view: Part, of picture: PlacedPicture) -> [UInt8] {
    guard let seen = part.shared(with: view) else { return [] }
    let crop = (x: seen.x - part.x, y: seen.y - part.y, width: seen.width, height: seen.height)
    guard isExact(picture) else { return KittyEncoder.place(part.number, part: crop, over: picture.area) }
    let (x, y) = (seen.x - view.x, seen.y - view.y)
    return at(picture.area.column + x / cell.width, picture.area.row + y / cell.height)
      + KittyEncoder.place(part.number, part: crop, inset: (x % cell.width, y % cell.height))
  }

  /// Has the terminal forget what is out of sight beyond `keptViews`, the oldest first.
  private func forgetFar(from view: Part, _ shown: inout Shown) -> [UInt8] {
    var pixels = shown.parts.reduce(0) { $0 + $1.width * $1.height }
    var bytes: [UInt8] = []
    shown.parts.removeAll { part in
      guard pixels > Self.keptViews * view.width * view.height, part.shared(with: view) == nil else { return false }
      pixels -= part.width * part.height
      bytes += KittyEncoder.remove(part.number)
      return true
    }
    return bytes
  }

  private mutating func drawFrames(_ picture: PlacedPicture, _ shown: inout Shown) -> [UInt8] {
    var bytes: [UInt8] = []
    for number in shown.frames { bytes += KittyEncoder.remove(number) }
    shown.frames = []
    let (width, height) = (picture.pixels.width, picture.pixels.height)
    for frame in picture.frames {
      guard let (file, x, y) = PNGEncoder.encode(frame, width: width, height: height) else { continue }
      let number = number()
      shown.frames.append(number)
      bytes += KittyEncoder.send(file.bytes, number: number)
      // Pixels of the picture as the terminal's, where they are not the same.
      let (column, row) = (
        x * picture.area.columns * cell.width / width, y * picture.area.rows * cell.height / height
      )
      bytes += at(picture.area.column + column / cell.width, picture.area.row + row / cell.height)
      bytes += KittyEncoder.place(
        number, part: (0, 0, file.width, file.height), inset: (column % cell.width, row % cell.height),
        over: isExact(picture)
          ? nil
          : CanvasArea(
            column: 0, row: 0, columns: max(1, file.width * picture.area.columns / width),
            rows: max(1, file.height * picture.area.rows / height)), layer: 1)
    }
    return bytes
  }

  // MARK: Pictures in one piece

  private mutating func drawBaked(_ picture: PlacedPicture, _ shown: inout Shown) -> [UInt8] {
    let pixels = picture.pixels.with(picture.frames)
    switch graphics {
    case .kitty:
      let number = number()
      shown.parts = [Part(number: number, x: 0, y: 0, width: pixels.width, height: pixels.height)]
      return KittyEncoder.sendForPlaceholders(PNGEncoder.encode(pixels), number: number, in: picture.area)
        + KittyEncoder.placeholders(number, in: picture.area)
    case .iterm: return ITermEncoder.place(pixels, in: picture.area)
    default:
      let (width, height) = (picture.area.columns * cell.width, picture.area.rows * cell.height)
      return SixelEncoder.encode(pixels.scaled(toWidth: width, height: height))
    }
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
  /// A part that lies within.
  fileprivate func part(x: Int, y: Int, width newWidth: Int, height newHeight: Int) -> PixelBlock {
    if newWidth == width && newHeight == height { return self }
    var result: [UInt8] = []
    result.reserveCapacity(newWidth * newHeight * 3)
    for row in y..<y + newHeight {
      let start = (row * width + x) * 3
      result += bytes[start..<start + newWidth * 3]
    }
    return PixelBlock(width: newWidth, height: newHeight, bytes: result)
  }

  /// With frames drawn into it.
  package func with(_ frames: [PlacedPicture.Frame]) -> PixelBlock {
    guard !frames.isEmpty else { return self }
    var result = bytes
    for frame in frames {
      func set(_ x: Int, _ y: Int) {
        guard (0..<width).contains(x), (0..<height).contains(y) else { return }
        let place = (y * width + x) * 3
        (result[place], result[place + 1], result[place + 2]) = (frame.red, frame.green, frame.blue)
      }
      for x in max(0, frame.left)...max(0, min(frame.right, width - 1)) {
        for y in [frame.top, frame.bottom] { set(x, y) }
      }
      for y in max(0, frame.top)...max(0, min(frame.bottom, height - 1)) {
        for x in [frame.left, frame.right] { set(x, y) }
      }
    }
    return PixelBlock(width: width, height: height, bytes: result)
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
