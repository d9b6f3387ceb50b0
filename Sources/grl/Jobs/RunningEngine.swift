import Base
import EngineTransport
import EngineWire
import Foundation

/// Puts one question to the engine of this user that runs on this machine, and waits for the answer.
enum RunningEngine {
  private static let patience = 15.0

  /// Whether an engine runs.
  static var isThere: Bool { EngineLock.holder(at: place.lock) != nil }

  /// - Throws: `Failure` where the engine refuses or cannot be reached in time.
  @discardableResult
  static func ask(_ request: Request) throws -> Reply {
    let connection = try EngineConnection(
      host: nil, client: "grl jobs \(Version.current)", environment: ProcessInfo.processInfo.environment)
    let end = now() + patience
    var isAsked = false
    while now() < end {
      for event in connection.advance(now: now()) {
        switch event {
        case .link(.connected) where !isAsked:
          connection.send(Question(id: 2, request))
          isAsked = true
        case .link(.lost(let reason, nil)):
          throw Failure(.engineLost, "the engine is lost: \(reason)")
        case .answer(let answer, _) where answer.id == 2:
          if case .failure(let failure) = answer.reply { throw Failure(kind: failure.kind, failure.message) }
          return answer.reply
        default: break
        }
      }
      var watched = connection.watched
      let wait = min(connection.deadline ?? end, end) - now()
      poll(&watched, nfds_t(watched.count), Int32(max(0, wait * 1000).rounded(.up)))
    }
    throw Failure(.engineLost, "the engine does not answer; 'grl engine --stop' ends it")
  }

  private static var place: EnginePlace { EnginePlace(environment: ProcessInfo.processInfo.environment) }

  private static func now() -> Double { ProcessInfo.processInfo.systemUptime }
}
