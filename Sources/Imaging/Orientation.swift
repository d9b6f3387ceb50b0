/// How stored pixels stand to the upright picture: values of EXIF tag 274 (Exif 2.32, section 4.6.4).
public enum Orientation: UInt8, Sendable, CaseIterable {
  case upright = 1
  case mirrored, rotated180, flipped, transposed, rotatedLeft, transversed, rotatedRight

  /// Whether width and height change places.
  public var swapsSides: Bool { rawValue >= 5 }
}

extension Image {
  /// The upright picture, if this one is stored with `orientation`: row 0 of the result is the top, column 0 the left.
  ///
  /// Resolution changes its directions with the sides; EXIF is left alone.
  public func upright(from orientation: Orientation) -> Image {
    guard orientation != .upright else { return self }
    let turned: Samples =
      switch samples {
      case .eight(let values): .eight(turn(values, orientation))
      case .sixteen(let values): .sixteen(turn(values, orientation))
      case .float(let values): .float(turn(values, orientation))
      }
    var metadata = metadata
    if orientation.swapsSides, let density = metadata.pixelsPerMetre {
      metadata.pixelsPerMetre = .init(horizontal: density.vertical, vertical: density.horizontal)
    }
    return Image(
      width: orientation.swapsSides ? height : width, height: orientation.swapsSides ? width : height,
      layout: layout, samples: turned, metadata: metadata)
  }

  private func turn<Value>(_ values: [Value], _ orientation: Orientation) -> [Value] {
    // Where the upright picture's first pixel is stored, and how far apart its next column and row are.
    let last = width * height - 1
    let (first, column, row) =
      switch orientation {
      case .upright: (0, 1, width)
      case .mirrored: (width - 1, -1, width)
      case .rotated180: (last, -1, -width)
      case .flipped: (last - width + 1, 1, -width)
      case .transposed: (0, width, 1)
      case .rotatedLeft: (last - width + 1, -width, 1)
      case .transversed: (last, -width, -1)
      case .rotatedRight: (width - 1, width, -1)
      }
    let (columns, rows) = orientation.swapsSides ? (height, width) : (width, height)
    let channels = layout.channels
    let block = 32  // a block's rows stay in the cache when sides change places

    return [Value](unsafeUninitializedCapacity: values.count) { turned, count in
      values.withUnsafeBufferPointer { values in
        for top in stride(from: 0, to: rows, by: block) {
          for left in stride(from: 0, to: columns, by: block) {
            for y in top..<min(top + block, rows) {
              var from = (first + y * row + left * column) * channels
              var to = (y * columns + left) * channels
              for _ in left..<min(left + block, columns) {
                for c in 0..<channels { turned.initializeElement(at: to + c, to: values[from + c]) }
                from += column * channels
                to += channels
              }
            }
          }
        }
      }
      count = values.count
    }
  }
}
