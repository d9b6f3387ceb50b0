import Imaging

/// A DNG file made here: 16-bit samples, uncompressed in one strip, or losslessly compressed in one strip or in tiles (Adobe DNG
/// 1.4, TIFF 6.0, ITU-T T.81).
package struct DNG {
  package static let black: Float = 512
  package static let white: Float = 16_000
  package static let gains: [Float] = [2, 1, 1.5]

  package enum Storage: Hashable, Sendable {
    case plain
    case lossless
    /// Squares of this side, each compressed for itself; the picture's sides are multiples of it.
    case tiles(Int)
  }

  /// What a tag holds: the type's number, how many, and the bytes.
  package struct Value: Sendable {
    let type: Int
    let count: Int
    let bytes: [UInt8]

    package static func shorts(_ values: Int...) -> Value {
      Value(type: 3, count: values.count, bytes: values.flatMap { DNG.little($0, 2) })
    }
    package static func longs(_ values: Int...) -> Value { longs(values) }
    static func longs(_ values: [Int]) -> Value {
      Value(type: 4, count: values.count, bytes: values.flatMap { DNG.little($0, 4) })
    }
    package static func rationals(_ values: [Double], signed: Bool = false) -> Value {
      Value(
        type: signed ? 10 : 5, count: values.count,
        bytes: values.flatMap { DNG.little(Int(($0 * 10_000).rounded()), 4) + DNG.little(10_000, 4) })
    }
    package static func text(_ text: String) -> Value {
      Value(type: 2, count: text.utf8.count + 1, bytes: Array(text.utf8) + [0])
    }
    package static func bytes(_ bytes: [UInt8]) -> Value { Value(type: 1, count: bytes.count, bytes: bytes) }
  }

  package let bytes: [UInt8]
  /// Where in `bytes` each strip or tile lies.
  package let pieces: [Range<Int>]

  /// - Parameters:
  ///   - tags: take the place of those that are right.
  ///   - light: linear sRGB of the scene, 0...1, which the camera sees divided by its gains.
  package init(
    width: Int, height: Int, filters: ColourFilterArray, orientation: Int = 1, storage: Storage = .plain,
    tags: [Int: Value] = [:], light: (_ x: Int, _ y: Int, _ channel: Int) -> Float
  ) {
    var samples: [UInt16] = []
    for y in 0..<height {
      for x in 0..<width {
        let channel = filters.channel(y: y, x: x)
        let value = Self.black + light(x, y, channel) / Self.gains[channel] * (Self.white - Self.black)
        samples.append(UInt16(value.rounded()))
      }
    }
    self.init(
      width: width, height: height, filters: filters, orientation: orientation, storage: storage, tags: tags,
      samples: samples)
  }

  /// The same with samples as they are to be stored.
  package init(
    width: Int, height: Int, filters: ColourFilterArray, orientation: Int = 1, storage: Storage = .plain,
    tags: [Int: Value] = [:], samples: [UInt16]
  ) {
    let pattern = (0..<4).map { UInt8(filters.channel(y: $0 / 2, x: $0 % 2)) }
    // XYZ (D65) to linear sRGB, IEC 61966-2-1: the camera's colours are those of sRGB.
    let matrix = [3.2406, -1.5372, -0.4986, -0.9689, 1.8758, 0.0415, 0.0557, -0.2040, 1.0570]
    let neutral = Self.gains.map { Double(1 / $0) }
    let camera = zip([0, 1, 2], neutral).flatMap { row, gain in matrix[row * 3..<row * 3 + 3].map { $0 * gain } }
    var blocks: [[UInt8]]
    switch storage {
    case .plain: blocks = [samples.flatMap { Self.little(Int($0), 2) }]
    case .lossless: blocks = [Self.lossless(samples, width: width, height: height)]
    case .tiles(let side):
      blocks = []
      for top in stride(from: 0, to: height, by: side) {
        for left in stride(from: 0, to: width, by: side) {
          let rows = (top..<top + side).map { samples[$0 * width + left..<$0 * width + left + side] }
          blocks.append(Self.lossless(rows.flatMap { $0 }, width: side, height: side))
        }
      }
    }
    var entries: [Int: Value] = [
      254: .longs(0), 256: .longs(width), 257: .longs(height), 258: .shorts(16),
      259: .shorts(storage == .plain ? 1 : 7), 262: .shorts(32_803), 271: .text("Testlab"), 272: .text("Pinhole"),
      274: .shorts(orientation), 277: .shorts(1), 33_421: .shorts(2, 2), 33_422: .bytes(pattern),
      50_706: .bytes([1, 4, 0, 0]), 50_708: .text("Testlab Pinhole"), 50_714: .longs(Int(Self.black)),
      50_717: .longs(Int(Self.white)), 50_721: .rationals(camera, signed: true), 50_728: .rationals(neutral),
      50_778: .shorts(21),
    ]
    let (offsetTag, countTag): (Int, Int)
    if case .tiles(let side) = storage {
      (offsetTag, countTag) = (324, 325)
      (entries[322], entries[323]) = (.longs(side), .longs(side))
    } else {
      (offsetTag, countTag) = (273, 279)
      entries[278] = .longs(height)
    }
    entries[offsetTag] = .longs(blocks.map { _ in 0 })
    entries[countTag] = .longs(blocks.map(\.count))
    let longest = entries.merging(tags) { $1 }
    let heapStart = 8 + 2 + longest.count * 12 + 4
    let heapBytes = longest.values.filter { $0.bytes.count > 4 }.reduce(0) { $0 + ($1.bytes.count + 1) / 2 * 2 }
    var places: [Range<Int>] = []
    for block in blocks {
      let start = places.last?.upperBound ?? heapStart + heapBytes
      places.append(start..<start + block.count)
    }
    entries[offsetTag] = .longs(places.map(\.lowerBound))
    entries.merge(tags) { $1 }

    var (table, heap): ([UInt8], [UInt8]) = (Self.little(entries.count, 2), [])
    for (tag, value) in entries.sorted(by: { $0.key < $1.key }) {
      table += Self.little(tag, 2) + Self.little(value.type, 2) + Self.little(value.count, 4)
      if value.bytes.count > 4 {
        table += Self.little(heapStart + heap.count, 4)
        heap += value.bytes + (value.bytes.count % 2 == 1 ? [0] : [])
      } else {
        table += value.bytes + [UInt8](repeating: 0, count: 4 - value.bytes.count)
      }
    }
    bytes = Array("II*\0".utf8) + Self.little(8, 4) + table + Self.little(0, 4) + heap + blocks.joined()
    pieces = places
  }

  private static func little(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  /// One component of 16 bits, each sample predicted by the one to its left; every category of difference is a code of five bits.
  private static func lossless(_ samples: [UInt16], width: Int, height: Int) -> [UInt8] {
    func big(_ value: Int) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 255)] }
    let lengths: [UInt8] = (1...16).map { $0 == 5 ? 17 : 0 }
    var bytes: [UInt8] = [0xFF, 0xD8, 0xFF, 0xC4] + big(2 + 1 + 16 + 17) + [0] + lengths + (0...16).map { UInt8($0) }
    bytes += [0xFF, 0xC3] + big(11) + [16] + big(height) + big(width) + [1, 0, 0x11, 0]
    bytes += [0xFF, 0xDA] + big(8) + [1, 0, 0, 1, 0, 0]
    var (bits, held): (UInt64, Int) = (0, 0)
    func put(_ value: Int, _ count: Int) {
      bits = bits << UInt64(count) | UInt64(value)
      held += count
      while held >= 8 {
        held -= 8
        let byte = UInt8(truncatingIfNeeded: bits >> UInt64(held))
        bytes.append(byte)
        if byte == 0xFF { bytes.append(0) }
      }
    }
    for y in 0..<height {
      for x in 0..<width {
        let guess: UInt16 =
          x > 0 ? samples[y * width + x - 1] : y > 0 ? samples[(y - 1) * width] : 1 << 15
        let difference = Int(Int16(bitPattern: samples[y * width + x] &- guess))
        let category = difference == Int(Int16.min) ? 16 : Int.bitWidth - abs(difference).leadingZeroBitCount
        put(category, 5)
        if (1...15).contains(category) { put(difference < 0 ? difference + 1 << category - 1 : difference, category) }
      }
    }
    put(0x7F, 7)
    return bytes + [0xFF, 0xD9]
  }
}
