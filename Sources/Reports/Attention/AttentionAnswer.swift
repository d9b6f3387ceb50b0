import Base
import Foundation
import GRLModel
import Imaging

/// What was found about one query, by kind.
package enum AttentionAnswer {
  case row(AttentionRow)
  case overview([[AttentionRow]])
  case reach([[AttentionRow]])
  case scales(ScalePair)
  case channels([BlockPlace: [Float]])

  /// For the terminal.
  package func lines(of picture: String) -> [String] {
    switch self {
    case .row(let row):
      return ["\(picture) \(row.heading)", row.geometryText]
        + table(Self.folded(row.numbers.facts.map { [$0.name, $0.text] }))
    case .overview(let blocks):
      let heading = ["block", "kind", "head", "entropy", "of", "distance", "90 % in", "window", "h/v"]
      return table([heading] + blocks.flatMap { $0 }.map(Self.cells), leftAligned: [0, 1])
    case .reach(let blocks):
      return table(
        [["stage", "kind", "mean distance", "nine tenths within", "mass inside window"]] + Self.reach(blocks))
    case .scales(let pair):
      let text = pair.correlation.map { $0.fixed(3) } ?? "none: nothing is seen by both"
      return ["\(picture) \(pair.full.heading)", "correlation of full with half scale  \(text)"]
        + table(
          Self.folded(
            [["", "full", "half"]]
              + zip(pair.full.numbers.facts, pair.half.numbers.facts).map { [$0.name, $0.text, $1.text] }))
    case .channels(let weights):
      let rows = weights.sorted { $0.key < $1.key }.map { place, values in
        let sorted = values.sorted()
        return [
          "\(place)", (values.reduce(0, +) / Float(values.count)).text, sorted[0].text, sorted[sorted.count / 2].text,
          sorted[sorted.count - 1].text,
        ]
      }
      return table([["block", "mean", "least", "median", "largest"]] + rows)
    }
  }

  /// Cells that list several things, two blanks between, on rows of their own as far as a terminal of 80 columns asks for it.
  private static func folded(_ rows: [[String]]) -> [[String]] {
    let room = (80 - (rows.map { $0[0].count }.max() ?? 0)) / max(1, (rows.first?.count ?? 2) - 1) - 2
    return rows.flatMap { row -> [[String]] in
      let cells = row.dropFirst().map { cell -> [String] in
        var lines: [String] = []
        for piece in cell.components(separatedBy: "  ") {
          if let last = lines.last, last.count + 2 + piece.count <= room {
            lines[lines.count - 1] += "  " + piece
          } else {
            lines.append(piece)
          }
        }
        return lines
      }
      return (0..<(cells.map(\.count).max() ?? 0)).map { line in
        [line == 0 ? row[0] : ""] + cells.map { $0.indices.contains(line) ? $0[line] : "" }
      }
    }
  }

  package var csv: String {
    switch self {
    case .channels(let weights):
      let lines = weights.sorted { $0.key < $1.key }.flatMap { place, values in
        values.enumerated().map { "\(place.stage),\(place.block),\($0),\($1)" }
      }
      return (["stage,block,channel,weight"] + lines).joined(separator: "\n") + "\n"
    case .row, .overview, .reach, .scales:
      let heading =
        "x,y,stage,block,kind,head,entropy_bits,entropy_limit_bits,mean_distance_px,mean_horizontal_px,mean_vertical_px,"
        + "anisotropy,anisotropy_of_cell,radius90_px,mass_in_window,mass_on_padding"
      return ([heading] + rows.map(\.csv)).joined(separator: "\n") + "\n"
    }
  }

  private var rows: [AttentionRow] {
    switch self {
    case .row(let row): [row]
    case .overview(let blocks), .reach(let blocks): blocks.flatMap { $0 }
    case .scales(let pair): [pair.full, pair.half]
    case .channels: []
    }
  }

  package func record(picture: String, model: String, width: Int, height: Int) -> AttentionRecord {
    var record = AttentionRecord(
      picture: picture, model: model, width: width, height: height, rows: rows.map(AttentionRecord.Row.init))
    if case .scales(let pair) = self { record.correlation = pair.correlation }
    if case .channels(let weights) = self {
      record.channels = weights.sorted { $0.key < $1.key }.map {
        AttentionRecord.Channels(stage: $0.key.stage, block: $0.key.block, weights: $0.value)
      }
    }
    return record
  }

  private static func cells(_ row: AttentionRow) -> [String] {
    let numbers = row.numbers
    return [
      "\(row.place.stage).\(row.place.block)", row.question.kind.rawValue, row.question.headText,
      numbers.entropyBits.fixed(2), numbers.entropyLimitBits.fixed(2), numbers.meanDistance.fixed(1),
      numbers.radius90.fixed(1), percent(numbers.massInWindow), numbers.anisotropy.fixed(2),
    ]
  }

  /// Means over the blocks and heads of each stage.
  package static func reach(_ blocks: [[AttentionRow]]) -> [[String]] {
    let rows = blocks.flatMap { $0 }
    return Set(rows.map(\.place.stage)).sorted().flatMap { stage in
      [AttentionKind.window, .stripe].map { kind in
        let numbers = rows.filter { $0.place.stage == stage && $0.question.kind == kind }.map(\.numbers)
        func mean(_ value: KeyPath<AttentionNumbers, Double>) -> Double {
          numbers.reduce(0) { $0 + $1[keyPath: value] } / Double(max(1, numbers.count))
        }
        return [
          "\(stage)", kind.rawValue, mean(\.meanDistance).fixed(1) + " px", mean(\.radius90).fixed(1) + " px",
          percent(mean(\.massInWindow)),
        ]
      }
    }
  }
}

/// The same query at two scales.
package struct ScalePair {
  package let full: AttentionRow
  package let half: AttentionRow
  package let picture: Image
  package let smaller: Image

  package init(full: AttentionRow, half: AttentionRow, picture: Image, smaller: Image) {
    self.full = full
    self.half = half
    self.picture = picture
    self.smaller = smaller
  }

  package var correlation: Double? { full.correlation(withHalfScale: half) }
}

/// The JSON of an answer.
package struct AttentionRecord: Encodable {
  package struct Row: Encodable {
    package let x: Int
    package let y: Int
    package let stage: Int
    package let block: Int
    package let kind: String
    /// Nil for the mean.
    package let head: Int?
    package let hasBias: Bool
    package let hasTemperature: Bool
    package let isShifted: Bool
    package let cell: AttentionCell
    package let numbers: AttentionNumbers

    package init(_ row: AttentionRow) {
      (x, y, stage, block) = (row.x, row.y, row.place.stage, row.place.block)
      (kind, head) = (row.question.kind.rawValue, row.question.head)
      (hasBias, hasTemperature) = (row.question.terms.hasBias, row.question.terms.hasTemperature)
      (isShifted, cell, numbers) = (row.isShifted, row.cell, row.numbers)
    }
  }

  package struct Channels: Encodable {
    package let stage: Int
    package let block: Int
    package let weights: [Float]
  }

  package let picture: String
  package let model: String
  package let width: Int
  package let height: Int
  package let rows: [Row]
  package var correlation: Double?
  package var channels: [Channels]?
}

extension Float {
  fileprivate var text: String { Double(self).fixed(3) }
}
