import Base
import Restoration

/// One set under one damage: what was measured, beside what papers report.
package struct EvaluationBlock: Sendable {
  package enum Origin: String, Sendable { case baseline, model, published }

  package struct Row: Sendable {
    package let method: String
    package let origin: Origin
    /// In millions.
    package let parameters: Double?
    /// Means over the set, by the keys of measures; published rows by the source's keys.
    package let values: [String: Double]
    /// Where a published row stands; a model's file and hash otherwise.
    package let source: String
    /// Seconds a picture took, for a model.
    package var seconds: Double? = nil
    /// What became of the single pictures, for a model.
    package var gain: Gain? = nil
  }

  /// How pictures stand to their own inputs, in decibels of the first measure.
  package struct Gain: Sendable {
    /// A loss of so much is one.
    package static let tolerance = 0.1

    package let mean: Double
    package let count: Int
    /// Pictures that lost more than `tolerance`.
    package let worseCount: Int
    /// The picture that gained least.
    package let worst: (name: String, input: Double, restored: Double)

    /// - Precondition: there are pictures, each with a result of model `place`.
    package init(_ pictures: [Picture], model place: Int) {
      let pairs = pictures.map { ($0.name, $0.baseline["psnr"] ?? .nan, $0.models[place]["psnr"] ?? .nan) }
      // Equal to the target before and after is neither gain nor loss.
      func gain(_ input: Double, _ restored: Double) -> Double { input == restored ? 0 : restored - input }
      let gains = pairs.map { gain($0.1, $0.2) }
      count = gains.count
      mean = gains.reduce(0, +) / Double(gains.count)
      worseCount = gains.count { $0 < -Self.tolerance }
      let place = gains.indices.min { gains[$0] < gains[$1] }!
      worst = (pairs[place].0, pairs[place].1, pairs[place].2)
    }

    /// `+1.02 dB over the input in the mean; least for a.jpg: -0.12 dB (36.20 of 36.32); 3 of 31 pictures lost more than 0.1 dB`
    package var text: String {
      let least = worst.input == worst.restored ? 0 : worst.restored - worst.input
      return "\(Self.signed(mean)) dB over the input in the mean; least for \(worst.name): \(Self.signed(least)) dB "
        + "(\(worst.input.fixed(2)) to \(worst.restored.fixed(2))); "
        + "\(worseCount == 0 ? "none" : "\(worseCount)") of \(count) pictures lost more than \(Self.tolerance) dB"
    }

    private static func signed(_ value: Double) -> String { (value >= 0 ? "+" : "") + value.fixed(2) }
  }

  package let setting: EvaluationSetting
  package let set: String
  package let isColour: Bool
  package let inputSource: TestSet.InputSource
  /// Pictures in the set.
  package let pictureCount: Int
  /// Pictures that were measured.
  package let measuredCount: Int
  /// The limit that the user gave, if any.
  package let isLimited: Bool
  package let rows: [Row]
  /// What a reader must know before comparing.
  package let notes: [String]
  /// The single results: of the baseline and of every model.
  package let pictures: [Picture]

  package struct Picture: Sendable {
    package let name: String
    package let baseline: [String: Double]
    /// One for each model, in the order of their rows.
    package var models: [[String: Double]]
  }

  package var measures: [EvaluationMeasure] { setting.measures }
  package var isWhole: Bool { measuredCount == pictureCount }

  package var heading: String {
    let count = isWhole ? "\(pictureCount) pictures" : "\(measuredCount) of \(pictureCount) pictures: not a result"
    return "\(set), \(setting.title), \(isColour ? "colour" : "gray"): \(count)"
  }

  package var rulesText: String {
    "rules \(setting.rules.rawValue): \(setting.explanation(of: inputSource)); rounded to 8 bits before measuring"
  }

  /// What became of the pictures under each model, a line each.
  package var gainLines: [String] {
    rows.compactMap { row in row.gain.map { "\(row.method): \($0.text)" } }
  }

  /// What of `values` stands in the column of a measure. Published numbers have no convention of SSIM, so they stand in a
  /// column of their own.
  package func value(_ row: Row, _ measure: EvaluationMeasure) -> Double? {
    guard row.origin == .published else { return row.values[measure.key] }
    return measure.key.hasPrefix("ssim") ? nil : row.values[measure.key]
  }

  /// What the first measure of our first model (or our baseline, beside a quoted baseline) has more than this row.
  package func lead(over row: Row) -> Double? {
    guard row.origin == .published, let quoted = row.values["psnr"] else { return nil }
    let ours = rows.first { $0.origin == (row.method == setting.quotedBaselineName ? .baseline : .model) }
    return ours?.values["psnr"].map { $0 - quoted }
  }
}
