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
    let memory = BlockMemory()
  }

  /// The picture, and the same at half the scale; the last used first.
  private var entries: [Entry] = []
  /// What interrupted effect maps have measured.
  private var effects: [String: [Float]] = [:]
  private let models: ModelCatalogue
  private let pool: ThreadPool

  /// - Parameter pool: whose threads compute.
  init(models: ModelCatalogue, pool: ThreadPool) { (self.models, self.pool) = (models, pool) }

  /// Where a query came from and what it may use.
  struct Asked: Sendable {
    var job: JobRequest
    let path: String
    let threadCount: Int
    var budgetBytes: Int
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

  /// Uses what rows left, and leaves what it took, where picture and analysis have room beside each other.
  func analysis(
    _ order: AnalysisOrder, _ asked: Asked, onProgress: @escaping (_ share: Double, _ detail: String) -> Void
  ) throws(JobError) -> AnalysisReport {
    var watch = PictureAnalysis.Watch { asked.isCancelled }
    watch.onProgress = onProgress
    watch.note = { onProgress(0, $0) }
    let key = Key(job: asked.job, path: asked.path, stamp: FileStamp(asked.path), isHalfScale: false)
    if order.kind.looksAtBlocks {
      let entry = try take(key, asked)
      let (picture, memory) = (entry.picture, entry.memory)
      let pixelBytes = PictureAnalysis.pixelBytes(order.kind) * picture.image.width * picture.image.height
      let room =
        asked.budgetBytes - picture.plan.estimate.totalBytes - pixelBytes
        - WholeBlock.bytes(
          picture.configuration, height: picture.plan.tiles.tileHeight, width: picture.plan.tiles.tileWidth)
      entries = []
      if picture.plan.tiles.tileCount == 1, room >= memory.inputBytes {
        // A second model needs what others could keep.
        memory.room = order.kind == .models ? 0 : room
        entries = [entry]
        return try PictureAnalysis(order, picture, watch, memory: memory, second: try second(order, asked)).run()
      }
    }
    entries = []
    (watch.kept, watch.keep) = ({ [unowned self] in effects[$0] }, { [unowned self] in effects[$0] = $1 })
    let picture = try picture(
      asked, features: WholeBlock.peakFeatures, pixelBytes: PictureAnalysis.pixelBytes(order.kind))
    return try PictureAnalysis(order, picture, watch, second: try second(order, asked)).run()
  }

  /// What the picture is compared with.
  private func second(_ order: AnalysisOrder, _ asked: Asked) throws(JobError) -> InspectedPicture? {
    guard let job = try asked.job.second(of: order) else { return nil }
    var other = asked
    other.job = job
    other.budgetBytes = max(1, asked.budgetBytes - entries.reduce(0) { $0 + $1.memory.bytes })
    return try picture(other)
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
    let query = Self.query(order, picture.picture)
    let tile = try picture.picture.tile(forQueryAt: query.x, query.y)
    if picture.memory.activations(of: tile, Set(configuration.blocks)) != nil {
      for place in configuration.blocks { rows += try self.rows(of: picture, order, place, questions) }
    } else {
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
    let query = Self.query(order, entry.picture)
    let tile = try entry.picture.tile(forQueryAt: query.x, query.y)
    guard let block = entry.memory.activations(of: tile, [place])?[place] else { throw .cancelled }
    do { return try block.rows(x: query.x, y: query.y, questions) } catch {
      throw .restoration(.outOfMemory(error), picture: entry.picture.path)
    }
  }

  /// The picture with the activations of the query's tile: those of all blocks, or of `blocks` where not all fit the budget.
  private func entry(
    for order: AttentionOrder, _ asked: Asked, blocks: Set<BlockPlace>?, _ questions: [AttentionQuestion]
  ) throws(JobError) -> (entry: Entry, isNewPass: Bool) {
    let entry = try take(order, asked)
    let picture = entry.picture
    let all = picture.configuration.blocks
    let query = Self.query(order, picture)
    try picture.check(x: query.x, y: query.y, blocks: blocks ?? Set(all), questions)
    let tile = try picture.tile(forQueryAt: query.x, query.y)
    if entry.memory.activations(of: tile, blocks ?? []) != nil {
      entries.insert(entry, at: 0)
      return (entry, false)
    }
    entry.memory.forget()
    let each = KeptActivations.bytesPerBlock(picture.configuration, height: tile.height, width: tile.width)
    let room = asked.budgetBytes - picture.plan.estimate.totalBytes - entries.reduce(0) { $0 + $1.memory.bytes }
    // The other scale gives way first.
    if let blocks, all.count * each > room, blocks.count * each > room { entries = [] }
    entry.memory.room = room
    if all.count * each <= room || blocks != nil {
      _ = try entry.memory.activations(of: tile, blocks ?? Set(all), in: picture, isCancelled: { asked.isCancelled })
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
    try take(Key(job: asked.job, path: asked.path, stamp: FileStamp(asked.path), isHalfScale: order.isHalfScale), asked)
  }

  private func take(_ key: Key, _ asked: Asked) throws(JobError) -> Entry {
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
