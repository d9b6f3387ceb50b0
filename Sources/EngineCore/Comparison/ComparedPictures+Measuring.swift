import EngineWire
import Foundation
import Imaging
import Restoration
import Tensors

extension ComparedPictures {
  /// What is measured, in the order in which it is shown.
  private static let quantities: [Metric.Quantity] = [.psnr, .psnrY, .ssim, .ssimY, .mae]

  /// Every metric of every picture against the reference, of a part of the frame or all of it. Border pixels are left out only of
  /// the whole.
  func measures(
    of region: Rectangle?, reference: Int, _ convention: Metric.Convention, shave: Int
  ) -> [ComparisonMeasure] {
    let pairs = pictures.indices.map { place in
      place == reference ? nil : pair(place, reference, region)
    }
    return Self.quantities.map { quantity in
      let metric = Metric(quantity, convention: convention, shave: region == nil ? shave : 0)
      let values = pairs.map { pair -> String in
        guard let pair else { return "" }
        do {
          let value = try metric(pair.picture, pair.reference)
          return Self.text(value, quantity)
        } catch { return "" }
      }
      return ComparisonMeasure(name: metric.description, values: values)
    }
  }

  /// Both pictures of a part, brought to the reference's size; nil where they have nothing in common.
  private func pair(_ place: Int, _ reference: Int, _ region: Rectangle?) -> (picture: Image, reference: Image)? {
    guard let region = common(region, [place, reference]) else { return nil }
    let (picture, other) = (crop(region, place), crop(region, reference))
    return (picture.fitted(to: other), other)
  }

  /// Squares where the pictures differ most from the reference.
  func crops(side: Int, count: Int, reference: Int) -> [Rectangle] {
    guard let region = common(nil, Array(pictures.indices)) else { return [] }
    let target = crop(region, reference)
    let others = pictures.indices.filter { $0 != reference }.map { crop(region, $0).fitted(to: target) }
    // In the reference's pixels, and back to the frame's.
    let (x, y) = (Double(region.width) / Double(target.width), Double(region.height) / Double(target.height))
    let (across, down) = (max(1, Int(Double(side) / x)), max(1, Int(Double(side) / y)))
    return LargestDifferences(of: others, from: target).regions(count, width: across, height: down).map {
      let (left, top) = (Int(Double($0.x) * x), Int(Double($0.y) * y))
      return Rectangle(
        x: left, y: top, width: min(width - left, Int((Double($0.width) * x).rounded(.up))),
        height: min(height - top, Int((Double($0.height) * y).rounded(.up))))
    }
  }

  /// Nil where the pictures are not of one size and layout.
  func tilingEffect(on place: Int, reference: Int, columns: [Int], rows: [Int]) -> TilingEffect? {
    let (tiled, whole) = (pictures[place].image, pictures[reference].image)
    guard tiled.width == whole.width, tiled.height == whole.height, tiled.layout == whole.layout else { return nil }
    return TilingEffect(whole: whole, tiled: tiled, columns: columns, rows: rows)
  }

  private static func text(_ value: Double, _ quantity: Metric.Quantity) -> String {
    guard value.isFinite else { return "equal" }
    return String(format: quantity == .psnr || quantity == .psnrY ? "%.2f" : "%.4f", value)
  }
}

extension Image {
  /// At the size of another picture, by Matlab's bicubic; alpha is dropped where that changes anything.
  fileprivate func fitted(to other: Image) -> Image {
    if width == other.width && height == other.height { return self }
    let source = Tensor(
      shape: Shape(height: height, width: width, channels: layout.colourChannels),
      values: floats(layout.isColour ? .rgb : .gray))
    let resized = source.bicubicResized(height: other.height, width: other.width, bitDepth: bitDepth)
    return Image(width: other.width, height: other.height, colour: resized.values, bitDepth: bitDepth)
  }
}

extension TilingInfo {
  init(_ effect: TilingEffect) {
    self.init(
      maximum: effect.maximum, x: effect.place.x, y: effect.place.y, mean: effect.mean, seamScore: effect.seamScore)
  }
}
