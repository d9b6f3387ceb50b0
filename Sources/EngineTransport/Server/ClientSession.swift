import Base
import EngineWire
import Synchronization

/// Asks the service on behalf of one client and posts what it says. Never waits for the client.
///
/// Questions reach the service in the order in which they came and are answered side by side: a long one holds up no other.
final class ClientSession: Sendable {
  private let client: Int
  private let service: any EngineService
  private let eventQueue: ServerEventQueue
  private let questions: AsyncStream<Question>.Continuation
  private let isAbandoned = Atomic<Bool>(false)
  private let watching = Locked<Task<Void, Never>?>(nil)
  private let isWatching = Atomic<Bool>(false)

  init(client: Int, service: any EngineService, eventQueue: ServerEventQueue) {
    self.client = client
    self.service = service
    self.eventQueue = eventQueue
    let (stream, continuation) = AsyncStream.makeStream(of: Question.self)
    questions = continuation
    // Lives until `abandon`, and then for the questions that wait: they are carried out even when the client has gone.
    Task { [self] in
      await withDiscardingTaskGroup { group in
        for await question in stream {
          if question.request.isInquiry {
            // Nobody waits for this answer any more.
            if isAbandoned.load(ordering: .relaxed) { continue }
            group.addImmediateTask { await answer(question) }
          } else {
            Task.immediate { await answer(question) }
          }
        }
        group.cancelAll()
      }
    }
  }

  func greet(_ question: Question) {
    Task { [self] in
      let info = await service.info()
      eventQueue.post(.greeting(client: client, EncodedFrame(Answer(id: question.id, .hello(info)))))
    }
  }

  func ping(_ question: Question) {
    eventQueue.post(.answer(client: client, question: question.id, EncodedFrame(Answer(id: question.id, .done))))
  }

  func ask(_ question: Question) { questions.yield(question) }

  /// Hands on the engine's events; its first, the queue, answers the question.
  func watch(_ question: Question) {
    let task = Task { [self] in
      var isAnswered = false
      for await event in await service.events() {
        if !isAnswered, case .jobs(let jobs) = event {
          isAnswered = true
          eventQueue.post(
            .answer(client: client, question: question.id, EncodedFrame(Answer(id: question.id, .jobs(jobs)))))
          isWatching.store(true, ordering: .relaxed)
        } else {
          var frame = EncodedFrame(Answer(id: 0, .event(event)))
          if case .progress(let progress) = event { frame.topic = "\(progress.picture) of \(progress.job)" }
          eventQueue.post(.event(client: client, frame))
        }
      }
      if !isAnswered {
        let failure = Reply.failure(.init(.cancelled, "the engine is ending"))
        eventQueue.post(.answer(client: client, question: question.id, EncodedFrame(Answer(id: question.id, failure))))
      }
    }
    watching.withLock { old in
      old?.cancel()
      old = task
    }
  }

  /// The client has gone: events end, inquiries are cancelled, everything else it asked for is still carried out.
  func abandon() {
    isAbandoned.store(true, ordering: .relaxed)
    questions.finish()
    watching.withLock { $0?.cancel() }
  }

  private var requester: Requester {
    Requester(number: client) { [self] event in
      guard isWatching.load(ordering: .relaxed) else { return }
      var frame = EncodedFrame(Answer(id: 0, .event(event)))
      if case .planning = event { frame.topic = "planning" }
      eventQueue.post(.event(client: client, frame))
    }
  }

  private func answer(_ question: Question) async {
    let (reply, body) = await service.answer(question.request, from: requester)
    eventQueue.post(
      .answer(client: client, question: question.id, EncodedFrame(Answer(id: question.id, reply), body: body)))
  }
}

extension Request {
  /// It changes nothing: without anybody to hear the answer there is no need to find it.
  var isInquiry: Bool {
    switch self {
    case .hello, .ping, .listFolder, .inspect, .preview, .listModels, .plan, .watch, .jobPreview, .tryRegion,
      .attention, .attentionOverview, .analysis, .compare:
      true
    default: false
    }
  }
}
