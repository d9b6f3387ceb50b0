import EngineWire

extension RunScreen {
  /// Rows of the queue, in their states; how far they are is told by itself, at tenths.
  func plainLines(_ session: Session) -> [String] {
    let queue = queue(session)
    guard queue.count > 0 else { return ["no jobs; 1 shows the files, 2 the plan"] }
    var lines = [queue.text]
    for row in 0..<min(queue.count, 500) {
      guard let item = queue[row], let job = queue.job(item) else { continue }
      lines.append("\(row + 1) \(Self.text(item, job))")
    }
    if queue.count > 500 { lines.append("and \(queue.count - 500) more rows") }
    if let selected, let job = queue.job(selected) { lines.append("here: \(Self.text(selected, job))") }
    return lines
  }

  private static func text(_ item: RunItem, _ job: JobInfo) -> String {
    guard let place = item.picture, job.pictures.indices.contains(place) else {
      let reason = job.reason.map { ", \($0)" } ?? ""
      return "\(job.request.task), \(Quantity.count(job.pictures.count, "picture")): \(job.state.rawValue)\(reason)"
    }
    let picture = job.pictures[place]
    // A job of one picture has its state in the picture's row.
    let state = job.pictures.count == 1 && job.state == .paused ? "paused" : picture.state.rawValue
    let time = picture.state == .done ? " in \(Quantity.duration(picture.seconds))" : ""
    let reason = (picture.reason ?? (job.pictures.count == 1 ? job.reason : nil)).map { ", \($0)" } ?? ""
    return "\(picture.input.lastPathPart): \(state)\(time)\(reason)"
  }

  mutating func choose(row: Int, _ session: inout Session) -> Bool {
    guard let item = queue(session)[row - 1] else { return false }
    follows = false
    pane = .queue
    select(item, session)
    settle(&session)
    return true
  }
}
