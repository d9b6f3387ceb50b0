import Base
import EngineWire
import Glibc

/// The one thread of a server: everything in it happens one after the other.
final class ServerLoop {
  let server: EngineServer
  let listener: EngineListener
  var clients: [Int: ServerClient] = [:]
  var lastNumber = 0
  /// When there last was a client or something to do.
  var lastNeeded: Double
  var isAskingIfIdle = false
  var nextTick: Double
  /// No client is let in before: the process has run out of descriptors.
  var isListenerBlocked = false
  /// The socket is gone and no other can be opened.
  var isUnreachable = false
  var end: End?

  /// On the way out.
  struct End {
    let reason: String
    /// Waiting for the service, then for the last words to be taken.
    var deadline: Double
    var isDown = false
  }

  init(_ server: EngineServer, _ listener: EngineListener) {
    self.server = server
    self.listener = listener
    lastNeeded = Self.now
    nextTick = lastNeeded
  }

  static var now: Double { clockSeconds() }

  func run() {
    server.log(.info, "listening at \(listener.socket.printable)")
    while true {
      let numbers = clients.keys.sorted()
      var watched = [pollfd(fd: server.eventQueue.descriptor, events: Int16(POLLIN), revents: 0)]
      watched.append(pollfd(fd: isListenerBlocked ? -1 : listener.descriptor, events: Int16(POLLIN), revents: 0))
      for number in numbers { if let client = clients[number] { watched.append(client.watched) } }
      let wait = max(0, min(nextTick, end?.deadline ?? .infinity) - Self.now)
      poll(&watched, nfds_t(watched.count), Int32(min(wait, 60) * 1000) + 1)

      if watched[0].revents != 0 { for event in server.eventQueue.take() { receive(event) } }
      if watched[1].revents != 0 { acceptClients() }
      for (number, state) in zip(numbers, watched.dropFirst(2)) { serve(number, Int32(state.revents)) }
      if Self.now >= nextTick { tick() }
      if let end, end.isDown, clients.isEmpty || Self.now >= end.deadline { break }
      if let end, !end.isDown, Self.now >= end.deadline {
        server.log(.error, "the engine does not shut down; leaving it")
        dismissAll()
      }
    }
    for number in clients.keys { drop(number) }
    listener.shut()
    server.log(.info, "ended: \(end?.reason ?? "")")
  }

  // MARK: What comes from the engine

  private func receive(_ event: ServerEvent) {
    switch event {
    case .greeting(let number, let frame):
      guard clients[number]?.stage == .greeting else { return }
      clients[number]?.stage = .talking
      clients[number]?.asked = []
      post(frame, to: number)
      readQuestions(of: number)
    case .answer(let number, let question, let frame):
      guard let client = clients[number], client.asked.contains(question), client.stage != .dismissed else { return }
      clients[number]?.asked.remove(question)
      post(frame, to: number)
      readQuestions(of: number)
    case .event(let number, let frame):
      guard clients[number]?.stage == .talking else { return }
      post(frame, to: number, isEvent: true)
    case .idle(let isIdle):
      isAskingIfIdle = false
      if !isIdle || !clients.isEmpty { lastNeeded = Self.now }
      guard let limit = server.options.idleSeconds, Self.now - lastNeeded >= limit else { return }
      beginEnd("nobody needs it")
    case .stop(let reason): beginEnd(reason)
    case .down: dismissAll()
    }
  }

  // MARK: Time

  /// What is looked after every now and then.
  private func tick() {
    let now = Self.now
    let idleSeconds = server.options.idleSeconds ?? .infinity
    nextTick = now + min(1, idleSeconds / 4)
    isListenerBlocked = false
    for (number, client) in clients where now >= client.deadline && [.silent, .dismissed].contains(client.stage) {
      drop(number)
    }
    guard end == nil else { return }
    do {
      if try listener.reopenIfGone() {
        server.log(.warning, "the socket was gone; listening at \(listener.socket.printable)")
      }
      isUnreachable = false
    } catch {
      // Tried again every second, said once.
      if !isUnreachable { server.log(.error, "the socket is gone: \(error)") }
      isUnreachable = true
    }
    if !clients.isEmpty { lastNeeded = now }
    guard idleSeconds < .infinity, clients.isEmpty, !isAskingIfIdle else { return }
    isAskingIfIdle = true
    Task { [service = server.service, eventQueue = server.eventQueue] in
      eventQueue.post(.idle(await service.isIdle()))
    }
  }

  // MARK: The end

  func beginEnd(_ reason: String) {
    guard end == nil else { return }
    server.log(.info, "shutting down: \(reason)")
    end = End(reason: reason, deadline: Self.now + server.options.shutDownSeconds)
    listener.shut()
    Task { [service = server.service, eventQueue = server.eventQueue] in
      await service.shutDown()
      eventQueue.post(.down)
    }
  }

  /// Answers what can be answered no more, and lets the clients go.
  private func dismissAll() {
    guard let end, !end.isDown else { return }
    self.end?.isDown = true
    self.end?.deadline = Self.now + 1
    for (number, client) in clients {
      let failure = Reply.Failure(.cancelled, "the engine was stopped: \(end.reason)")
      for question in client.asked.sorted() {
        post(
          EncodedFrame(Answer(id: question, question == client.lastQuestion ? .done : .failure(failure))), to: number)
      }
      dismiss(number, failure)
    }
  }
}
