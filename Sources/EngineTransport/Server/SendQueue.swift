import EngineWire
import Foundation
import Glibc

/// What waits to be written to one client: bounded, and progress gives way first.
struct SendQueue {
  private var frames: [EncodedFrame] = []
  private var first = 0
  /// Bytes of the first frame that are written already.
  private var written = 0
  /// Of all that waits, what is written of the first frame included.
  private(set) var byteCount = 0

  /// Above this, progress is not worth its place and no question is taken.
  static let pressure = 1 << 20
  /// With events above this, a client is taken for dead. Answers are bounded by the questions that are worked on.
  static let limit = 64 << 20
  /// What a frame costs beside its bytes.
  private static let overhead = 64

  var isEmpty: Bool { first == frames.count }
  var isUnderPressure: Bool { byteCount > Self.pressure }

  /// - Returns: false where the client has left so much lying that no events are kept for it.
  mutating func append(_ frame: EncodedFrame, isEvent: Bool = false) -> Bool {
    if let topic = frame.topic {
      if isUnderPressure { return true }
      // The first one may be half written.
      let waiting = frames.indices.suffix(frames.count - first).dropFirst()
      if let index = waiting.last(where: { frames[$0].topic == topic }) {
        byteCount -= frames.remove(at: index).bytes.count + Self.overhead
      }
    }
    byteCount += frame.bytes.count + Self.overhead
    frames.append(frame)
    return !isEvent || byteCount <= Self.limit
  }

  /// Writes what the socket takes now.
  ///
  /// - Returns: 0, or `errno` where the client is gone.
  mutating func write(to descriptor: Int32) -> Int32 {
    while first < frames.count {
      let bytes = frames[first].bytes
      let count = bytes.withUnsafeBytes {
        send(descriptor, $0.baseAddress! + written, $0.count - written, Int32(MSG_NOSIGNAL))
      }
      if count < 0 {
        if errno == EINTR { continue }
        return errno == EAGAIN ? 0 : errno
      }
      written += count
      guard written == bytes.count else { continue }
      byteCount -= bytes.count + Self.overhead
      written = 0
      frames[first] = EncodedFrame(bytes: [])
      first += 1
      if first == frames.count || first > 256 && first > frames.count / 2 {
        frames.removeFirst(first)
        first = 0
      }
    }
    return 0
  }
}

/// One message to a client, ready to be written.
struct EncodedFrame: Sendable {
  let bytes: [UInt8]
  /// A later frame of the same topic makes this one pointless, and under pressure it need not be sent at all.
  var topic: String?

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// What a client gets for `answer`: that, or a smaller one where it does not fit into a frame, or why it cannot be said.
  init(_ answer: Answer, body: [UInt8] = []) {
    var reason: WireError?
    for candidate in [answer, answer.withoutTiles].compactMap({ $0 }) {
      do {
        bytes = try Frame(candidate, body: body).bytes
        return
      } catch { reason = reason ?? error }
    }
    let text = "the engine's answer: " + (reason?.description ?? "")
    // An answer names its question; an event that cannot be encoded becomes a line of the log.
    let reply: Reply =
      answer.id == 0
      ? .event(.log(LogLine(time: Date().timeIntervalSince1970, level: .error, text: text)))
      : .failure(.init(.system, text))
    do { bytes = try Frame(Answer(id: answer.id, reply)).bytes } catch { preconditionFailure("\(error)") }
  }
}

extension Answer {
  /// The same with the tiles of running pictures only, where it lists jobs.
  fileprivate var withoutTiles: Answer? {
    func reduced(_ jobs: [JobInfo]) -> [JobInfo] {
      jobs.map { job in
        var job = job
        for index in job.pictures.indices where job.pictures[index].state != .running { job.pictures[index].tiles = [] }
        return job
      }
    }
    return switch reply {
    case .jobs(let jobs): Answer(id: id, .jobs(reduced(jobs)))
    case .event(.jobs(let jobs)): Answer(id: id, .event(.jobs(reduced(jobs))))
    default: nil
    }
  }
}
