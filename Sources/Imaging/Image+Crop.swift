import Base

extension Image {
  /// A part of the picture, with its metadata.
  ///
  /// - Precondition: `region` is not empty and lies in the picture.
  public func cropped(to region: Rectangle) -> Image {
    precondition(region.fits(width: width, height: height), "\(region) of \(bounds)")
    if region == bounds { return self }
    let samples: Samples =
      switch samples {
      case .eight(let values): .eight(part(values, region))
      case .sixteen(let values): .sixteen(part(values, region))
      case .float(let values): .float(part(values, region))
      }
    return Image(width: region.width, height: region.height, layout: layout, samples: samples, metadata: metadata)
  }

  private func part<Value>(_ values: [Value], _ region: Rectangle) -> [Value] {
    let step = layout.channels
    var result: [Value] = []
    result.reserveCapacity(region.pixels * step)
    for y in region.y..<region.y + region.height {
      let start = (y * width + region.x) * step
      result += values[start..<start + region.width * step]
    }
    return result
  }
}
