import Base
import Imaging

/// An 8-bit RGB picture that is drawn on: rectangles and parts of pictures, above them frames, lines and text. Places are in pixels from
/// the top left; what falls outside is left out.
package struct Drawing {
  package let width: Int
  package let height: Int
  /// Without the strokes.
  private var samples: [UInt8]
  /// What lies above the pixels, in the order it was drawn.
  private(set) var strokes: [Stroke] = []

  enum Stroke {
    /// Just outside the rectangle.
    case frame(Rectangle, Colour, thickness: Int)
    /// With round ends.
    case line([SIMD2<Float>], weight: Float, Colour)
    /// Its baseline at `y`.
    case text(String, StrokeFont, x: Int, y: Int, Colour)
  }

  package init(width: Int, height: Int, background: Colour) {
    self.width = width
    self.height = height
    samples = [UInt8](repeating: 0, count: width * height * 3)
    fill(0, 0, width, height, background)
  }

  /// All of it as pixels.
  package var image: Image {
    var drawn = self
    for stroke in strokes { drawn.put(stroke) }
    return drawn.ground
  }

  /// What lies below the strokes.
  var ground: Image { Image(width: width, height: height, layout: .rgb, samples: .eight(samples)) }

  package mutating func fill(_ x: Int, _ y: Int, _ width: Int, _ height: Int, _ colour: Colour) {
    let columns = max(0, x)..<max(max(0, x), min(self.width, x + width))
    for row in max(0, y)..<max(max(0, y), min(self.height, y + height)) {
      for column in columns { put(column, row, colour) }
    }
  }

  /// A frame of `thickness` pixels just outside the rectangle.
  package mutating func frame(_ x: Int, _ y: Int, _ width: Int, _ height: Int, _ colour: Colour, thickness: Int = 1) {
    strokes.append(.frame(Rectangle(x: x, y: y, width: width, height: height), colour, thickness: thickness))
  }

  /// Writes one line of text, its baseline at `y`, and returns the pixels it takes.
  @discardableResult
  package mutating func write(_ text: String, _ font: StrokeFont, x: Int, y: Int, _ colour: Colour) -> Int {
    strokes.append(.text(text, font, x: x, y: y, colour))
    return font.width(of: text)
  }

  /// A line with round ends through `points`, smoothed at its edges. Crossings within a line are not darker.
  package mutating func draw(_ points: [SIMD2<Float>], weight: Float, _ colour: Colour) {
    strokes.append(.line(points, weight: weight, colour))
  }

  private mutating func put(_ stroke: Stroke) {
    switch stroke {
    case .frame(let place, let colour, let t):
      let outer = place.width + 2 * t
      fill(place.x - t, place.y - t, outer, t, colour)
      fill(place.x - t, place.y + place.height, outer, t, colour)
      fill(place.x - t, place.y, t, place.height, colour)
      fill(place.x + place.width, place.y, t, place.height, colour)
    case .line(let points, let weight, let colour): put(points, weight: weight, colour)
    case .text(let text, let font, let x, let y, let colour):
      for line in font.strokes(of: text, x: Float(x), y: Float(y)) { put(line, weight: font.weight, colour) }
    }
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
