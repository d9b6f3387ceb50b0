import GRLModel
import GRLTraining
import Tensors

/// Where a restored patch takes its information from, by gradients.
///
/// Integrated gradients of one number of the restored picture, the detail of a patch, along the straight way from a blurred picture, which
/// has none, to the picture itself. What they come to is the change of that number (completeness), but for the error of the sum.
///
/// Source: Sundararajan et al., "Axiomatic Attribution for Deep Networks" (ICML 2017); Gu and Dong, "Interpreting Super-Resolution Networks
/// with Local Attribution Maps" (CVPR 2021), which names the diffusion index.
public struct LocalAttribution: Sendable {
  /// `[height, width]` of the input: the sum over channels of each pixel's part.
  public let map: [Float]
  /// The detail of the patch, restored from the picture and from the blurred one.
  public let detail: Double
  public let detailOfBlurred: Double
  /// How widely the parts are spread, 0...100: `(1 - Gini's coefficient of their sizes) * 100`.
  public let diffusionIndex: Double

  /// What the parts come to; `detail - detailOfBlurred` but for the sum's error.
  public var total: Double { map.reduce(0.0) { $0 + Double($1) } }

  /// - Parameters:
  ///   - input: `[h, w, channels]`, values in 0...1.
  ///   - patch: of the restored picture.
  ///   - steps: of the way from the blurred picture, each one pass forward and back.
  ///   - isCancelled: asked after each step; when true, nil comes back.
  public init?(
    _ input: Tensor, patch: AttentionCell.Area, through gradient: InputGradient, steps: Int = 32,
    isCancelled: () -> Bool = { false }, onStep: (_ done: Int, _ of: Int) -> Void = { _, _ in }
  ) {
    let blurred = LocalAttribution.blurred(input)
    var sum = [Double](repeating: 0, count: input.shape.count)
    let shape = gradient.outputShape
    func detail(_ x: Tensor) -> Double {
      var value = 0.0
      _ = gradient.compute(x) { restored in
        value = Detail(restored, shape, patch).value
        return [Float](repeating: 0, count: restored.count)
      }
      return value
    }
    for step in 0..<steps {
      // The middle of each part of the way.
      let place = (Float(step) + 0.5) / Float(steps)
      var x = input
      for index in x.values.indices {
        x.values[index] = blurred.values[index] * (1 - place) + input.values[index] * place
      }
      let slope = gradient.compute(x) { Detail($0, shape, patch).gradient }
      for index in sum.indices { sum[index] += Double(slope.values[index]) / Double(steps) }
      onStep(step + 1, steps)
      if isCancelled() { return nil }
    }
    let channels = input.shape.channels
    map = (0..<input.shape.pixels).map { pixel in
      Float(
        (0..<channels).reduce(0.0) {
          let index = pixel * channels + $1
          return $0 + sum[index] * Double(input.values[index] - blurred.values[index])
        })
    }
    (self.detail, detailOfBlurred) = (detail(input), detail(blurred))
    diffusionIndex = (1 - gini(map.map { Double(abs($0)) })) * 100
  }

  /// Gaussian blur of sigma 4, edges repeated.
  private static func blurred(_ x: Tensor) -> Tensor {
    let radius = 12
    let kernel = (-radius...radius).map { exponential(-Float($0 * $0) / 32) }
    let total = kernel.reduce(0, +)
    func pass(_ x: Tensor, _ dy: Int, _ dx: Int) -> Tensor {
      var result = x
      let (height, width, channels) = (x.shape.height, x.shape.width, x.shape.channels)
      for y in 0..<height {
        for column in 0..<width {
          for channel in 0..<channels {
            var sum = Float(0)
            for (index, weight) in kernel.enumerated() {
              let (row, place) = (y + dy * (index - radius), column + dx * (index - radius))
              sum += weight * x[min(max(row, 0), height - 1), min(max(place, 0), width - 1), channel]
            }
            result[y, column, channel] = sum / total
          }
        }
      }
      return result
    }
    return pass(pass(x, 0, 1), 1, 0)
  }
}

/// How much detail a patch has: the sum over its pixels and channels of the length of the gradient, a little rounded at 0.
private struct Detail {
  var value = 0.0
  var gradient: [Float]

  init(_ picture: [Float], _ shape: Shape, _ patch: AttentionCell.Area) {
    gradient = [Float](repeating: 0, count: picture.count)
    for y in patch.y..<min(patch.y + patch.height, shape.height - 1) {
      for x in patch.x..<min(patch.x + patch.width, shape.width - 1) {
        for channel in 0..<shape.channels {
          let own = (y * shape.width + x) * shape.channels + channel
          let (right, below) = (own + shape.channels, own + shape.width * shape.channels)
          let (dx, dy) = (picture[right] - picture[own], picture[below] - picture[own])
          let length = (dx * dx + dy * dy + 1e-4).squareRoot()
          value += Double(length)
          gradient[right] += dx / length
          gradient[below] += dy / length
          gradient[own] -= (dx + dy) / length
        }
      }
    }
  }
}

/// How far a restored pixel depends on the picture: the size of the gradient of its sum of channels with respect to every input pixel.
///
/// Source: Luo et al., "Understanding the Effective Receptive Field in Deep Convolutional Neural Networks" (NeurIPS 2016).
public struct EffectiveField: Sendable {
  /// `[height, width]` of the input: the sum over channels of sizes, divided by the whole sum.
  public let map: [Float]
  /// Mean distance from the pixel, and the distance within which nine tenths lie, in input pixels.
  public let meanDistance: Double
  public let radius90: Double

  /// - Parameters:
  ///   - x, y: of the restored picture.
  public init(_ input: Tensor, x: Int, y: Int, through gradient: InputGradient) {
    let (shape, channels) = (gradient.outputShape, input.shape.channels)
    let slope = gradient.compute(input) { restored in
      var wanted = [Float](repeating: 0, count: restored.count)
      for channel in 0..<shape.channels { wanted[(y * shape.width + x) * shape.channels + channel] = 1 }
      return wanted
    }
    let sizes = (0..<input.shape.pixels).map { pixel in
      (0..<channels).reduce(Float(0)) { $0 + abs(slope.values[pixel * channels + $1]) }
    }
    let total = max(sizes.reduce(0.0) { $0 + Double($1) }, .leastNormalMagnitude)
    let scale = Double(shape.width) / Double(input.shape.width)
    let (centreX, centreY) = ((Double(x) + 0.5) / scale - 0.5, (Double(y) + 0.5) / scale - 0.5)
    let distances = sizes.indices.map { pixel in
      let (dx, dy) = (
        Double(pixel % input.shape.width) - centreX, Double(pixel / input.shape.width) - centreY
      )
      return (dx * dx + dy * dy).squareRoot()
    }
    map = sizes.map { Float(Double($0) / total) }
    meanDistance = zip(sizes, distances).reduce(0) { $0 + Double($1.0) * $1.1 } / total
    var sum = 0.0
    let order = distances.indices.sorted { distances[$0] < distances[$1] }
    radius90 =
      distances[
        order.first { pixel in
          sum += Double(sizes[pixel])
          return sum >= 0.9 * total
        } ?? order[order.count - 1]]
  }
}
