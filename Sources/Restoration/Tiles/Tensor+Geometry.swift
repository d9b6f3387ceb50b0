import Base
import Tensors

/// One of the eight ways to lay a square down: rows and columns exchanged first, then mirrored.
package struct TileOrientation: Hashable {
  package var isTransposed = false
  package var isMirroredHorizontally = false
  package var isMirroredVertically = false

  package static let all = [false, true].flatMap { transposed in
    [false, true].flatMap { horizontal in
      [false, true].map {
        TileOrientation(isTransposed: transposed, isMirroredHorizontally: horizontal, isMirroredVertically: $0)
      }
    }
  }

  /// A mirrored or turned dual-pixel pair would have its parallax the wrong way round; upside down it stays.
  package static let keepingParallax = [TileOrientation(), TileOrientation(isMirroredVertically: true)]

  /// Undoes this orientation. Transposing first and mirroring after is undone by the mirrors seen from the other side.
  package var inverse: TileOrientation {
    isTransposed
      ? TileOrientation(
        isTransposed: true, isMirroredHorizontally: isMirroredVertically, isMirroredVertically: isMirroredHorizontally)
      : self
  }
}

extension Tensor {
  /// The picture laid down another way; sides are exchanged if that transposes.
  package func oriented(_ orientation: TileOrientation) -> Tensor {
    if orientation == TileOrientation() { return self }
    let (height, width, channels) = (shape.height, shape.width, shape.channels)
    let turned =
      orientation.isTransposed
      ? Shape(height: width, width: height, channels: channels)
      : Shape(height: height, width: width, channels: channels)
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
  func cropped(_ region: Rectangle) -> Tensor {
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
