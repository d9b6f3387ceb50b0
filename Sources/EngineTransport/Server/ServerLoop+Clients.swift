import Base
import EngineWire
import Glibc

/// Reading from clients and writing to them.
extension ServerLoop {
  func acceptClients() {
    while true {
      let descriptor = accept(listener.descriptor, nil, nil)
      guard descriptor >= 0 else {
        if errno == EINTR || errno == ECONNABORTED { continue }
        if errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS {
          server.log(.warning, "no client can be let in: \(systemReason())")
          isListenerBlocked = true
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
      let session = ClientSession(client: lastNumber, service: server.service, eventQueue: server.eventQueue)
      clients[lastNumber] = ServerClient(
        number: lastNumber, descriptor: descriptor, session: session,
        deadline: Self.now + server.options.greetingSeconds)
      if clients.count > server.options.clientLimit {
        dismiss(lastNumber, .init(.system, "the engine has \(server.options.clientLimit) clients already"))
      }
    }
  }

  /// Moves what can be moved for one client.
  func serve(_ number: Int, _ events: Int32) {
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

  func readQuestions(of number: Int) {
    do {
      while let question = try clients[number]?.nextQuestion() { handle(question, of: number) }
    } catch {
      dismiss(number, .init(.badRequest, "\(error)"))
    }
  }

  func handle(_ question: Question, of number: Int) {
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
      return client.session.greet(question)
    }
    guard end == nil else {
      return post(
        EncodedFrame(Answer(id: question.id, .failure(.init(.cancelled, "the engine is ending")))), to: number)
    }
    clients[number]?.asked.insert(question.id)
    switch question.request {
    case .hello: dismiss(number, .init(.badRequest, "hello was said already"), to: question.id)
    case .ping: client.session.ping(question)
    case .watch: client.session.watch(question)
    case .shutDown:
      clients[number]?.lastQuestion = question.id
      beginEnd("a client asked for it")
    default: client.session.ask(question)
    }
  }

  func post(_ frame: EncodedFrame, to number: Int, isEvent: Bool = false) {
    guard let isTaken = clients[number]?.sendQueue.append(frame, isEvent: isEvent) else { return }
    if isTaken { return flush(number) }
    server.log(.warning, "client \(number) reads nothing and is dropped")
    drop(number)
  }

  func flush(_ number: Int) {
    guard let descriptor = clients[number]?.descriptor else { return }
    let code = clients[number]?.sendQueue.write(to: descriptor)
    if code != 0 || clients[number]?.isFinished == true { drop(number) }
  }

  /// Says why, and closes the connection as soon as that is taken.
  func dismiss(_ number: Int, _ failure: Reply.Failure, to question: Int = 0) {
    guard let client = clients[number], client.stage != .dismissed else { return }
    if failure.kind != .cancelled {
      server.log(.warning, "client \(number) is sent away: \(failure.message.printable)")
    }
    clients[number]?.stage = .dismissed
    clients[number]?.deadline = Self.now + 2
    client.session.abandon()
    post(EncodedFrame(Answer(id: question, .failure(failure))), to: number)
  }

  func drop(_ number: Int) {
    guard let client = clients.removeValue(forKey: number) else { return }
    client.session.abandon()
    close(client.descriptor)
    isListenerBlocked = false
    lastNeeded = Self.now
    server.log(.debug, "client \(number) has left")
  }
}
