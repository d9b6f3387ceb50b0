import Base
import EngineWire

extension State {
  /// Most lines of the engine's log that are kept.
  private static let logLimit = 2000

  mutating func engineBecame(_ link: EngineLink) {
    let wasConnected = session.isConnected
    session.link = link
    session.forgetPending()
    retryTime = nil
    switch link {
    case .connecting: break
    case .lost(let reason, let seconds):
      retryTime = seconds.map { session.time + max(0, $0.isFinite ? $0 : 0) }
      let next = seconds == nil ? ":reconnect tries again" : "trying again by itself"
      session.say("\(reason); \(next)", .warning)
      note(.warning, reason)
      engineWasLost = true
    case .connected(let info):
      session.engine = info
      session.tiles = [:]
      session.progress = [:]
      session.ask(.watch, for: nil, .control)
      session.ask(.listModels, for: nil, .models)
      if engineWasLost { session.say("the engine is back; jobs go on where they were") }
      engineWasLost = false
      if !wasConnected { note(.info, "connected to engine \(info.program) on \(info.host), process \(info.processID)") }
      for place in screens.indices { screens[place].refresh(&session) }
    }
  }

  /// A line of our own in the log.
  private mutating func note(_ level: LogLine.Level, _ text: String) {
    keep(LogLine(time: session.log.last?.time ?? 0, level: level, text: text))
  }

  private mutating func keep(_ line: LogLine) {
    session.log.append(line)
    if session.log.count > Self.logLimit { session.log.removeFirst(session.log.count - Self.logLimit) }
  }

  mutating func take(_ answer: Answer, _ body: [UInt8]) {
    let reply = answer.reply.bounded
    if case .event(let event) = reply {
      happened(event)
      refresh()
      return
    }
    guard let pending = session.takePending(answer.id) else { return }
    if let screen = pending.screen {
      screens[screen.rawValue - 1].receive(reply, body: body, to: pending.purpose, &session)
      return
    }
    switch reply {
    case .jobs(let jobs): take(jobs)
    case .models(let models): session.models = models
    case .folder(let listing) where pending.purpose == .completion: complete(from: listing)
    case _ where pending.purpose == FullPicture.purpose:
      if case .picture(var picture) = session.overlay {
        picture.receive(reply, body)
        session.overlay = .picture(picture)
      }
    case .failure(let failure): session.say(failure.message, .error)
    default: break
    }
    refresh()
  }

  private mutating func happened(_ event: EngineEvent) {
    switch event {
    case .jobs(let jobs): take(jobs)
    case .picture(let job, let picture, let progress): take(progress, job, picture)
    case .job(let job, let state, let reason):
      guard let place = session.jobs.firstIndex(where: { $0.id == job }) else { return }
      let old = session.jobs[place].state
      session.jobs[place].state = state
      session.jobs[place].reason = reason
      tellEnd(of: session.jobs[place], from: old)
    case .cluster(let job, let progress, let estimate):
      guard let place = session.jobs.firstIndex(where: { $0.id == job }) else { return }
      (session.jobs[place].cluster, session.jobs[place].estimate) = (progress, estimate)
    case .progress(let progress):
      guard session.jobs.contains(where: { $0.id == progress.job }) else { return }
      session.progress[progress.job] = progress
    case .tile(let job, let picture, let tile, let state):
      guard let info = session.jobs.first(where: { $0.id == job }), info.pictures.indices.contains(picture) else {
        return
      }
      let tiles = info.pictures[picture].tiles
      guard tiles.isEmpty || tiles.indices.contains(tile), (0..<1_000_000).contains(tile) else { return }
      session.tiles[PictureKey(job: job, picture: picture), default: [:]][tile] = state
    case .planning(let files, let pictures, let count):
      session.planning = Planning(files: files, pictures: pictures, count: count)
    case .analysing(let share, let detail): session.analysing = Analysing(share: share, detail: detail)
    case .log(let line): keep(line)
    }
  }

  private mutating func take(_ jobs: [JobInfo]) {
    if flags.followsJobs {
      flags.followsJobs = false
      if session.screen == .files, session.overlay == nil,
        let job = [JobState.running, .paused].lazy.compactMap({ state in
          jobs.first { $0.state == state && !$0.isElsewhere }
        }).first
      {
        session.go(to: .run)
        let isPaused = job.state == .paused
        session.say(
          isPaused ? "a job is paused: Space goes on, 1 shows the files" : "a job is running; 1 shows the files")
      }
    }
    let old = Dictionary(session.jobs.map { ($0.id, $0) }) { first, _ in first }
    session.jobs = jobs
    for job in jobs {
      guard let before = old[job.id] else { continue }
      // What failed while nobody listened, as between two engines.
      let failed = Set(before.pictures.lazy.filter { $0.state == .failed }.map(\.output))
      for (place, picture) in job.pictures.enumerated() {
        if picture.state == .failed && !failed.contains(picture.output) { tellFailure(of: picture) }
        let known = before.pictures.indices.contains(place) ? before.pictures[place].step : nil
        if picture.step != known { session.tiles[PictureKey(job: job.id, picture: place)] = nil }
      }
      tellEnd(of: job, from: before.state)
    }
    let known = Set(jobs.map(\.id))
    session.progress = session.progress.filter { known.contains($0.key) }
    session.tiles = session.tiles.filter { known.contains($0.key.job) }
  }

  private mutating func take(_ progress: PictureProgress, _ job: String, _ picture: Int) {
    guard let place = session.jobs.firstIndex(where: { $0.id == job }) else { return }
    guard session.jobs[place].pictures.indices.contains(picture) else { return }
    let (old, step) = (session.jobs[place].pictures[picture].state, session.jobs[place].pictures[picture].step)
    session.jobs[place].pictures[picture] = progress
    // Another step has tiles of its own.
    if progress.state != .running || progress.step != step {
      session.tiles[PictureKey(job: job, picture: picture)] = nil
    }
    if progress.state == .failed, old != .failed { tellFailure(of: progress) }
  }

  private mutating func tellFailure(of picture: PictureProgress) {
    guard picture.curve == nil else { return }  // The end of the training says it.
    let reason = picture.reason?.reason(at: [picture.input, picture.output]) ?? "no reason given"
    session.say("\(picture.input.lastPathPart) failed: \(reason)", .error)
  }

  /// Says when a job has ended.
  private mutating func tellEnd(of job: JobInfo, from old: JobState) {
    guard job.state != old else { return }
    if let training = job.training, !job.pictures.isEmpty { return tellEnd(of: job, training) }
    let done = job.pictures.filter { $0.state == .done }.count
    let what =
      job.pictures.count == 1
      ? job.pictures[0].input.lastPathPart : "\(done) of \(job.pictures.count) pictures"
    switch job.state {
    case .done:
      // A first run is a measurement.
      let used = Set(job.pictures.map(\.model))
      if session.models.contains(where: { $0.pixelsPerSecond == nil && used.contains($0.name) }) {
        session.ask(.listModels, for: nil, .models)
      }
      let folder = parentFolder(job.pictures.last { $0.state == .done }?.output ?? "")
      let place = folder.isEmpty ? "" : ", in \(folder.relative(to: "", home: session.engine?.home))"
      session.say("\(job.request.task) done: \(what) in \(job.pictures.reduce(0) { $0 + $1.seconds }.clock)\(place)")
    case .failed:
      // The job's own reason only counts; that of a picture says why.
      let failed = job.pictures.filter { $0.state == .failed }
      let reason = failed.lazy.compactMap(\.reason).first ?? job.reason ?? "see the log"
      session.say(
        "\(job.request.task) failed for \(failed.count) of \(Quantity.count(job.pictures.count, "picture")): "
          + reason.reasonFirst, .error)
    case .paused: if let reason = job.reason { session.say("job paused: \(reason.reasonFirst)", .warning) }
    case .cancelled: session.say("\(job.request.task) cancelled; finished pictures stay")
    case .waiting, .running: break
    }
  }
}

extension State {
  /// Says how a training ended. A model that was asked for here goes into the plan.
  private mutating func tellEnd(of job: JobInfo, _ training: TrainingRequest) {
    let name = training.output.lastPathPart
    switch job.state {
    case .done:
      session.ask(.listModels, for: nil, .models)
      let learned = job.pictures[0].curve?.heldOut.last.map { ", held out \(Quantity.decimal($0.value, 2)) dB" } ?? ""
      guard session.trainings.remove(job.id) != nil, session.draft.request.task == training.task else {
        return session.say("trained: \(name)\(learned); screen 6 has it")
      }
      session.draft.edit {
        $0.model = training.output
        $0.variant = nil
      }
      session.say("trained: \(name)\(learned); the plan uses it now, u there takes that back")
    case .failed:
      session.say("training of \(name) failed: \(job.pictures[0].reason ?? job.reason ?? "see the log")", .error)
    case .paused: if let reason = job.reason { session.say("training paused: \(reason)", .warning) }
    case .cancelled: session.say("training of \(name) cancelled")
    case .waiting, .running: break
    }
  }
}

extension String {
  /// The name behind the last slash.
  var lastPathPart: String { split(separator: "/").last.map(String.init) ?? self }
}
