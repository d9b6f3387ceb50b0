import Base
import Foundation
import GRLModel
import Imaging

/// Everything about one query of one picture, as a page: two forward passes, or three with the picture at half scale.
package struct PictureReport {
  package struct Figure {
    package let name: String
    package let caption: String
    package let drawing: Drawing
  }

  private let title: String
  private let introduction: String
  package let figures: [Figure]
  private let numbers: [[String]]
  private let reach: [[String]]

  /// - Parameters:
  ///   - x, y: the query.
  ///   - factors: the block's rows: window, stripe, anchors, gather.
  ///   - overview: `[block][head]`, windows first.
  ///   - pair: the stripe's row at two scales; nil leaves that figure out.
  package init(
    of picture: Image, name: String, model: String, task: String, x: Int, y: Int, factors: [AttentionRow],
    overview: [[AttentionRow]], pair: ScalePair?, _ look: HeatLook
  ) {
    title = "What \(model) looks at from (\(x), \(y)) of \(lastComponent(name))"
    introduction =
      "Made by `grl attention`. Task \(task), picture \(picture.width) x \(picture.height), rows of weights that "
      + "sum to 1; borders: the active window or stripe (orange) and the square window (blue)."
    var figures = [
      Figure(
        name: "window-stripe", caption: "The square window beside the anchored stripe, \(factors[0].place).",
        drawing: AttentionSheets.row(
          factors[0...1].map { ($0, picture, $0.geometryText) }, title: name, subtitle: factors[0].heading, look)),
      Figure(
        name: "factors",
        caption:
          "The stripe's two factors: the query against the anchors, and the anchor it reads most against the pixels.",
        drawing: AttentionSheets.row(
          factors[2...3].map { ($0, picture, $0.geometryText) }, title: name, subtitle: factors[0].heading, look)),
      Figure(
        name: "contacts", caption: "All blocks and heads.",
        drawing: AttentionSheets.contacts(overview, picture, title: name, look)),
    ]
    if let pair {
      figures.append(
        Figure(
          name: "scales",
          caption: "The same query on the picture at full and at half scale: "
            + (pair.correlation.map { "correlation \($0.fixed(3))." } ?? "nothing is seen by both."),
          drawing: AttentionSheets.scales(pair, title: name, look)))
    }
    self.figures = figures
    let facts = factors.map(\.numbers.facts)
    numbers =
      [[""] + factors.map(\.question.kindText)]
      + facts[0].indices.map { line in [facts[0][line].name] + facts.map { $0[line].text } }
    reach =
      [["stage", "kind", "mean distance", "nine tenths within", "inside the window"]] + AttentionAnswer.reach(overview)
  }

  /// The page in Markdown, its figures in `folder`.
  package func markdown(figuresIn folder: String) -> String {
    func table(_ rows: [[String]]) -> String {
      let lines = rows.map(markdownRow)
      let rule = "|" + String(repeating: "---|", count: rows[0].count)
      return ([lines[0], rule] + lines.dropFirst()).joined(separator: "\n")
    }
    let pictures = figures.map { "![\($0.caption)](<\(folder)/\($0.name).png>)\n\n\($0.caption)" }
    return
      (["# \(title)", introduction, pictures[0], table(numbers), "## Reach by stage", table(reach)]
      + pictures.dropFirst())
      .joined(separator: "\n\n") + "\n"
  }

  /// The page in HTML, its figures within.
  package var html: String {
    get throws {
      func table(_ rows: [[String]]) -> String {
        "<table>"
          + rows.enumerated().map { number, row in
            "<tr>" + row.map { number == 0 ? "<th>\(escaped($0))</th>" : "<td>\(escaped($0))</td>" }.joined() + "</tr>"
          }.joined() + "</table>"
      }
      let pictures = try figures.map { figure in
        let bytes = try ImageFile.encode(figure.drawing.image, format: .png)
        let data = Data(bytes).base64EncodedString()
        return "<figure><img alt=\"\(escaped(figure.caption))\" src=\"data:image/png;base64,\(data)\">"
          + "<figcaption>\(escaped(figure.caption))</figcaption></figure>"
      }
      let style =
        "body{font:16px/1.5 system-ui,sans-serif;max-width:960px;margin:2em auto;padding:0 1em}img{max-width:100%}"
        + "figure{margin:1.5em 0}td,th{padding:.2em .8em;text-align:left;border-bottom:1px solid #8884}"
      return
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>\(escaped(title))</title><style>\(style)</style>"
        + "<h1>\(escaped(title))</h1><p>\(escaped(introduction))</p>" + pictures[0] + table(numbers)
        + "<h2>Reach by stage</h2>" + table(reach) + pictures.dropFirst().joined() + "</html>\n"
    }
  }

  private func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }
}
