import Tensors

/// One of the eight ways to lay a square down: rows and columns exchanged first, then mirrored.
struct Orientation: Hashable {
  var isTransposed = false
  var isMirroredHorizontally = false
  var isMirroredVertically = false

  static let all = [false, true].flatMap { transposed in
    [false, true].flatMap { horizontal in
      [false, true].map { Orientation(isTransposed: transposed, isMirroredHorizontally: horizontal, isMirroredVertically: $0) }
    }
  }

  /// A mirrored or turned dual-pixel pair would have its parallax the wrong way round; upside down it stays.
  static let keepingParallax = [Orientation(), Orientation(isMirroredVertically: true)]

  /// Undoes this orientation. Transposing first and mirroring after is undone by the mirrors seen from the other side.
  var inverse: Orientation {
    isTransposed
      ? Orientation(
        isTransposed: true, isMirroredHorizontally: isMirroredVertically, isMirroredVertically: isMirroredHorizontally)
      : self
  }
}

extension Tensor {
  /// The picture laid down another way; sides are exchanged if that transposes.
  func oriented(_ orientation: Orientation) -> Tensor {
    if orientation == Orientation() { return self }
    let (height, width, channels) = (shape.height, shape.width, shape.channels)
    let turned =
      orientation.isTransposed
      ? Shape(height: width, width: height, channels: channels) : Shape(height: height, width: width, channels: channels)
    var result = Tensor(shape: turned)
    var target = 0
    for y in 0..<turned.height {
      let row = orientation.isMirroredVertically ? turned.height - 1 - y : y
      for x in 0..<turned.width {
        let column = orientation.isMirroredHorizontally ? turned.width - 1 - x : x
        let source = (orientation.isTransposed ? column * width + row : row * width + column) * channels
        for channel in 0..<channels { result.values[target + channel] = values[source + channel] }
        target += channels
      }
    }
    return result
  }

  /// The part of the picture in `region`.
  ///
  /// - Precondition: it lies within the picture.
  func cropped(_ region: PixelRegion) -> Tensor {
    precondition(region.fits(width: shape.width, height: shape.height))
    if region.width == shape.width && region.height == shape.height { return self }
    var result = [Float]()
    result.reserveCapacity(region.width * region.height * shape.channels)
    for y in region.rows {
      let start = (y * shape.width + region.x) * shape.channels
      result += values[start..<start + region.width * shape.channels]
    }
    return Tensor(shape: Shape(height: region.height, width: region.width, channels: shape.channels), values: result)
  }
}
