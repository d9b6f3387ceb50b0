import Base
import Foundation
import Imaging

extension RestorationPlan {
  /// The highest PSNR that is told, in dB: equal pictures.
  public static let equalPSNR = 100.0

  /// How well an enlarged picture agrees with its input: PSNR over all colour values, in dB, of `restored` made small again by Matlab's
  /// bicubic against what was enlarged; nil for tasks that enlarge nothing. ``equalPSNR`` at most.
  ///
  /// Tells of colours that have drifted and of what was made up against the input, not whether what was made up is true. A few rows at a
  /// time are held in float.
  ///
  /// - Parameter restored: what `Restorer.restore` returned.
  public func consistency(of restored: Image, with input: Image) -> Double? {
    guard scale > 1 else { return nil }
    let planes: Image.Planes = route.pictureChannels == 1 ? .gray : .rgb
    let region = Rectangle(
      x: area.x + crop.x / scale, y: area.y + crop.y / scale, width: crop.width / scale, height: crop.height / scale)
    let scaler = BicubicScaler(
      from: (restored.width, restored.height), to: (region.width, region.height), channels: planes.channels,
      bitDepth: restored.bitDepth)
    var sum = 0.0
    for top in stride(from: 0, to: region.height, by: 32) {
      let rows = Rectangle(x: 0, y: top, width: region.width, height: min(32, region.height - top))
      let small = scaler.scaled(restored.floats(planes, of: scaler.source(of: rows)), region: rows)
      let before = input.floats(planes, of: rows.offset(x: region.x, y: region.y))
      for (a, b) in zip(small, before) { sum += Double(a - b) * Double(a - b) }
    }
    let mean = sum / Double(region.pixels * planes.channels)
    return min(Self.equalPSNR, -10 * log10(max(mean, 1e-30)))
  }
}
