/// Dithering by thresholds whose places look random but nowhere crowd: a pixel depends on itself alone, so a picture stays calm
/// when a part of it changes, and there is no pattern to be seen.
enum BlueNoise {
  /// One of the terminal's 16 colours.
  static func sixteen(_ colour: RGB, _ x: Int, _ y: Int) -> UInt8 {
    let offset = (threshold(x, y) * 2 - 255) * 60 / 255
    func moved(_ value: UInt8) -> UInt8 { UInt8(min(255, max(0, Int(value) + offset))) }
    return TerminalPalette.nearest(to: RGB(moved(colour.red), moved(colour.green), moved(colour.blue)))
  }

  /// One of the 240 colours that all terminals with 256 share: a gray of the ramp for what is nearly gray, else each channel a
  /// level of the cube, with thresholds of its own so that the noise is one of hue more than of light.
  static func indexed(_ colour: RGB, _ x: Int, _ y: Int) -> RGB {
    let (red, green, blue) = (Int(colour.red), Int(colour.green), Int(colour.blue))
    if max(red, green, blue) - min(red, green, blue) <= 8 {
      let gray = level((2 * red + 5 * green + blue) / 8, threshold(x, y), among: grays)
      return RGB(gray, gray, gray)
    }
    return RGB(
      level(red, threshold(x, y), among: cube), level(green, threshold(x + 5, y + 9), among: cube),
      level(blue, threshold(x + 11, y + 4), among: cube))
  }

  /// The level below `value` or the one above it, in proportion to how near they are.
  private static func level(_ value: Int, _ threshold: Int, among levels: [Int]) -> UInt8 {
    guard let place = levels.lastIndex(where: { $0 <= value }), place + 1 < levels.count else { return UInt8(value) }
    let (low, high) = (levels[place], levels[place + 1])
    return UInt8((value - low) * 256 > threshold * (high - low) + (high - low) / 2 ? high : low)
  }

  private static let cube = [0, 95, 135, 175, 215, 255]
  private static let grays = [0] + (0..<24).map { 8 + 10 * $0 } + [255]

  /// 0...255.
  private static func threshold(_ x: Int, _ y: Int) -> Int { matrix[(y & 15) * 16 + (x & 15)] }

  /// Void and cluster (Ulichney 1993) with a Gaussian of 1.5 pixels.
  private static let matrix = [
    234, 209, 85, 25, 221, 46, 81, 242, 197, 40, 252, 16, 102, 230, 196, 122,
    50, 8, 139, 62, 152, 189, 124, 164, 10, 93, 120, 212, 184, 144, 37, 92,
    188, 118, 229, 195, 101, 1, 217, 60, 227, 179, 150, 51, 82, 3, 248, 158,
    19, 97, 165, 29, 253, 73, 113, 35, 134, 75, 24, 238, 169, 127, 70, 214,
    58, 240, 78, 43, 130, 172, 208, 157, 246, 192, 110, 207, 38, 226, 107, 140,
    171, 205, 146, 185, 220, 90, 15, 53, 95, 6, 63, 137, 89, 11, 199, 32,
    121, 23, 111, 7, 59, 142, 241, 181, 126, 218, 166, 254, 187, 154, 66, 245,
    47, 228, 84, 249, 200, 116, 27, 68, 198, 36, 119, 21, 52, 114, 177, 94,
    163, 138, 176, 41, 156, 80, 168, 223, 148, 91, 232, 76, 204, 239, 17, 213,
    0, 64, 216, 100, 12, 237, 45, 105, 2, 57, 183, 151, 98, 39, 143, 79,
    247, 123, 30, 191, 136, 210, 178, 125, 244, 202, 133, 13, 173, 219, 115, 194,
    104, 170, 231, 48, 112, 61, 20, 83, 161, 34, 103, 250, 67, 28, 159, 54,
    22, 72, 153, 87, 255, 147, 193, 236, 71, 215, 49, 190, 129, 235, 86, 211,
    132, 224, 201, 5, 174, 33, 96, 131, 9, 155, 117, 88, 4, 145, 44, 186,
    14, 99, 42, 128, 69, 206, 225, 55, 182, 233, 31, 203, 222, 175, 108, 251,
    65, 149, 180, 243, 109, 160, 18, 141, 106, 74, 167, 135, 56, 77, 26, 162,
  ]
}
