import EngineWire

extension State {
  mutating func engineBecame(_ link: EngineLink) {
    session.link = link
    session.forgetPending()
    session.tiles = [:]
    guard case .connected(let info) = link else { return }
    session.engine = info
    session.ask(.watch, for: nil, .control)
    session.ask(.listModels, for: nil, .models)
    for place in screens.indices { screens[place].refresh(&session) }
  }

  mutating func take(_ answer: Answer, _ body: [UInt8]) {
    if case .event(let event) = answer.reply {
      happened(event)
      refresh()
      return
    }
    guard let pending = session.takePending(answer.id) else { return }
    if let screen = pending.screen {
      screens[screen.rawValue - 1].receive(answer.reply, body: body, to: pending.purpose, &session)
      return
    }
    switch answer.reply {
    case .jobs(let jobs): session.jobs = jobs
    case .models(let models): session.models = models
    case .failure(let failure): session.say(failure.message, .error)
    default: break
    }
    refresh()
  }

  private mutating func happened(_ event: EngineEvent) {
    switch event {
    case .jobs(let jobs): session.jobs = jobs
    case .picture(let job, let picture, let progress):
      guard let place = session.jobs.firstIndex(where: { $0.id == job }) else { return }
      guard session.jobs[place].pictures.indices.contains(picture) else { return }
      session.jobs[place].pictures[picture] = progress
    case .job(let job, let state, let reason):
      guard let place = session.jobs.firstIndex(where: { $0.id == job }) else { return }
      session.jobs[place].state = state
      session.jobs[place].reason = reason
    case .progress(let progress): session.progress[progress.job] = progress
    case .tile(let job, let picture, let tile, let state):
      session.tiles[PictureKey(job: job, picture: picture), default: [:]][tile] = state
    case .log(let line): session.log.append(line)
    }
  }
}
