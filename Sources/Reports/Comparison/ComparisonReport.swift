import Base
import Imaging

/// What `grl compare` measured: a row for each picture, a value for each metric.
package struct ComparisonReport: Encodable {
  package struct Row {
    package let picture: String
    /// In the order of `metrics`; nil for the reference where a metric compares with it.
    package let values: [Double?]

    package init(picture: String, values: [Double?]) {
      self.picture = picture
      self.values = values
    }
  }

  package let reference: String
  /// The pixels that were measured, of the pictures as they were fitted to each other.
  package let region: Rectangle
  package let metrics: [Metric]
  package let rows: [Row]
  /// The reference's own values, where a metric looks at one picture alone.
  package let referenceRow: Row?
  /// What changed from the first picture to each of the others, where no picture was called a reference: nothing is measured against it then.
  package let changes: [PictureChange]

  package init(
    reference: String, region: Rectangle, metrics: [Metric], rows: [Row], referenceRow: Row?,
    changes: [PictureChange] = []
  ) {
    self.changes = changes
    self.reference = reference
    self.region = region
    self.metrics = metrics
    self.rows = rows
    self.referenceRow = referenceRow
  }

  /// A table with the reference and the conventions in its heading.
  package var lines: [String] {
    if let first = changes.first {
      let heading = ["from " + (reference == "-" ? "standard input" : reference).printable] + first.facts.map(\.name)
      return table([heading] + zip(rows, changes).map { [$0.picture.printable] + $1.facts.map(\.text) })
    }
    let heading =
      ["against " + (reference == "-" ? "standard input" : reference).printable] + metrics.map(\.description)
    let cells = (rows + [referenceRow].compactMap { $0 }).map { row in
      [row.picture.printable]
        + zip(metrics, row.values).map { metric, value in value.map { Self.text($0, of: metric) } ?? "-" }
    }
    return table([heading] + cells)
  }

  /// Which pictures miss a bound, a line each.
  package func misses(_ bounds: [MetricBound]) -> [String] {
    rows.flatMap { row in
      bounds.flatMap { bound in
        zip(metrics, row.values).compactMap { metric, value -> String? in
          guard metric.quantity == bound.quantity, let value, !bound.holds(value) else { return nil }
          return "\(row.picture): \(metric) is \(Self.text(value, of: metric)), "
            + "\(bound.isLeast ? "below" : "above") \(bound.limit.shortText)"
        }
      }
    }
  }

  package static func text(_ value: Double, of metric: Metric) -> String {
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
    case reference, convention, shave, pictures, region, referenceMetrics, before
  }

  private struct Change: Encodable {
    let picture: String
    let noise: PictureChange.Pair
    let blockiness: PictureChange.Pair
    let blur: PictureChange.Pair
    let largestChange: Double
    let largestAt: [Int]
    let meanChange: Double
  }

  private func values(_ row: Row) -> [String: Double] {
    let pairs = zip(metrics.map(\.quantity.rawValue), row.values).compactMap { name, value in value.map { (name, $0) } }
    return Dictionary(pairs) { first, _ in first }
  }

  package func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: CodingKeys.self)
    if !changes.isEmpty {
      try object.encode(reference, forKey: .before)
      try object.encode([region.x, region.y, region.width, region.height], forKey: .region)
      return try object.encode(
        zip(rows, changes).map { row, change in
          Change(
            picture: row.picture, noise: change.noise, blockiness: change.blockiness, blur: change.blur,
            largestChange: change.largest, largestAt: [region.x + change.x, region.y + change.y],
            meanChange: change.mean)
        }, forKey: .pictures)
    }
    try object.encode(reference, forKey: .reference)
    try object.encode(metrics[0].convention.rawValue, forKey: .convention)
    try object.encode(metrics[0].shave, forKey: .shave)
    try object.encode([region.x, region.y, region.width, region.height], forKey: .region)
    try object.encode(rows.map { Record(picture: $0.picture, metrics: values($0)) }, forKey: .pictures)
    if let referenceRow { try object.encode(values(referenceRow), forKey: .referenceMetrics) }
  }
}
