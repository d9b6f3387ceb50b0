import Base
import EngineWire
import Foundation
import JobStore
import Restoration
import Tensors

/// Plans a job for several machines: reads headers, settles tiles, divides, writes the job's folder. Computes nothing but, where no speed is known,
/// one tile.
package struct SharedJobPlanner {
  /// How the pictures are put into shards.
  package enum Division: Sendable {
    case count(Int)
    /// Computing time of a shard, in seconds, how many times as fast as this machine those of the cluster are, and how many shards there are at
    /// least.
    case time(Double, speed: Double, least: Int = 1)
  }

  private let planner: JobPlanner
  private let speeds: SpeedProfile
  private let models: ModelCatalogue
  private let threadCount: Int
  /// Headers that are waited for at once: file systems of clusters answer late and many at a time.
  private static let readers = 8

  /// - Parameters:
  ///   - threadCount: of this machine, whose speed is known or measured.
  ///   - workerThreads: of a machine that works on a shard, which memory is estimated for.
  package init(models: ModelCatalogue, speeds: SpeedProfile, threadCount: Int, workerThreads: Int) {
    (self.models, self.speeds, self.threadCount) = (models, speeds, threadCount)
    planner = JobPlanner(
      models: models, speeds: speeds, budgetBytes: MemoryBudget.standard, threadCount: workerThreads)
  }

  /// What is known of the pictures behind the reading of headers.
  package struct Surveyed: Sendable {
    package let outputs: OutputPlan
    package let pictures: [SurveyedPicture]
    /// Pictures that cannot be restored as they are, the first by name and reason.
    package var problems: [(input: String, reason: String)] {
      zip(outputs.items, pictures).compactMap { item, picture in picture.problem.map { (item.input, $0) } }
    }
  }

  /// Reads the headers, several at once.
  ///
  /// - Parameters:
  ///   - isCancelled: asked between pictures.
  ///   - onProgress: called from time to time with the number of pictures looked at.
  package func survey(
    _ outputs: OutputPlan, _ settings: JobSettings, isCancelled: @escaping @Sendable () -> Bool,
    onProgress: (Int) -> Void
  ) throws(JobError) -> Surveyed {
    let items = outputs.items
    let next = Locked(0)
    let found = Locked([SurveyedPicture](repeating: SurveyedPicture(), count: items.count))
    let done = DispatchSemaphore(value: 0)
    let readers = min(Self.readers, max(1, items.count / 8))
    let planner = planner
    for _ in 0..<readers {
      Thread.detachNewThread {
        var state = JobPlanner.PlanState(looks: false)
        while !isCancelled() {
          let some = next.withLock { next in
            let range = next..<min(next + 64, items.count)
            next = range.upperBound
            return range
          }
          if some.isEmpty { break }
          let pictures = some.map { planner.survey(items[$0], settings, &state) }
          found.withLock { $0.replaceSubrange(some, with: pictures) }
        }
        done.signal()
      }
    }
    var left = readers
    while left > 0 {
      if done.wait(timeout: .now() + .milliseconds(200)) == .success { left -= 1 }
      onProgress(min(next.withLock { $0 }, items.count))
    }
    if isCancelled() { throw .cancelled }
    return Surveyed(outputs: outputs, pictures: found.withLock { $0 })
  }

  /// Divides the pictures and writes the job's folder.
  ///
  /// - Parameters:
  ///   - job: with paths that mean the same on every machine.
  ///   - id: of the job, made by `JobStore.newID`.
  ///   - onTrial: called before a tile is computed to measure this machine.
  package func write(
    _ surveyed: Surveyed, _ job: JobRequest, _ settings: JobSettings, _ division: Division, id: String,
    to folder: String,
    onTrial: (String) -> Void
  ) throws(JobError) -> SharedPlan {
    let (items, pictures) = (surveyed.outputs.items, surveyed.pictures)
    var seconds: Double? = pictures.reduce(0) { $0 + ($1.seconds ?? 0) }
    let unknown = pictures.reduce(0) { $0 + ($1.seconds == nil ? $1.cost : 0) }
    var count = 1
    switch division {
    case .count(let wanted):
      count = wanted
      if unknown > 0 { seconds = nil }
    case .time(let wanted, let speed, let least):
      if unknown > 0, let place = pictures.firstIndex(where: { $0.seconds == nil && $0.cost > 0 }) {
        onTrial(items[place].input)
        seconds = (seconds ?? 0) + unknown / (try trialSpeed(items[place], settings))
      }
      count = max(least, Int(((seconds ?? 0) / speed / wanted).rounded(.up)))
    }
    let shards = ShardDivision(
      costs: pictures.map(\.cost), rowCounts: pictures.map(\.rows), count: min(max(count, 1), ClusterOrder.mostShards)
    ).shards
    var (parts, places) = ([Int: [ShardDivision.Piece]](), [[Int]](repeating: [], count: items.count))
    for (shard, pieces) in shards.enumerated() {
      for piece in pieces {
        if piece.rows != nil { parts[piece.picture, default: []].append(piece) }
        places[piece.picture].append(shard + 1)
      }
    }
    func pixels(_ piece: ShardDivision.Piece) -> Int {
      let picture = pictures[piece.picture]
      guard let rows = piece.rows else { return picture.width * picture.height }
      return picture.width * picture.height * rows.count / picture.rows
    }
    var request = job
    request.inputs = []
    let plan = SharedPlan(
      id: id, created: (Date().timeIntervalSince1970 * 1000).rounded() / 1000, request: request,
      pictures: items.count, skipped: surveyed.outputs.skipped.count, divided: parts.count, seconds: seconds,
      threads: threadCount, memoryBytes: pictures.map(\.memoryBytes).max() ?? 0,
      shards: shards.map { pieces in
        SharedPlan.Shard(
          pieces: pieces.count, pixels: pieces.reduce(0) { $0 + pixels($1) }, cost: pieces.reduce(0) { $0 + $1.cost })
      })
    let order = Self.partOrder(shards)
    try JobError.storing { () throws(StoreError) in
      let writer = try SharedJobWriter(folder)
      for (number, item) in items.enumerated() {
        let picture = pictures[number]
        try writer.add(
          ManifestLine(
            input: StoredJob.Picture.absolute(item.input), output: StoredJob.Picture.absolute(item.output),
            width: picture.width, height: picture.height, cost: picture.cost,
            shards: order[number]?.map(\.shard) ?? places[number],
            rows: order[number]?.map { [$0.rows.lowerBound, $0.rows.upperBound] }, problem: picture.problem))
      }
      for (shard, pieces) in shards.enumerated() {
        try writer.addShard(shard + 1, pieces.map { stored(items, pictures, $0.picture, rows: $0.rows) }, plan)
      }
      if !parts.isEmpty {
        try writer.addShard(0, parts.keys.sorted().map { stored(items, pictures, $0, rows: nil) }, plan)
      }
      try writer.finish(plan)
    }
    return plan
  }

  /// The parts of divided pictures from the top, with their shards.
  private static func partOrder(
    _ shards: [[ShardDivision.Piece]]
  ) -> [Int: [(shard: Int, rows: Range<Int>)]] {
    var order: [Int: [(shard: Int, rows: Range<Int>)]] = [:]
    for (shard, pieces) in shards.enumerated() {
      for piece in pieces {
        if let rows = piece.rows { order[piece.picture, default: []].append((shard + 1, rows)) }
      }
    }
    return order.mapValues { $0.sorted { $0.rows.lowerBound < $1.rows.lowerBound } }
  }

  private func stored(
    _ items: [OutputPlan.Item], _ pictures: [SurveyedPicture], _ number: Int, rows: Range<Int>?
  ) -> StoredJob.Picture {
    var picture = StoredJob.Picture(items[number])
    picture.tiles = pictures[number].tiles
    picture.tiles?.rows = rows.map { [$0.lowerBound, $0.upperBound] }
    picture.cost =
      rows.map { pictures[number].cost * Double($0.count) / Double(pictures[number].rows) }
      ?? pictures[number].cost
    picture.pixels = pictures[number].width * pictures[number].height
    if let rows { picture.pixels = (picture.pixels ?? 0) * rows.count / pictures[number].rows }
    return picture
  }

  /// Pixels a second of one tile of the picture's model on this machine.
  private func trialSpeed(_ item: OutputPlan.Item, _ settings: JobSettings) throws(JobError) -> Double {
    let (shape, own) = try SourcePicture.shape(item.input, settings, output: item.output)
    do throws(RestorationError) {
      return try speeds.measure(try models.card(own, for: shape), own.options, models)
    } catch {
      throw .restoration(error, picture: item.input)
    }
  }
}

/// What a picture's header and the plan for it tell.
package struct SurveyedPicture: Sendable {
  package var width = 0
  package var height = 0
  /// Pixels that go through networks; 0 where it cannot be restored.
  package var cost = 0.0
  /// Rows of tiles; 1 where it is not to be divided.
  package var rows = 1
  package var tiles: StoredJob.Tiles?
  package var seconds: Double?
  package var memoryBytes = 0
  package var problem: String?
}

extension JobPlanner {
  /// Pictures of one tile come in many sizes, and each size takes milliseconds to plan: they are planned as the next larger of these.
  private static let sizeStep = 64

  /// The same with sides that are multiples of `sizeStep`; large ones as they are.
  private static func larger(_ shape: PictureShape) -> PictureShape {
    guard max(shape.width, shape.height) <= 1024 else { return shape }
    func rounded(_ side: Int) -> Int { (side + sizeStep - 1) / sizeStep * sizeStep }
    return PictureShape(
      width: rounded(shape.width), height: rounded(shape.height), layout: shape.layout, bitDepth: shape.bitDepth)
  }

  private typealias Steps = [(plan: RestorationPlan, card: ModelCard)]

  private static func oneTile(_ steps: Steps?) -> Steps? {
    steps.flatMap { $0.count == 1 && $0[0].plan.tiles.tileCount == 1 ? $0 : nil }
  }

  /// The header and the tiles of one picture.
  func survey(_ item: OutputPlan.Item, _ settings: JobSettings, _ state: inout PlanState) -> SurveyedPicture {
    var picture = SurveyedPicture()
    do throws(JobError) {
      let (shape, settings) = try SourcePicture.shape(item.input, settings, output: item.output)
      (picture.width, picture.height) = (shape.width, shape.height)
      try settings.checkSize(of: shape, output: item.output)
      let steps: [(plan: RestorationPlan, card: ModelCard)]
      var share = 1.0
      do throws(RestorationError) {
        let like = settings.isChain || settings.options.region != nil ? shape : Self.larger(shape)
        if like != shape, let found = Self.oneTile(try? plans(like, settings, &state)) {
          steps = found
          share = Double(shape.width * shape.height) / Double(like.width * like.height)
        } else {
          steps = try plans(shape, settings, &state)
        }
      } catch {
        throw .restoration(error, picture: nil)
      }
      let last = steps[steps.count - 1].plan
      if share == 1 { try settings.checkSize(last.result, output: item.output) }
      picture.cost = steps.reduce(0) { $0 + Double($1.plan.networkPixels) } * share
      picture.memoryBytes = steps.map(\.plan.estimate.totalBytes).max() ?? 0
      picture.seconds = 0
      for (plan, card) in steps {
        let hash: String
        do throws(RestorationError) { hash = try models.hash(card) } catch { throw .restoration(error, picture: nil) }
        let speed =
          plan.options.kernels == .standard
          ? speeds.pixelsPerSecond(model: hash, precision: plan.options.precision) : nil
        picture.seconds = picture.seconds.flatMap { sum in speed.map { sum + Double(plan.networkPixels) * share / $0 } }
      }
      // Where the memory of another machine would cut it otherwise, its tiles are those of this plan. What one step of a chain makes
      // the next one needs whole.
      if steps.count == 1, last.tiles.tileCount > 1 {
        picture.rows = last.tiles.tileCount / last.tiles.tilesPerRow
        picture.tiles = StoredJob.Tiles(
          side: max(last.tiles.tileWidth, last.tiles.tileHeight), overlap: last.tiles.overlap)
      }
    } catch {
      picture.problem = error.description.printable
    }
    return picture
  }
}
