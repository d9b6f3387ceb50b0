import Base
import Foundation

/// Writes evaluated blocks as text, Markdown, CSV or JSON.
package struct EvaluationTable {
  package enum Format: String, CaseIterable, Sendable { case text, markdown, csv, json }

  package let blocks: [EvaluationBlock]
  package let command: String

  package init(blocks: [EvaluationBlock], command: String) {
    self.blocks = blocks
    self.command = command
  }

  package func text(_ format: Format) -> String {
    switch format {
    case .text: blocks.map(plain).joined(separator: "\n\n") + "\n"
    case .markdown: blocks.map(markdown).joined(separator: "\n\n") + "\n"
    case .csv: csv
    case .json: json
    }
  }

  // MARK: - Cells

  private func headings(_ block: EvaluationBlock) -> [String] {
    var cells = ["method", "params M"] + block.measures.map(\.title)
    if hasQuotedSSIM(block) { cells.insert("SSIM quoted", at: cells.count) }
    return cells + ["ours less row", "source"]
  }

  private func cells(_ block: EvaluationBlock, _ row: EvaluationBlock.Row) -> [String] {
    var cells = [row.method, row.parameters.map { $0.fixed(2) } ?? ""]
    cells += block.measures.map { measure in block.value(row, measure)?.fixed(measure.digits) ?? "" }
    if hasQuotedSSIM(block) {
      cells.append(row.origin == .published ? row.values["ssim"]?.fixed(quotedDigits(block)) ?? "" : "")
    }
    let lead = block.lead(over: row).map { ($0 >= 0 ? "+" : "") + $0.fixed(2) } ?? ""
    return cells + [lead, row.source]
  }

  /// Sources give three or four digits of SSIM, a table the same of all.
  private func quotedDigits(_ block: EvaluationBlock) -> Int {
    let values = block.rows.filter { $0.origin == .published }.compactMap { $0.values["ssim"] }
    return values.allSatisfy { Double($0.fixed(3)) == $0 } ? 3 : 4
  }

  private func hasQuotedSSIM(_ block: EvaluationBlock) -> Bool {
    block.rows.contains { $0.origin == .published && $0.values["ssim"] != nil }
  }

  // MARK: - Formats

  private func plain(_ block: EvaluationBlock) -> String {
    let rows = [headings(block)] + block.rows.map { cells(block, $0) }
    let last = rows[0].count - 1
    let lines = [block.heading, block.rulesText] + block.notes + table(rows, leftAligned: [0, last]) + block.gainLines
    return lines.map(\.printable).joined(separator: "\n")
  }

  private func markdown(_ block: EvaluationBlock) -> String {
    let headings = headings(block)
    let rule = headings.indices.map { $0 == 0 || $0 == headings.count - 1 ? "---" : "---:" }
    let own = block.rows.map { row in
      cells(block, row).map { row.origin == .model && !$0.isEmpty ? "**\($0)**" : $0 }
    }
    return
      ([
        "### \(block.heading)", "", ([block.rulesText] + block.notes).joined(separator: ". ") + ".", "",
        markdownRow(headings),
        "|" + rule.joined(separator: "|") + "|",
      ] + own.map(markdownRow) + (block.gainLines.isEmpty ? [] : [""])
      + block.gainLines.map { "- " + $0.printable }).joined(separator: "\n")
  }

  private var csv: String {
    func field(_ text: String) -> String {
      text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline })
        ? "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\"" : text
    }
    var lines = [
      "set,task,level,colours,rules,pictures,measured,method,origin,parameters_millions,measure,value,source"
    ]
    for block in blocks {
      let start = [
        block.set, block.setting.task.rawValue, block.setting.level.map(String.init) ?? "",
        block.isColour ? "colour" : "gray", block.setting.rules.rawValue, "\(block.pictureCount)",
        "\(block.measuredCount)",
      ]
      for row in block.rows {
        for (key, value) in row.values.sorted(by: { $0.key < $1.key }) {
          let rest = [
            row.method, row.origin.rawValue, row.parameters.map { $0.fixed(2) } ?? "", key, "\(value)", row.source,
          ]
          lines.append((start + rest).map(field).joined(separator: ","))
        }
        guard let gain = row.gain else { continue }
        let own = [row.method, row.origin.rawValue, row.parameters.map { $0.fixed(2) } ?? ""]
        for (key, value) in [
          ("gain", "\(gain.mean)"), ("least-gain", "\(gain.worst.restored - gain.worst.input)"),
          ("worse-pictures", "\(gain.worseCount)"),
        ] { lines.append((start + own + [key, value, row.source]).map(field).joined(separator: ",")) }
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private struct JSONBlock: Encodable {
    struct Row: Encodable {
      let method: String
      let origin: String
      let parametersMillions: Double?
      let values: [String: Double]
      let oursLessRow: Double?
      let secondsPerPicture: Double?
      let source: String
      let gain: Gain?
    }
    struct Gain: Encodable {
      let mean: Double
      let worstPicture: String
      let worstInput: Double
      let worstRestored: Double
      /// Pictures that lost more than 0.1 dB.
      let worsePictures: Int
    }
    struct Picture: Encodable {
      let picture: String
      let baseline: [String: Double]
      /// In the order of the rows of models.
      let models: [[String: Double]]
    }
    let set: String
    let task: String
    let level: Int?
    let colours: String
    let rules: String
    let input: String
    let pictureCount: Int
    let measuredCount: Int
    let isResult: Bool
    let measures: [String: String]
    let notes: [String]
    let rows: [Row]
    let pictures: [Picture]
  }

  private struct Document: Encodable {
    let command: String
    let blocks: [JSONBlock]
  }

  private var json: String {
    let blocks = blocks.map { block in
      JSONBlock(
        set: block.set, task: block.setting.task.rawValue, level: block.setting.level,
        colours: block.isColour ? "colour" : "gray", rules: block.setting.rules.rawValue,
        input: block.setting.explanation(of: block.inputSource), pictureCount: block.pictureCount,
        measuredCount: block.measuredCount, isResult: block.isWhole,
        measures: Dictionary(uniqueKeysWithValues: block.measures.map { ($0.key, "\($0.metric)") }), notes: block.notes,
        rows: block.rows.map { row in
          .init(
            method: row.method, origin: row.origin.rawValue, parametersMillions: row.parameters, values: row.values,
            oursLessRow: block.lead(over: row), secondsPerPicture: row.seconds, source: row.source,
            gain: row.gain.map {
              .init(
                mean: $0.mean, worstPicture: $0.worst.name, worstInput: $0.worst.input,
                worstRestored: $0.worst.restored,
                worsePictures: $0.worseCount)
            })
        },
        pictures: block.pictures.map { .init(picture: $0.name, baseline: $0.baseline, models: $0.models) })
    }
    return jsonLine(Document(command: command, blocks: blocks)) + "\n"
  }
}
