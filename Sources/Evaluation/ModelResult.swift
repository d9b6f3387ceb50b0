import Base
import Imaging
import Restoration

/// What a model's file tells of one test set, beside published numbers of the same set and damage.
package struct ModelResult: Encodable {
  package struct Published: Encodable {
    package let method: String
    package let psnr: Double
    /// The model's less this one.
    package let lead: Double
  }

  package let set: String
  package let level: String
  package let inputPSNR: Double?
  package let psnr: Double
  /// BM3D where it is reported, the first method of the paper's table, and GRL of the model's size.
  package let published: [Published]

  package static func all(of card: ModelCard) -> [ModelResult] {
    card.results.map { result in
      ModelResult(
        set: result.set, level: result.levelText, inputPSNR: result.inputPSNR, psnr: result.psnr,
        published: published(beside: result, of: card))
    }
  }

  private static func published(beside result: ModelCard.TestResult, of card: ModelCard) -> [Published] {
    let results = PublishedResults.standard
    guard let set = results.set(named: result.set) else { return [] }
    let setting = EvaluationSetting(
      task: card.task, level: card.task.hasPublishedLevels ? result.level : nil, isDualPixel: card.isDualPixel,
      rules: .grl)
    let rows = results.rows(
      task: card.task, level: setting.level,
      kind: card.isDualPixel ? "dual-pixel" : card.isGray ? "gray" : "colour", set: set.name
    ).filter { $0.method != setting.quotedBaselineName }
    let grl = rows.filter { $0.method.hasPrefix("GRL-") }
    let ownSize = grl.first { $0.method == card.variant?.paperName } ?? grl.first
    let chosen = [rows.first { $0.method == "BM3D" }, rows.first, ownSize].compactMap { $0 }
    return chosen.enumerated().compactMap { index, row in
      guard !chosen[..<index].contains(row), let psnr = row.values["psnr"] else { return nil }
      return Published(method: row.method, psnr: psnr, lead: result.psnr - psnr)
    }
  }

  // MARK: - Text

  /// The table of a card, its heading first.
  package static func table(_ results: [ModelResult]) -> [[String]] {
    [["set", "level", "input", "this", "gain", "published"]]
      + results.map { result in
        [
          result.set, result.level, result.inputPSNR?.fixed(2) ?? "", result.psnr.fixed(2),
          result.inputPSNR.map { signed(result.psnr - $0) } ?? "",
          result.published.map { "\($0.method) \($0.psnr.fixed(2)) (\(signed($0.lead)))" }.joined(separator: ", "),
        ]
      }
  }

  /// `above its input everywhere; below DnCNN on CBSD68; 0.56 to 1.15 dB below GRL-S`; nil where nothing was measured.
  package static func verdict(_ results: [ModelResult]) -> String? {
    guard !results.isEmpty else { return nil }
    var parts: [String] = []
    let worse = results.filter { result in result.inputPSNR.map { result.psnr <= $0 } ?? false }
    if !worse.isEmpty { parts.append("NOT better than its input on \(places(worse, of: results))") }
    if worse.isEmpty, results.allSatisfy({ $0.inputPSNR != nil }) {
      let hardly = results.filter { result in result.inputPSNR.map { result.psnr - $0 < 0.2 } ?? false }
      parts.append(
        hardly.isEmpty
          ? "better than its input everywhere"
          : "less than 0.2 dB better than its input on \(places(hardly, of: results))")
    }
    for method in Set(results.flatMap { $0.published.map(\.method) }).sorted() {
      let leads = results.compactMap { result in
        result.published.first { $0.method == method }.map { (result, $0.lead) }
      }
      let below = leads.filter { $0.1 <= -0.005 }
      let range = [below.map(\.1).max(), below.map(\.1).min()].compactMap { $0.map { abs($0).fixed(2) } }
      guard range.count == 2 else {
        parts.append("not below \(method)")
        continue
      }
      let by = range[0] == range[1] ? range[0] : "\(range[0]) to \(range[1])"
      parts.append(
        "\(by) dB below \(method)" + (below.count < leads.count ? " on \(places(below.map(\.0), of: results))" : ""))
    }
    return parts.joined(separator: "; ")
  }

  /// `CBSD68, Set12 15`: a set alone where all its results are among `some`.
  private static func places(_ some: [ModelResult], of all: [ModelResult]) -> String {
    let groups = Dictionary(grouping: some, by: \.set)
    return groups.keys.sorted().map { set in
      let levels = groups[set, default: []].map(\.level)
      return levels.count == all.count { $0.set == set } ? set : "\(set) \(levels.joined(separator: " and "))"
    }.joined(separator: ", ")
  }

  private static func signed(_ value: Double) -> String { (value >= 0 ? "+" : "") + value.fixed(2) }
}

extension RestorationTask {
  /// Papers report the task at several strengths.
  fileprivate var hasPublishedLevels: Bool { EvaluationSetting.publishedLevels(self) != [nil] }
}

extension ModelVariant {
  /// The paper's name of the size.
  fileprivate var paperName: String {
    switch self {
    case .tiny: "GRL-T"
    case .small: "GRL-S"
    case .base: "GRL-B"
    }
  }
}
