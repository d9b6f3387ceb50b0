import Base
import EngineWire
import GRLModel
import Imaging
import Inspection
import Restoration
import Tensors

/// Answers queries about what a network looks at; keeps the last tiles' activations, so that only the first query of a tile takes
/// a forward pass.
///
/// One request at a time uses it.
final class AttentionCache {
  private struct Key: Hashable {
    let job: JobRequest
    let path: String
    let stamp: FileStamp?
    let isHalfScale: Bool
  }

  private struct Entry {
    let key: Key
    let picture: InspectedPicture
    var tile: Rectangle?
    var kept: KeptActivations?
    /// Bytes of `kept`.
    var bytes = 0
  }

  /// The picture, and the same at half the scale; the last used first.
  private var entries: [Entry] = []
  private let models: ModelCatalogue
  private let pool: ThreadPool

  /// - Parameter pool: whose threads compute.
  init(models: ModelCatalogue, pool: ThreadPool) { (self.models, self.pool) = (models, pool) }

  /// Where a query came from and what it may use.
  struct Asked: Sendable {
    let job: JobRequest
    let path: String
    let threadCount: Int
    let budgetBytes: Int
    /// Cancelled when nobody waits for the answer any more.
    let gate: WorkGate
    let flag: CancelFlag

    var isCancelled: Bool { flag.isSet || gate.isCancelled }
  }

  /// The one block that is asked about, and what about it.
  ///
  /// - Throws: for whatever does not exist: kind, place, block, head. Overviews are held to the same, and nothing is computed before.
  private func checked(
    _ order: AttentionOrder, _ asked: Asked
  ) throws(JobError) -> (place: BlockPlace, question: AttentionQuestion) {
    let place = BlockPlace(stage: order.stage, block: order.block)
    let question = try Self.question(order)
    var full = order
    full.isHalfScale = false
    let picture = try inspected(full, asked).picture
    try picture.check(x: order.x, y: order.y, blocks: [place], [question])
    return (place, question)
  }

  func row(_ order: AttentionOrder, _ asked: Asked) throws(JobError) -> (Reply, [UInt8]) {
    let start = ContinuousClock.now
    let (place, question) = try checked(order, asked)
    let (entry, isNew) = try entry(for: order, asked, blocks: [place], [question])
    let row = try self.row(of: entry, order, place, question)
    var correlation: Double?
    if order.isHalfScale {
      var full = order
      full.isHalfScale = false
      let whole = try self.entry(for: full, asked, blocks: [place], [question]).entry
      correlation = try self.row(of: whole, full, place, question).correlation(withHalfScale: row)
    }
    let largest = row.weights.max() ?? 0
    let body = row.weights.map { largest > 0 ? UInt8((255 * ($0 / largest).squareRoot()).rounded()) : 0 }
    let info = AttentionInfo(
      row, order, entry.picture, correlation: correlation, seconds: (ContinuousClock.now - start).seconds,
      isNewPass: isNew)
    return (.attention(info), body)
  }

  private func row(
    of entry: Entry, _ order: AttentionOrder, _ place: BlockPlace, _ question: AttentionQuestion
  ) throws(JobError) -> AttentionRow {
    try rows(of: entry, order, place, [question])[0]
  }

  /// Not kept: it takes the memory that rows would have.
  func analysis(_ order: AnalysisOrder, _ asked: Asked) throws(JobError) -> AnalysisReport {
    entries = []
    let picture = try picture(
      asked, features: WholeBlock.peakFeatures, pixelBytes: PictureAnalysis.pixelBytes(order.kind))
    return try PictureAnalysis(order, picture, PictureAnalysis.Watch { asked.isCancelled }).run()
  }

  func overview(_ order: AttentionOrder, _ asked: Asked) throws(JobError) -> Reply {
    let start = ContinuousClock.now
    _ = try checked(order, asked)
    let terms = ScoreTerms(hasBias: order.hasBias, hasTemperature: order.hasTemperature)
    let picture = try entry(for: order, asked, blocks: nil, []).entry
    let configuration = picture.picture.configuration
    let questions = [AttentionKind.window, .stripe].flatMap { kind in
      (0..<configuration.heads(kind)).map { AttentionQuestion(kind, head: $0, terms: terms) }
    }
    var rows: [AttentionRow] = []
    if picture.kept?.blocks == configuration.blocks {
      for place in configuration.blocks { rows += try self.rows(of: picture, order, place, questions) }
    } else {
      let query = Self.query(order, picture.picture)
      rows = try picture.picture.rows(
        x: query.x, y: query.y, blocks: Set(configuration.blocks), questions,
        isCancelled: { asked.isCancelled }
      ).rows.flatMap { $0 }
    }
    let entries = rows.map { row in
      AttentionOverview.Entry(
        stage: row.place.stage, block: row.place.block, kind: row.question.kind.rawValue, head: row.question.head ?? 0,
        figures: AttentionFigures(row.numbers))
    }
    return .attentionOverview(
      AttentionOverview(
        network: AttentionNetwork(picture.picture), x: order.x, y: order.y, entries: entries,
        seconds: (ContinuousClock.now - start).seconds))
  }

  private func rows(
    of entry: Entry, _ order: AttentionOrder, _ place: BlockPlace, _ questions: [AttentionQuestion]
  ) throws(JobError) -> [AttentionRow] {
    guard let block = entry.kept?[place] else { throw .cancelled }
    let query = Self.query(order, entry.picture)
    do { return try block.rows(x: query.x, y: query.y, questions) } catch {
      throw .restoration(.outOfMemory(error), picture: entry.picture.path)
    }
  }

  /// The picture with the activations of the query's tile: those of all blocks, or of `blocks` where not all fit the budget.
  private func entry(
    for order: AttentionOrder, _ asked: Asked, blocks: Set<BlockPlace>?, _ questions: [AttentionQuestion]
  ) throws(JobError) -> (entry: Entry, isNewPass: Bool) {
    var entry = try take(order, asked)
    let picture = entry.picture
    let all = picture.configuration.blocks
    let query = Self.query(order, picture)
    try picture.check(x: query.x, y: query.y, blocks: blocks ?? Set(all), questions)
    let tile = try picture.tile(forQueryAt: query.x, query.y)
    let has = Set(entry.kept?.blocks ?? [])
    if entry.tile == tile, blocks?.isSubset(of: has) ?? true {
      entries.insert(entry, at: 0)
      return (entry, false)
    }
    entry.kept = nil
    let each = KeptActivations.bytesPerBlock(picture.configuration, height: tile.height, width: tile.width)
    let room = asked.budgetBytes - picture.plan.estimate.totalBytes - entries.reduce(0) { $0 + $1.bytes }
    let wanted = all.count * each <= room ? Set(all) : blocks ?? []
    if blocks != nil, wanted.count * each > room {
      // The other scale gives way first.
      entries = []
    }
    entry.tile = tile
    entry.bytes = wanted.count * each
    if !wanted.isEmpty {
      entry.kept = try picture.caught { () throws(RestorationError) in
        try picture.restorer.activations(
          picture.image, right: picture.right, plan: picture.plan, tile: tile, blocks: wanted,
          isCancelled: { asked.isCancelled })
      }
    }
    entries.insert(entry, at: 0)
    return (entry, true)
  }

  /// The entry of a picture, which stays.
  private func inspected(_ order: AttentionOrder, _ asked: Asked) throws(JobError) -> Entry {
    let entry = try take(order, asked)
    entries.insert(entry, at: 0)
    return entry
  }

  /// The entry of a picture, taken out; another picture than the last one drops what was kept of that.
  private func take(_ order: AttentionOrder, _ asked: Asked) throws(JobError) -> Entry {
    let key = Key(job: asked.job, path: asked.path, stamp: FileStamp(asked.path), isHalfScale: order.isHalfScale)
    entries.removeAll { ($0.key.job, $0.key.path, $0.key.stamp) != (key.job, key.path, key.stamp) }
    if let place = entries.firstIndex(where: { $0.key == key }) { return entries.remove(at: place) }
    let known = entries.first { !$0.key.isHalfScale }?.picture
    let full: InspectedPicture
    if let known { full = known } else { full = try picture(asked) }
    return Entry(key: key, picture: key.isHalfScale ? try full.halved() : full)
  }

  private func picture(
    _ asked: Asked, features: Int = 0, pixelBytes: Int = 0
  ) throws(JobError) -> InspectedPicture {
    var job = asked.job
    job.memoryBytes = asked.budgetBytes
    var settings = try JobSettings(job)
    settings.limits.cancelFlag = asked.flag
    return try InspectedPicture(
      asked.path, settings, models, threads: ThreadLease(threadCount: asked.threadCount, of: pool), features: features,
      pixelBytes: pixelBytes)
  }

  /// The query in the pixels of the picture that is asked.
  private static func query(_ order: AttentionOrder, _ picture: InspectedPicture) -> (x: Int, y: Int) {
    guard order.isHalfScale else { return (order.x, order.y) }
    return (min(order.x / 2, picture.image.width - 1), min(order.y / 2, picture.image.height - 1))
  }

  private static func question(_ order: AttentionOrder) throws(JobError) -> AttentionQuestion {
    guard let kind = AttentionKind(rawValue: order.kind) else {
      let allowed = AttentionKind.allCases.map(\.rawValue).joined(separator: ", ")
      throw .badRequest("attention '\(order.kind)' is not known: give \(allowed)")
    }
    return AttentionQuestion(
      kind, head: order.head, terms: ScoreTerms(hasBias: order.hasBias, hasTemperature: order.hasTemperature))
  }
}
