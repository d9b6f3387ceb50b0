/// Colours 16...255 of terminals with 256: a cube of 6 x 6 x 6 and 24 grays. The first 16 are the person's own and not used.
enum IndexedPalette {
  static let colours: [RGB] = {
    let levels: [UInt8] = [0, 95, 135, 175, 215, 255]
    var colours: [RGB] = []
    for red in levels {
      for green in levels {
        for blue in levels { colours.append(RGB(red, green, blue)) }
      }
    }
    for step in 0..<24 {
      let level = UInt8(8 + 10 * step)
      colours.append(RGB(level, level, level))
    }
    return colours
  }()

  static func nearest(to colour: RGB) -> RGB {
    colours.min { $0.distance(to: colour) < $1.distance(to: colour) } ?? colour
  }

  /// The nearest one that can be read on `background`, where there is one.
  static func nearest(to colour: RGB, readableOn background: RGB) -> RGB {
    let readable = colours.filter { $0.contrast(with: background) >= 4.5 }
    return readable.min { $0.distance(to: colour) < $1.distance(to: colour) } ?? nearest(to: colour)
  }
}
