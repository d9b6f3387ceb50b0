import Base
import EngineCore
import Foundation
import GRLModel
import Imaging

/// Everything about one query of one picture, as a page: two forward passes, or three with the picture at half scale.
struct PictureReport {
  private struct Figure {
    let name: String
    let caption: String
    let drawing: Drawing
  }

  private let title: String
  private let introduction: String
  private let figures: [Figure]
  private let numbers: [[String]]
  private let reach: [[String]]

  init(_ inspection: Inspection) throws {
    let look = HeatLook(inspection.order)
    let shown = inspection.picture.source.shown
    let overview = try inspection.overview()
    let place = inspection.place
    let factors = try inspection.rows(
      of: [place],
      [AttentionKind.window, .stripe, .anchors, .gather].map {
        AttentionQuestion($0, head: inspection.order.head.index, terms: inspection.terms)
      }
    ).rows[0]
    let (name, at) = (inspection.name, inspection.order.at)
    title = "What \(inspection.model) looks at from (\(at.x), \(at.y)) of \(lastComponent(name))"
    introduction =
      "Made by `grl attention`. Task \(inspection.order.task), picture \(shown.width) x \(shown.height), rows of weights that "
      + "sum to 1; borders: the active window or stripe (orange) and the square window (blue)."
    var figures = [
      Figure(
        name: "window-stripe", caption: "The square window beside the anchored stripe, \(place).",
        drawing: AttentionSheets.row(
          factors[0...1].map { ($0, shown, $0.geometryText) }, title: name, subtitle: factors[0].heading, look)),
      Figure(
        name: "factors",
        caption:
          "The stripe's two factors: the query against the anchors, and the anchor it reads most against the pixels.",
        drawing: AttentionSheets.row(
          factors[2...3].map { ($0, shown, $0.geometryText) }, title: name, subtitle: factors[0].heading, look)),
      Figure(
        name: "contacts", caption: "All blocks and heads.",
        drawing: AttentionSheets.contacts(overview, shown, title: name, look)),
    ]
    if inspection.order.task != .demosaic || shown.layout.isColour && inspection.picture.image.layout.isColour {
      let pair = try inspection.scalePair(.stripe, place, inspection.order.head.index)
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

  func write(to result: AttentionResult) throws {
    if result.format == .html { return try result.write(html) }
    let folder = result.path + "_files"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for figure in figures {
      try Interruption.holdingOff {
        _ = try ImageFile.write(figure.drawing.image, to: "\(folder)/\(figure.name).png", format: .png)
      }
    }
    try result.write(markdown(lastComponent(folder)))
  }

  private func markdown(_ folder: String) -> String {
    func table(_ rows: [[String]]) -> String {
      let lines = rows.map { "| " + $0.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |" }
      let rule = "|" + String(repeating: "---|", count: rows[0].count)
      return ([lines[0], rule] + lines.dropFirst()).joined(separator: "\n")
    }
    let pictures = figures.map { "![\($0.caption)](<\(folder)/\($0.name).png>)\n\n\($0.caption)" }
    return
      (["# \(title)", introduction, pictures[0], table(numbers), "## Reach by stage", table(reach)]
      + pictures.dropFirst())
      .joined(separator: "\n\n") + "\n"
  }

  private var html: String {
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
