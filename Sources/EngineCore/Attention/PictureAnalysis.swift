import Base
import EngineWire
import Glibc
import GRLModel
import Imaging
import Inspection
import Restoration
import Tensors

/// What is found out about a whole picture, or by trying the network: what no single row of weights tells.
package struct PictureAnalysis {
  /// Whoever waits for it.
  package struct Watch {
    package var isCancelled: () -> Bool
    package var onProgress: (_ share: Double, _ detail: String) -> Void = { _, _ in }
    package var note: (String) -> Void = { _ in }
    /// What `effect` has measured so far under a key, and its place; nil forgets it.
    package var kept: (_ key: String) -> [Float]? = { _ in nil }
    package var keep: (_ key: String, [Float]?) -> Void = { _, _ in }

    package init(isCancelled: @escaping () -> Bool) { self.isCancelled = isCancelled }
  }

  let order: AnalysisOrder
  let picture: InspectedPicture
  let watch: Watch
  let memory: BlockMemory
  let second: InspectedPicture?
  let place: BlockPlace

  /// - Parameters:
  ///   - memory: what earlier questions about the same picture, model and tiles left.
  ///   - second: `models`: the same picture with what it is compared with.
  package init(
    _ order: AnalysisOrder, _ picture: InspectedPicture, _ watch: Watch, memory: BlockMemory = BlockMemory(),
    second: InspectedPicture? = nil
  ) {
    (self.order, self.picture, self.watch, self.memory, self.second) = (order, picture, watch, memory, second)
    let depths = picture.configuration.depths
    let stage = order.stage ?? depths.count - 1
    let last = depths.indices.contains(stage) ? depths[stage] - 1 : 0
    place = BlockPlace(stage: stage, block: order.block ?? last)
  }

  /// Of each pixel of a picture in `maps`: sums of its row in the picture and in the tile, the head, nine planes and their copies.
  package static func pixelBytes(_ kind: AnalysisKind?) -> Int { kind == .maps ? 200 : 0 }

  var head: Int? { order.head }
  var terms: ScoreTerms { ScoreTerms(hasBias: order.hasBias, hasTemperature: order.hasTemperature) }
  var model: String { picture.restorer.model.card.name }
  var name: String { picture.path == "-" ? "standard input" : lastComponent(picture.path) }
  var part: AttentionKind { order.isOfWindow ? .window : .stripe }
  var headText: String { head.map { "head \($0)" } ?? "mean of heads" }
  var query: (x: Int, y: Int) { (order.x ?? picture.image.width / 2, order.y ?? picture.image.height / 2) }

  /// - Throws: `.badRequest` for what cannot be asked like this, `.restoration` for places and heads that do not exist, and what computing throws.
  package func run() throws(JobError) -> AnalysisReport {
    do {
      try check()
      switch order.kind {
      case .maps: return try maps()
      case .region: return try meanRow()
      case .crossScale: return try crossScale()
      case .spectrum: return try spectrum()
      case .features: return try features()
      case .heads: return try heads()
      case .effect: return try effect()
      case .attribution: return try attribution()
      case .field: return try field()
      case .rollout: return try rollout()
      case .models: return try models()
      }
    } catch let error as JobError {
      throw error
    } catch let error as ImageError {
      throw .image(error)
    } catch let error as OutOfMemory {
      throw .restoration(.outOfMemory(error), picture: picture.path)
    } catch {
      throw .badRequest("\(name): \(error)")
    }
  }

  private func check() throws {
    let sizes: [(word: String, value: Int, allowed: ClosedRange<Int>)] = [
      ("span", order.span, 16...4096), ("patch", order.patch, 1...512), ("square", order.square, 1...512),
      ("steps", order.steps, 2...4096), ("channel", order.channel ?? 0, 0...4095),
    ]
    for size in sizes where !size.allowed.contains(size.value) {
      throw JobError.badRequest(
        "--\(size.word) \(size.value): give \(size.allowed.lowerBound) to \(size.allowed.upperBound)")
    }
    if let region = order.region, !region.fits(width: picture.image.width, height: picture.image.height) {
      throw JobError.restoration(
        .regionOutside(region, width: picture.image.width, height: picture.image.height), picture: picture.path)
    }
    _ = try picture.tile(forQueryAt: query.x, query.y)
  }

  func onBlock(_ done: Int, _ count: Int) {
    watch.onProgress(Double(done) / Double(count), "block \(done) of \(count)")
  }

  /// The block that is asked about, of the tile in whose middle a pixel lies best.
  func wholeBlock(x: Int, y: Int) throws(JobError) -> WholeBlock {
    try picture.check(place)
    return try memory.whole(
      place, of: try picture.tile(forQueryAt: x, y), in: picture, isCancelled: watch.isCancelled, onBlock: onBlock)
  }

  func square(_ at: (x: Int, y: Int)) -> Rectangle { Rectangle(x: at.x, y: at.y, width: 1, height: 1) }

  func check(_ kind: AttentionKind) throws(JobError) {
    do throws(AttentionError) { try picture.configuration.check(head: head, of: kind) } catch {
      throw .restoration(.attention(error), picture: picture.path)
    }
  }

  func caught<Value>(_ body: () throws(OutOfMemory) -> Value) throws(JobError) -> Value {
    do { return try body() } catch { throw .restoration(.outOfMemory(error), picture: picture.path) }
  }

  func numbers(of maps: [PlaneMap], within region: Rectangle?, in area: Rectangle) -> [[String]] {
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

  func maps() throws -> AnalysisReport {
    try check(part)
    let whole = Rectangle(x: 0, y: 0, width: picture.image.width, height: picture.image.height)
    try picture.check(place)
    let weights = try picture.checkpoint().projection(of: place)
    var all = AttentionMaps(AttentionCell.Area(whole))
    var dominant = [Int](repeating: 0, count: whole.width * whole.height)
    let tiles = picture.tiles
    for (number, tile) in tiles.enumerated() {
      let block = try memory.whole(place, of: tile.place, in: picture, isCancelled: watch.isCancelled) { done, count in
        watch.onProgress(
          (Double(number) + Double(done) / Double(count)) / Double(tiles.count),
          (tiles.count > 1 ? "tile \(number + 1) of \(tiles.count), " : "") + "block \(done) of \(count)")
      }
      let (found, heads) = try caught { () throws(OutOfMemory) in
        (
          try block.maps(part, head: head, terms: terms),
          try weights.map { weights throws(OutOfMemory) in try memory.dominantHeads(of: block, projection: weights) }
        )
      }
      all.take(AttentionCell.Area(tile.own), of: found)
      guard let heads else { continue }
      for y in tile.own.rows {
        let from = (y - tile.place.y) * tile.place.width + tile.own.x - tile.place.x
        let to = y * whole.width + tile.own.x
        dominant.replaceSubrange(to..<to + tile.own.width, with: heads[from..<from + tile.own.width])
      }
      if watch.isCancelled() { throw JobError.cancelled }
    }
    var maps = AttentionMeasure.allCases.map { measure in
      let look: PlaneMap.Look =
        switch measure {
        case .direction: .axis(strength: all.plane(.anisotropy))
        case .directionBeyondCell: .axis(strength: all.plane(.anisotropyBeyondCell).map { min(1, $0) })
        default: .magnitude(fromZero: true)
        }
      return PlaneMap(
        measure.name, unit: measure.unit, width: whole.width, height: whole.height, values: all.plane(measure),
        look: look)
    }
    let names = picture.configuration.headNames
    maps.append(
      PlaneMap(
        "head that dominates", width: whole.width, height: whole.height, values: dominant.map { Float($0) },
        look: .categories(names)))
    var report = AnalysisReport(
      title: "\(name): \(part.rawValue) of every pixel, \(place), \(headText)",
      explanation: "\(model); " + geometry(part), region: whole)
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
    report.marks = order.region.map { [$0] } ?? []
    return report
  }

  func geometry(_ kind: AttentionKind) -> String {
    let configuration = picture.configuration
    if kind == .window { return "windows of \(configuration.windowSize) x \(configuration.windowSize) pixels" }
    let (rows, columns) = (configuration.stripeRows, configuration.stripeColumns)
    let (first, second) = place.block % 2 == 0 ? (rows, columns) : (columns, rows)
    return "stripes of \(first.text) rows x \(second.text) columns"
      + (rows == columns ? ": squares, so that lying and upright ones look the same way" : "")
  }

  func meanRow() throws -> AnalysisReport {
    try check(part)
    guard let region = order.region else { throw JobError.badRequest("--kind region needs --region X,Y,W,H") }
    let block = try wholeBlock(x: region.x + region.width / 2, y: region.y + region.height / 2)
    let area = Rectangle(block.area)
    guard region.isWithin(area) else {
      throw JobError.badRequest(
        "--region reaches over more than one tile, the one of \(area.width) x \(area.height) pixels from "
          + "(\(area.x), \(area.y)) on; make it smaller, or give --tile none")
    }
    let row = try caught { () throws(OutOfMemory) in
      try block.meanRow(part, head: head, terms: terms, queries: AttentionCell.Area(region))
    }
    let map = PlaneMap("mean weight", unit: "%", width: area.width, height: area.height, values: row.map { $0 * 100 })
    let inside = region.pixels(of: row, in: area)
    var report = AnalysisReport(
      title:
        "\(name): what \(region.width) x \(region.height) pixels look at, \(place), \(headText)",
      explanation: "\(model); mean row of \(part.rawValue) attention; " + geometry(part),
      region: area)
    let weights = row.map { Double($0) }
    let entropy = weights.reduce(0) { $0 - ($1 > 0 ? $1 * log2($1) : 0) }
    report.tables = [
      [
        ["", ""], ["within the region", percent(inside)], ["entropy, bit", entropy.fixed(2)],
        ["largest weight", percent(weights.max() ?? 0)], ["on padding", percent(max(0, 1 - weights.reduce(0, +)))],
      ]
    ]
    report.maps = [map]
    report.marks = [region]
    return report
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
    case .anisotropyBeyondCell: "anisotropy beyond the cell's"
    case .directionBeyondCell: "direction beyond the cell's"
    case .heaviest: "distance of the heaviest key"
    }
  }

  fileprivate var unit: String {
    switch self {
    case .entropy: "bit"
    case .reach, .heaviest: "pixels"
    case .direction, .directionBeyondCell: "degrees"
    case .outside, .anisotropy, .anisotropyBeyondCell: ""
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
