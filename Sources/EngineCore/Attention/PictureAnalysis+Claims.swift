import Base
import EngineWire
import Glibc
import GRLModel
import Inspection
import Restoration
import Tensors

/// The paper's claims, and what a block makes of a picture.
extension PictureAnalysis {
  func crossScale() throws -> AnalysisReport {
    try check(.stripe)
    let (x, y) = (query.x, query.y)
    let half = try picture.halved()
    let full = try wholeBlock(x: x, y: y)
    let small = try BlockMemory().whole(
      place, of: try half.tile(forQueryAt: min(x / 2, half.image.width - 1), min(y / 2, half.image.height - 1)),
      in: half,
      isCancelled: watch.isCancelled)
    guard (full.area.x, full.area.y, small.area.x, small.area.y) == (0, 0, 0, 0) else {
      throw JobError.badRequest("\(name) is cut into tiles: give a smaller picture, --tile none or more --memory")
    }
    // The query, and a grid over the picture.
    var queries = [SIMD2(x, y)]
    for row in 0..<12 {
      for column in 0..<12 {
        queries.append(
          SIMD2((2 * column + 1) * full.area.width / 24, (2 * row + 1) * full.area.height / 24))
      }
    }
    let found = try caught { () throws(OutOfMemory) in
      try CrossScaleSimilarity(full, small, queries: queries, head: head)
    }
    let (cosines, weights) = (
      Distribution(Array(found.correlations.dropFirst())), Distribution(Array(found.weightCorrelations.dropFirst()))
    )
    var report = AnalysisReport(
      title: "\(name): cross-scale similarity, \(place), \(headText)",
      explanation: "\(model); stripe queries of the picture against keys of the picture at half the scale, everywhere",
      region: Rectangle(x: 0, y: 0, width: found.width * 2, height: found.height * 2))
    report.tables = [
      [
        ["correlation with the full scale", "cosine", "weight"],
        ["from (\(x), \(y))", found.correlations[0].fixed(3), found.weightCorrelations[0].fixed(3)],
        ["mean of \(cosines.count) pixels", cosines.mean.fixed(3), weights.mean.fixed(3)],
        ["least", cosines.least.fixed(3), weights.least.fixed(3)],
        ["lower quartile", cosines.lowerQuartile.fixed(3), weights.lowerQuartile.fixed(3)],
        ["median", cosines.median.fixed(3), weights.median.fixed(3)],
        ["upper quartile", cosines.upperQuartile.fixed(3), weights.upperQuartile.fixed(3)],
        ["largest", cosines.largest.fixed(3), weights.largest.fixed(3)],
      ]
    ]
    report.maps = [
      PlaneMap(
        "cosine with the smaller picture's keys", width: found.width, height: found.height, values: found.smaller,
        look: .signed),
      PlaneMap(
        "with its own keys, means of 2 x 2", width: found.width, height: found.height, values: found.full,
        look: .signed),
    ]
    report.charts = [
      Chart(
        "correlation of cosines, by pixel from the least on", axis: "pixels",
        [
          Chart.Series("cosine", found.correlations.sorted()),
          Chart.Series("weight", found.weightCorrelations.sorted()),
        ])
    ]
    report.marks = [square(query)]
    return report
  }

  func spectrum() throws -> AnalysisReport {
    try check(.stripe)
    let block = try wholeBlock(x: query.x, y: query.y)
    let heads = head.map { [$0] } ?? Array(0..<picture.configuration.stripeHeads)
    var report = AnalysisReport(
      title: "\(name): are anchors enough? The stripe around (\(query.x), \(query.y)), \(place)",
      explanation: "\(model); attention of all tokens on all, without position bias, against what anchors make of it",
      region: Rectangle(block.area))
    var cell: AttentionCell?
    for head in heads {
      watch.onProgress(Double(head) / Double(heads.count), "singular values, head \(head)")
      let found: AnchorSpectrum
      do { found = try AnchorSpectrum(block, x: query.x, y: query.y, head: head) } catch {
        if let refusal = error as? OutOfMemory {
          throw JobError.restoration(.outOfMemory(refusal), picture: picture.path)
        }
        throw JobError.badRequest("\(name): \(error)")
      }
      cell = found.cell
      let own = found.anchored.first { $0.isOwn }
      report.tables.append(
        [["head \(head)", "anchors", "error", "least of that rank", "energy kept by rank"]]
          + found.anchored.map {
            [
              "\($0.factor) x \($0.factor)" + ($0.isOwn ? " (the network's)" : ""), "\($0.anchors)", percent($0.error),
              percent($0.leastError), percent(found.energy(ofRank: $0.anchors)),
            ]
          })
      report.charts.append(
        Chart(
          "head \(head): singular values, \(found.cell.rows) x \(found.cell.columns) tokens", axis: "rank",
          [
            Chart.Series("all tokens on all", found.singularValues),
            Chart.Series("\(own?.anchors ?? 0) anchors", own?.singularValues ?? []),
          ], isLogarithmic: true))
    }
    report.marks = (cell?.parts ?? []).map { Rectangle($0) } + [square(query)]
    return report
  }

  func features() throws -> AnalysisReport {
    let features = try picture.features(
      place, x: query.x, y: query.y, isCancelled: watch.isCancelled, onBlock: onBlock)
    let area = Rectangle(features.area)
    let components: BlockFeatures.Components
    do { components = try features.components() } catch { throw JobError.badRequest("\(name): \(error)") }
    var report = AnalysisReport(
      title: "\(name): features, \(place)",
      explanation: "\(model); what the block makes of its input, \(features.channels) channels", region: area)
    // The extreme hundredths are cut off.
    let ranges = components.planes.map { plane in
      let sorted = plane.sorted()
      return (low: sorted[sorted.count / 100], high: sorted[sorted.count - 1 - sorted.count / 100])
    }
    func level(_ component: Int, _ pixel: Int) -> UInt32 {
      let (low, high) = ranges[component]
      let share = (components.planes[component][pixel] - low) / max(high - low, .leastNormalMagnitude)
      return UInt32(min(max(share, 0), 1) * 255)
    }
    let colours = (0..<area.width * area.height).map { pixel in
      level(0, pixel) << 16 | level(1, pixel) << 8 | level(2, pixel)
    }
    let similar = features.similarity(toX: query.x, y: query.y)
    report.maps = [
      PlaneMap(
        "three principal components", width: area.width, height: area.height, values: components.planes[0],
        look: .colours(colours)),
      PlaneMap(
        "cosine similarity to (\(query.x), \(query.y))", width: area.width, height: area.height, values: similar,
        look: .signed),
    ]
    if let channel = order.channel {
      guard channel < features.channels else {
        throw JobError.badRequest("--channel \(channel): this network has channels 0 to \(features.channels - 1)")
      }
      report.maps.append(
        PlaneMap(
          "channel \(channel)", width: area.width, height: area.height, values: features.channel(channel), look: .signed
        ))
    }
    report.tables = [
      [["component", "share of the variance"]]
        + components.shares.enumerated().map { ["\($0.offset + 1)", percent($0.element)] }
    ]
    report.marks = [square(query)]
    return report
  }

  func rollout() throws -> AnalysisReport {
    try picture.check(place)
    let kept = try memory.activations(
      of: try picture.tile(forQueryAt: query.x, query.y), Set(picture.configuration.blocks.filter { $0 <= place }),
      in: picture, isCancelled: watch.isCancelled, onBlock: onBlock)
    let area = Rectangle(kept.area)
    let flow = try caught { () throws(OutOfMemory) in try kept.rollout(x: query.x, y: query.y, through: place) }
    var report = AnalysisReport(
      title: "\(name): rollout to (\(query.x), \(query.y)) through \(place)",
      explanation: "\(model); weights alone, half of each pixel stays in each block: where from, not what", region: area
    )
    var (total, distance) = (0.0, 0.0)
    for (pixel, share) in flow.enumerated() {
      let (dx, dy) = (pixel % area.width + area.x - query.x, pixel / area.width + area.y - query.y)
      total += Double(share)
      distance += Double(share) * hypot(Double(dx), Double(dy))
    }
    let own = Double(flow[(query.y - area.y) * area.width + query.x - area.x])
    report.tables = [
      [
        ["", ""], ["stays at the query", percent(own)], ["mean distance, pixels", (distance / total).fixed(1)],
        ["on padding", percent(max(0, 1 - total))],
      ]
    ]
    report.maps = [
      PlaneMap(
        "log10 of the share", width: area.width, height: area.height, values: flow.map { log10(max($0, 1e-8)) },
        look: .magnitude(fromZero: false))
    ]
    report.marks = [square(query)]
    return report
  }
}
