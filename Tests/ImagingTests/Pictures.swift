import Foundation
import Imaging

extension ImageFile.Format {
  /// The two that keep rows in order and hold EXIF, profile and resolution alike.
  static let common: [ImageFile.Format] = [.png, .jpeg]
}

/// Pictures made for tests, and a folder to write them to.
enum Pictures {
  /// Every value different from its neighbours; the same each time.
  static func pattern(_ layout: Image.Layout, bitDepth: Int, width: Int = 13, height: Int = 7) -> Image {
    let count = width * height * layout.channels
    let samples: Image.Samples =
      bitDepth == 8
      ? .eight((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) })
      : .sixteen((0..<count).map { UInt16(truncatingIfNeeded: $0 &* 9_973 &+ 77) })
    return Image(width: width, height: height, layout: layout, samples: samples)
  }

  /// Noise that does not compress, from a linear congruential generator (Knuth's MMIX).
  static func noise(width: Int, height: Int) -> Image {
    var state: UInt64 = 1
    let samples = (0..<width * height).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(state >> 56)
    }
    return Image(width: width, height: height, layout: .gray, samples: .eight(samples))
  }

  /// Smooth shades, which JPEG keeps within a few steps.
  static func shades(_ layout: Image.Layout, width: Int = 48, height: Int = 32) -> Image {
    let channels = layout.channels
    let samples = (0..<width * height * channels).map { i -> UInt8 in
      let (pixel, c) = (i / channels, i % channels)
      if layout.hasAlpha && c == channels - 1 { return UInt8(pixel % width * 5) }
      return UInt8(40 + pixel % width * 90 / width + pixel / width * (c + 1) * 30 / height)
    }
    return Image(width: width, height: height, layout: layout, samples: .eight(samples))
  }

  /// A profile that libpng accepts: a header and a tag table without entries (ICC.1, section 7).
  static func profile(space: String, count: Int = 200) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    func put(_ text: String, at offset: Int) { bytes.replaceSubrange(offset..<offset + 4, with: Array(text.utf8)) }
    func put(_ value: Int, at offset: Int) {
      for i in 0..<4 { bytes[offset + i] = UInt8(truncatingIfNeeded: value >> (24 - 8 * i)) }
    }
    put(count, at: 0)
    bytes[8] = 2  // version
    put("mntr", at: 12)
    put(space, at: 16)
    put("XYZ ", at: 20)
    put("acsp", at: 36)
    put(0xF6D6, at: 68)  // D50
    put(0x10000, at: 72)
    put(0xD32D, at: 76)
    for i in 132..<count { bytes[i] = UInt8(truncatingIfNeeded: i &* 31) }
    return bytes
  }

  /// EXIF with one entry, the orientation.
  static func exif(orientation: UInt8, bigEndian: Bool = false) -> [UInt8] {
    bigEndian
      ? Array("MM".utf8) + [0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0]
      : Array("II".utf8) + [42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0]
  }
}

extension Image {
  /// Samples as numbers, whatever their depth.
  var values: [Int] {
    switch samples {
    case .eight(let values): values.map(Int.init)
    case .sixteen(let values): values.map(Int.init)
    case .float(let values): values.map { Int(($0 * 65_535).rounded()) }
    }
  }

  func value(_ x: Int, _ y: Int, _ channel: Int = 0) -> Int { values[(y * width + x) * layout.channels + channel] }

  /// Largest difference of two pictures' samples.
  func distance(to other: Image) -> Int { zip(values, other.values).map { abs($0 - $1) }.max() ?? 0 }
}

/// Calls `body` with an empty folder that is removed afterwards.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appending(path: "imaging-tests-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer {
    do { try FileManager.default.removeItem(at: folder) } catch { print("left behind: \(folder.path): \(error)") }
  }
  return try body(folder)
}
