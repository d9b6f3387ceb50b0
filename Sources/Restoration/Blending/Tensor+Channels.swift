import Base
import Imaging
import Tensors

extension Tensor {
  /// The colours of a part of `image` on the scale 0...1, alpha left out: `[height, width, channels]`.
  ///
  /// - Parameter channels: 1 or 3; a gray picture asked for three gives each pixel three times.
  init(_ image: Image, _ region: Rectangle, channels: Int) {
    self.init(
      shape: Shape(height: region.height, width: region.width, channels: channels),
      values: image.floats(channels == 1 ? .gray : .rgb, of: region))
  }

  /// The same of a picture of which some rows are there, `region` among them.
  init(_ band: ImageBand, _ region: Rectangle, channels: Int) {
    self.init(
      shape: Shape(height: region.height, width: region.width, channels: channels),
      values: band.floats(channels == 1 ? .gray : .rgb, of: region))
  }

  /// The mean of all channels: `[H, W, C]` to `[H, W, 1]`.
  func averagedChannels() -> Tensor {
    let channels = shape.channels
    var mean = Tensor(shape: Shape(height: shape.height, width: shape.width, channels: 1))
    for pixel in 0..<shape.pixels {
      var sum: Float = 0
      for channel in 0..<channels { sum += values[pixel * channels + channel] }
      mean.values[pixel] = sum / Float(channels)
    }
    return mean
  }

  /// The channels of both, this one's first: `[H, W, C]` and `[H, W, D]` to `[H, W, C + D]`.
  package func stacked(on other: Tensor) -> Tensor {
    let (own, others) = (shape.channels, other.shape.channels)
    var both = Tensor(shape: Shape(height: shape.height, width: shape.width, channels: own + others))
    for pixel in 0..<shape.pixels {
      for channel in 0..<own { both.values[pixel * (own + others) + channel] = values[pixel * own + channel] }
      for channel in 0..<others {
        both.values[pixel * (own + others) + own + channel] = other.values[pixel * others + channel]
      }
    }
    return both
  }

  /// This and one more channel that is `value` everywhere: `[H, W, C]` to `[H, W, C + 1]`.
  package func appending(channel value: Float) -> Tensor {
    let plane = Shape(height: shape.height, width: shape.width, channels: 1)
    return stacked(on: Tensor(shape: plane, values: [Float](repeating: value, count: plane.count)))
  }

  /// `[H, W, C]` to `[H, W, C - 1]`.
  func droppingLastChannel() -> Tensor {
    let channels = shape.channels - 1
    var narrower = Tensor(shape: Shape(height: shape.height, width: shape.width, channels: channels))
    for pixel in 0..<shape.pixels {
      let (from, to) = (pixel * (channels + 1), pixel * channels)
      for channel in 0..<channels { narrower.values[to + channel] = values[from + channel] }
    }
    return narrower
  }
}
