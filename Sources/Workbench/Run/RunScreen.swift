import Base
import EngineWire

/// The queue at work: how far each picture is, what it looks like by now, and what can be done about it.
struct RunScreen: Screen {
  enum Pane: Int, Hashable, Sendable, CaseIterable { case queue, picture, log }

  static let remove = Command("remove", "forget a job that has ended; results stay", "x")
  static let removeEnded = Command("remove-ended", "forget all jobs that have ended", "X")
  static let retry = Command("retry", "queue anew what failed or was cancelled", short: "retry", "R")
  static let beforeAfter = Command("before-after", "the picture as it was, or as it is by now", short: "before", "o")
  static let keep = Command("keep", "a training: stop, and keep the model it has come to", short: "keep", "s")
  static let follow = Command("follow", "follow the picture that runs", "f")

  static let view = Command("view", "open the result in a viewer; Enter on a result does too", "O")
  static let details = Command("details", "everything about the picture, in lines", short: "details", "i")

  static let change = Command.edit.called(
    "to the plan with the job's settings: what failed or was cancelled, or else all of it", short: "change")
  static let trash = FilesScreen.trash.called("delete: move the result under the cursor to the trash")

  static let commands: [Command] = [
    .pause, .cancel.called("cancel the job", short: "cancel"), keep, .moveUp, .moveDown, beforeAfter, retry, remove,
    removeEnded, follow, .compare.called("compare a restored picture with what it was", short: "compare"), .nextInput,
    view, details, change, trash,
  ]

  func hints(_ session: Session) -> [Command] {
    guard let job = job(session), !job.isElsewhere else {
      return session.jobs.isEmpty
        ? [ScreenID.files.command(short: "< files"), ScreenID.plan.command(short: "plan")] : []
    }
    if job.cluster != nil {
      switch job.state {
      case .running, .waiting: return [.cancel, Self.beforeAfter, .open.called("", short: "open"), Self.details]
      case .paused: return [.pause.called("", short: "go on"), .cancel, Self.details]
      case .done: return [.compare, .nextInput, Self.details, Self.remove.called("", short: "forget")]
      case .failed, .cancelled: return [Self.retry, Self.details, Self.remove.called("", short: "forget")]
      }
    }
    let isTraining = job.training != nil
    let order: [Command] = [.moveUp.called("", short: "earlier"), .moveDown.called("", short: "later")]
    let details = Self.details
    let forget = Self.remove.called("", short: "forget")
    let isRestored = shown(session)?.picture.state == .done
    let compare = isTraining || !isRestored ? [] : [Command.compare]
    let change = isTraining ? [] : [Self.change]
    switch job.state {
    case .running:
      return [.pause, .cancel] + (isTraining ? [Self.keep] : [Self.beforeAfter, details]) + [
        Self.follow.called("", short: "follow")
      ]
    case .waiting: return [.pause, .cancel] + order + [details]
    case .paused: return [.pause.called("", short: "go on"), .cancel] + order + [details]
    case .done:
      return compare + (isTraining ? [] : [.nextInput, .open.called("", short: "open")]) + [Self.details] + change
        + [forget]
    case .failed, .cancelled: return [Self.retry] + change + [details] + compare + [forget]
    }
  }

  var cursor = ListCursor()
  /// What the cursor is on; it stays there when rows come and go.
  var selected: RunItem?
  /// File of the picture that is selected, by which it is found again when pictures change places.
  var selectedInput: String?
  /// The cursor goes along with the work, until it is moved.
  var follows = true
  var pane = Pane.queue
  /// Jobs that are folded or open other than usual.
  var turned: Set<String> = []
  var showsBefore = false
  var before = FilesPreview(screen: .run)
  var preview = RunPreview()
  var crops = TrainingCrops()
  var logScroll = 0

  init() {}

  func layout(_ session: Session) -> RunLayout { layout(session.area, session) }
  func layout(_ area: CanvasArea, _ session: Session) -> RunLayout {
    let shown = shown(session)
    let perRow = max(1, shown?.picture.tilesPerRow ?? 1)
    let tileRows = ((shown?.picture.tiles.count ?? 0) + perRow - 1) / perRow
    return RunLayout(
      area, tileRows: shown.flatMap { ShardView($0.job)?.rows } ?? tileRows, pane: pane,
      isTraining: shown?.job.training != nil, hasJob: shown.map { $0.job.pictures.count > 1 } ?? false)
  }
  func queue(_ session: Session) -> RunQueue { RunQueue(session.jobs, turned: turned) }

  /// The job and the picture that are looked at.
  func shown(_ session: Session) -> (job: JobInfo, place: Int, picture: PictureProgress)? {
    let queue = queue(session)
    guard let selected, let job = queue.job(selected) else { return nil }
    guard let place = selected.picture ?? RunQueue.current(job), job.pictures.indices.contains(place) else {
      return nil
    }
    return (job, place, job.pictures[place])
  }

  /// The job the cursor is on.
  func job(_ session: Session) -> JobInfo? { selected.flatMap { queue(session).job($0) } }

  mutating func refresh(_ session: inout Session) {
    if let submitted = session.submitted, session.jobs.contains(where: { $0.id == submitted }) {
      session.submitted = nil
      follows = !session.jobs.contains { $0.state == .running && $0.id != submitted }
      if !follows { select(RunItem(job: submitted, picture: nil), session) }
    }
    settle(&session)
  }

  /// Brings cursor and pictures to where they belong now.
  mutating func settle(_ session: inout Session) {
    let queue = queue(session)
    if follows, let item = queue.active ?? (selected == nil ? queue.last : nil) { select(item, session) }
    keepSelection(queue, session)
    let layout = layout(session)
    if layout.isWhole && pane == .picture { pane = .queue }
    let row = selected.flatMap(queue.row) ?? cursor.index
    cursor.move(to: row, count: queue.count, visible: layout.queueRows)
    if selected.flatMap(queue.row) == nil { select(queue[cursor.index], session) }
    // Only while somebody looks: another screen in front has other uses for the engine.
    guard session.screen == .run else { return }
    want(layout, &session)
  }

  mutating func select(_ item: RunItem?, _ session: Session) {
    selected = item
    guard let item, let place = item.picture, let job = session.jobs.first(where: { $0.id == item.job }),
      job.pictures.indices.contains(place)
    else { return selectedInput = nil }
    selectedInput = job.pictures[place].input
  }

  /// Follows a picture that has changed its place within the job.
  private mutating func keepSelection(_ queue: RunQueue, _ session: Session) {
    guard let item = selected, let place = item.picture, let input = selectedInput, let job = queue.job(item) else {
      return
    }
    if job.pictures.indices.contains(place), job.pictures[place].input == input { return }
    let found = job.pictures.firstIndex { $0.input == input }
    select(RunItem(job: item.job, picture: found ?? min(place, max(0, job.pictures.count - 1))), session)
  }

  private mutating func want(_ layout: RunLayout, _ session: inout Session) {
    let shown = shown(session)
    let training = shown?.job.training == nil || layout.picture.isEmpty ? nil : shown?.job
    crops.want(training, TrainingLayout(layout), &session)
    guard let (job, place, picture) = shown, training == nil, !layout.picture.isEmpty else {
      preview.want(nil, &session)
      return before.want(nil, &session)
    }
    let size = session.pixels(in: layout.picture)
    if showsBefore {
      before.want(
        FilesPreview.Key(path: PathKey(picture.input), modified: 0, width: size.width, height: size.height), &session)
      if before.isWaiting { session.wake(in: FilesPreview.rest) }
    } else {
      let tiles = RunTiles(picture, session.tiles[PictureKey(job: job.id, picture: place)])
      preview.want(
        RunPreview.Key(
          job: job.id, picture: place, width: size.width, height: size.height,
          // Of a picture that a cluster works on the tiles are not told.
          tiles: max(tiles.done, picture.state == .done ? 1 : 0)), &session)
    }
  }

  mutating func receive(_ reply: Reply, body: [UInt8], to purpose: Purpose, _ session: inout Session) {
    switch purpose {
    case _ where crops.receive(reply, body: body, to: purpose): break
    case .jobPreview: preview.receive(reply, body: body)
    case .preview: before.receive(reply, body: body)
    default: if case .failure(let failure) = reply { session.say(failure.message, .error) }
    }
    settle(&session)
  }
}

extension RunScreen {
  /// Rows of the queue, in their states; their progress is announced separately, at every tenth.
  func plainLines(_ session: Session) -> [String] {
    let queue = queue(session)
    guard queue.count > 0 else { return ["no jobs; 1 shows the files, 2 the plan"] }
    var lines = [queue.text]
    for row in 0..<min(queue.count, 500) {
      guard let item = queue[row], let job = queue.job(item) else { continue }
      lines.append("\(row + 1) \(Self.text(item, job))")
    }
    if queue.count > 500 { lines.append("and \(queue.count - 500) more rows") }
    for job in queue.jobs {
      if let shards = ShardView(job) {
        lines.append("shards of \(job.title): \(shards.meterText()); \(shards.counts)")
        lines += shards.notable.map(\.text)
      }
    }
    if let selected, let job = queue.job(selected) { lines.append("here: \(Self.text(selected, job))") }
    return lines
  }

  private static func text(_ item: RunItem, _ job: JobInfo) -> String {
    guard let place = item.picture, job.pictures.indices.contains(place) else {
      let reason = job.reason.map { ", \($0)" } ?? ""
      return "\(job.title), \(Quantity.count(job.pictures.count, "picture")): \(job.state.rawValue)\(reason)"
    }
    let picture = job.pictures[place]
    // A job of one picture has its state in the picture's row.
    let state = job.pictures.count == 1 && job.state == .paused ? "paused" : picture.state.rawValue
    let time = picture.state == .done ? " in \(Quantity.duration(picture.seconds))" : ""
    let reason = (picture.reason ?? (job.pictures.count == 1 ? job.reason : nil)).map { ", \($0)" } ?? ""
    let learned = picture.curve?.heldOut.last.map { ", held out \(Quantity.decimal($0.value, 2)) dB" } ?? ""
    return "\(job.name(of: picture)): \(state)\(time)\(learned)\(reason)"
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
