import Base
import EngineWire

/// The numbers of the picture that is looked at, in words.
struct RunFigures {
  let job: JobInfo
  let picture: PictureProgress
  let tiles: RunTiles
  /// Of this very picture, while it runs.
  let progress: Progress?
  /// The job that the picture is one of.
  let whole: WholeJob
  private let jobsBefore: Int

  init(_ job: JobInfo, _ place: Int, _ picture: PictureProgress, _ session: Session) {
    self.job = job
    self.picture = picture
    tiles = RunTiles(picture, session.tiles[PictureKey(job: job.id, picture: place)])
    let last = session.progress[job.id]
    // A training that rests is where it was.
    let isShown = picture.state == .running || (job.training != nil && picture.state == .waiting)
    progress = last?.picture == place && isShown ? last : nil
    whole = WholeJob(job, session)
    let before = session.jobs.prefix { $0.id != job.id }
    jobsBefore = before.count { $0.state == .running || $0.state == .waiting }
  }

  var name: String { job.name(of: picture) }

  /// `denoise-color-tiny, 384 x 384, overlap 32`
  var settings: String {
    if let training = job.training { return "\(training.task), from \(training.model.map(lastComponent) ?? "nothing")" }
    var parts = [picture.step?.text, picture.model.isEmpty ? job.request.task : picture.model].compactMap(\.self)
    if let tile = picture.tiles.first { parts.append("\(tile.width) x \(tile.height), overlap \(picture.overlap)") }
    return parts.joined(separator: ", ")
  }

  var state: String {
    switch picture.state {
    case .done: return "done" + (picture.seconds > 0 ? " in \(Quantity.duration(picture.seconds))" : "")
    case .waiting where job.state == .waiting && jobsBefore > 0:
      return "waiting, \(Quantity.count(jobsBefore, "job")) before it"
    default: return RunReport.state(picture, of: job)
    }
  }

  var stateRole: Look.Role {
    switch picture.state {
    case .done: .good
    case .failed: .error
    case .running where job.state != .paused: .accent
    case .running, .waiting: job.state == .paused ? .warning : .faint
    case .skipped, .cancelled: .faint
    }
  }

  var tilesDone: Int { picture.state == .done ? tiles.states.count : progress?.tilesDone ?? picture.tilesDone }

  /// Of the picture, 0...1.
  var fraction: Double {
    if picture.state == .done { return 1 }
    let count = progress?.tileCount ?? tiles.states.count
    guard count > 0 else { return 0 }
    return (Double(tilesDone) + (progress?.tileFraction ?? 0)) / Double(count)
  }

  /// `7 of 12 tiles, 00:58, 00:41 left`; why it stands still where it does.
  var meterText: String {
    // Why it failed stands in place of the picture.
    if picture.state == .failed { return "" }
    if let reason = picture.reason ?? (job.state == .paused || job.state == .failed ? job.reason : nil) {
      return reason.reasonFirst
    }
    if isTraining { return trainingMeterText }
    let count = progress?.tileCount ?? tiles.states.count
    if picture.state == .done && count == 0 { return "done" }
    guard count > 0 else { return "" }
    var parts = ["\(tilesDone) of \(Quantity.count(count, "tile"))"]
    if let progress {
      parts.append(Quantity.clock(progress.secondsElapsed))
      parts.append(progress.secondsRemaining.map { Quantity.clock($0) + " left" } ?? "time left not known yet")
    } else if picture.seconds > 0 {
      parts.append(Quantity.clock(picture.seconds))
    }
    return parts.joined(separator: ", ")
  }

  /// `38 % through the network`: of a running picture that is one tile, of which nothing can be shown before its end. The longest form first.
  var networkTexts: [String]? {
    guard picture.state == .running, let progress, progress.tileCount == 1, !isTraining else { return nil }
    let share = "\(Int((fraction * 100).rounded(.down))) %"
    return [
      "\(share) through the network; one tile, shown when it is done", "\(share) through; shown when done", share,
    ]
  }

  var speed: String {
    progress.map { $0.pixelsPerSecond > 0 ? Quantity.megapixels($0.pixelsPerSecond) + "/s" : "--" } ?? "--"
  }
  var cpu: String { progress.map { Quantity.decimal($0.cpuPercent, 0) + " %" } ?? "--" }
  var memory: String {
    progress.map { "\(Quantity.memory($0.residentBytes)) of \(Quantity.memory($0.budgetBytes))" } ?? "--"
  }
  var memoryFraction: Double {
    guard let progress, progress.budgetBytes > 0 else { return 0 }
    return Double(progress.residentBytes) / Double(progress.budgetBytes)
  }

  /// Of a picture that is done: the seams, as a number.
  var seams: String? { picture.seamScore.map { "seam score \(Quantity.decimal($0, 3))" } }
}

/// The picture of a job as it is by now: asked for when a tile finished, a few times a second at most.
struct RunPreview: Sendable {
  struct Key: Hashable, Sendable {
    var job: String
    var picture: Int
    /// Of the room there is, in pixels.
    var width: Int
    var height: Int
    /// Tiles that are painted in.
    var tiles: Int

    /// The same room for the same picture.
    func isSameView(_ other: Key) -> Bool {
      job == other.job && picture == other.picture && width == other.width && height == other.height
    }
  }

  /// Seconds between two questions for the same picture.
  static let pace = 0.35

  let purpose: Purpose
  private(set) var wanted: Key?
  private var asked: Key?
  private var askedTime = -Double.infinity
  private var known: (key: Key, outcome: FilesPreview.Outcome)?

  init(purpose: Purpose = .jobPreview) { self.purpose = purpose }

  /// The newest picture of what is wanted, some tiles behind perhaps.
  var outcome: FilesPreview.Outcome? {
    guard let wanted, let known, known.key.isSameView(wanted) else { return nil }
    return known.outcome
  }

  var shown: FilesPreview.Shown? {
    guard case .shown(let shown) = outcome else { return nil }
    return shown
  }

  mutating func want(_ key: Key?, _ session: inout Session) {
    wanted = key
    if asked != nil && !session.isAsking(.run, purpose) { asked = nil }
    guard let key else { return session.forget(.run, purpose) }
    guard known?.key != key, asked != key else { return }
    if let asked, asked.isSameView(key) { return }
    if let known, known.key.isSameView(key), session.time < askedTime + Self.pace - 0.01 {
      return session.wake(in: askedTime + Self.pace - session.time)
    }
    session.ask(
      .jobPreview(job: key.job, picture: key.picture, width: key.width, height: key.height), for: .run, purpose)
    asked = session.isAsking(.run, purpose) ? key : nil
    askedTime = session.time
  }

  mutating func receive(_ reply: Reply, body: [UInt8]) {
    guard let key = asked else { return }
    asked = nil
    switch reply {
    case .pixels(let info):
      guard let pixels = PixelBlock(info, body) else {
        return known = (key, .failed("the engine's answer does not hold the pixels it tells of"))
      }
      known = (key, .shown(FilesPreview.Shown(info: info, pixels: pixels)))
    case .failure(let failure): known = (key, .failed(failure.message))
    default: known = (key, .failed("the engine did not answer with a picture"))
    }
  }
}

/// A picture of a job, described in lines.
enum RunReport {
  static func lines(_ picture: PictureProgress, of job: JobInfo) -> [String] {
    if let training = job.training { return lines(picture, training: training, of: job) }
    var lines = ["from: \(picture.input)", "to: \(picture.output)", "state: \(state(picture, of: job))"]
    if let reason = picture.reason { lines.append("reason: \(reason)") }
    if let reason = job.reason, reason != picture.reason { lines.append("the job: \(reason)") }
    if let step = picture.step { lines.append(step.text) }
    if !picture.model.isEmpty { lines.append("model: \(picture.model)") }
    if picture.width > 0 { lines.append("size: \(picture.width) x \(picture.height)") }
    if let tile = picture.tiles.first {
      let done = picture.state == .done ? picture.tiles.count : picture.tilesDone
      lines.append(
        "tiles: \(done) of \(picture.tiles.count) done, \(tile.width) x \(tile.height), overlap \(picture.overlap)")
    }
    if picture.seconds > 0 { lines.append("time: \(Quantity.duration(picture.seconds)) computing") }
    if let score = picture.seamScore {
      lines.append(
        "seam score: \(Quantity.decimal(score, 3)) (gradient across seams by gradient elsewhere; 1 means none)")
    }
    if let shards = ShardView(job) { lines += [""] + shards.lines }
    return lines + picture.notes.map { "note: \($0)" } + ["job: \(job.id), \(ShellLine.text(job.request.optionWords))"]
  }

  /// `running`, `paused`, `waiting`, ...: of the picture, as far as its job lets it.
  static func state(_ picture: PictureProgress, of job: JobInfo) -> String {
    let isPaused = job.state == .paused && (picture.state == .running || picture.state == .waiting)
    return (isPaused ? "paused" : picture.state.rawValue) + (job.isElsewhere ? ", in another process" : "")
  }
}
