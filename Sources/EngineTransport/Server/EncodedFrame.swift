import EngineWire
import Foundation

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
    // An answer says who asked; events that cannot be told become a line of the log.
    let reply: Reply =
      answer.id == 0
      ? .event(.log(LogLine(time: Date().timeIntervalSince1970, level: .error, text: text)))
      : .failure(.init(.system, text))
    do { bytes = try Frame(Answer(id: answer.id, reply)).bytes } catch { preconditionFailure("\(error)") }
  }
}

extension Answer {
  /// The same with the tiles of running pictures only, where it tells of jobs.
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
