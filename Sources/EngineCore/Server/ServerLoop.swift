import EngineWire
import Glibc
import Imaging

/// The one thread of a server: everything in it happens one after the other.
final class ServerLoop {
  private let server: EngineServer
  private let door: EngineDoor
  private var clients: [Int: ServerClient] = [:]
  private var lastNumber = 0
  /// When there last was a client or something to do.
  private var lastNeeded: Double
  private var isAskingIfIdle = false
  private var nextRound: Double
  /// No client is let in before: the process has run out of descriptors.
  private var isDoorBlocked = false
  private var end: End?

  /// On the way out.
  private struct End {
    let reason: String
    /// Waiting for the service, then for the last words to be taken.
    var deadline: Double
    var isDown = false
  }

  init(_ server: EngineServer, _ door: EngineDoor) {
    self.server = server
    self.door = door
    lastNeeded = Self.now
    nextRound = lastNeeded
  }

  private static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  func run() {
    server.log(.info, "listening at \(door.socket.printable)")
    while true {
      let numbers = clients.keys.sorted()
      var watched = [pollfd(fd: server.mailbox.descriptor, events: Int16(POLLIN), revents: 0)]
      watched.append(pollfd(fd: isDoorBlocked ? -1 : door.descriptor, events: Int16(POLLIN), revents: 0))
      for number in numbers { if let client = clients[number] { watched.append(client.watched) } }
      let wait = max(0, min(nextRound, end?.deadline ?? .infinity) - Self.now)
      poll(&watched, nfds_t(watched.count), Int32(min(wait, 60) * 1000) + 1)

      if watched[0].revents != 0 { for delivery in server.mailbox.take() { receive(delivery) } }
      if watched[1].revents != 0 { letIn() }
      for (number, state) in zip(numbers, watched.dropFirst(2)) { serve(number, Int32(state.revents)) }
      if Self.now >= nextRound { makeRound() }
      if let end, end.isDown, clients.isEmpty || Self.now >= end.deadline { break }
      if let end, !end.isDown, Self.now >= end.deadline {
        server.log(.error, "the engine does not shut down; leaving it")
        bidFarewell()
      }
    }
    for number in clients.keys { drop(number) }
    door.shut()
    server.log(.info, "ended: \(end?.reason ?? "")")
  }

  // MARK: Clients

  private func letIn() {
    while true {
      let descriptor = accept(door.descriptor, nil, nil)
      guard descriptor >= 0 else {
        if errno == EINTR || errno == ECONNABORTED { continue }
        if errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS {
          server.log(.warning, "no client can be let in: \(String(cString: strerror(errno)))")
          isDoorBlocked = true
        }
        return
      }
      LocalSocket.setNonBlocking(descriptor)
      guard LocalSocket.peerUser(of: descriptor) == geteuid() else {
        server.log(.warning, "a client of another user was turned away")
        close(descriptor)
        continue
      }
      lastNumber += 1
      let desk = ClientDesk(client: lastNumber, service: server.service, mailbox: server.mailbox)
      clients[lastNumber] = ServerClient(
        number: lastNumber, descriptor: descriptor, desk: desk, deadline: Self.now + server.options.greetingSeconds)
      if clients.count > server.options.clientLimit {
        dismiss(lastNumber, .init(.system, "the engine has \(server.options.clientLimit) clients already"))
      }
    }
  }

  /// Moves what can be moved for one client.
  private func serve(_ number: Int, _ events: Int32) {
    let isGone = events & (POLLHUP | POLLERR | POLLNVAL) != 0
    // What it sent before it went is still carried out.
    while events & POLLIN != 0 || isGone, clients[number]?.takesQuestions == true {
      let arrival = clients[number]?.read()
      readQuestions(of: number)
      switch arrival {
      case .bytes where isGone: continue
      // Where questions are held back, the end is read again once they are taken.
      case .end where clients[number]?.takesQuestions == true:
        let isSilent = clients[number]?.stage == .silent
        clients[number]?.stage = isSilent ? .dismissed : .leaving
      case .failure: return drop(number)
      case .bytes, .nothing, .end, nil: break
      }
      break
    }
    if isGone { return drop(number) }
    flush(number)
    // What has arrived already had to wait for the answers to be taken.
    readQuestions(of: number)
  }

  private func readQuestions(of number: Int) {
    do {
      while let question = try clients[number]?.nextQuestion() { handle(question, of: number) }
    } catch {
      dismiss(number, .init(.badRequest, "\(error)"))
    }
  }

  private func handle(_ question: Question, of number: Int) {
    guard let client = clients[number] else { return }
    if client.stage == .silent {
      guard case .hello(let version, let name) = question.request else {
        return dismiss(number, .init(.badRequest, "say hello first"), to: question.id)
      }
      guard version == WireProtocol.version else {
        let text =
          "the engine speaks version \(WireProtocol.version) of the protocol, this client \(version); "
          + "install the same grl on both sides and end the old engine with 'grl engine --stop'"
        return dismiss(number, .init(.version, text), to: question.id)
      }
      server.log(.info, "client \(number): \(String(name.prefix(100)).printable)")
      clients[number]?.stage = .greeting
      clients[number]?.asked.insert(question.id)
      return client.desk.greet(question)
    }
    guard end == nil else {
      return post(Parcel(Answer(id: question.id, .failure(.init(.cancelled, "the engine is ending")))), to: number)
    }
    clients[number]?.asked.insert(question.id)
    switch question.request {
    case .hello: dismiss(number, .init(.badRequest, "hello was said already"), to: question.id)
    case .watch: client.desk.watch(question)
    case .shutDown:
      clients[number]?.lastQuestion = question.id
      beginEnd("a client asked for it")
    default: client.desk.ask(question)
    }
  }

  private func post(_ parcel: Parcel, to number: Int, isNews: Bool = false) {
    guard let isTaken = clients[number]?.outbox.append(parcel, isNews: isNews) else { return }
    if isTaken { return flush(number) }
    server.log(.warning, "client \(number) reads nothing and is dropped")
    drop(number)
  }

  private func flush(_ number: Int) {
    guard let descriptor = clients[number]?.descriptor else { return }
    let code = clients[number]?.outbox.write(to: descriptor)
    if code != 0 || clients[number]?.isFinished == true { drop(number) }
  }

  /// Says why, and closes the connection as soon as that is taken.
  private func dismiss(_ number: Int, _ failure: Reply.Failure, to question: Int = 0) {
    guard let client = clients[number], client.stage != .dismissed else { return }
    if failure.kind != .cancelled {
      server.log(.warning, "client \(number) is sent away: \(failure.message.printable)")
    }
    clients[number]?.stage = .dismissed
    clients[number]?.deadline = Self.now + 2
    client.desk.abandon()
    post(Parcel(Answer(id: question, .failure(failure))), to: number)
  }

  private func drop(_ number: Int) {
    guard let client = clients.removeValue(forKey: number) else { return }
    client.desk.abandon()
    close(client.descriptor)
    isDoorBlocked = false
    lastNeeded = Self.now
    server.log(.debug, "client \(number) has left")
  }

  // MARK: What comes from the engine

  private func receive(_ delivery: Delivery) {
    switch delivery {
    case .greeting(let number, let parcel):
      guard clients[number]?.stage == .greeting else { return }
      clients[number]?.stage = .talking
      clients[number]?.asked = []
      post(parcel, to: number)
      readQuestions(of: number)
    case .answer(let number, let question, let parcel):
      guard let client = clients[number], client.asked.contains(question), client.stage != .dismissed else { return }
      clients[number]?.asked.remove(question)
      post(parcel, to: number)
      readQuestions(of: number)
    case .event(let number, let parcel):
      guard clients[number]?.stage == .talking else { return }
      post(parcel, to: number, isNews: true)
    case .idle(let isIdle):
      isAskingIfIdle = false
      if !isIdle || !clients.isEmpty { lastNeeded = Self.now }
      guard let limit = server.options.idleSeconds, Self.now - lastNeeded >= limit else { return }
      beginEnd("nobody needs it")
    case .stop(let reason): beginEnd(reason)
    case .down: bidFarewell()
    }
  }

  // MARK: Time

  /// What is looked after every now and then.
  private func makeRound() {
    let now = Self.now
    let idleSeconds = server.options.idleSeconds ?? .infinity
    nextRound = now + min(1, idleSeconds / 4)
    isDoorBlocked = false
    for (number, client) in clients where now >= client.deadline && [.silent, .dismissed].contains(client.stage) {
      drop(number)
    }
    guard end == nil else { return }
    do {
      if try door.reopenIfGone() { server.log(.warning, "the socket was gone; listening at \(door.socket.printable)") }
    } catch {
      server.log(.error, "the socket is gone: \(error)")
    }
    if !clients.isEmpty { lastNeeded = now }
    guard idleSeconds < .infinity, clients.isEmpty, !isAskingIfIdle else { return }
    isAskingIfIdle = true
    Task { [service = server.service, mailbox = server.mailbox] in
      mailbox.post(.idle(await service.isIdle()))
    }
  }

  // MARK: The end

  private func beginEnd(_ reason: String) {
    guard end == nil else { return }
    server.log(.info, "shutting down: \(reason)")
    end = End(reason: reason, deadline: Self.now + server.options.shutDownSeconds)
    door.shut()
    Task { [service = server.service, mailbox = server.mailbox] in
      await service.shutDown()
      mailbox.post(.down)
    }
  }

  /// Answers what can be answered no more, and lets the clients go.
  private func bidFarewell() {
    guard let end, !end.isDown else { return }
    self.end?.isDown = true
    self.end?.deadline = Self.now + 1
    for (number, client) in clients {
      let failure = Reply.Failure(.cancelled, "the engine was stopped: \(end.reason)")
      for question in client.asked.sorted() {
        post(Parcel(Answer(id: question, question == client.lastQuestion ? .done : .failure(failure))), to: number)
      }
      dismiss(number, failure)
    }
  }
}
