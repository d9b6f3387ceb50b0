import Base
import Imaging

/// Times encoding and decoding of one picture in every format that is written here, in memory.
struct FormatBench {
  struct Row: Encodable {
    let format: String
    let encodeSeconds: Double
    let decodeSeconds: Double
    let bytes: Int
  }

  struct Report: Encodable {
    let width: Int
    let height: Int
    let formats: [Row]
    let machine: String

    var lines: [String] {
      let head = [["FORMAT", "ENCODE", "DECODE", "BYTES"]]
      let rows = formats.map {
        [$0.format, "\($0.encodeSeconds.fixed(2)) s", "\($0.decodeSeconds.fixed(2)) s", String($0.bytes)]
      }
      let megapixels = Double(width * height) / 1e6
      return ["\(width) x \(height), \(megapixels.fixed(1)) megapixels, 8 bits, on \(machine)"]
        + table(head + rows, leftAligned: [0])
    }
  }

  let size: PictureSize

  /// - Parameter onFormat: called before each format.
  func run(onFormat: (_ name: String, _ share: Double) -> Void) throws(ImageError) -> Report {
    let picture = picture
    let formats = ImageFile.Format.written.filter { max(size.width, size.height) <= $0.largestSide }
    var rows: [Row] = []
    for (place, format) in formats.enumerated() {
      onFormat(format.name, Double(place) / Double(formats.count))
      let start = ContinuousClock.now
      let bytes = try ImageFile.encode(picture, format: format)
      let middle = ContinuousClock.now
      _ = try ImageFile.decode(bytes, path: format.name)
      rows.append(
        Row(
          format: format.name, encodeSeconds: (middle - start).seconds,
          decodeSeconds: (ContinuousClock.now - middle).seconds, bytes: bytes.count))
    }
    return Report(width: size.width, height: size.height, formats: rows, machine: Machine.description)
  }

  /// Slow waves with noise of some levels, as a photograph has them. The noise begins anew after more rows than compressors look back.
  private var picture: Image {
    let band = 256
    var noise: [UInt8] = []
    var state: UInt64 = 1
    for _ in 0..<band * size.width * 3 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      noise.append(UInt8(truncatingIfNeeded: state >> 61))
    }
    let row = size.width * 3
    let waves = (0..<row).map { UInt8(96 + ($0 / 24) % 64) }
    var samples: [UInt8] = []
    samples.reserveCapacity(row * size.height)
    for y in 0..<size.height {
      let (from, level) = (y % band * row, UInt8(y / 16 % 64))
      for x in 0..<row { samples.append(waves[x] + level + noise[from + x]) }
    }
    return Image(width: size.width, height: size.height, layout: .rgb, samples: .eight(samples))
  }
}
