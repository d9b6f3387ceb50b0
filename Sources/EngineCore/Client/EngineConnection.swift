import EngineWire
import Glibc

/// What a connection brings to the loop that drives it.
package enum EngineNews: Hashable, Sendable {
  /// `EngineConnection.link` is another now.
  case link(EngineLink)
  /// An answer with the raw bytes behind it, or news (`answer.id` is 0).
  case answer(Answer, body: [UInt8])
}

/// A client's end of the conversation with an engine: reaches the one of this user on this machine, starting it where none
/// runs, or one on another machine through ssh; greets it; comes back after it was lost, at once the first time, then after 1, 2
/// and 5 seconds.
///
/// Made for a loop around `poll` on one thread. Nothing here blocks, and whatever goes wrong becomes a `link`.
/// ```swift
/// let connection = try EngineConnection(host: nil, client: "workbench 0.2.0", environment: environment)
/// while true {
///   var watched = [terminal] + connection.watched
///   poll(&watched, nfds_t(watched.count), milliseconds(until: connection.deadline))
///   for news in connection.advance(now: clock()) { ... }
/// }
/// ```
/// All times are seconds of one monotonic clock.
package final class EngineConnection {
  /// How things stand; every change is also brought by `advance`.
  package private(set) var link: EngineLink
  /// The machine whose engine is used; nil is this one.
  package private(set) var host: String?

  private let client: String
  private let environment: [String: String]
  private let executable: String
  private var route: Route
  private var phase = Phase.waiting(until: -.infinity)
  private var stream: EngineStream?
  /// The way to the local engine that is taken now.
  private var engine: LocalEngine?
  private var persistence = Persistence()
  /// This route has led to an engine before.
  private var hasGreeted = false
  /// Failed questions and changes of the link that the next `advance` brings.
  private var news: [EngineNews] = []
  /// Processes that are done with and wait to be reaped.
  private var ended: [ChildProcess] = []
  /// The engine's own reason for closing the connection.
  private var lastWord: Reply.Failure?
  private var lastAdvance = -Double.infinity

  private enum Route {
    case local
    case remote(RemoteShell)
  }

  private enum Phase {
    /// Nothing will happen by itself.
    case givenUp
    case waiting(until: Double)
    case starting(nextTry: Double)
    /// `hello` is on its way.
    case greeting(until: Double)
    case connected(since: Double)
    /// The stream has ended; its process is given a moment to end too, so that it can be said how.
    case ending(reason: String?, heldSeconds: Double?, until: Double)
  }

  /// Does nothing yet: the first `advance` begins.
  ///
  /// - Parameters:
  ///   - host: `[user@]host` for ssh; nil is this machine.
  ///   - client: a few words on the program, for the engine's log.
  ///   - environment: handed on to what is started. `XDG_STATE_HOME`, `XDG_RUNTIME_DIR` and `HOME` say where the engine
  ///     is; `GRL_SSH` names a program to call in place of `ssh`,
  ///     `GRL_REMOTE` what is called on the other machine in place of `grl`.
  ///   - executable: what is started as `engine --listen`; this program itself by default, even if its file was replaced.
  /// - Throws: `EngineProcessError.badHost`.
  package init(
    host: String?, client: String, environment: [String: String], executable: String = "/proc/self/exe"
  ) throws(EngineProcessError) {
    self.client = client
    self.environment = environment
    self.executable = executable
    self.host = host
    route = try Self.route(to: host, environment)
    link = .connecting(what: Self.what(route))
  }

  deinit { drop() }

  // MARK: For the loop

  /// What `poll` shall watch: nothing, the stream, or the stream and ssh's errors.
  package var watched: [pollfd] { stream?.watched ?? [] }

  /// When `advance` has to be called although nothing came; in the past where at once, nil where never.
  package var deadline: Double? {
    if !news.isEmpty { return -.infinity }
    return switch phase {
    case .givenUp, .connected: nil
    case .waiting(let time), .starting(let time), .greeting(let time): time
    // The end of a process does not wake `poll`.
    case .ending: lastAdvance + 0.01
    }
  }

  /// Reads, writes, starts and notices what there is. Call it after each `poll`, whatever woke it; it takes what is there and
  /// returns, after at most a megabyte, so that the loop stays lively.
  package func advance(now: Double) -> [EngineNews] {
    lastAdvance = now
    reap()
    switch phase {
    case .givenUp: break
    case .waiting(let time): if now >= time { begin(now: now) }
    case .starting(let time): if now >= time { step(now: now) }
    case .greeting(let time):
      converse(now: now)
      if case .greeting = phase, now >= time { end("it does not answer", heldSeconds: nil, now: now) }
    case .connected: converse(now: now)
    case .ending: finish(now: now)
    }
    defer { news = [] }
    return news
  }

  /// Sends a question, now or as soon as the stream takes it. Without an engine it is lost, as `EngineLink` says. What cannot be
  /// sent at all is answered with a failure.
  package func send(_ question: Question) {
    guard case .connected = phase else { return }
    deliver(question)
  }

  /// Drops the connection and reaches another machine's engine, or the same one anew.
  ///
  /// - Throws: `EngineProcessError.badHost`; the connection stays as it is then.
  package func reach(host: String?) throws(EngineProcessError) {
    route = try Self.route(to: host, environment)
    self.host = host
    drop()
    persistence = Persistence()
    hasGreeted = false
    phase = .waiting(until: -.infinity)
    become(.connecting(what: Self.what(route)))
  }

  // MARK: Reaching

  private static func route(to host: String?, _ environment: [String: String]) throws(EngineProcessError) -> Route {
    if let host { return .remote(try RemoteShell(host: host, environment: environment)) }
    return .local
  }

  private static func what(_ route: Route) -> String {
    switch route {
    case .local: "starting the engine"
    case .remote(let shell): "reaching the engine on \(shell.host)"
    }
  }

  private func begin(now: Double) {
    lastWord = nil
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

  private func step(now: Double) {
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

  private func greet(_ stream: EngineStream, patience: Double, now: Double) {
    self.stream = stream
    phase = .greeting(until: now + patience)
    deliver(Question(id: 1, .hello(version: WireProtocol.version, client: client)))
    converse(now: now)
  }

  // MARK: Talking

  private func deliver(_ question: Question) {
    do {
      stream?.send(try Frame(question, limits: .questions).bytes)
    } catch {
      news.append(.answer(Answer(id: question.id, .failure(.init(.usage, "\(error)"))), body: []))
    }
  }

  /// Moves what can be moved in both directions.
  private func converse(now: Double) {
    guard let (frames, failure) = stream?.move() else { return }
    for frame in frames {
      guard handle(frame, now: now) else { return }
    }
    if let failure { lost(failure, now: now) }
  }

  /// - Returns: whether the conversation goes on.
  private func handle(_ frame: Frame, now: Double) -> Bool {
    let answer: Answer
    do { answer = try frame.message(Answer.self) } catch {
      lost("it sends \(error)", now: now)
      return false
    }
    if answer.id == 0, case .failure(let failure) = answer.reply {
      lastWord = failure
      return true
    }
    guard case .greeting = phase else {
      news.append(.answer(answer, body: frame.body))
      return true
    }
    switch answer.reply {
    case .hello(let info):
      hasGreeted = true
      phase = .connected(since: now)
      become(.connected(info))
      return true
    case .failure(let failure):
      lastWord = failure
      lost(nil, now: now)
      return false
    default:
      return true
    }
  }

  // MARK: Losing

  /// The stream is of no use any more.
  private func lost(_ reason: String?, now: Double) {
    if case .connected(let since) = phase {
      end(reason, heldSeconds: now - since, now: now)
    } else {
      end(reason, heldSeconds: nil, now: now)
    }
  }

  private func end(_ reason: String?, heldSeconds: Double?, now: Double) {
    stream?.closeStream()
    // The last words of ssh may have a long way; an engine of this machine is gone as soon as its socket is.
    let patience = stream?.process == nil ? 0.2 : 2
    phase = .ending(reason: reason, heldSeconds: heldSeconds, until: now + patience)
    finish(now: now)
  }

  /// Says how it ended once that is known.
  private func finish(now: Double) {
    guard case .ending(let reason, let heldSeconds, let time) = phase else { return }
    let hasProcess = stream?.process != nil || engine?.child != nil
    let ending = stream?.process == nil ? engine?.pollChild() : stream?.pollProcess()
    stream?.readErrors()
    guard ending != nil || !hasProcess || now >= time else { return }
    let (sentence, isFinal) = (sentence(ending, reason), isFinal)
    drop()
    lose(sentence, isFinal: isFinal, heldSeconds: heldSeconds, now: now)
  }

  /// Trying again would bring the same.
  private var isFinal: Bool {
    if let lastWord { return [.version, .cancelled, .badRequest].contains(lastWord.kind) }
    if case .remote = route { return !hasGreeted }
    return false
  }

  private func sentence(_ ending: ChildProcess.Ending?, _ reason: String?) -> String {
    if case .remote(let shell) = route {
      if let lastWord { return "\(shell.host): \(lastWord.message)" }
      if let said = stream?.strayText {
        return "\(shell.host): answers '\(said)' in place of the engine; its shell must print nothing when it starts"
      }
      if let reason, ending == nil || ending == .exited(0) { return "\(shell.host): the engine is lost: \(reason)" }
      return shell.reason(ending, lastLine: stream?.lastErrorLine)
    }
    if let lastWord { return lastWord.message }
    var sentence =
      switch ending {
      case .killed(let signal) where signal == SIGKILL: "the engine was killed, perhaps for want of memory"
      case .killed(let signal): "the engine crashed (signal \(signal))"
      case .exited(let status) where status != 0: "the engine ended with status \(status)"
      default: "the engine is lost" + (reason.map { ": " + $0 } ?? "")
      }
    if persistence.losses >= 2 {
      sentence += "; \(persistence.losses + 1) times in a row"
      if let line = engine?.lastLogLine { sentence += "; its log ends: " + line }
    }
    return sentence
  }

  private func lose(_ reason: String, isFinal: Bool, heldSeconds: Double?, now: Double) {
    let delay = persistence.lost(heldSeconds: heldSeconds)
    phase = isFinal ? .givenUp : .waiting(until: now + delay)
    become(.lost(reason: reason, retrySeconds: isFinal ? nil : delay))
  }

  private func drop() {
    if let process = stream?.process {
      if process.ending == nil { kill(process.processID, SIGTERM) }
      ended.append(process)
    }
    stream?.close()
    stream = nil
    // It goes on without us.
    if let child = engine?.child { ended.append(child) }
    engine = nil
  }

  private func reap() {
    for index in ended.indices { _ = ended[index].poll() }
    ended.removeAll { $0.ending != nil }
  }

  private func become(_ link: EngineLink) {
    self.link = link
    news.append(.link(link))
  }
}
