import Base
import EngineCore
import EngineWire
import Foundation
import Imaging
import JobStore
import Restoration
import Tensors

/// Works through the pictures of one shard, or joins those that several shards made.
final class ShardWork {
  /// How a shard was left.
  enum Ending { case done, someFailed, later, interrupted, cancelled }

  private let hold: ShardHold
  private let stop: StopSoon
  private let console: Console
  private let threadCount: Int
  private let settings: JobSettings
  private let runner: PictureRunner
  private let pictures: [StoredJob.Picture]
  private let existing: JobRequest.Existing
  private let totalCost: Double
  private var progress = ShardWorker.Progress()
  /// Cost of what is settled.
  private var settledCost = 0.0
  private var scratch: ScratchCopies?
  /// By the result's path, where pictures are joined.
  private let parts: [String: [JoinedTiles.Part]]?

  /// - Parameter parts: of the pictures to join; nil for a shard.
  init(
    _ hold: ShardHold, stop: StopSoon, console: Console, threadCount: Int, models: ModelCatalogue,
    parts: [String: [JoinedTiles.Part]]? = nil
  ) throws(JobError) {
    (self.hold, self.stop, self.console, self.threadCount, self.parts) = (hold, stop, console, threadCount, parts)
    let job = hold.folder.record.job
    settings = try JobSettings(job.request)
    (pictures, existing) = (job.pictures, job.request.existing)
    totalCost = pictures.reduce(0) { $0 + ($1.cost ?? 0) }
    runner = PictureRunner(
      models: models, speeds: SpeedProfile(path: StateFolder.path() + "/speeds.json", threadCount: threadCount),
      pool: ThreadPool(), gate: stop.gate, program: "grl work")
  }

  // MARK: The shard

  /// - Parameter scratchPlace: folder on a disk of this machine for copies of the inputs.
  func run(scratchPlace: String? = nil) throws(Failure) -> Ending {
    for (picture, known) in hold.folder.record.pictures.enumerated() { count(known, picture) }
    hold.tell(progress)
    hold.whenLost { [hold, stop] in stop.stopAtOnce(hold.loss ?? "the shard is lost") }
    let waiting = hold.folder.record.waiting
    if let scratchPlace {
      scratch = try ScratchCopies(in: scratchPlace, inputs: waiting.map { pictures[$0].input }) { [console] in
        console.note($0)
      }
    }
    defer { scratch = nil }
    var elsewhere: [(place: Int, picture: Int)] = []
    for (place, picture) in waiting.enumerated() where !stop.isDue {
      if let holder = settle(picture, place) {
        console.note("\(pictures[picture].input): \(holder), is making its result; looked at again at the end")
        elsewhere.append((place, picture))
      }
    }
    while !elsewhere.isEmpty && !stop.isDue {
      elsewhere.removeAll { place, picture in !stop.isDue && settle(picture, place) == nil }
      if !elsewhere.isEmpty { usleep(500_000) }
    }
    console.endProgress()
    return leave()
  }

  private func leave() -> Ending {
    let record = hold.folder.record
    if record.waiting.isEmpty {
      let state: JobState = record.pictures.contains { $0.state == .failed } ? .failed : .done
      if record.state != state { append(.state(state, reason: nil)) }
      progress.isEnded = hold.folder.record.isEnded
      (progress.share, settledCost) = (1, totalCost)
    }
    hold.tell(progress)
    if progress.isEnded {
      console.note("\(progress.done) done, \(progress.failed) failed, \(progress.skipped) skipped")
      return progress.failed > 0 ? .someFailed : .done
    }
    let left = record.waiting.count
    let tiles = record.waiting.reduce(0) { $0 + record.pictures[$1].tiles.count }
    console.note(
      "stopped: \(hold.loss ?? stop.reason ?? "its journal cannot be written"); \(left) of \(pictures.count) left, with \(tiles) of "
        + "their tiles kept")
    if hold.loss != nil, fileExists(hold.folder.path + "/../../cancelled") { return .cancelled }
    return stop.isInterrupt ? .interrupted : .later
  }

  /// What an earlier run has come to counts as well.
  private func count(_ known: JobRecord.Picture, _ picture: Int) {
    switch known.state {
    case .done:
      progress.done += 1
      progress.pixels += Double(pictures[picture].pixels ?? 0)
      progress.seconds += known.seconds
    case .failed: progress.failed += 1
    case .skipped: progress.skipped += 1
    default: return
    }
    settledCost += pictures[picture].cost ?? 0
    progress.share = totalCost > 0 ? settledCost / totalCost : 0
  }

  private func append(_ entry: JournalEntry, isFlushed: Bool = true) {
    do throws(StoreError) { try hold.folder.append(entry, isFlushed: isFlushed) } catch {
      stop.stopAtOnce("\(error)")
    }
  }

  // MARK: A picture

  /// Takes a picture to its end, if that is for this process to do.
  ///
  /// - Returns: who is making its result, if somebody else is.
  private func settle(_ picture: Int, _ place: Int) -> String? {
    let paths = pictures[picture]
    do throws(JobError) {
      try make(picture, place)
    } catch .cancelled {
      return nil
    } catch .resultClaimed(_, let holder) {
      return holder
    } catch .resultExists(let path, _) where existing == .skip {
      let reason = "\(path): appeared meanwhile, left as it is"
      console.note(reason)
      append(.skipped(picture: picture, reason: reason.printable))
    } catch {
      console.error("\(error)")
      append(.failed(picture: picture, status: ExitStatus(error.kind).rawValue, reason: "\(error)".printable))
    }
    scratch?.remove(place)
    count(hold.folder.record.pictures[picture], picture)
    hold.tell(progress)
    console.progress(lastComponent(paths.input), done: progress.share, detail: "of the shard")
    return nil
  }

  private func make(_ picture: Int, _ place: Int) throws(JobError) {
    let paths = pictures[picture]
    let cut = paths.tiles.map { settings.cut(side: $0.side, overlap: $0.overlap) } ?? settings
    let order = PictureOrder(
      input: paths.input, output: paths.output, settings: cut, mayReplace: existing == .replace,
      threadCount: threadCount, source: scratch?.path(of: place))
    let journal = ShardPictureJournal(hold, picture: picture, stop: stop) { [console] in
      console.note("\(paths.input): \($0)")
    }
    defer { stop.tileEnded() }
    if let rows = paths.tiles?.range {
      let seconds = try runner.runPart(
        order, rows: rows, journal: journal, isCancelled: { stop.isDue }, onEvent: { heed($0, picture) })
      console.report(
        "\(paths.input): rows \(rows.lowerBound + 1) to \(rows.upperBound) of its tiles, \(seconds.fixed(1)) s"
          .printable)
      return
    }
    let tiles = try parts.map { (parts) throws(JobError) in
      try joined(paths, parts[paths.output] ?? [], picture)
    }
    let outcome = try runner.run(
      order, journal: journal, tiles: tiles, isCancelled: { stop.isDue }, onEvent: { heed($0, picture) })
    var status = stat()
    if stat(paths.output.systemPath, &status) == 0 {
      append(.wrote(picture: picture, bytes: Int(status.st_size)), isFlushed: false)
    }
    for note in outcome.notes { console.note("\(paths.input): \(note)") }
    console.report(outcome.line(input: paths.input, output: paths.output).printable)
  }

  /// The tiles of a divided picture, and in this folder's journal what they belong to.
  private func joined(
    _ paths: StoredJob.Picture, _ parts: [JoinedTiles.Part], _ picture: Int
  ) throws(JobError) -> JoinedTiles {
    for part in parts where part.picture.state != .done {
      throw .badRequest(part.picture.reason ?? "\(paths.input): shard \(part.shard) has not made its part of it")
    }
    let tiles = try JoinedTiles(of: paths, parts, device: settings.options.device.description) { [console] in
      console.note("\(paths.input): \($0)")
    }
    if !tiles.arithmetics.isEmpty {
      console.note(
        "\(paths.input): its parts were computed by \(tiles.arithmetics.joined(separator: " and ")), which differ by rounding"
      )
    }
    if hold.folder.record.pictures[picture].record != tiles.record {
      append(.began(picture: picture, record: tiles.record))
    }
    return tiles
  }

  private func heed(_ event: PictureEvent, _ picture: Int) {
    switch event {
    case .tile(.began): stop.tileBegan()
    case .tile(.finished): stop.tileEnded()
    case .progress(let restoration):
      stop.tileIs(at: restoration.tileFraction)
      var now = progress
      if totalCost > 0 { now.share = (settledCost + (pictures[picture].cost ?? 0) * restoration.fraction) / totalCost }
      hold.tell(now)
    case .log(_, let text): console.note(text)
    case .journal, .planned, .held, .released: break
    }
  }
}

/// The journal of a shard's picture. Without it nothing goes on: what is not written down is lost to the job.
private final class ShardPictureJournal: PictureJournal {
  let picture: Int
  private let hold: ShardHold
  private let stop: StopSoon
  private let onLog: (String) -> Void

  init(_ hold: ShardHold, picture: Int, stop: StopSoon, onLog: @escaping (String) -> Void) {
    (self.hold, self.picture, self.stop, self.onLog) = (hold, picture, stop, onLog)
  }

  var folder: JobFolder? { hold.folder }
  func makeFolder() -> JobFolder? { hold.folder }
  func shouldRetry(_ error: JobError) throws(CancellationError) -> Bool {
    guard case .store(let error) = error else { return false }
    hold.check()
    stop.stopAtOnce(hold.loss ?? "\(error)")
    throw CancellationError()
  }
  func giveUp() {}
  func recovered() {}
  func noted(_ entry: JournalEntry) {}
  func log(_ text: String) { onLog(text) }
}

extension PictureOutcome {
  /// What was done, on one line.
  func line(input: String, output: String) -> String {
    let seam = report.seamScore.map { ", seam score " + $0.fixed(3) } ?? ""
    let consistency = report.consistency.map { ", consistent with the input to \($0.fixed(1)) dB" } ?? ""
    let steps = reports.map { "\($0.model), \($0.plan)" }.joined(separator: ", then ")
    return "\(input) -> \(output): \(steps), \(seconds.fixed(1)) s\(seam)\(consistency)"
  }
}
