import ArgumentParser
import Base
import Imaging

/// What `grl compare` measured: a row for each picture, a value for each metric.
struct ComparisonReport: Encodable {
  struct Row {
    let picture: String
    /// In the order of `metrics`; nil for the reference where a metric compares with it.
    let values: [Double?]
  }

  let reference: String
  /// The pixels that were measured, of the pictures as they were fitted to each other.
  let region: Rectangle
  let metrics: [Metric]
  let rows: [Row]
  /// The reference's own values, where a metric looks at one picture alone.
  let referenceRow: Row?

  /// A table with the reference and the conventions in its heading.
  var lines: [String] {
    let heading =
      ["against " + (reference == "-" ? "standard input" : reference).printable] + metrics.map(\.description)
    let cells = (rows + [referenceRow].compactMap { $0 }).map { row in
      [row.picture.printable]
        + zip(metrics, row.values).map { metric, value in value.map { Self.text($0, of: metric) } ?? "-" }
    }
    return table([heading] + cells)
  }

  /// Says which pictures miss a bound and ends with status 1 if any does.
  func check(_ bounds: [Compare.Bound], _ console: Console) throws {
    var isMet = true
    for row in rows {
      for bound in bounds {
        for (metric, value) in zip(metrics, row.values) where metric.quantity == bound.quantity {
          guard let value, !bound.holds(value) else { continue }
          console.error(
            "\(row.picture): \(metric) is \(Self.text(value, of: metric)), \(bound.isLeast ? "below" : "above") "
              + bound.limit.shortText)
          isMet = false
        }
      }
    }
    if !isMet { throw ExitCode(ExitStatus.someFailed.rawValue) }
  }

  static func text(_ value: Double, of metric: Metric) -> String {
    switch metric.quantity {
    case .psnr, .psnrY, .psnrB, .psnrBY: value.fixed(2) + " dB"
    case .ssim, .ssimY, .msSSIM, .msSSIMY, .gmsd, .blur: value.fixed(4)
    case .mae: value.fixed(5)
    case .noise, .blockiness: value.fixed(2)
    }
  }

  private struct Record: Encodable {
    let picture: String
    let metrics: [String: Double]
  }

  private enum CodingKeys: CodingKey {
    case reference, convention, shave, pictures, region, referenceMetrics
  }

  private func values(_ row: Row) -> [String: Double] {
    let pairs = zip(metrics.map(\.quantity.rawValue), row.values).compactMap { name, value in value.map { (name, $0) } }
    return Dictionary(pairs) { first, _ in first }
  }

  func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: CodingKeys.self)
    try object.encode(reference, forKey: .reference)
    try object.encode(metrics[0].convention.rawValue, forKey: .convention)
    try object.encode(metrics[0].shave, forKey: .shave)
    try object.encode([region.x, region.y, region.width, region.height], forKey: .region)
    try object.encode(rows.map { Record(picture: $0.picture, metrics: values($0)) }, forKey: .pictures)
    if let referenceRow { try object.encode(values(referenceRow), forKey: .referenceMetrics) }
  }
}
