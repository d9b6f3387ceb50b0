import EngineWire

/// On the way to an engine, and in conversation with it.
extension EngineConnection {
  static func route(to host: String?, _ environment: [String: String]) throws(EngineProcessError) -> Route {
    if let host { return .remote(try RemoteShell(host: host, environment: environment)) }
    return .local
  }

  static func what(_ route: Route) -> String {
    switch route {
    case .local: "starting the engine"
    case .remote(let shell): "reaching the engine on \(shell.host)"
    }
  }

  func begin(now: Double) {
    closingReason = nil
    become(.connecting(what: Self.what(route)))
    switch route {
    case .local:
      engine = LocalEngine(environment: environment, executable: executable)
      step(now: now)
    case .remote(let shell):
      do {
        let (process, descriptor, errors) = try shell.start()
        greet(EngineStream(descriptor, process: process, errors: errors), patience: 40, now: now)
      } catch {
        lose("\(error)", isFinal: true, heldSeconds: nil, now: now)
      }
    }
  }

  func step(now: Double) {
    do {
      if let descriptor = try engine?.step(now: now) {
        greet(EngineStream(descriptor), patience: 10, now: now)
      } else {
        phase = .starting(nextTry: now + LocalEngine.pace)
      }
    } catch {
      drop()
      lose("\(error)", isFinal: !error.mayPass, heldSeconds: nil, now: now)
    }
  }

  func greet(_ stream: EngineStream, patience: Double, now: Double) {
    self.stream = stream
    phase = .greeting(until: now + patience)
    deliver(Question(id: 1, .hello(version: WireProtocol.version, client: client)))
    converse(now: now)
  }

  func deliver(_ question: Question) {
    do {
      stream?.send(try Frame(question, limits: .questions).bytes)
    } catch {
      events.append(.answer(Answer(id: question.id, .failure(.init(.usage, "\(error)"))), body: []))
    }
  }

  /// Moves what can be moved in both directions.
  func converse(now: Double) {
    guard let (frames, failure) = stream?.move() else { return }
    if !frames.isEmpty, case .connected(let since, _, _) = phase {
      phase = .connected(since: since, heard: now, asked: nil)
    }
    for frame in frames {
      guard handle(frame, now: now) else { return }
    }
    if let failure { lost(failure, now: now) }
  }

  /// An engine that hangs, and a machine that has gone from the network, say nothing: whoever is silent for long is asked.
  func askForSign(now: Double) {
    guard case .connected(let since, let heard, let asked) = phase else { return }
    if let asked {
      if now >= asked + Self.signPatience { lost(noAnswer, now: now) }
    } else if now >= heard + Self.silenceLimit {
      phase = .connected(since: since, heard: heard, asked: now)
      deliver(Question(id: Self.signQuestion, .ping))
    }
  }

  /// - Returns: whether the conversation goes on.
  func handle(_ frame: Frame, now: Double) -> Bool {
    let answer: Answer
    do { answer = try frame.message(Answer.self) } catch {
      lost("it sends \(error)", now: now)
      return false
    }
    if answer.id == 0, case .failure(let failure) = answer.reply {
      closingReason = failure
      return true
    }
    guard case .greeting = phase else {
      if answer.id == Self.signQuestion { return true }
      events.append(.answer(answer, body: frame.body))
      return true
    }
    switch answer.reply {
    case .hello(let info):
      hasGreeted = true
      phase = .connected(since: now, heard: now, asked: nil)
      become(.connected(info))
      return true
    case .failure(let failure):
      closingReason = failure
      lost(nil, now: now)
      return false
    default:
      return true
    }
  }
}
