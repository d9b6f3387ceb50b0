import Base
import EngineTransport
import EngineWire
import Foundation

/// Talks with the engine of this user on this machine, which is started where none runs.
enum RunningEngine {
  private static let patience = 15.0

  /// Whether an engine runs.
  static var isThere: Bool { EngineLock.holder(at: place.lock) != nil }

  /// Puts one question and waits for the answer.
  ///
  /// - Throws: `Failure` where the engine refuses or cannot be reached in time.
  @discardableResult
  static func ask(_ request: Request) throws -> Reply {
    let connection = try EngineConnection(
      host: nil, client: "grl jobs \(Version.current)", environment: ProcessInfo.processInfo.environment)
    let end = clockSeconds() + patience
    var isAsked = false
    while clockSeconds() < end {
      for event in connection.advance(now: clockSeconds()) {
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
      wait(connection, until: end)
    }
    throw Failure(.engineLost, "the engine does not answer; 'grl engine --stop' ends it")
  }

  /// Follows the queue; an engine that is lost is reached again, since jobs outlive it.
  ///
  /// - Parameters:
  ///   - end: when to give up, by the monotonic clock.
  ///   - body: called with what the engine tells, the whole queue first, and with nil when the engine came back or time passes; returns whether
  ///     enough was seen.
  /// - Returns: false where the time passed first, or a signal asked this process to end.
  static func follow(until end: Double = .infinity, _ body: (EngineEvent?) throws -> Bool) throws -> Bool {
    let connection = try EngineConnection(
      host: nil, client: "grl jobs \(Version.current)", environment: ProcessInfo.processInfo.environment)
    Interruption.watch()
    while clockSeconds() < end, !Interruption.isRequested {
      for event in connection.advance(now: clockSeconds()) {
        switch event {
        case .link(.connected): connection.send(Question(id: 2, .watch))
        case .link(.lost(let reason, nil)): throw Failure(.engineLost, "the engine is lost: \(reason)")
        case .answer(let answer, _):
          switch answer.reply {
          case .failure(let failure): throw Failure(kind: failure.kind, failure.message)
          case .jobs(let jobs): if try body(.jobs(jobs)) { return true }
          case .event(let event): if try body(event) { return true }
          default: break
          }
        default: break
        }
      }
      wait(connection, until: min(end, clockSeconds() + 1))
    }
    return false
  }

  private static func wait(_ connection: EngineConnection, until end: Double) {
    var watched = connection.watched
    let wait = min(connection.deadline ?? end, end) - clockSeconds()
    poll(&watched, nfds_t(watched.count), Int32(max(0, wait * 1000).rounded(.up)))
  }

  private static var place: EnginePlace { EnginePlace(environment: ProcessInfo.processInfo.environment) }
}
