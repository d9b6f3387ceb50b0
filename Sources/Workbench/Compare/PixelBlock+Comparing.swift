extension PixelBlock {
  /// Each pixel `zoom` times as wide and high, cut to `width` x `height`, and laid on `ground` where that is larger.
  func magnified(_ zoom: Int, to size: (width: Int, height: Int), on ground: RGB) -> PixelBlock {
    if zoom == 1, size == (width, height) { return self }
    var result = [UInt8](repeating: 0, count: max(0, size.width) * max(0, size.height) * 3)
    for y in 0..<max(0, size.height) {
      for x in 0..<max(0, size.width) {
        let (column, row) = (x / max(1, zoom), y / max(1, zoom))
        let colour = column < width && row < height ? self[column, row] : ground
        let place = (y * size.width + x) * 3
        (result[place], result[place + 1], result[place + 2]) = (colour.red, colour.green, colour.blue)
      }
    }
    return PixelBlock(width: max(0, size.width), height: max(0, size.height), bytes: result)
  }

  /// This up to column `edge`, `other` from there on. Both have one size.
  func wiped(with other: PixelBlock, at edge: Int) -> PixelBlock {
    guard other.width == width, other.height == height else { return self }
    let cut = min(max(0, edge), width) * 3
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    for row in 0..<height {
      let (start, end) = (row * width * 3, (row + 1) * width * 3)
      result += bytes[start..<start + cut]
      result += other.bytes[start + cut..<end]
    }
    return PixelBlock(width: width, height: height, bytes: result)
  }

  /// By how much this is lighter than `other`, pixel by pixel: mean of the channels, -255...255.
  func differences(from other: PixelBlock) -> [Int] {
    guard other.width == width, other.height == height else { return [] }
    return (0..<width * height).map { pixel in
      var sum = 0
      for channel in 0..<3 { sum += Int(bytes[pixel * 3 + channel]) - Int(other.bytes[pixel * 3 + channel]) }
      // To the nearest, away from zero at the half, so that both signs are treated alike.
      return (sum + (sum < 0 ? -1 : 1)) / 3
    }
  }

  /// Differences times `gain` as colours: blue where this is darker, orange where it is lighter, the ground where both are equal.
  func differenceMap(from other: PixelBlock, gain: Int, isLight: Bool) -> PixelBlock {
    let ground = isLight ? RGB(0xffffff) : RGB(0x101010)
    let (darker, lighter) = isLight ? (RGB(0x0044bb), RGB(0xb34a00)) : (RGB(0x4da3ff), RGB(0xffa033))
    let table = (0...255).map { amount in
      let share = min(1, Double(amount * gain) / 255)
      return (ground.mixed(with: darker, share), ground.mixed(with: lighter, share))
    }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    for difference in differences(from: other) {
      let colours = table[min(255, abs(difference))]
      let colour = difference < 0 ? colours.0 : colours.1
      result += [colour.red, colour.green, colour.blue]
    }
    guard result.count == bytes.count else { return self }
    return PixelBlock(width: width, height: height, bytes: result)
  }
}
