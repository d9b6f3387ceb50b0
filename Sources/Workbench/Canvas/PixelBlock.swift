import EngineWire

extension PixelBlock {
  subscript(x: Int, y: Int) -> RGB {
    let place = (y * width + x) * 3
    return RGB(bytes[place], bytes[place + 1], bytes[place + 2])
  }

  /// This in another size. Shrinking averages the light of all pixels that fall into one (so thin lines stay); enlarging repeats
  /// pixels. A block without pixels becomes black.
  package func scaled(width newWidth: Int, height newHeight: Int) -> PixelBlock {
    if newWidth == width, newHeight == height { return self }
    guard newWidth > 0, newHeight > 0 else { return PixelBlock(width: 0, height: 0, bytes: []) }
    var result = [UInt8](repeating: 0, count: newWidth * newHeight * 3)
    guard width > 0, height > 0 else { return PixelBlock(width: newWidth, height: newHeight, bytes: result) }

    let across = Self.shares(of: width, for: newWidth)
    let down = Self.shares(of: height, for: newHeight)
    let light = LinearLight.decode
    var sums = [Double](repeating: 0, count: newWidth * 3)
    for y in 0..<newHeight {
      for place in sums.indices { sums[place] = 0 }
      for (row, rowShare) in down[y] {
        for x in 0..<newWidth {
          var (red, green, blue) = (0.0, 0.0, 0.0)
          for (column, share) in across[x] {
            let place = (row * width + column) * 3
            red += light[Int(bytes[place])] * share
            green += light[Int(bytes[place + 1])] * share
            blue += light[Int(bytes[place + 2])] * share
          }
          sums[x * 3] += red * rowShare
          sums[x * 3 + 1] += green * rowShare
          sums[x * 3 + 2] += blue * rowShare
        }
      }
      for place in sums.indices {
        result[y * newWidth * 3 + place] = LinearLight.encode[Int(min(1, sums[place]) * 4095 + 0.5)]
      }
    }
    return PixelBlock(width: newWidth, height: newHeight, bytes: result)
  }

  /// Which old places go into each new one, and how much of them; the shares of one place sum to 1.
  private static func shares(of old: Int, for new: Int) -> [[(Int, Double)]] {
    (0..<new).map { place in
      if new >= old { return [((2 * place + 1) * old / (2 * new), 1)] }
      let (start, end) = (Double(place) * Double(old) / Double(new), Double(place + 1) * Double(old) / Double(new))
      return (Int(start)..<min(old, Int(end.rounded(.up)))).map { source in
        (source, (min(end, Double(source + 1)) - max(start, Double(source))) / (end - start))
      }
    }
  }
}

extension PixelBlock {
  /// A part of this, clamped to where there are pixels; at least one pixel where there is any.
  func cropped(x: Int, y: Int, width newWidth: Int, height newHeight: Int) -> PixelBlock {
    guard width > 0, height > 0 else { return self }
    let (left, top) = (min(max(x, 0), width - 1), min(max(y, 0), height - 1))
    let (columns, rows) = (min(max(newWidth, 1), width - left), min(max(newHeight, 1), height - top))
    var result: [UInt8] = []
    result.reserveCapacity(columns * rows * 3)
    for row in top..<top + rows {
      let start = (row * width + left) * 3
      result += bytes[start..<start + columns * 3]
    }
    return PixelBlock(width: columns, height: rows, bytes: result)
  }
}

extension PixelBlock {
  /// The pixels of an answer; nil where the bytes are not as many as it says.
  package init?(_ info: PixelsInfo, _ bytes: some Sequence<UInt8>) {
    let bytes = Array(bytes)
    guard info.width >= 0, info.height >= 0 else { return nil }
    let (count, isHuge) = info.width.multipliedReportingOverflow(by: info.height)
    guard !isHuge, count <= bytes.count, count * 3 == bytes.count else { return nil }
    self.init(width: info.width, height: info.height, bytes: bytes)
  }
}

/// Four pixels in one cell of two colours.
enum QuarterBlock {
  /// Glyphs by which quarters are in the foreground: bit 0 upper left, 1 upper right, 2 lower left, 3 lower right.
  static let glyphs: [Character] = [
    " ", "\u{2598}", "\u{259d}", "\u{2580}", "\u{2596}", "\u{258c}", "\u{259e}", "\u{259b}", "\u{2597}", "\u{259a}",
    "\u{2590}", "\u{259c}", "\u{2584}", "\u{2599}", "\u{259f}", "\u{2588}",
  ]

  /// The split of four colours into two groups, each shown by its mean, with the least squared error.
  static func best(_ pixels: [RGB]) -> (mask: Int, foreground: RGB, background: RGB) {
    var best = (mask: 0, foreground: mean(pixels, 15), background: mean(pixels, 15))
    var least = error(pixels, 15, best.background)
    // The upper left quarter may always be in the background: the other half of the masks are the same splits.
    for mask in stride(from: 2, through: 14, by: 2) where least > 0 {
      let (foreground, background) = (mean(pixels, mask), mean(pixels, 15 ^ mask))
      let sum = error(pixels, mask, foreground) + error(pixels, 15 ^ mask, background)
      if sum < least {
        least = sum
        best = (mask, foreground, background)
      }
    }
    return best
  }

  private static func mean(_ pixels: [RGB], _ mask: Int) -> RGB {
    var (red, green, blue, count) = (0, 0, 0, 0)
    for place in 0..<4 where mask >> place & 1 == 1 {
      red += Int(pixels[place].red)
      green += Int(pixels[place].green)
      blue += Int(pixels[place].blue)
      count += 1
    }
    guard count > 0 else { return RGB(0) }
    return RGB(UInt8(red / count), UInt8(green / count), UInt8(blue / count))
  }

  private static func error(_ pixels: [RGB], _ mask: Int, _ colour: RGB) -> Int {
    var sum = 0
    for place in 0..<4 where mask >> place & 1 == 1 {
      let (r, g, b) = (
        Int(pixels[place].red) - Int(colour.red), Int(pixels[place].green) - Int(colour.green),
        Int(pixels[place].blue) - Int(colour.blue)
      )
      sum += r * r + g * g + b * b
    }
    return sum
  }
}
