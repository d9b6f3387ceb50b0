import Workbench

/// Sixel graphics: bands of six rows, in each the columns of every colour as characters, runs shortened (`!12~`).
package enum SixelEncoder {
  package static func encode(_ pixels: PixelBlock) -> [UInt8] {
    let (palette, indices) = ColourReduction.reduce(pixels, to: 256)
    var bytes = Array("\u{1b}P0;1;0q\"1;1;\(pixels.width);\(pixels.height)".utf8)
    for (number, colour) in palette.enumerated() {
      // Per cent, as the protocol counts.
      let (red, green, blue) = (percent(colour.0), percent(colour.1), percent(colour.2))
      bytes += Array("#\(number);2;\(red);\(green);\(blue)".utf8)
    }
    var masks = [UInt8](repeating: 0, count: palette.count * pixels.width)
    for top in stride(from: 0, to: pixels.height, by: 6) {
      band(top, pixels, indices, &masks, into: &bytes)
      bytes.append(UInt8(ascii: "-"))
    }
    bytes[bytes.count - 1] = 0x1b
    bytes.append(UInt8(ascii: "\\"))
    return bytes
  }

  private static func percent(_ value: UInt8) -> Int { (Int(value) * 100 + 127) / 255 }

  /// One band. `masks` holds for each colour and column which of the six pixels have that colour; all 0 before and after.
  private static func band(
    _ top: Int, _ pixels: PixelBlock, _ indices: [UInt8], _ masks: inout [UInt8], into bytes: inout [UInt8]
  ) {
    let width = pixels.width
    var isUsed = [Bool](repeating: false, count: 256)
    for row in top..<min(top + 6, pixels.height) {
      for column in 0..<width {
        let colour = Int(indices[row * width + column])
        isUsed[colour] = true
        masks[colour * width + column] |= 1 << UInt8(row - top)
      }
    }
    var isFirst = true
    for colour in 0..<256 where isUsed[colour] {
      // Back to the left edge for the next colour.
      if !isFirst { bytes.append(UInt8(ascii: "$")) }
      isFirst = false
      bytes.append(UInt8(ascii: "#"))
      bytes.append(decimal: colour)
      let line = masks[colour * width..<(colour + 1) * width]
      append(line, to: &bytes)
      for place in line.indices { masks[place] = 0 }
    }
  }

  private static func append(_ line: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
    var start = line.startIndex
    // What is empty to the right need not be said.
    let end = (line.lastIndex { $0 != 0 } ?? start - 1) + 1
    while start < end {
      let stop = line[start..<end].firstIndex { $0 != line[start] } ?? end
      let character = 63 + line[start]
      if stop - start > 3 {
        bytes.append(UInt8(ascii: "!"))
        bytes.append(decimal: stop - start)
        bytes.append(character)
      } else {
        bytes += [UInt8](repeating: character, count: stop - start)
      }
      start = stop
    }
  }
}
