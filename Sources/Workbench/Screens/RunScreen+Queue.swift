import Base
import EngineWire

extension RunScreen {
  func drawQueue(on canvas: inout Canvas, _ layout: RunLayout, _ session: Session, _ look: Look) {
    let queue = queue(session)
    let heads = layout.queue.rows - layout.queueRows
    let ground: Look.Role = layout.isWhole ? .panel : .text
    let inset = layout.queue.columns > 20 ? 1 : 0
    if heads > 0 {
      let role: Look.Role = pane == .queue && layout.isWhole ? .accent : .faint
      canvas.write(queue.text, in: layout.queue.inset(columns: inset), Self.style(role, ground, look))
    }
    let rows = layout.queue.dropTop(heads)
    let first = cursor.firstRow(count: queue.count, visible: layout.queueRows)
    for line in 0..<max(0, min(rows.rows, queue.count - first)) {
      guard let item = queue[first + line], let job = queue.job(item) else { continue }
      let isCursor = first + line == cursor.index
      let place = rows.dropTop(line).top(1)
      let here: Look.Role = isCursor ? (pane == .queue ? .cursor : .bar) : ground
      if isCursor { canvas.fill(place, look[here]) }
      draw(item, job, on: &canvas, in: place.inset(columns: inset), here, session, look)
    }
  }

  private func draw(
    _ item: RunItem, _ job: JobInfo, on canvas: inout Canvas, in area: CanvasArea, _ ground: Look.Role,
    _ session: Session, _ look: Look
  ) {
    func style(_ role: Look.Role) -> Style { Self.style(role, ground, look) }
    guard let place = item.picture, job.pictures.indices.contains(place) else {
      let done = job.pictures.count { $0.state == .done }
      let used = canvas.write(
        Self.jobState(job), in: area, style(job.state == .failed ? .error : .faint), .right)
      let sign = queue(session).isOpen(job.id) ? look[.moreDown] : look[.pointer]
      canvas.write(
        "\(sign) \(job.request.task), \(done) of \(job.pictures.count) done",
        in: area.dropRight(used + 1), style(.text))
      return
    }
    let picture = job.pictures[place]
    let (sign, role) = Self.sign(picture, job, look)
    let indent = job.pictures.count > 1 ? 2 : 0
    let used = canvas.write(right(picture, job, place, session), in: area, style(role == .text ? .faint : role), .right)
    let rest = area.dropLeft(indent)
    canvas.write(sign, in: rest.left(1), style(role))
    let name = lastComponent(picture.input)
    canvas.write(name, in: rest.dropLeft(2).dropRight(used + 1), style(picture.state == .waiting ? .text : role))
  }

  private static func style(_ role: Look.Role, _ ground: Look.Role, _ look: Look) -> Style {
    role == ground ? look[role] : look[role, on: ground]
  }

  private static func jobState(_ job: JobInfo) -> String {
    job.isElsewhere ? "another process" : job.state.rawValue
  }

  private static func sign(_ picture: PictureProgress, _ job: JobInfo, _ look: Look) -> (String, Look.Role) {
    switch picture.state {
    case .done: (look[.check], .good)
    case .failed: (look[.cross], .error)
    case .running: job.state == .paused ? ("=", .warning) : (look[.pointer], .accent)
    case .waiting: (job.state == .paused ? "=" : ".", .text)
    case .skipped, .cancelled: ("-", .faint)
    }
  }

  /// What a row says at its right: how far, how long, or why not.
  private func right(_ picture: PictureProgress, _ job: JobInfo, _ place: Int, _ session: Session) -> String {
    switch picture.state {
    case .done: return picture.seconds > 0 ? Quantity.duration(picture.seconds) : "done"
    case .running:
      let figures = RunFigures(job, place, picture, session)
      let share = "\(Int((figures.fraction * 100).rounded(.down))) %"
      return job.state == .paused ? "paused, \(share)" : share + (job.isElsewhere ? ", another process" : "")
    case .waiting: return job.state == .paused ? "paused" : job.pictures.count > 1 ? "" : job.request.task
    case .failed, .skipped, .cancelled: return picture.state.rawValue
    }
  }
}
