import Base
import EngineWire

/// Rows of attention that were not computed: weights fall off from the query, everything else is as an engine tells it.
extension FakeEngine {
  static let network = AttentionNetwork(model: "denoise-color-tiny", depths: [4, 4], windowHeads: 2, stripeHeads: 2)

  static func figures(_ order: AttentionOrder) -> AttentionFigures {
    AttentionFigures(
      entropyBits: 5.25 + Double(order.block), entropyLimitBits: 13, meanDistance: 38.5 + Double(order.stage),
      radius90: 61, massInWindow: 0.31, massOnPadding: 0, anisotropy: 0.42, anisotropyOfCell: 0.33,
      topKeys: [.init(x: order.x, y: order.y, share: 0.041), .init(x: order.x + 8, y: order.y, share: 0.02)])
  }

  /// A window of 64 pixels, a stripe of `stripeSides` or its anchors, cut at multiples of their sides.
  func attention(_ picture: PictureInfo, _ order: AttentionOrder) -> (Reply, [UInt8]) {
    let scale = order.isHalfScale ? 2 : 1
    let (x, y) = (order.x / scale, order.y / scale)
    let step = order.kind == "anchors" ? 16 : 1
    let (width, height) = order.kind == "window" ? (64, 64) : stripeSides
    let (left, top) = (x / width * width, y / height * height)
    let whole = Rectangle(x: 0, y: 0, width: picture.width / scale, height: picture.height / scale)
    var body: [UInt8] = []
    for row in 0..<height / step {
      for column in 0..<width / step {
        let distance = abs(left + column * step - x) + abs(top + row * step - y)
        body.append(UInt8(max(0, 255 - distance)))
      }
    }
    let info = AttentionInfo(
      network: Self.network, order: order, pictureWidth: whole.width, pictureHeight: whole.height, tile: whole,
      rows: height / step, columns: width / step, left: left / step, top: top / step, mapColumns: 2048 / step,
      mapRows: 1024 / step, pixelsPerKey: step, parts: [Rectangle(x: left, y: top, width: width, height: height)],
      window: [Rectangle(x: x / 64 * 64, y: y / 64 * 64, width: 64, height: 64)], isShifted: order.block >= 2,
      anchor: nil, largest: 0.041, correlation: order.isHalfScale ? 0.731 : nil, figures: Self.figures(order),
      seconds: 0.012, isNewPass: false)
    return (.attention(info), body)
  }

  func overview(_ order: AttentionOrder) -> AttentionOverview {
    var entries: [AttentionOverview.Entry] = []
    for (stage, depth) in Self.network.depths.enumerated() {
      for block in 0..<depth {
        for (kind, head) in [("window", 0), ("window", 1), ("stripe", 0), ("stripe", 1)] {
          let place = AttentionOrder(x: order.x, y: order.y, stage: stage, block: block + head)
          entries.append(.init(stage: stage, block: block, kind: kind, head: head, figures: Self.figures(place)))
        }
      }
    }
    return AttentionOverview(network: Self.network, x: order.x, y: order.y, entries: entries, seconds: 0.2)
  }

  /// Ramps and waves in place of what a network would show.
  func analysis(_ picture: PictureInfo, _ order: AnalysisOrder) -> (Reply, [UInt8]) {
    let whole = Rectangle(x: 0, y: 0, width: picture.width, height: picture.height)
    var report = AnalysisReport(
      title: "\(picture.path): \(order.kind.rawValue)", explanation: "denoise-color-tiny", region: whole)
    let (width, height) = (60, 40)
    let ramp = (0..<width * height).map { Float($0 % width) / Float(width) }
    switch order.kind {
    case .heads:
      var rows: [(name: String, change: Double)] = []
      for place in overview(AttentionOrder(x: 0, y: 0, stage: 0, block: 0)).entries {
        let change = Double((place.stage * 7 + place.block * 3 + place.head) % 11) / 4
        rows.append(("stage \(place.stage) block \(place.block) \(place.kind) head \(place.head)", change))
      }
      report.tables = [[["", "change, levels"]] + rows.map { [$0.name, "\($0.change)"] }]
      report.charts = [
        Chart(
          "change without the head, levels of 255", axis: "heads in order", [Chart.Series("", rows.map(\.change))],
          labels: rows.map(\.name))
      ]
    case .spectrum:
      let values = (0..<128).map { 40 / Double(1 + $0 * $0) }
      report.tables = [[["head 0", "anchors", "error"], ["4 x 4 (the network's)", "16", "12.5 %"]]]
      report.charts = [
        Chart(
          "head 0: singular values, 16 x 32 tokens", axis: "rank",
          [Chart.Series("all tokens on all", values), Chart.Series("16 anchors", Array(values.prefix(16)))],
          isLogarithmic: true)
      ]
    default:
      report.tables = [[["", "mean"], ["entropy, bit", "5.25"], ["distance of the heaviest key, pixels", "17.5"]]]
      report.maps = [
        PlaneMap("entropy", unit: "bit", width: width, height: height, values: ramp.map { $0 * 8 }),
        PlaneMap(
          "direction", unit: "degrees", width: width, height: height, values: ramp.map { $0 * 180 - 90 },
          look: .axis(strength: ramp)),
        PlaneMap(
          "head that dominates", width: width, height: height, values: ramp.map { ($0 * 3.9).rounded(.down) },
          look: .categories(["window 0", "window 1", "stripe 0", "stripe 1"])),
      ]
    }
    return (.analysis(report), report.body)
  }
}
