import Base
import EngineWire

/// The numbers of the picture that is looked at, in words.
struct RunFigures {
  let job: JobInfo
  let picture: PictureProgress
  let tiles: RunTiles
  /// Of this very picture, while it runs.
  let progress: Progress?
  private let jobsBefore: Int

  init(_ job: JobInfo, _ place: Int, _ picture: PictureProgress, _ session: Session) {
    self.job = job
    self.picture = picture
    tiles = RunTiles(picture, session.tiles[PictureKey(job: job.id, picture: place)])
    let last = session.progress[job.id]
    progress = last?.picture == place && picture.state == .running ? last : nil
    let before = session.jobs.prefix { $0.id != job.id }
    jobsBefore = before.count { $0.state == .running || $0.state == .waiting }
  }

  var name: String { lastComponent(picture.input) }

  /// `denoise-color-tiny, 384 x 384, overlap 32`
  var settings: String {
    var parts = [picture.model.isEmpty ? job.request.task : picture.model]
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
    if let reason = picture.reason ?? (job.state == .paused || job.state == .failed ? job.reason : nil) {
      return reason
    }
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
