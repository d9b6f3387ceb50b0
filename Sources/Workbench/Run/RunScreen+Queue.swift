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
      let head = layout.queue.inset(columns: inset)
      canvas.write(queue.text(columns: head.columns, session), in: head, Self.style(role, ground, look))
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
    canvas.drawScrollMarks(first: first, count: queue.count, in: rows, on: ground, look)
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
        "\(sign) \(job.title), \(done) of \(job.pictures.count) done",
        in: area.dropRight(used + 1), style(.text))
      return
    }
    let picture = job.pictures[place]
    let (sign, role) = Self.sign(picture, job, look)
    let indent = job.pictures.count > 1 ? 2 : 0
    let used = canvas.write(right(picture, job, place, session), in: area, style(role == .text ? .faint : role), .right)
    let rest = area.dropLeft(indent)
    canvas.write(sign, in: rest.left(1), style(role))
    let name = job.name(of: picture)
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
    case .waiting: return job.state == .paused ? "paused" : job.pictures.count > 1 ? "" : job.title
    case .failed, .skipped, .cancelled: return picture.state.rawValue
    }
  }
}

/// A row of the queue: a job, or one of its pictures.
struct RunItem: Hashable, Sendable {
  var job: String
  /// nil for the job as a whole. A job of one picture has one row, which is its picture's.
  var picture: Int?
}

/// The jobs as rows. Built for each use, at the cost of the jobs, not of their pictures.
struct RunQueue {
  let jobs: [JobInfo]
  private let firsts: [Int]
  private let isOpen: [Bool]
  let count: Int

  /// - Parameter turned: jobs that are not folded as usual: those that ended are, unless a picture failed or it is the last one.
  init(_ jobs: [JobInfo], turned: Set<String>) {
    self.jobs = jobs
    var (firsts, isOpen): ([Int], [Bool]) = ([], [])
    var count = 0
    for job in jobs {
      let isEnded = (job.state == .done || job.state == .cancelled) && job.id != jobs.last?.id
      let open = job.pictures.count > 1 && isEnded == turned.contains(job.id)
      firsts.append(count)
      isOpen.append(open)
      count += open ? 1 + job.pictures.count : 1
    }
    (self.firsts, self.isOpen, self.count) = (firsts, isOpen, count)
  }

  subscript(row: Int) -> RunItem? {
    guard row >= 0, row < count else { return nil }
    // The last job that begins at the row or before it.
    var (low, high) = (0, firsts.count - 1)
    while low < high {
      let middle = (low + high + 1) / 2
      if firsts[middle] <= row { low = middle } else { high = middle - 1 }
    }
    let job = jobs[low]
    if row == firsts[low] { return RunItem(job: job.id, picture: job.pictures.count == 1 ? 0 : nil) }
    return RunItem(job: job.id, picture: row - firsts[low] - 1)
  }

  /// The row that shows `item`, or the job it is folded into.
  func row(of item: RunItem) -> Int? {
    guard let place = jobs.firstIndex(where: { $0.id == item.job }) else { return nil }
    guard isOpen[place], let picture = item.picture, picture < jobs[place].pictures.count else { return firsts[place] }
    return firsts[place] + 1 + picture
  }

  func job(_ item: RunItem) -> JobInfo? { jobs.first { $0.id == item.job } }

  func isOpen(_ job: String) -> Bool { jobs.firstIndex { $0.id == job }.map { isOpen[$0] } ?? false }

  /// What is being worked on now, or else what comes next; nil where nothing is left to do.
  var active: RunItem? {
    let job =
      jobs.first { $0.state == .running } ?? jobs.first { $0.state == .paused } ?? jobs.first { $0.state == .waiting }
    return job.map { RunItem(job: $0.id, picture: Self.current($0)) }
  }

  /// What was there last.
  var last: RunItem? { jobs.last.map { RunItem(job: $0.id, picture: Self.current($0)) } }

  /// The picture of a job to look at: the one that runs, else the next one, else the last one.
  static func current(_ job: JobInfo) -> Int? {
    guard !job.pictures.isEmpty else { return nil }
    // Of a picture that a cluster works on there is nothing to see before its end.
    if job.cluster != nil, let done = job.pictures.lastIndex(where: { $0.state == .done }) { return done }
    return job.pictures.firstIndex { $0.state == .running } ?? job.pictures.firstIndex { $0.state == .waiting }
      ?? job.pictures.count - 1
  }

  /// The counts, and the time of all jobs that are left where there are several; that alone where there is no room for both.
  func text(columns: Int, _ session: Session) -> String {
    guard let job = jobs.first(where: { $0.state == .running }), case let whole = WholeJob(job, session, queue: true),
      whole.isQueue, let left = whole.left
    else { return text.columns <= columns ? text : shortText }
    let all = "all jobs: \(left) left" + (whole.end.map { ", until \($0)" } ?? "")
    let both = "\(text); \(all)"
    return both.columns <= columns ? both : all
  }

  /// `1 running, 3 waiting, 2 done`: pictures of all jobs; "" where there are none.
  var text: String { counts.map { "\($0.count) \($0.state)" }.joined(separator: ", ") }

  /// The same where there is little room: `1 run, 3 wait, 2 done`.
  var shortText: String {
    let words = ["running": "run", "waiting": "wait", "failed": "fail", "skipped": "skip", "cancelled": "gone"]
    return counts.map { "\($0.count) \(words[$0.state] ?? $0.state)" }.joined(separator: ", ")
  }

  private var counts: [(state: String, count: Int)] {
    var counts: [String: Int] = [:]
    for job in jobs {
      for picture in job.pictures {
        let isHeld = job.state == .paused && picture.state == .running
        counts[isHeld ? "paused" : picture.state.rawValue, default: 0] += 1
      }
    }
    return ["running", "paused", "waiting", "done", "failed", "skipped", "cancelled"].compactMap { state in
      counts[state].map { (state, $0) }
    }
  }
}
