import Base
import EngineWire

extension RunScreen {
  mutating func perform(_ command: Command, _ session: inout Session) -> Bool {
    let isDone = performHere(command, &session)
    settle(&session)
    return isDone
  }

  private mutating func performHere(_ command: Command, _ session: inout Session) -> Bool {
    switch command {
    case .pause: pause(&session)
    case .cancel: cancel(&session)
    case Self.keep: keep(&session)
    case .moveUp: move(by: -1, &session)
    case .moveDown: move(by: 1, &session)
    case Self.remove: remove(&session)
    case Self.removeEnded: removeEnded(&session)
    case Self.retry: retry(&session)
    case Self.beforeAfter: showsBefore.toggle()
    case Self.follow: follows = true
    case .compare: compare(&session)
    case .nextInput:
      let done = job(session)?.pictures.filter { $0.state == .done && !$0.output.isEmpty } ?? []
      session.takeAsInput(job(session)?.training == nil ? done.map(\.output) : [])
    case Self.view:
      guard let (job, _, picture) = shown(session), job.training == nil, picture.state == .done else {
        return session.sayTrue("this picture is not restored yet")
      }
      session.view(picture.output)
    case Self.details: report(&session)
    case Self.change: change(&session)
    case Self.trash:
      guard let (job, _, picture) = shown(session), job.training == nil, picture.state == .done else {
        return session.sayTrue("there is no result under the cursor")
      }
      session.askTrash([picture.output], from: parentFolder(picture.output), for: .run)
    case .open: open(&session)
    case .nextPane, .previousPane:
      // The picture needs the focus only where it has the screen for itself.
      let panes: [Pane] = layout(session).isWhole ? [.queue, .log] : Pane.allCases
      let step = command == .nextPane ? 1 : panes.count - 1
      pane = panes[((panes.firstIndex(of: pane) ?? 0) + step) % panes.count]
    case .escape where pane != .queue: pane = .queue
    case .showCommand:
      guard let job = job(session) else { return false }
      session.show(command: job.commandLine)
    default: return movement(command, &session)
    }
    return true
  }

  private mutating func movement(_ command: Command, _ session: inout Session) -> Bool {
    let layout = layout(session)
    guard pane != .log else {
      let lines = logLines(session).count
      var scroll = ListCursor()
      scroll.move(to: max(0, lines - 1 - logScroll), count: lines, visible: 1)
      guard scroll.perform(command, count: lines, visible: layout.log.rows) else { return false }
      logScroll = max(0, lines - 1 - scroll.index)
      return true
    }
    let queue = queue(session)
    if command == .left || command == .right { return fold(command == .right, &session) }
    guard cursor.perform(command, count: queue.count, visible: layout.queueRows) else { return false }
    follows = false
    select(queue[cursor.index], session)
    return true
  }

  /// Opens or folds a job of several pictures.
  private mutating func fold(_ opens: Bool, _ session: inout Session) -> Bool {
    guard let job = job(session), job.pictures.count > 1 else { return false }
    if queue(session).isOpen(job.id) != opens { turned.formSymmetricDifference([job.id]) }
    follows = false
    if !opens { select(RunItem(job: job.id, picture: nil), session) }
    return true
  }

  /// The result in a viewer, or everything about the picture in lines; for a job of several pictures, folds it.
  private mutating func open(_ session: inout Session) {
    guard let job = job(session) else { return }
    if selected?.picture == nil && job.pictures.count > 1 {
      _ = fold(!queue(session).isOpen(job.id), &session)
    } else if let (job, _, picture) = shown(session), job.training == nil, picture.state == .done {
      session.view(picture.output)
    } else {
      report(&session)
    }
  }

  private func report(_ session: inout Session) {
    guard let (job, _, picture) = shown(session) else { return }
    session.overlay = .report(
      Report(title: job.name(of: picture), text: RunReport.lines(picture, of: job).joined(separator: "\n")))
  }

  /// The job, if it is one of ours to act on.
  private func ownJob(_ session: inout Session) -> JobInfo? {
    guard let job = job(session) else {
      session.say("nothing is queued")
      return nil
    }
    guard !job.isElsewhere else {
      session.say("another process works on this job; it can only be looked at", .warning)
      return nil
    }
    return job
  }

  private func ask(_ request: Request, _ what: String, _ session: inout Session) {
    guard session.isConnected else { return session.say("there is no engine now", .warning) }
    session.ask(request, for: .run, .other(what))
  }

  private func pause(_ session: inout Session) {
    guard let job = ownJob(&session) else { return }
    if job.cluster != nil {
      guard job.state == .paused else {
        return session.say("a job on a cluster does not pause: c cancels it, R goes on where it was")
      }
      session.say("submitting what is missing")
      return ask(.resume(job: job.id), "pause \(job.id)", &session)
    }
    switch job.state {
    case .running, .waiting:
      ask(.pause(job: job.id), "pause \(job.id)", &session)
      let kept = job.training == nil ? "finished tiles are kept" : "what was learned is kept"
      session.say("pausing; \(kept), Space goes on")
    case .paused:
      ask(.resume(job: job.id), "pause \(job.id)", &session)
    case .done, .failed, .cancelled:
      session.say("this job has ended; R queues anew what failed or was cancelled")
    }
  }

  /// Asks first where work would be lost.
  private func cancel(_ session: inout Session) {
    guard let job = ownJob(&session) else { return }
    guard !job.isEnded else { return session.say("this job has ended; x forgets it") }
    if job.cluster != nil {
      return session.confirm(
        "Cancel this job on the cluster? Finished pictures and tiles stay; R goes on.", tag: "cancel \(job.id)",
        for: .run, choices: [("n", "go on"), ("y", "cancel it")])
    }
    if job.training != nil {
      let hasLearned = job.state == .running || job.pictures[0].curve?.savedStep ?? 0 > 0
      guard hasLearned else { return ask(.cancel(job: job.id), "cancel \(job.id)", &session) }
      return session.confirm(
        "Cancel this training? What was learned would be lost.", tag: "cancel \(job.id)", for: .run,
        choices: [("n", "go on"), ("s", "stop, and keep the model so far"), ("y", "cancel it")])
    }
    let begun = job.pictures.filter { $0.state == .running || ($0.state == .waiting && $0.tilesDone > 0) }
    let tiles = begun.reduce(0) { $0 + $1.tilesDone }
    guard job.state == .running || tiles > 0 else { return ask(.cancel(job: job.id), "cancel \(job.id)", &session) }
    let loss =
      tiles > 0 ? "\(Quantity.count(tiles, "finished tile")) of it would be lost" : "its work so far would be lost"
    session.confirm(
      "Cancel this job? \(loss); finished pictures stay.", tag: "cancel \(job.id)", for: .run,
      choices: [("n", "go on"), ("y", "cancel it")])
  }

  /// Back to the plan with what failed or was cancelled, or else all of the job, and its settings; on the row that the reason names.
  private func change(_ session: inout Session) {
    guard let job = job(session) else { return session.say("nothing is queued") }
    guard job.training == nil else { return session.say("a training is planned anew by t on screen 2") }
    let again = job.pictures.filter { $0.state == .failed || $0.state == .cancelled }
    var inputs: [String] = []
    for picture in again.isEmpty ? job.pictures : again where inputs.last != picture.input {
      inputs.append(picture.input)
    }
    var request = job.request
    (request.inputs, request.output) = ([], inputs.count == 1 ? request.output : nil)
    if request.memoryBytes == session.settings.memoryBytes { request.memoryBytes = nil }
    if request.threadCount == session.settings.threadCount { request.threadCount = nil }
    session.marked = inputs
    session.draft.edit { $0 = request }
    session.wantedRow =
      again.lazy.compactMap(\.reason).compactMap { reason in
        PlanRow.allCases.first { reason.contains("row '\($0.title)'") }
      }.first
    session.go(to: .plan)
    let what = Quantity.count(inputs.count, "picture")
    session.say("\(what) marked, as planned then; change what was wrong, r runs, u brings back the plan before")
  }

  mutating func answered(_ text: String, to tag: String, _ session: inout Session) {
    session.answeredTrash(text, to: tag)
    if text == "y", tag.hasPrefix("cancel ") {
      let job = String(tag.dropFirst("cancel ".count))
      ask(.cancel(job: job), tag, &session)
    }
    if text == "s", tag.hasPrefix("cancel ") {
      let job = String(tag.dropFirst("cancel ".count))
      ask(.keep(job: job), "keep \(job)", &session)
    }
    settle(&session)
  }

  private func keep(_ session: inout Session) {
    guard let job = ownJob(&session) else { return }
    guard job.training != nil else {
      return session.say("this job is no training; c cancels it, finished pictures stay")
    }
    guard !job.isEnded else { return session.say("this training has ended") }
    ask(.keep(job: job.id), "keep \(job.id)", &session)
    session.say("stopping behind this step; the model so far is written")
  }

  private func compare(_ session: inout Session) {
    if let job = job(session), job.training != nil {
      return session.say("a training has crops instead: before, now and clean, at the left")
    }
    guard let (_, _, picture) = shown(session), picture.state == .done, !picture.output.isEmpty else {
      return session.say("this picture is not restored yet")
    }
    session.compared = [picture.input, picture.output]
    session.go(to: .compare)
  }

  private func move(by step: Int, _ session: inout Session) {
    guard let job = ownJob(&session) else { return }
    guard let place = selected?.picture, job.pictures.count > 1 else {
      guard !job.isEnded else { return session.say("this job has ended") }
      return ask(.moveJob(job: job.id, by: step), "move \(job.id) \(session.time)", &session)
    }
    guard job.pictures[place].state == .waiting else { return session.say("only pictures that wait change places") }
    ask(.move(job: job.id, picture: place, by: step), "move \(job.id) \(session.time)", &session)
  }

  private func remove(_ session: inout Session) {
    guard let job = ownJob(&session) else { return }
    guard job.isEnded else { return session.say("this job has not ended; c cancels it") }
    ask(.remove(job: job.id), "remove \(job.id)", &session)
  }

  private func removeEnded(_ session: inout Session) {
    let ended = session.jobs.filter { $0.isEnded && !$0.isElsewhere }
    for job in ended { ask(.remove(job: job.id), "remove \(job.id)", &session) }
    session.say(ended.isEmpty ? "no job has ended" : "\(Quantity.count(ended.count, "job")) forgotten; results stay")
  }

  private func retry(_ session: inout Session) {
    guard let job = ownJob(&session) else { return }
    let again = job.pictures.count { $0.state == .failed || $0.state == .cancelled }
    guard again > 0 || job.cluster != nil && job.isEnded else {
      return session.say("nothing of this job failed or was cancelled")
    }
    ask(.retry(job: job.id), "retry \(job.id)", &session)
  }

  mutating func mouse(_ event: MouseEvent, in area: CanvasArea, _ session: inout Session) {
    let layout = layout(area, session)
    let queue = queue(session)
    switch event.action {
    case .scrollUp, .scrollDown:
      let step = event.action == .scrollUp ? -3 : 3
      if layout.log.contains(column: event.column, row: event.row) {
        logScroll = min(max(0, logScroll - step), max(0, logLines(session).count - layout.log.rows))
      } else {
        follows = false
        cursor.scroll(by: step, count: queue.count, visible: layout.queueRows)
        select(queue[cursor.index], session)
      }
    case .press where layout.queue.contains(column: event.column, row: event.row):
      pane = .queue
      let first = cursor.firstRow(count: queue.count, visible: layout.queueRows)
      let row = first + event.row - layout.queue.row - (layout.queue.rows - layout.queueRows)
      guard event.row - layout.queue.row >= layout.queue.rows - layout.queueRows, row < queue.count else { break }
      follows = false
      if row == cursor.index { open(&session) } else { select(queue[row], session) }
    case .press, .drag, .release: break
    }
    settle(&session)
  }
}

extension JobInfo {
  /// `denoise`, `train denoise`
  var title: String {
    (training == nil ? "" : "train ") + request.task
      + (cluster.map { ", " + Quantity.count($0.shards.count, "shard") } ?? "")
  }

  /// What a picture of it is called: a training by its model.
  func name(of picture: PictureProgress) -> String { lastComponent(training == nil ? picture.input : picture.output) }

  var isEnded: Bool { state == .done || state == .failed || state == .cancelled }
}
