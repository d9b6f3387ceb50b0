import Base
import EngineWire
import Foundation
import GRLModel
import Imaging

/// Everything about one query of one picture, as a page: two forward passes, or three with the picture at half scale; and, where they
/// are asked for, the paper's claims with what this picture says to each.
package struct PictureReport {
  package struct Figure {
    package let name: String
    package let caption: String
    package let drawing: Drawing
  }

  /// One claim of the paper, and what this picture and model say to it.
  package struct Claim {
    package let claim: String
    package let answer: Result<AnalysisReport, any Error>

    package init(_ claim: String, _ answer: Result<AnalysisReport, any Error>) {
      (self.claim, self.answer) = (claim, answer)
    }
  }

  private let title: String
  private let introduction: String
  private let claims: [Section]
  package let figures: [Figure]
  /// Of them, those that belong to no claim.
  private let ownFigures: Int
  private let numbers: [[String]]
  private let reach: [[String]]

  private struct Section {
    let heading: String
    let text: String
    let figure: Figure?
    let tables: [[[String]]]
  }

  /// - Parameters:
  ///   - x, y: the query.
  ///   - factors: the block's rows: window, stripe, anchors, gather.
  ///   - overview: `[block][head]`, windows first.
  ///   - pair: the stripe's row at two scales; nil leaves that figure out.
  ///   - claims: behind all this.
  package init(
    of picture: Image, name: String, model: String, task: String, x: Int, y: Int, factors: [AttentionRow],
    overview: [[AttentionRow]], pair: ScalePair?, claims: [Claim] = [], _ look: HeatLook
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
    self.claims = claims.enumerated().map { number, claim in
      switch claim.answer {
      case .failure(let error):
        return Section(heading: claim.claim, text: "Left out: \(error)", figure: nil, tables: [])
      case .success(let found):
        let figure =
          found.maps.isEmpty && found.charts.isEmpty
          ? nil
          : Figure(name: "claim-\(number + 1)", caption: found.title, drawing: found.drawing(over: picture, look))
        // A table of all heads is a chart already; what counts most of it is enough here.
        let tables = found.tables.map { rows in
          rows.count <= 24 ? rows : [rows[0]] + rows.dropFirst().sorted { Self.weight($0) > Self.weight($1) }.prefix(12)
        }
        return Section(heading: claim.claim, text: found.explanation + ".", figure: figure, tables: tables)
      }
    }
    self.figures = figures + self.claims.compactMap(\.figure)
    ownFigures = figures.count
    let facts = factors.map(\.numbers.facts)
    numbers =
      [[""] + factors.map(\.question.kindText)]
      + facts[0].indices.map { line in [facts[0][line].name] + facts.map { $0[line].text } }
    reach =
      [["stage", "kind", "mean distance", "nine tenths within", "inside the window"]] + AttentionAnswer.reach(overview)
  }

  private static func weight(_ row: [String]) -> Double { row.count > 1 ? Double(row[1]) ?? 0 : 0 }

  /// The page in Markdown, its figures in `folder`.
  package func markdown(figuresIn folder: String) -> String {
    func table(_ rows: [[String]]) -> String {
      let lines = rows.map(markdownRow)
      let rule = "|" + String(repeating: "---|", count: rows[0].count)
      return ([lines[0], rule] + lines.dropFirst()).joined(separator: "\n")
    }
    func shown(_ figure: Figure) -> String {
      "![\(figure.caption)](<\(folder)/\(figure.name).png>)\n\n\(figure.caption)"
    }
    let pictures = figures.prefix(ownFigures).map(shown)
    var parts = ["# \(title)", introduction, pictures[0], table(numbers), "## Reach by stage", table(reach)]
    parts += pictures.dropFirst()
    for claim in claims {
      parts += ["## \(claim.heading)", claim.text.printable]
      if let figure = claim.figure { parts.append(shown(figure)) }
      parts += claim.tables.map(table)
    }
    return parts.joined(separator: "\n\n") + "\n"
  }

  /// The page in HTML, its figures within.
  package var html: String {
    get throws {
      func shown(_ figure: Figure) throws -> String {
        "<figure><img alt=\"\(Markup.escaped(figure.caption))\" src=\"\(try Markup.png(figure.drawing.image))\">"
          + "<figcaption>\(Markup.escaped(figure.caption))</figcaption></figure>"
      }
      let pictures = try figures.prefix(ownFigures).map(shown)
      let sections = try claims.map { claim in
        "<h2>\(Markup.escaped(claim.heading))</h2><p>\(Markup.escaped(claim.text))</p>"
          + (try claim.figure.map(shown) ?? "") + claim.tables.map(Markup.table).joined()
      }
      return Markup.page(
        title,
        "<p>\(Markup.escaped(introduction))</p>" + pictures[0] + Markup.table(numbers) + "<h2>Reach by stage</h2>"
          + Markup.table(reach) + pictures.dropFirst().joined() + sections.joined())
    }
  }
}
