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
