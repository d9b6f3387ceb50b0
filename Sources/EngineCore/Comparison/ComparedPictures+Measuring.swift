import Base
import EngineWire
import Foundation
import Imaging
import Restoration

extension ComparedPictures {
  /// What is measured, in the order in which it is shown.
  private static let quantities: [Metric.Quantity] = [.psnr, .psnrY, .ssim, .ssimY, .mae]

  /// Every metric of every picture against the reference, of a part of the frame or all of it: the numbers of `grl compare`.
  /// Border pixels are left out only of the whole.
  ///
  /// - Parameter flag: looked at between two metrics.
  func measures(
    of region: Rectangle?, reference: Int, _ convention: Metric.Convention, shave: Int, _ flag: CancelFlag
  ) throws(JobError) -> [ComparisonMeasure] {
    let fitted = fitted(to: reference)
    let common = fitted.pictures.common
    let part = region == nil ? common : region.flatMap { own($0, reference, within: common) }
    let measured = part.map { fitted.pictures.part($0, heeding: flag) }
    if flag.isSet { throw .cancelled }
    var measures: [ComparisonMeasure] = []
    for quantity in Self.quantities {
      let metric = Metric(quantity, convention: convention, shave: region == nil ? shave : 0)
      var values = [String](repeating: "", count: pictures.count)
      for (number, place) in fitted.places.enumerated() {
        guard let measured else { continue }
        if flag.isSet { throw .cancelled }
        do {
          values[place] = Self.text(try metric(measured.pictures[number], measured.reference), quantity)
        } catch { continue }
      }
      measures.append(ComparisonMeasure(name: metric.description, values: values))
    }
    return measures
  }

  /// What changed from the picture at `place` to the others, of a part of the frame or all of it: the numbers of `grl compare` without a
  /// reference.
  func changes(
    of region: Rectangle?, from place: Int, _ flag: CancelFlag
  ) throws(JobError) -> [ComparisonMeasure] {
    let fitted = fitted(to: place)
    let common = fitted.pictures.common
    let part = region == nil ? common : region.flatMap { own($0, place, within: common) }
    let measured = part.map { fitted.pictures.part($0, heeding: flag) }
    if flag.isSet { throw .cancelled }
    var measures: [ComparisonMeasure] = []
    for (number, other) in fitted.places.enumerated() {
      guard let measured else { continue }
      let change = PictureChange(from: measured.reference, to: measured.pictures[number], heeding: flag)
      if flag.isSet { throw .cancelled }
      for (row, fact) in change.facts.enumerated() {
        if measures.count <= row {
          measures.append(
            ComparisonMeasure(name: fact.name, values: [String](repeating: "", count: pictures.count)))
        }
        measures[row].values[other] = fact.text
      }
    }
    return measures
  }

  /// The pictures that belong to the reference, by their places, brought onto its pixels.
  private func fitted(to reference: Int) -> (places: [Int], pictures: FittedPictures) {
    let target = pictures[reference].image
    let places = pictures.indices.filter {
      $0 != reference && SizeRelation(pictures[$0].image, target) != .unrelated
    }
    do {
      let fitted = try FittedPictures(
        reference: (paths[reference], target), pictures: places.map { (paths[$0], pictures[$0].image) })
      return (places, fitted)
    } catch {
      preconditionFailure("related sizes fit: \(error)")
    }
  }

  /// A part of the frame in the reference's own pixels, rounded outwards, as far as it lies in `common`; nil where it does not.
  private func own(_ region: Rectangle, _ reference: Int, within common: Rectangle) -> Rectangle? {
    let scale = scale(reference)
    func axis(_ start: Int, _ length: Int, _ scale: Double, _ limit: Int) -> Range<Int>? {
      let first = Int(Double(start) * scale + 1e-9)
      let end = min(limit, Int((Double(start + length) * scale - 1e-9).rounded(.up)))
      return first < end ? first..<end : nil
    }
    guard let x = axis(region.x, region.width, scale.x, common.width),
      let y = axis(region.y, region.height, scale.y, common.height)
    else { return nil }
    return Rectangle(x: x.lowerBound, y: y.lowerBound, width: x.count, height: y.count)
  }

  /// Squares where the pictures differ most from the reference.
  ///
  /// - Parameter flag: looked at in every row.
  package func crops(side: Int, count: Int, reference: Int, _ flag: CancelFlag) throws(JobError) -> [Rectangle] {
    let (places, fitted) = fitted(to: reference)
    guard !places.isEmpty else { return [] }
    let part = fitted.part(heeding: flag)
    if flag.isSet { throw .cancelled }
    let differences = LargestDifferences(of: part.pictures, from: part.reference, heeding: flag)
    if flag.isSet { throw .cancelled }
    // In the reference's pixels, and back to the frame's.
    let scale = scale(reference)
    let (across, down) = (max(1, Int(Double(side) * scale.x)), max(1, Int(Double(side) * scale.y)))
    return differences.regions(count, width: across, height: down).map {
      let (left, top) = (Int(Double($0.x) / scale.x), Int(Double($0.y) / scale.y))
      return Rectangle(
        x: left, y: top, width: min(width - left, Int((Double($0.width) / scale.x).rounded(.up))),
        height: min(height - top, Int((Double($0.height) / scale.y).rounded(.up))))
    }
  }

  /// Nil where the pictures are not of one size and layout.
  ///
  /// - Parameter flag: looked at in every row.
  package func tilingEffect(
    on place: Int, reference: Int, columns: [Int], rows: [Int], _ flag: CancelFlag
  ) throws(JobError) -> TilingEffect? {
    let (tiled, whole) = (pictures[place].image, pictures[reference].image)
    guard tiled.width == whole.width, tiled.height == whole.height, tiled.layout == whole.layout else { return nil }
    let effect = TilingEffect(whole: whole, tiled: tiled, columns: columns, rows: rows, heeding: flag)
    if flag.isSet { throw .cancelled }
    return effect
  }

  private static func text(_ value: Double, _ quantity: Metric.Quantity) -> String {
    guard value.isFinite else { return "equal" }
    return String(format: quantity == .psnr || quantity == .psnrY ? "%.2f" : "%.4f", value)
  }
}

extension TilingInfo {
  init(_ effect: TilingEffect) {
    self.init(
      maximum: effect.maximum, x: effect.place.x, y: effect.place.y, mean: effect.mean, seamScore: effect.seamScore)
  }
}
