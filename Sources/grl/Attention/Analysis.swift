import ArgumentParser
import Base
import Checkpoints
import EngineCore
import Foundation
import GRLModel
import Imaging
import Inspection
import Reports
import Restoration
import Tensors

/// What `grl attention` finds out about a whole picture, or by trying the network: the kinds that are no row of weights.
struct Analysis {
  let order: Attention
  let picture: InspectedPicture
  let console: Console
  let place: BlockPlace

  private var head: Int? { order.head.index }
  private var terms: ScoreTerms { ScoreTerms(hasBias: !order.noBias, hasTemperature: !order.noTemperature) }
  private var model: String { picture.restorer.model.card.name }
  private var kind: AttentionKind { order.part == .window ? .window : .stripe }
  private var headText: String { head.map { "head \($0)" } ?? "mean of heads" }
  private var query: QueryPoint { order.at ?? QueryPoint(x: picture.image.width / 2, y: picture.image.height / 2) }

  /// Of each pixel of a picture in `maps`: sums of its row in the picture and in the tile, the head, seven planes and their copies.
  static let mapBytes = 200

  /// A report, and what its maps lie over.
  struct Found {
    var report: AnalysisReport
    var region: Rectangle
    var marks: [Rectangle] = []
  }

  func run() throws -> Found {
    switch order.kind {
    case .maps: try maps()
    case .region: try meanRow()
    case .crossScale: try crossScale()
    case .spectrum: try spectrum()
    case .features: try features()
    case .heads: try heads()
    case .effect: try effect()
    case .attribution: try attribution()
    case .field: try field()
    case .rollout: try rollout()
    default: preconditionFailure("\(order.kind) is a row")
    }
  }

  private func onBlock(_ done: Int, _ count: Int) {
    console.progress(order.image, done: Double(done) / Double(count), detail: "block \(done) of \(count)")
  }

  private func square(_ at: QueryPoint) -> Rectangle { Rectangle(x: at.x, y: at.y, width: 1, height: 1) }

  private func check(_ kind: AttentionKind) throws {
    do throws(AttentionError) { try picture.configuration.check(head: head, of: kind) } catch {
      throw JobError.restoration(.attention(error), picture: picture.path)
    }
  }

  private func numbers(of maps: [PlaneMap], within region: Rectangle?, in area: Rectangle) -> [[String]] {
    [["", "mean", "least", "median", "largest"]]
      + maps.map { map in
        var shown = map
        if let region {
          shown = map.cropped(to: region.offset(x: -area.x, y: -area.y))
        }
        let n = shown.numbers
        let name = map.name + (map.unit.isEmpty ? "" : ", \(map.unit)")
        return [name] + [n.mean, n.least, n.median, n.largest].map(significant)
      }
  }

  // MARK: Every pixel's row

  private func maps() throws -> Found {
    try check(kind)
    let whole = Rectangle(x: 0, y: 0, width: picture.image.width, height: picture.image.height)
    let weights = try picture.checkpoint().projection(of: place)
    var all = AttentionMaps(AttentionCell.Area(whole))
    var dominant = [Int](repeating: 0, count: whole.width * whole.height)
    try picture.forEachTile(place, isCancelled: { Interruption.isRequested }, onBlock: onBlock) {
      (block, isOwn) throws(OutOfMemory) in
      all.take(try block.maps(kind, head: head, terms: terms), where: isOwn)
      guard let weights else { return }
      let heads = try block.dominantHeads(projection: weights)
      for y in 0..<block.area.height {
        for x in 0..<block.area.width where isOwn(block.area.x + x, block.area.y + y) {
          dominant[(block.area.y + y) * whole.width + block.area.x + x] = heads[y * block.area.width + x]
        }
      }
    }
    let strength = all.plane(.anisotropy)
    var maps = AttentionMeasure.allCases.map { measure in
      PlaneMap(
        measure.name, unit: measure.unit, width: whole.width, height: whole.height, values: all.plane(measure),
        look: measure == .direction ? .axis(strength: strength) : .magnitude(fromZero: true))
    }
    let names = picture.configuration.headNames
    maps.append(
      PlaneMap(
        "head that dominates", width: whole.width, height: whole.height, values: dominant.map { Float($0) },
        look: .categories(names)))
    if let region = order.region, !region.fits(width: whole.width, height: whole.height) {
      throw JobError.restoration(
        .regionOutside(region, width: whole.width, height: whole.height), picture: picture.path)
    }
    var report = AnalysisReport(
      title: "\(lastComponent(order.name)): \(kind.rawValue) of every pixel, \(place), \(headText)",
      explanation: "\(model); " + geometry(kind))
    report.tables = [numbers(of: Array(maps.dropLast()), within: order.region, in: whole)]
    let shown = order.region.map { maps[maps.count - 1].cropped(to: $0) } ?? maps[maps.count - 1]
    let pixels = Double(max(1, shown.values.count))
    var shares = [["head that dominates", "pixels"]]
    for (index, name) in names.enumerated() {
      let count = shown.values.count { $0 == Float(index) }
      shares.append([name, percent(Double(count) / pixels)])
    }
    report.tables.append(shares)
    report.maps = maps
    return Found(report: report, region: whole, marks: order.region.map { [$0] } ?? [])
  }

  private func geometry(_ kind: AttentionKind) -> String {
    let configuration = picture.configuration
    if kind == .window { return "windows of \(configuration.windowSize) x \(configuration.windowSize) pixels" }
    let (rows, columns) = (configuration.stripeRows, configuration.stripeColumns)
    let (first, second) = place.block % 2 == 0 ? (rows, columns) : (columns, rows)
    return "stripes of \(first.text) rows x \(second.text) columns"
      + (rows == columns ? ": squares, so that lying and upright ones look the same way" : "")
  }

  private func meanRow() throws -> Found {
    try check(kind)
    guard let region = order.region else { throw ValidationError("--kind region needs --region X,Y,W,H") }
    guard region.fits(width: picture.image.width, height: picture.image.height) else {
      throw JobError.restoration(
        .regionOutside(region, width: picture.image.width, height: picture.image.height), picture: picture.path)
    }
    let block = try picture.wholeBlock(
      place, x: region.x + region.width / 2, y: region.y + region.height / 2,
      isCancelled: { Interruption.isRequested }, onBlock: onBlock)
    let area = Rectangle(block.area)
    guard region.isWithin(area) else {
      throw Failure(
        .usage,
        "--region reaches over more than one tile, the one of \(area.width) x \(area.height) pixels from "
          + "(\(area.x), \(area.y)) on; make it smaller, or give --tile none")
    }
    let row = try caught { () throws(OutOfMemory) in
      try block.meanRow(kind, head: head, terms: terms, queries: AttentionCell.Area(region))
    }
    let map = PlaneMap("mean weight", unit: "%", width: area.width, height: area.height, values: row.map { $0 * 100 })
    let inside = region.pixels(of: row, in: area)
    var report = AnalysisReport(
      title:
        "\(lastComponent(order.name)): what \(region.width) x \(region.height) pixels look at, \(place), \(headText)",
      explanation: "\(model); mean row of \(kind.rawValue) attention; " + geometry(kind))
    let weights = row.map { Double($0) }
    let entropy = weights.reduce(0) { $0 - ($1 > 0 ? $1 * log2($1) : 0) }
    report.tables = [
      [
        ["", ""], ["within the region", percent(inside)], ["entropy, bit", entropy.fixed(2)],
        ["largest weight", percent(weights.max() ?? 0)], ["on padding", percent(max(0, 1 - weights.reduce(0, +)))],
      ]
    ]
    report.maps = [map]
    return Found(report: report, region: area, marks: [region])
  }

  // MARK: The paper's claims

  private func crossScale() throws -> Found {
    try check(.stripe)
    let (x, y) = (query.x, query.y)
    let half = try picture.halved()
    let full = try picture.wholeBlock(
      place, x: x, y: y, isCancelled: { Interruption.isRequested }, onBlock: onBlock)
    let small = try half.wholeBlock(
      place, x: min(x / 2, half.image.width - 1), y: min(y / 2, half.image.height - 1),
      isCancelled: { Interruption.isRequested })
    guard (full.area.x, full.area.y, small.area.x, small.area.y) == (0, 0, 0, 0) else {
      throw Failure(.usage, "\(order.name) is cut into tiles: give a smaller picture, --tile none or more --memory")
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
      title: "\(lastComponent(order.name)): cross-scale similarity, \(place), \(headText)",
      explanation: "\(model); stripe queries of the picture against keys of the picture at half the scale, everywhere")
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
    return Found(
      report: report, region: Rectangle(x: 0, y: 0, width: found.width * 2, height: found.height * 2),
      marks: [square(query)])
  }

  private func spectrum() throws -> Found {
    try check(.stripe)
    let block = try picture.wholeBlock(
      place, x: query.x, y: query.y, isCancelled: { Interruption.isRequested }, onBlock: onBlock)
    let heads = head.map { [$0] } ?? Array(0..<picture.configuration.stripeHeads)
    var report = AnalysisReport(
      title: "\(lastComponent(order.name)): are anchors enough? The stripe around (\(query.x), \(query.y)), \(place)",
      explanation: "\(model); attention of all tokens on all, without position bias, against what anchors make of it")
    var cell: AttentionCell?
    for head in heads {
      console.progress(order.image, done: Double(head) / Double(heads.count), detail: "singular values, head \(head)")
      let found: AnchorSpectrum
      do { found = try AnchorSpectrum(block, x: query.x, y: query.y, head: head) } catch {
        if let refusal = error as? OutOfMemory {
          throw JobError.restoration(.outOfMemory(refusal), picture: picture.path)
        }
        throw Failure(.badInput, "\(order.name): \(error)")
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
    return Found(
      report: report, region: Rectangle(block.area), marks: (cell?.parts ?? []).map { Rectangle($0) } + [square(query)])
  }

  // MARK: Features

  private func features() throws -> Found {
    let features = try picture.features(
      place, x: query.x, y: query.y, isCancelled: { Interruption.isRequested }, onBlock: onBlock)
    let area = Rectangle(features.area)
    let components: BlockFeatures.Components
    do { components = try features.components() } catch { throw Failure(.badInput, "\(error)") }
    var report = AnalysisReport(
      title: "\(lastComponent(order.name)): features, \(place)",
      explanation: "\(model); what the block makes of its input, \(features.channels) channels")
    func share(_ plane: [Float], _ pixel: Int, _ range: (low: Float, high: Float)) -> UInt8 {
      let value = (plane[pixel] - range.low) / max(range.high - range.low, .leastNormalMagnitude)
      return UInt8(min(max(value, 0), 1) * 255)
    }
    // The extreme hundredths are cut off.
    let ranges = components.planes.map { plane in
      let sorted = plane.sorted()
      return (low: sorted[sorted.count / 100], high: sorted[sorted.count - 1 - sorted.count / 100])
    }
    let colours = (0..<area.width * area.height).map { pixel in
      Colour(
        share(components.planes[0], pixel, ranges[0]), share(components.planes[1], pixel, ranges[1]),
        share(components.planes[2], pixel, ranges[2]))
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
        throw Failure(.usage, "--channel \(channel): this network has channels 0 to \(features.channels - 1)")
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
    return Found(report: report, region: area, marks: [square(query)])
  }

  private func rollout() throws -> Found {
    let kept = try picture.kept(
      Set(picture.configuration.blocks.filter { $0 <= place }), x: query.x, y: query.y,
      isCancelled: { Interruption.isRequested }, onBlock: onBlock)
    let area = Rectangle(kept.area)
    let flow = try caught { () throws(OutOfMemory) in try kept.rollout(x: query.x, y: query.y, through: place) }
    var report = AnalysisReport(
      title: "\(lastComponent(order.name)): rollout to (\(query.x), \(query.y)) through \(place)",
      explanation: "\(model); weights alone, half of each pixel stays in each block: where from, not what")
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
    return Found(report: report, region: area, marks: [square(query)])
  }

  // MARK: Effects

  private func heads() throws -> Found {
    let checkpoint = try picture.checkpoint()
    let region = try order.region ?? picture.surroundings(x: query.x, y: query.y, span: order.span)
    guard region.fits(width: picture.image.width, height: picture.image.height) else {
      throw JobError.restoration(
        .regionOutside(region, width: picture.image.width, height: picture.image.height), picture: picture.path)
    }
    let input = picture.networkInput(region)
    let plain = try picture.session(region).restoredWatching(input)
    let reference = try order.reference.map { try self.reference($0, region, plain.shape) }
    let places = picture.configuration.allHeads
    var rows: [(place: HeadPlace, change: Double, psnr: Double?)] = []
    for (index, place) in places.enumerated() {
      guard let weights = checkpoint.without([place], picture.configuration) else {
        throw Failure(.modelProblem, "\(model): its output projections cannot be found")
      }
      let output = try picture.session(region, weights).restoredWatching(input)
      rows.append(
        (place, rms(output, plain) * 255, reference.map { psnr(output, $0) }))
      console.progress(
        order.image, done: Double(index + 1) / Double(places.count), detail: "head \(index + 1) of \(places.count)")
    }
    var report = AnalysisReport(
      title:
        "\(lastComponent(order.name)): what each head is worth, \(region.width) x \(region.height) pixels from (\(region.x), \(region.y)) on",
      explanation: "\(model); each head's result set to zero, one after the other"
        + (reference == nil ? "; no --reference, so the change of the result is told, in levels of 255" : ""))
    let whole = reference.map { psnr(plain, $0) }
    report.tables = [
      [["", "change, levels"] + (whole == nil ? [] : ["PSNR, dB", "worth, dB"])]
        + rows.map { row in
          [row.place.description, row.change.fixed(3)]
            + (row.psnr.map { [$0.fixed(3), (whole! - $0).fixed(3)] } ?? [])
        }
    ]
    if let whole { report.tables.append([["", "PSNR, dB"], ["all heads", whole.fixed(3)]]) }
    report.charts = [
      Chart(
        whole == nil ? "change without the head, levels of 255" : "worth of the head, dB", axis: "heads in order",
        [Chart.Series("", rows.map { row in row.psnr.map { whole! - $0 } ?? row.change })],
        labels: rows.map {
          "\($0.place.block.stage).\($0.place.block.block)" + ($0.place.kind == .window ? "w" : "s")
            + "\($0.place.head)"
        })
    ]
    return Found(report: report, region: region)
  }

  private func reference(_ path: String, _ region: Rectangle, _ shape: Shape) throws -> Tensor {
    let image = try ImageFile.read(path).image
    let scale = shape.width / region.width
    guard (image.width, image.height) == (picture.image.width * scale, picture.image.height * scale) else {
      throw Failure(
        .usage,
        "--reference \(path.printable) is \(image.width) x \(image.height), the result would be "
          + "\(picture.image.width * scale) x \(picture.image.height * scale)")
    }
    return picture.colours(of: image, region.scaled(by: scale), channels: shape.channels)
  }

  /// The patch of the result that is asked about, and the part of the picture that goes through the network.
  private func patch() throws -> (region: Rectangle, input: Tensor, patch: AttentionCell.Area, scale: Int) {
    let region = try picture.surroundings(x: query.x, y: query.y, span: order.span)
    let scale = picture.configuration.upscale
    let side = min(order.patch, region.width, region.height)
    func start(_ at: Int, _ length: Int) -> Int { min(max(0, at - side / 2), length - side) * scale }
    let area = AttentionCell.Area(
      x: start(query.x - region.x, region.width), y: start(query.y - region.y, region.height), width: side * scale,
      height: side * scale)
    return (region, picture.networkInput(region), area, scale)
  }

  private func mark(_ patch: AttentionCell.Area, _ region: Rectangle, _ scale: Int) -> Rectangle {
    Rectangle(
      x: region.x + patch.x / scale, y: region.y + patch.y / scale, width: max(1, patch.width / scale),
      height: max(1, patch.height / scale))
  }

  private func effect() throws -> Found {
    let (region, input, patch, scale) = try patch()
    let session = try picture.session(region)
    let store = EffectStore(order, model: picture.restorer.model.card.path, input, patch)
    var map = EffectMap(of: input, patch: patch, side: order.square, effects: store.read())
    let count = map.rows * map.columns
    if map.passesLeft < count {
      console.note("\(order.name): \(count - map.passesLeft) of \(count) squares were there")
    }
    // The first pass takes the memory, the second one says what a pass takes.
    _ = try session.restoredWatching(input)
    let start = ContinuousClock.now
    _ = try session.restoredWatching(input)
    let each = (ContinuousClock.now - start).seconds
    console.note(
      "\(order.name): \(map.passesLeft) passes of \(each.fixed(2)) s, about \(Int((each * Double(map.passesLeft)).rounded(.up))) s in all"
    )
    var written = ContinuousClock.now
    do {
      try map.measure({ try session.restoredWatching($0) }) { now in
        let done = count - now.passesLeft
        console.progress(order.image, done: Double(done) / Double(count), detail: "square \(done) of \(count)")
        if ContinuousClock.now - written > .seconds(5) {
          store.write(now.effects)
          written = ContinuousClock.now
        }
        return true
      }
    } catch {
      store.write(map.effects)
      throw error
    }
    store.remove()
    let sum = map.effects.reduce(0, +)
    var report = AnalysisReport(
      title:
        "\(lastComponent(order.name)): what restores the \(patch.width) x \(patch.height) pixels at (\(query.x), \(query.y))",
      explanation:
        "\(model); each square of \(order.square) pixels replaced by its mean colour: how much the patch changes")
    let own = mark(patch, region, scale)
    let inside = map.effects.indices.reduce(Float(0)) { total, square in
      let place = Rectangle(
        x: region.x + square % map.columns * map.side, y: region.y + square / map.columns * map.side, width: map.side,
        height: map.side)
      return place.intersection(own) == nil ? total : total + map.effects[square]
    }
    report.tables = [
      [
        ["", ""], ["squares", "\(count)"], ["largest change, levels", (Double(map.effects.max() ?? 0) * 255).fixed(2)],
        ["share of the squares under the patch", percent(sum > 0 ? Double(inside / sum) : 0)],
      ]
    ]
    report.maps = [
      PlaneMap(
        "change of the patch", unit: "levels", width: map.columns, height: map.rows,
        values: map.effects.map { $0 * 255 })
    ]
    return Found(
      report: report,
      region: Rectangle(x: region.x, y: region.y, width: map.columns * map.side, height: map.rows * map.side)
        .intersection(
          Rectangle(x: 0, y: 0, width: picture.image.width, height: picture.image.height)) ?? region, marks: [own])
  }

  private func attribution() throws -> Found {
    let (region, input, patch, scale) = try patch()
    let gradient = try picture.inputGradient(region)
    let steps = order.steps
    guard
      let found = LocalAttribution(
        input, patch: patch, through: gradient, steps: steps, isCancelled: { Interruption.isRequested },
        onStep: { done, count in
          console.progress(order.image, done: Double(done) / Double(count), detail: "step \(done) of \(count)")
        })
    else { throw JobError.cancelled }
    let change = found.detail - found.detailOfBlurred
    var report = AnalysisReport(
      title: "\(lastComponent(order.name)): where the detail at (\(query.x), \(query.y)) comes from",
      explanation: "\(model); integrated gradients of the patch's detail, \(steps) steps from a blurred picture")
    report.tables = [
      [
        ["", ""], ["diffusion index, 0 to 100", found.diffusionIndex.fixed(2)],
        ["detail of the patch", found.detail.fixed(3)],
        ["explained", "\(found.total.fixed(3)) of \(change.fixed(3))"],
      ]
    ]
    report.maps = [
      PlaneMap(
        "part of the detail", width: region.width, height: region.height, values: found.map.map(\.rooted),
        look: .signed)
    ]
    return Found(report: report, region: region, marks: [mark(patch, region, scale)])
  }

  private func field() throws -> Found {
    let region = try picture.surroundings(x: query.x, y: query.y, span: order.span)
    let gradient = try picture.inputGradient(region)
    let scale = picture.configuration.upscale
    let found = EffectiveField(
      picture.networkInput(region), x: (query.x - region.x) * scale, y: (query.y - region.y) * scale, through: gradient)
    var report = AnalysisReport(
      title: "\(lastComponent(order.name)): effective receptive field of (\(query.x), \(query.y))",
      explanation: "\(model); size of the gradient with respect to each pixel of \(region.width) x \(region.height)")
    report.tables = [
      [
        ["", ""], ["mean distance, pixels", found.meanDistance.fixed(2)],
        ["nine tenths within, pixels", found.radius90.fixed(2)],
      ]
    ]
    report.maps = [
      PlaneMap(
        "log10 of the share", width: region.width, height: region.height,
        values: found.map.map { log10(max($0, 1e-8)) }, look: .magnitude(fromZero: false))
    ]
    return Found(report: report, region: region, marks: [square(query)])
  }

  // MARK: Helpers

  private func caught<Value>(_ body: () throws(OutOfMemory) -> Value) throws -> Value {
    do { return try body() } catch { throw JobError.restoration(.outOfMemory(error), picture: picture.path) }
  }

  private func rms(_ a: Tensor, _ b: Tensor) -> Double {
    let sum = zip(a.values, b.values).reduce(0.0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
    return (sum / Double(a.values.count)).squareRoot()
  }

  /// Of values cut to 0...1, without rounding.
  private func psnr(_ a: Tensor, _ b: Tensor) -> Double {
    var clipped = a
    for index in clipped.values.indices { clipped.values[index] = min(max(clipped.values[index], 0), 1) }
    return -20 * log10(rms(clipped, b))
  }
}

/// What an effect map has measured so far, beside its result: an interrupted run goes on from there.
private struct EffectStore {
  /// nil where no result keeps the numbers.
  private let path: String?

  init(_ order: Attention, model: String, _ input: Tensor, _ patch: AttentionCell.Area) {
    let key = [
      model, SHA256.hex(input.values.flatMap { value in withUnsafeBytes(of: value.bitPattern) { Array($0) } }),
      "\(patch)", "\(order.square)",
    ].joined(separator: "\n")
    path = order.output.first { $0 != "-" }.map { $0 + "." + SHA256.hex(Array(key.utf8)).prefix(8) + ".part" }
  }

  func read() -> [Float]? {
    guard let path, let bytes = FileManager.default.contents(atPath: path), bytes.count % 4 == 0, !bytes.isEmpty else {
      return nil
    }
    return bytes.withUnsafeBytes { raw in
      (0..<bytes.count / 4).map {
        Float(bitPattern: raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self).littleEndian)
      }
    }
  }

  func write(_ effects: [Float]) {
    guard let path else { return }
    let bytes = effects.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
    // What cannot be kept is measured again.
    try? Interruption.holdingOff { try WholeFile.write(bytes, to: path, mayReplace: true) }
  }

  func remove() { if let path { try? FileManager.default.removeItem(atPath: path) } }
}

extension GRLSession {
  /// - Throws: `JobError.cancelled` where Ctrl-C was pressed.
  fileprivate func restoredWatching(_ input: Tensor) throws -> Tensor {
    do { return try restore(input, isCancelled: { Interruption.isRequested }) } catch { throw JobError.cancelled }
  }
}

extension AttentionMeasure {
  fileprivate var name: String {
    switch self {
    case .entropy: "entropy"
    case .reach: "mean distance"
    case .outside: "beyond the window"
    case .anisotropy: "anisotropy"
    case .direction: "direction"
    case .heaviest: "distance of the heaviest key"
    }
  }

  fileprivate var unit: String {
    switch self {
    case .entropy: "bit"
    case .reach, .heaviest: "pixels"
    case .direction: "degrees"
    case .outside, .anisotropy: ""
    }
  }
}

extension GRLConfiguration {
  fileprivate var headNames: [String] {
    [AttentionKind.window, .stripe].flatMap { kind in (0..<heads(kind)).map { "\(kind.rawValue) \($0)" } }
  }
}

extension GRLConfiguration.StripeExtent {
  fileprivate var text: String {
    switch self {
    case .pixels(let side): "\(side)"
    case .groups(let count): "1/\(count)"
    }
  }
}

extension PlaneMap {
  /// A part of it, in its own pixels.
  fileprivate func cropped(to region: Rectangle) -> PlaneMap {
    PlaneMap(
      name, unit: unit, width: region.width, height: region.height,
      values: region.rows.flatMap { y in region.columns.map { values[y * width + $0] } })
  }
}

extension Rectangle {
  /// The sum of a map's values in it.
  fileprivate func pixels(of map: [Float], in area: Rectangle) -> Double {
    rows.reduce(0) { sum, y in
      columns.reduce(sum) { $0 + Double(map[(y - area.y) * area.width + $1 - area.x]) }
    }
  }

  fileprivate func isWithin(_ other: Rectangle) -> Bool { intersection(other) == self }
}

extension Float {
  /// Its sign times the root of its size: small parts are seen beside large ones.
  fileprivate var rooted: Float { self < 0 ? -(-self).squareRoot() : squareRoot() }
}
