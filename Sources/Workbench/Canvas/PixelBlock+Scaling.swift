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
