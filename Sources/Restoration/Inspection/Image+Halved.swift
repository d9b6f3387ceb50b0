import Base
import Imaging

extension Image {
  /// Half as wide and high (rounded down, at least 1): each sample the mean of 2 x 2.
  public var halved: Image {
    let (half, tall) = (max(1, width / 2), max(1, height / 2))
    func means<Sample: FixedWidthInteger>(_ samples: [Sample]) -> [Sample] {
      let channels = layout.channels
      var result: [Sample] = []
      result.reserveCapacity(half * tall * channels)
      for y in 0..<tall {
        for x in 0..<half {
          for channel in 0..<channels {
            var sum = 2
            for (dy, dx) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
              let (row, column) = (min(2 * y + dy, height - 1), min(2 * x + dx, width - 1))
              sum += Int(samples[(row * width + column) * channels + channel])
            }
            result.append(Sample(sum / 4))
          }
        }
      }
      return result
    }
    let made: Samples =
      switch samples {
      case .eight(let values): .eight(means(values))
      case .sixteen(let values): .sixteen(means(values))
      case .float:
        .float(
          AreaScaler.scaled(
            self, Rectangle(x: 0, y: 0, width: max(1, width / 2 * 2), height: max(1, height / 2 * 2)), width: half,
            height: tall))
      }
    return Image(width: half, height: tall, layout: layout, samples: made, metadata: metadata)
  }
}
