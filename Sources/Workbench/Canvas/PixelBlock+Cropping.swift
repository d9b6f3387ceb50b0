extension PixelBlock {
  /// A part of this, clamped to where there are pixels; at least one pixel where there is any.
  func cropped(x: Int, y: Int, width newWidth: Int, height newHeight: Int) -> PixelBlock {
    guard width > 0, height > 0 else { return self }
    let (left, top) = (min(max(x, 0), width - 1), min(max(y, 0), height - 1))
    let (columns, rows) = (min(max(newWidth, 1), width - left), min(max(newHeight, 1), height - top))
    var result: [UInt8] = []
    result.reserveCapacity(columns * rows * 3)
    for row in top..<top + rows {
      let start = (row * width + left) * 3
      result += bytes[start..<start + columns * 3]
    }
    return PixelBlock(width: columns, height: rows, bytes: result)
  }
}
