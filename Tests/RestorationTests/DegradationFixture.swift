import Foundation
import Tensors
import TestSupport

/// Numbers of `Tests/Fixtures/degradation`, which NumPy, SciPy and Pillow computed (`generate.py` there).
enum DegradationFixture {
  static func load<Content: Decodable>(_ name: String, as type: Content.Type = Content.self) throws -> Content {
    let url = TestData.fixtures.appending(path: "degradation/\(name).json")
    return try JSONDecoder().decode(type, from: Data(contentsOf: url))
  }

  struct Picture: Decodable {
    let height: Int
    let width: Int
    let levels: [Int]
  }

  /// 19 x 27 RGB: smooth colour, an edge, a little noise; whole 8-bit levels in 0...1.
  static func picture() throws -> Tensor {
    let picture = try load("picture", as: Picture.self)
    return Tensor(
      shape: Shape(height: picture.height, width: picture.width, channels: 3),
      values: picture.levels.map { Float($0) / 255 })
  }
}

extension Tensor {
  /// Its top left part.
  func topLeft(height: Int, width: Int) -> Tensor {
    var part = Tensor(shape: Shape(height: height, width: width, channels: shape.channels))
    for y in 0..<height {
      for x in 0..<width {
        for channel in 0..<shape.channels { part[y, x, channel] = self[y, x, channel] }
      }
    }
    return part
  }

  func channel(_ channel: Int) -> Tensor {
    let values = stride(from: channel, to: values.count, by: shape.channels).map { self.values[$0] }
    return Tensor(shape: Shape(height: shape.height, width: shape.width, channels: 1), values: values)
  }

  /// Whole levels of `white` = 255 or 65535.
  func levels(white: Float = 255) -> [Int] { values.map { Int(($0 * white).rounded()) } }
}

/// The largest distance of two lists of the same length; infinite where the lengths differ.
func largestDifference(_ a: [Float], _ b: [Double]) -> Double {
  a.count == b.count ? zip(a, b).reduce(0) { max($0, abs(Double($1.0) - $1.1)) } : .infinity
}
