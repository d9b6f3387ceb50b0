import Base
import EngineWire
import Glibc

/// One connection, as the server's loop sees it.
struct ServerClient {
  enum Stage: Hashable {
    /// `hello` has not come.
    case silent
    /// `hello` is being answered; nothing else is read meanwhile.
    case greeting
    case talking
    /// It says nothing more, but waits for answers that are due.
    case leaving
    /// Gets what waits for it and is closed then.
    case dismissed
  }

  let number: Int
  let descriptor: Int32
  let session: ClientSession
  var stage = Stage.silent
  /// When it has to have said hello, or to have taken its last words.
  var deadline: Double
  var sendQueue = SendQueue()
  /// Questions that wait for their answers.
  var asked: Set<Int> = []
  /// One of them asks the engine to end.
  var lastQuestion: Int?
  private var decoder = FrameDecoder(limits: .questions)

  /// Most questions of one client that are worked on at a time; more wait unread.
  static let askedLimit = 16

  init(number: Int, descriptor: Int32, session: ClientSession, deadline: Double) {
    self.number = number
    self.descriptor = descriptor
    self.session = session
    self.deadline = deadline
  }

  /// Questions are taken as long as the answers are.
  var takesQuestions: Bool {
    switch stage {
    case .silent: true
    case .talking: asked.count < Self.askedLimit && !sendQueue.isUnderPressure
    case .greeting, .leaving, .dismissed: false
    }
  }

  var watched: pollfd {
    let events = (takesQuestions ? POLLIN : 0) | (sendQueue.isEmpty ? 0 : POLLOUT)
    return pollfd(fd: descriptor, events: Int16(events), revents: 0)
  }

  /// What is left to do for a client that says nothing more.
  var isFinished: Bool {
    switch stage {
    case .leaving: asked.isEmpty && sendQueue.isEmpty
    case .dismissed: sendQueue.isEmpty
    case .silent, .greeting, .talking: false
    }
  }

  enum Arrival {
    case bytes, nothing, end
    /// `errno`
    case failure(Int32)
  }

  /// Reads what came, at most 256 KiB at a time so that everybody has a turn.
  mutating func read() -> Arrival {
    var arrival = Arrival.nothing
    for _ in 0..<4 {
      let (bytes, code) = Descriptor.readSome(descriptor)
      guard let bytes else { return code == EAGAIN ? arrival : .failure(code) }
      guard !bytes.isEmpty else { return .end }
      decoder.append(bytes)
      arrival = .bytes
    }
    return arrival
  }

  /// The next question that has arrived whole; nil where none has, or it has to wait.
  mutating func nextQuestion() throws(WireError) -> Question? {
    guard takesQuestions, let frame = try decoder.next() else { return nil }
    guard frame.body.isEmpty else { throw .notAMessage(expected: "Question", reason: "raw bytes behind it") }
    let question = try frame.message(Question.self, limits: .questions)
    guard question.id >= 1, !asked.contains(question.id) else {
      throw .notAMessage(expected: "Question", reason: "id: \(question.id) is not free")
    }
    return question
  }
}
