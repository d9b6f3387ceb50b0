/// An owned float32 array `[H, W, C]`, channels last, row-major: what goes into the network and what comes out.
///
/// Pixel `(x, y)`, channel `c` lies at `values[(y * width + x) * channels + c]`. Picture values are in 0...1.
/// Intermediate features never take this form: they are `FeatureMap` views into a `Workspace`.
public struct Tensor: Sendable {
  public let shape: Shape
  public var values: [Float]

  /// - Precondition: `values.count == shape.count`.
  public init(shape: Shape, values: [Float]) {
    precondition(values.count == shape.count, "\(values.count) values for shape \(shape)")
    self.shape = shape
    self.values = values
  }

  public init(shape: Shape, repeating value: Float = 0) {
    self.shape = shape
    values = [Float](repeating: value, count: shape.count)
  }

  /// A tensor without values, for a pass that only measures its memory.
  public init(measuring shape: Shape) {
    self.shape = shape
    values = []
  }

  public subscript(y: Int, x: Int, channel: Int) -> Float {
    get { values[(y * shape.width + x) * shape.channels + channel] }
    set { values[(y * shape.width + x) * shape.channels + channel] = newValue }
  }
}
