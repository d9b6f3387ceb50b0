import Base
import Imaging
import Tensors

extension Tensor {
  /// Bicubic resizing to any size, equal to Matlab's `imresize(x, [height width])`.
  ///
  /// Shape `[H, W, C]` to `[height, width, C]`, every channel alike. Weights and sums are float64, what is stored is float32.
  /// Source: the protocol of the super-resolution test sets, whose small pictures were made with this function.
  ///
  /// - Parameter bitDepth: nil resizes numbers: values are neither clipped nor rounded, and overshoot at edges by a few
  ///   percent of their height. 1...16 resizes integer samples as Matlab does: values are rounded (and clipped to 0...1)
  ///   to that depth before, after the first axis and after the second, which gives the published test pictures exactly.
  /// - Precondition: neither picture is empty.
  public func bicubicResized(height: Int, width: Int, bitDepth: Int? = nil) -> Tensor {
    bicubicResized(
      height: height, width: width,
      scales: (Double(height) / Double(shape.height), Double(width) / Double(shape.width)), bitDepth)
  }

  /// Bicubic resizing by one factor, equal to Matlab's `imresize(x, scale)`: sides are `scale` times as long, rounded up.
  public func bicubicResized(scale: Double, bitDepth: Int? = nil) -> Tensor {
    bicubicResized(
      height: Int((scale * Double(shape.height)).rounded(.up)), width: Int((scale * Double(shape.width)).rounded(.up)),
      scales: (scale, scale), bitDepth)
  }

  /// The top left part whose sides are multiples of `factor`, as the super-resolution test sets are cropped before shrinking.
  ///
  /// A side shorter than `factor` leaves nothing: the result is empty.
  public func cropped(toMultipleOf factor: Int) -> Tensor {
    let height = shape.height / factor * factor
    let width = shape.width / factor * factor
    if height == shape.height && width == shape.width { return self }
    var cropped = [Float]()
    cropped.reserveCapacity(height * width * shape.channels)
    for y in 0..<height {
      let start = y * shape.width * shape.channels
      cropped += values[start..<start + width * shape.channels]
    }
    return Tensor(shape: Shape(height: height, width: width, channels: shape.channels), values: cropped)
  }

  private func bicubicResized(
    height: Int, width: Int, scales: (vertical: Double, horizontal: Double), _ bitDepth: Int?
  ) -> Tensor {
    let scaler = BicubicScaler(
      from: (shape.width, shape.height), to: (width, height), scales: scales, channels: shape.channels,
      bitDepth: bitDepth)
    let whole = Rectangle(x: 0, y: 0, width: width, height: height)
    return Tensor(
      shape: Shape(height: height, width: width, channels: shape.channels), values: scaler.scaled(values, region: whole)
    )
  }
}
