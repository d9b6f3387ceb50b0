import EngineWire

/// A picture of a job, told in lines.
enum RunReport {
  static func lines(_ picture: PictureProgress, of job: JobInfo) -> [String] {
    var lines = ["from: \(picture.input)", "to: \(picture.output)", "state: \(state(picture, of: job))"]
    if let reason = picture.reason { lines.append("reason: \(reason)") }
    if let reason = job.reason, reason != picture.reason { lines.append("the job: \(reason)") }
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
    return lines + picture.notes.map { "note: \($0)" } + ["job: \(job.id), \(ShellLine.text(job.request.optionWords))"]
  }

  /// `running`, `paused`, `waiting`, ...: of the picture, as far as its job lets it.
  static func state(_ picture: PictureProgress, of job: JobInfo) -> String {
    let isPaused = job.state == .paused && (picture.state == .running || picture.state == .waiting)
    return (isPaused ? "paused" : picture.state.rawValue) + (job.isElsewhere ? ", in another process" : "")
  }
}
