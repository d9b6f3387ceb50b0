import EngineWire
import Glibc
import TestSupport
import Testing

/// A client that a test drives by hand. Never blocks a thread: it looks again after a moment.
final class WireClient {
  private var descriptor: Int32
  private var decoder = FrameDecoder()
  private var lastID = 0
  private var hasEnded = false

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { close() }

  func close() {
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
  }

  /// Says nothing more, but listens.
  func stopSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Sends raw bytes; returns false where the other side does not take them any more.
  @discardableResult
  func send(_ bytes: [UInt8], seconds: Double = 300) async throws -> Bool {
    var rest = bytes[...]
    let deadline = ContinuousClock.now + .seconds(seconds)
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno != EAGAIN {
        return false
      } else {
        guard ContinuousClock.now < deadline else { return false }
        try await Task.sleep(for: .milliseconds(2))
      }
    }
    return true
  }

  /// Sends a request; returns its number.
  @discardableResult
  func post(_ request: Request) async throws -> Int {
    lastID += 1
    try await send(Frame(Question(id: lastID, request)).bytes)
    return lastID
  }

  /// Sends a request and waits for its answer, leaving out events.
  func ask(_ request: Request) async throws -> Reply {
    let id = try await post(request)
    while true {
      let (answer, _) = try #require(try await next(), "the connection ended in place of an answer")
      if answer.id == id { return answer.reply }
      #expect(answer.id == 0)
    }
  }

  /// The next message; nil where the connection has ended.
  func next(sourceLocation: SourceLocation = #_sourceLocation) async throws -> (Answer, [UInt8])? {
    var found: (Answer, [UInt8])?
    try await eventually("a message", sourceLocation: sourceLocation) {
      if let frame = try self.decoder.next() {
        found = (try frame.message(Answer.self), frame.body)
        return true
      }
      if self.hasEnded { return true }
      self.read()
      return false
    }
    return found
  }

  /// Everything up to the end of the connection.
  func rest() async throws -> [Answer] {
    var answers: [Answer] = []
    while let (answer, _) = try await next() { answers.append(answer) }
    return answers
  }

  private func read() {
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    if count > 0 {
      decoder.append(bytes[..<count])
    } else if count == 0 || errno != EAGAIN && errno != EINTR {
      hasEnded = true
    }
  }
}
