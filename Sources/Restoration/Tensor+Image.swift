import Imaging
import Tensors

extension Tensor {
  /// The colours of a part of `image` on the scale 0...1, alpha left out: `[height, width, channels]`.
  ///
  /// - Parameter channels: 1 or 3; a gray picture asked for three gives each pixel three times.
  /// - Precondition: the region lies in the picture; a colour picture is asked for three channels.
  init(_ image: Image, _ region: PixelRegion, channels: Int) {
    precondition(region.fits(width: image.width, height: image.height))
    precondition(channels == 3 || (channels == 1 && !image.layout.isColour))
    var tensor = Tensor(shape: Shape(height: region.height, width: region.width, channels: channels))
    tensor.values.withUnsafeMutableBufferPointer { values in
      switch image.samples {
      case .eight(let samples): Self.fill(values, channels, samples, image, region, white: 255)
      case .sixteen(let samples): Self.fill(values, channels, samples, image, region, white: 65535)
      }
    }
    self = tensor
  }

  /// The alpha of a part of `image` on the scale 0...1: `[height, width, 1]`; nil if it has none.
  init?(alphaOf image: Image, _ region: PixelRegion) {
    guard image.layout.hasAlpha else { return nil }
    let stored = image.layout.channels
    func alpha<Sample: FixedWidthInteger>(_ samples: [Sample]) -> [Float] {
      region.rows.flatMap { y in
        region.columns.map { x in Float(samples[(y * image.width + x) * stored + stored - 1]) / Float(Sample.max) }
      }
    }
    let shape = Shape(height: region.height, width: region.width, channels: 1)
    switch image.samples {
    case .eight(let samples): self.init(shape: shape, values: alpha(samples))
    case .sixteen(let samples): self.init(shape: shape, values: alpha(samples))
    }
  }

  private static func fill<Sample: FixedWidthInteger>(
    _ values: UnsafeMutableBufferPointer<Float>, _ channels: Int, _ samples: [Sample], _ image: Image,
    _ region: PixelRegion, white: Float
  ) {
    let stored = image.layout.channels
    let replicates = !image.layout.isColour
    samples.withUnsafeBufferPointer { samples in
      var target = 0
      for y in region.rows {
        var source = (y * image.width + region.x) * stored
        for _ in 0..<region.width {
          for channel in 0..<channels {
            values[target + channel] = Float(samples[source + (replicates ? 0 : channel)]) / white
          }
          target += channels
          source += stored
        }
      }
    }
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
}
