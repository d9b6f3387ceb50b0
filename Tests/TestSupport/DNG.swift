import Imaging

/// A DNG file made here: uncompressed 16-bit samples, one strip (Adobe DNG 1.4, TIFF 6.0).
package struct DNG {
  package static let black: Float = 512
  package static let white: Float = 16_000
  package static let gains: [Float] = [2, 1, 1.5]
  package let bytes: [UInt8]

  /// - Parameter light: linear sRGB of the scene, 0...1, which the camera sees divided by its gains.
  package init(
    width: Int, height: Int, filters: ColourFilterArray, orientation: Int = 1,
    light: (_ x: Int, _ y: Int, _ channel: Int) -> Float
  ) {
    var entries: [(tag: Int, type: Int, count: Int, bytes: [UInt8])] = []
    func short(_ values: [Int]) -> [UInt8] { values.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] } }
    func long(_ values: [Int]) -> [UInt8] { values.flatMap { v in (0..<4).map { UInt8(v >> (8 * $0) & 255) } } }
    func rational(_ values: [Double]) -> [UInt8] {
      values.flatMap { long([Int(($0 * 10_000).rounded()) & 0xFFFF_FFFF, 10_000]) }
    }
    func add(_ tag: Int, _ type: Int, _ count: Int, _ bytes: [UInt8]) { entries.append((tag, type, count, bytes)) }
    let pattern = (0..<4).map { UInt8(filters.channel(y: $0 / 2, x: $0 % 2)) }
    // XYZ (D65) to linear sRGB, IEC 61966-2-1: the camera's colours are those of sRGB.
    let matrix = [3.2406, -1.5372, -0.4986, -0.9689, 1.8758, 0.0415, 0.0557, -0.2040, 1.0570]
    let neutral = Self.gains.map { Double(1 / $0) }
    let camera = zip([0, 1, 2], neutral).flatMap { row, gain in matrix[row * 3..<row * 3 + 3].map { $0 * gain } }
    add(254, 4, 1, long([0]))
    add(256, 4, 1, long([width]))
    add(257, 4, 1, long([height]))
    add(258, 3, 1, short([16]))
    add(259, 3, 1, short([1]))
    add(262, 3, 1, short([32_803]))
    add(271, 2, 8, Array("Testlab\0".utf8))
    add(272, 2, 8, Array("Pinhole\0".utf8))
    add(273, 4, 1, long([0]))  // filled in below
    add(274, 3, 1, short([orientation]))
    add(277, 3, 1, short([1]))
    add(278, 4, 1, long([height]))
    add(279, 4, 1, long([width * height * 2]))
    add(33_421, 3, 2, short([2, 2]))
    add(33_422, 1, 4, pattern)
    add(50_706, 1, 4, [1, 4, 0, 0])
    add(50_708, 2, 16, Array("Testlab Pinhole\0".utf8))
    add(50_714, 4, 1, long([Int(Self.black)]))
    add(50_717, 4, 1, long([Int(Self.white)]))
    add(50_721, 10, 9, rational(camera))
    add(50_728, 5, 3, rational(neutral))
    add(50_778, 3, 1, short([21]))
    let heapStart = 8 + 2 + entries.count * 12 + 4
    var heap: [UInt8] = []
    var table: [UInt8] = short([entries.count])
    let dataStart =
      heapStart + entries.filter { $0.bytes.count > 4 }.reduce(0) { $0 + $1.bytes.count + $1.bytes.count % 2 }
    for entry in entries {
      table += short([entry.tag, entry.type]) + long([entry.count])
      let content = entry.tag == 273 ? long([dataStart]) : entry.bytes
      if content.count > 4 {
        table += long([heapStart + heap.count])
        heap += content + (content.count % 2 == 1 ? [0] : [])
      } else {
        table += content + [UInt8](repeating: 0, count: 4 - content.count)
      }
    }
    var samples: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        let channel = filters.channel(y: y, x: x)
        let value = Self.black + light(x, y, channel) / Self.gains[channel] * (Self.white - Self.black)
        samples += short([Int(value.rounded())])
      }
    }
    bytes = Array("II*\0".utf8) + long([8]) + table + long([0]) + heap + samples
  }
}
