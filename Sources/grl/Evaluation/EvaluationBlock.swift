import Restoration

/// One set under one damage: what was measured, beside what papers report.
struct EvaluationBlock: Sendable {
  enum Origin: String, Sendable { case baseline, model, published }

  struct Row: Sendable {
    let method: String
    let origin: Origin
    /// In millions.
    let parameters: Double?
    /// Means over the set, by the keys of measures; published rows by the source's keys.
    let values: [String: Double]
    /// Where a published row stands; a model's file and hash otherwise.
    let source: String
    /// Seconds a picture took, for a model.
    var seconds: Double? = nil
  }

  let setting: EvaluationSetting
  let set: String
  let isColour: Bool
  let inputSource: TestSet.InputSource
  /// Pictures in the set.
  let pictureCount: Int
  /// Pictures that were measured.
  let measuredCount: Int
  /// The limit that the user gave, if any.
  let isLimited: Bool
  let rows: [Row]
  /// What a reader must know before comparing.
  let notes: [String]
  /// The single results: of the baseline and of every model.
  let pictures: [Picture]

  struct Picture: Sendable {
    let name: String
    let baseline: [String: Double]
    /// One for each model, in the order of their rows.
    var models: [[String: Double]]
  }

  var measures: [EvaluationMeasure] { setting.measures }
  var isWhole: Bool { measuredCount == pictureCount }

  var heading: String {
    let count = isWhole ? "\(pictureCount) pictures" : "\(measuredCount) of \(pictureCount) pictures: not a result"
    return "\(set), \(setting.title), \(isColour ? "colour" : "gray"): \(count)"
  }

  var rulesText: String {
    "rules \(setting.rules.rawValue): \(setting.explanation(of: inputSource)); rounded to 8 bits before measuring"
  }

  /// What of `values` stands in the column of a measure. Published numbers have no convention of SSIM, so they stand in a
  /// column of their own.
  func value(_ row: Row, _ measure: EvaluationMeasure) -> Double? {
    guard row.origin == .published else { return row.values[measure.key] }
    return measure.key.hasPrefix("ssim") ? nil : row.values[measure.key]
  }

  /// What the first measure of our first model (or our baseline, beside a quoted baseline) has more than this row.
  func lead(over row: Row) -> Double? {
    guard row.origin == .published, let quoted = row.values["psnr"] else { return nil }
    let ours = rows.first { $0.origin == (row.method == setting.quotedBaselineName ? .baseline : .model) }
    return ours?.values["psnr"].map { $0 - quoted }
  }
}
