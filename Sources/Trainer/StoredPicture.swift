import Base
import Imaging
import Restoration
import Tensors

/// A picture in memory, as patches are cut from it: 8 bits, gray or RGB.
public struct StoredPicture: Sendable {
  /// Its path below the folder, or in the archive, that it came from.
  public let name: String
  public let width: Int
  public let height: Int
  /// 1 or 3.
  public let channels: Int
  /// `width * height * channels` samples, row by row.
  public let samples: [UInt8]

  public var pixels: Int { width * height }

  /// - Precondition: the samples have the size that the sides ask for.
  public init(name: String, width: Int, height: Int, channels: Int, samples: [UInt8]) {
    precondition(samples.count == width * height * channels)
    (self.name, self.width, self.height) = (name, width, height)
    (self.channels, self.samples) = (channels, samples)
  }

  /// What `image` looks like on white paper, in 8 bits: as colour, or as its luma (0.299 R + 0.587 G + 0.114 B).
  public init(_ image: Image, name: String, isColour: Bool) {
    let plain = image.overWhite().converted(to: isColour ? .rgb : .gray).withBitDepth(8)
    guard case .eight(let samples) = plain.samples else { preconditionFailure("8 bits were asked for") }
    self.init(
      name: name, width: plain.width, height: plain.height, channels: plain.layout.channels, samples: samples)
  }

  /// Whether a part of that size fits in it.
  func contains(width: Int, height: Int) -> Bool { width <= self.width && height <= self.height }

  /// The values of a part, 0...1: `[height, width, channels]`.
  ///
  /// - Precondition: `region` lies in the picture.
  public func tensor(_ region: Rectangle) -> Tensor {
    precondition(region.fits(width: width, height: height))
    var tensor = Tensor(shape: Shape(height: region.height, width: region.width, channels: channels))
    let rowCount = region.width * channels
    samples.withUnsafeBufferPointer { samples in
      tensor.values.withUnsafeMutableBufferPointer { values in
        for row in 0..<region.height {
          let source = ((region.y + row) * width + region.x) * channels
          for i in 0..<rowCount { values[row * rowCount + i] = Float(samples[source + i]) / 255 }
        }
      }
    }
    return tensor
  }

  func cropped(_ region: Rectangle) -> StoredPicture {
    var kept: [UInt8] = []
    kept.reserveCapacity(region.pixels * channels)
    for y in region.rows {
      let start = (y * width + region.x) * channels
      kept += samples[start..<start + region.width * channels]
    }
    return StoredPicture(name: name, width: region.width, height: region.height, channels: channels, samples: kept)
  }

  /// Its two halves along the longer side; both begin at a multiple of `unit`.
  func halves(unit: Int = 1) -> (Rectangle, Rectangle) {
    let side = max(width, height) / 2 / unit * unit
    if width >= height {
      return (
        Rectangle(x: 0, y: 0, width: side, height: height),
        Rectangle(x: side, y: 0, width: width - side, height: height)
      )
    }
    return (
      Rectangle(x: 0, y: 0, width: width, height: side),
      Rectangle(x: 0, y: side, width: width, height: height - side)
    )
  }
}

extension Tensor {
  /// The sum over both directions of the mean difference of neighbours. Blur changes nothing where there is none.
  var detail: Float {
    let (height, width, channels) = (shape.height, shape.width, shape.channels)
    let rowCount = width * channels
    var (across, down): (Float, Float) = (0, 0)
    values.withUnsafeBufferPointer { values in
      for y in 0..<height {
        for i in y * rowCount..<(y + 1) * rowCount - channels { across += abs(values[i + channels] - values[i]) }
      }
      for i in 0..<(height - 1) * rowCount { down += abs(values[i + rowCount] - values[i]) }
    }
    return across / Float(max(1, height * (width - 1) * channels)) + down / Float(max(1, (height - 1) * rowCount))
  }
}
