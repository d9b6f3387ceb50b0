import ArgumentParser
import Imaging

/// What `grl compare` measured: a row for each picture, a value for each metric.
struct ComparisonReport: Encodable {
  struct Row {
    let picture: String
    /// In the order of `metrics`.
    let values: [Double]
  }

  let reference: String
  let metrics: [Metric]
  let rows: [Row]

  /// A table with the reference and the conventions in its heading.
  var lines: [String] {
    let heading =
      ["against " + (reference == "-" ? "standard input" : reference).printable] + metrics.map(\.description)
    let cells = rows.map { row in
      [row.picture.printable] + zip(metrics, row.values).map { Self.text($1, of: $0) }
    }
    return table([heading] + cells)
  }

  /// Says which pictures are below a bound and ends with status 1 if any is.
  func check(_ bounds: [Compare.Bound], _ console: Console) throws {
    var isMet = true
    for row in rows {
      for bound in bounds {
        for (metric, value) in zip(metrics, row.values)
        where metric.quantity == bound.quantity && !(value >= bound.least) {
          console.error("\(row.picture): \(metric) is \(Self.text(value, of: metric)), below \(bound.least.shortText)")
          isMet = false
        }
      }
    }
    if !isMet { throw ExitCode(ExitStatus.someFailed.rawValue) }
  }

  private static func text(_ value: Double, of metric: Metric) -> String {
    switch metric.quantity {
    case .psnr, .psnrY: value.fixed(2) + " dB"
    case .ssim, .ssimY: value.fixed(4)
    case .mae: value.fixed(5)
    }
  }

  private struct Record: Encodable {
    let picture: String
    let metrics: [String: Double]
  }

  private enum CodingKeys: CodingKey {
    case reference, convention, shave, pictures
  }

  func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: CodingKeys.self)
    try object.encode(reference, forKey: .reference)
    try object.encode(metrics[0].convention.rawValue, forKey: .convention)
    try object.encode(metrics[0].shave, forKey: .shave)
    let records = rows.map { row in
      let values = zip(metrics.map(\.quantity.rawValue), row.values)
      return Record(picture: row.picture, metrics: Dictionary(values) { first, _ in first })
    }
    try object.encode(records, forKey: .pictures)
  }
}
