import Base
import EngineWire
import GRLModel
import Inspection
import Restoration
import Tensors

extension JobRequest {
  /// The same job with the model and the tile that an analysis compares with; nil where it compares nothing.
  ///
  /// - Throws: `.badRequest` where neither is named.
  package func second(of order: AnalysisOrder) throws(JobError) -> JobRequest? {
    guard order.kind == .models else { return nil }
    guard order.other != nil || order.otherTile != nil else {
      throw .badRequest("--kind models needs --against MODEL, --against-tile SIDE or both")
    }
    var job = self
    if let other = order.other {
      // What says more about the first model says nothing about the second.
      (job.model, job.variant, job.network, job.style) = (other, nil, nil, nil)
    }
    if let tile = order.otherTile, !JobOption.tile.read(tile, into: &job) {
      throw .badRequest("--against-tile \(tile): give \(JobOption.tile.allowedText)")
    }
    return job
  }
}

/// Two models, or two tiles, at one query.
extension PictureAnalysis {
  func models() throws -> AnalysisReport {
    guard let second else { preconditionFailure("an analysis of two models is made with both") }
    try check(part)
    let other = PictureAnalysis(order, second, watch)
    try other.check(part)
    let question = AttentionQuestion(part, head: head, terms: terms)
    let rows = [try row(question), try other.row(question)]
    let names = [(self, rows[0]), (other, rows[1])].map { analysis, row in
      analysis.model + (model == other.model ? ", tile \(row.cell.area.width) x \(row.cell.area.height)" : "")
    }
    let whole = Rectangle(x: 0, y: 0, width: picture.image.width, height: picture.image.height)
    let region = Self.around(rows.flatMap(\.cell.parts), square(query), in: whole)
    let shares = rows.map { row in
      let (map, area) = (row.map(), row.cell.area)
      return region.rows.flatMap { y in
        region.columns.map { x in
          area.contains(x: x, y: y) ? map[(y - area.y) * area.width + x - area.x] : .nan
        }
      }
    }
    let difference = zip(shares[0], shares[1]).map { ($1.isNaN ? 0 : $1) - ($0.isNaN ? 0 : $0) }
    var report = AnalysisReport(
      title: "\(name): two at (\(query.x), \(query.y)), \(part.rawValue), \(place), \(headText)",
      explanation: "\(names[0]) and \(names[1]): weights in percent, and the second's less the first's", region: region)
    report.maps =
      zip(names, shares).map { name, values in
        PlaneMap(name, unit: "%", width: region.width, height: region.height, values: values.map { $0 * 100 })
      } + [
        PlaneMap(
          "second less first", unit: "%", width: region.width, height: region.height,
          values: difference.map { $0 * 100 }, look: .signed)
      ]
    let numbers = rows.map(\.numbers)
    func line(_ name: String, _ digits: Int, _ value: (AttentionNumbers) -> Double) -> [String] {
      let (a, b) = (value(numbers[0]), value(numbers[1]))
      return [name, a.fixed(digits), b.fixed(digits), (b - a).fixed(digits)]
    }
    report.tables = [
      [
        ["", "first", "second", "difference"], line("entropy, bit", 2, \.entropyBits),
        line("mean distance, pixels", 2, \.meanDistance), line("nine tenths within, pixels", 1, \.radius90),
        line("inside the window, %", 2) { $0.massInWindow * 100 }, line("anisotropy", 3, \.anisotropy),
        line("anisotropy of the cell", 3, \.anisotropyOfCell), line("on padding, %", 2) { $0.massOnPadding * 100 },
      ],
      [
        ["together", ""],
        [
          "correlation where both see",
          rows[0].correlation(with: rows[1]).map { $0.fixed(3) } ?? "too little is seen by both",
        ],
        ["weight that lies elsewhere", percent(difference.reduce(0) { $0 + Double(abs($1)) } / 2)],
      ],
    ]
    report.marks = rows.flatMap { $0.cell.parts.map { Rectangle($0) } } + [square(query)]
    return report
  }

  /// The row of the query.
  private func row(_ question: AttentionQuestion) throws(JobError) -> AttentionRow {
    try picture.check(x: query.x, y: query.y, blocks: [place], [question])
    let kept = try memory.activations(
      of: try picture.tile(forQueryAt: query.x, query.y), [place], in: picture, isCancelled: watch.isCancelled,
      onBlock: onBlock)
    return try caught { () throws(OutOfMemory) in try kept[place]!.rows(x: query.x, y: query.y, [question])[0] }
  }

  /// What holds all parts of cells and the query, with a margin.
  private static func around(_ parts: [AttentionCell.Area], _ query: Rectangle, in whole: Rectangle) -> Rectangle {
    let all = parts.map { Rectangle($0) } + [query]
    let (left, top) = (all.map(\.x).min()!, all.map(\.y).min()!)
    let (right, bottom) = (all.map { $0.x + $0.width }.max()!, all.map { $0.y + $0.height }.max()!)
    let margin = 4
    return Rectangle(
      x: left - margin, y: top - margin, width: right - left + 2 * margin, height: bottom - top + 2 * margin
    ).intersection(whole) ?? whole
  }
}
