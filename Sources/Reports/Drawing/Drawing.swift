import Base
import Imaging

/// An 8-bit RGB picture that is drawn on: rectangles, parts of pictures, lines and text. Places are in pixels from the top
/// left; what falls outside is left out.
package struct Drawing {
  package let width: Int
  package let height: Int
  package private(set) var samples: [UInt8]

  package init(width: Int, height: Int, background: Colour) {
    self.width = width
    self.height = height
    samples = [UInt8](repeating: 0, count: width * height * 3)
    fill(0, 0, width, height, background)
  }

  package var image: Image { Image(width: width, height: height, layout: .rgb, samples: .eight(samples)) }

  package mutating func fill(_ x: Int, _ y: Int, _ width: Int, _ height: Int, _ colour: Colour) {
    let columns = max(0, x)..<max(max(0, x), min(self.width, x + width))
    for row in max(0, y)..<max(max(0, y), min(self.height, y + height)) {
      for column in columns { put(column, row, colour) }
    }
  }

  /// A frame of `thickness` pixels just outside the rectangle.
  package mutating func frame(_ x: Int, _ y: Int, _ width: Int, _ height: Int, _ colour: Colour, thickness: Int = 1) {
    let (outer, t) = (width + 2 * thickness, thickness)
    fill(x - t, y - t, outer, t, colour)
    fill(x - t, y + height, outer, t, colour)
    fill(x - t, y, t, height, colour)
    fill(x + width, y, t, height, colour)
  }

  package mutating func put(_ x: Int, _ y: Int, _ colour: Colour) {
    let place = (y * width + x) * 3
    samples[place] = colour.red
    samples[place + 1] = colour.green
    samples[place + 2] = colour.blue
  }

  /// Mixes a colour in; `share` 0...1.
  package mutating func blend(_ x: Int, _ y: Int, _ colour: Colour, _ share: Float) {
    guard (0..<width).contains(x), (0..<height).contains(y), share > 0 else { return }
    let place = (y * width + x) * 3
    func mixed(_ below: UInt8, _ above: UInt8) -> UInt8 {
      UInt8(clamping: Int((Float(below) + (Float(above) - Float(below)) * min(1, share)).rounded()))
    }
    samples[place] = mixed(samples[place], colour.red)
    samples[place + 1] = mixed(samples[place + 1], colour.green)
    samples[place + 2] = mixed(samples[place + 2], colour.blue)
  }

  /// Draws `region` of an opaque picture into a rectangle: pixels become squares where it is enlarged, means where it is made
  /// smaller.
  package mutating func place(
    _ image: Image, _ region: Rectangle, _ x: Int, _ y: Int, _ width: Int, _ height: Int
  ) {
    // What is not shown is not converted either.
    let pixels = ShownPixels(image.cropped(to: region))
    for row in 0..<height {
      let rows = Fit.span(row, of: height, over: region.height)
      for column in 0..<width where (0..<self.width).contains(x + column) && (0..<self.height).contains(y + row) {
        put(x + column, y + row, pixels.mean(Fit.span(column, of: width, over: region.width), rows))
      }
    }
  }
}

/// A colour in sRGB.
package struct Colour: Hashable, Sendable {
  package var red: UInt8
  package var green: UInt8
  package var blue: UInt8

  package init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  /// `0xRRGGBB`
  package init(_ hex: UInt32) {
    self.init(UInt8(hex >> 16 & 255), UInt8(hex >> 8 & 255), UInt8(hex & 255))
  }
}

/// A picture's pixels as 8-bit colours, whatever its layout and depth; alpha is not looked at.
private struct ShownPixels {
  let width: Int
  let step: Int
  /// Place of blue in a pixel; green lies half way.
  let last: Int
  let values: [UInt8]

  init(_ image: Image) {
    let image = image.inScreenColours
    guard case .eight(let values) = image.withBitDepth(8).samples else { preconditionFailure("asked for 8 bits") }
    self.values = values
    width = image.width
    step = image.layout.channels
    last = image.layout.isColour ? 2 : 0
  }

  func mean(_ columns: Range<Int>, _ rows: Range<Int>) -> Colour {
    var (red, green, blue) = (0, 0, 0)
    for y in rows {
      for x in columns {
        let place = (y * width + x) * step
        red += Int(values[place])
        green += Int(values[place + last / 2])
        blue += Int(values[place + last])
      }
    }
    let count = columns.count * rows.count
    func level(_ sum: Int) -> UInt8 { UInt8((sum + count / 2) / count) }
    return Colour(level(red), level(green), level(blue))
  }
}
