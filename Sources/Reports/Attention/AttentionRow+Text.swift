import Base
import GRLModel

extension AttentionQuestion {
  package var headText: String { head.map { String($0) } ?? "mean" }

  package var kindText: String {
    switch kind {
    case .window: "window"
    case .stripe: "anchored stripe"
    case .anchors: "query to anchors"
    case .gather: "anchor to pixels"
    }
  }
}

extension AttentionRow {
  /// `(212, 148)  stage 2 block 3  head mean`
  package var heading: String { "(\(x), \(y))  stage \(place.stage)  block \(place.block)  head \(question.headText)" }

  /// `anchored stripe, upright, shifted, 64 x 128 pixels; without bias`
  package var geometryText: String {
    var parts = [question.kindText]
    if question.kind != .window && cell.rows != cell.columns {
      parts.append(cell.rows > cell.columns ? "upright" : "lying")
    }
    if isShifted { parts.append("shifted") }
    parts.append("\(cell.columns) x \(cell.rows) " + (question.kind.keysAreAnchors ? "anchors" : "pixels"))
    if !question.terms.hasBias { parts.append("without bias") }
    if !question.terms.hasTemperature { parts.append("without temperature") }
    return parts.joined(separator: ", ")
  }

  package var csv: String {
    let n = numbers
    let cells: [String] = [
      "\(x)", "\(y)", "\(place.stage)", "\(place.block)", question.kind.rawValue, question.headText,
      "\(n.entropyBits)", "\(n.entropyLimitBits)", "\(n.meanDistance)", "\(n.meanHorizontal)", "\(n.meanVertical)",
      "\(n.anisotropy)", "\(n.anisotropyOfCell)", "\(n.radius90)", "\(n.massInWindow)", "\(n.massOnPadding)",
    ]
    return cells.joined(separator: ",")
  }
}

extension AttentionNumbers {
  /// Names and values as they are printed.
  package var facts: [(name: String, text: String)] {
    let keys = topKeys.map { "(\($0.x), \($0.y)) \(percent($0.weight))" }.joined(separator: "  ")
    return [
      ("entropy", "\(entropyBits.fixed(2)) of \(entropyLimitBits.fixed(2)) bit"),
      ("mean distance", "\(meanDistance.fixed(1)) px"),
      ("nine tenths within", "\(radius90.fixed(1)) px"),
      ("inside the window", percent(massInWindow)),
      ("to the side, up and down", "\(meanHorizontal.fixed(1)), \(meanVertical.fixed(1)) px"),
      ("anisotropy", anisotropy.fixed(2)), ("of the cell's shape alone", anisotropyOfCell.fixed(2)),
      ("on padding", percent(massOnPadding)),
      ("top keys", keys),
    ]
  }
}
