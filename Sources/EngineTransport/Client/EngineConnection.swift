import EngineWire
import Glibc

/// What a connection brings to the loop that drives it.
package enum ConnectionEvent: Hashable, Sendable {
  /// `EngineConnection.link` is another now.
  case link(EngineLink)
  /// An answer with the raw bytes behind it, or an event (`answer.id` is 0).
  case answer(Answer, body: [UInt8])
}

/// A client's end of the conversation with an engine: reaches the one of this user on this machine, starting it where none
/// runs, or one on another machine through ssh; greets it; comes back after it was lost, at once the first time, then after 1, 2
/// and 5 seconds.
///
/// Made for a loop around `poll` on one thread. Nothing here blocks, and whatever goes wrong becomes a `link`.
/// ```swift
/// let connection = try EngineConnection(host: nil, client: "workbench 0.2.0", environment: environment)
/// while true {
///   var watched = [terminal] + connection.watched
///   poll(&watched, nfds_t(watched.count), milliseconds(until: connection.deadline))
///   for event in connection.advance(now: clock()) { ... }
/// }
/// ```
/// All times are seconds of one monotonic clock.
package final class EngineConnection {
  /// How things stand; every change is also brought by `advance`.
  package internal(set) var link: EngineLink
  /// The machine whose engine is used; nil is this one.
  package private(set) var host: String?

  let client: String
  let environment: [String: String]
  let executable: String
  var route: Route
  var phase = Phase.waiting(until: -.infinity)
  var stream: EngineStream?
  /// The way to the local engine that is taken now.
  var engine: LocalEngine?
  var persistence = Persistence()
  /// This route has led to an engine before.
  var hasGreeted = false
  /// Failed questions and changes of the link that the next `advance` brings.
  var events: [ConnectionEvent] = []
  /// Processes that are done with and wait to be reaped.
  var ended: [ChildProcess] = []
  /// The engine's own reason for closing the connection.
  var closingReason: Reply.Failure?
  var lastAdvance = -Double.infinity

  /// Seconds without a message after which the engine is asked for a sign of life, and how long it may take.
  static let silenceLimit = 15.0
  static let signPatience = 10.0
  /// Of that question; clients count theirs from 1.
  static let signQuestion = 1 << 40

  enum Route {
    case local
    case remote(RemoteShell)
  }

  enum Phase {
    /// Nothing will happen by itself.
    case givenUp
    case waiting(until: Double)
    case starting(nextTry: Double)
    /// `hello` is on its way.
    case greeting(until: Double)
    /// `heard` is when the last message came; `asked` when the engine was asked for a sign of life since.
    case connected(since: Double, heard: Double, asked: Double?)
    /// The stream has ended; its process is given a moment to end too, so that it can be said how.
    case ending(reason: String?, heldSeconds: Double?, until: Double)
  }

  /// Does nothing yet: the first `advance` begins.
  ///
  /// - Parameters:
  ///   - host: `[user@]host` for ssh; nil is this machine.
  ///   - client: a few words on the program, for the engine's log.
  ///   - environment: handed on to what is started. `XDG_STATE_HOME`, `XDG_RUNTIME_DIR` and `HOME` say where the engine
  ///     is; `GRL_SSH` names a program to call in place of `ssh`,
  ///     `GRL_REMOTE` what is called on the other machine in place of `grl`.
  ///   - executable: what is started as `engine --listen`; this program itself by default, even if its file was replaced.
  /// - Throws: `EngineProcessError.badHost`.
  package init(
    host: String?, client: String, environment: [String: String], executable: String = "/proc/self/exe"
  ) throws(EngineProcessError) {
    self.client = client
    self.environment = environment
    self.executable = executable
    self.host = host
    route = try Self.route(to: host, environment)
    link = .connecting(what: Self.what(route))
  }

  deinit { drop() }

  // MARK: For the loop

  /// What `poll` shall watch: nothing, the stream, or the stream and ssh's errors.
  package var watched: [pollfd] { stream?.watched ?? [] }

  /// When `advance` has to be called although nothing came; in the past where at once, nil where never.
  package var deadline: Double? {
    if !events.isEmpty { return -.infinity }
    return switch phase {
    case .givenUp: nil
    case .connected(_, let heard, let asked): asked.map { $0 + Self.signPatience } ?? heard + Self.silenceLimit
    case .waiting(let time), .starting(let time), .greeting(let time): time
    // The end of a process does not wake `poll`.
    case .ending: lastAdvance + 0.01
    }
  }

  /// Reads, writes, starts and notices what there is. Call it after each `poll`, whatever woke it; it takes what is there and
  /// returns, after at most a megabyte, so that the loop stays lively.
  package func advance(now: Double) -> [ConnectionEvent] {
    lastAdvance = now
    reap()
    switch phase {
    case .givenUp: break
    case .waiting(let time): if now >= time { begin(now: now) }
    case .starting(let time): if now >= time { step(now: now) }
    case .greeting(let time):
      converse(now: now)
      if case .greeting = phase, now >= time { end(noAnswer, heldSeconds: nil, now: now) }
    case .connected:
      converse(now: now)
      askForSign(now: now)
    case .ending: finish(now: now)
    }
    defer { events = [] }
    return events
  }

  /// Sends a question, now or as soon as the stream takes it. Without an engine it is lost, as `EngineLink` says. What cannot be
  /// sent at all is answered with a failure.
  package func send(_ question: Question) {
    guard case .connected = phase else { return }
    deliver(question)
  }

  /// Drops the connection and reaches another machine's engine, or the same one again.
  ///
  /// - Throws: `EngineProcessError.badHost`; the connection stays as it is then.
  package func reach(host: String?) throws(EngineProcessError) {
    route = try Self.route(to: host, environment)
    self.host = host
    drop()
    persistence = Persistence()
    hasGreeted = false
    phase = .waiting(until: -.infinity)
    become(.connecting(what: Self.what(route)))
  }
}

/// When to try again after the engine was lost: at once, then after 1, 2 and 5 seconds, and every 5 from then on.
struct Persistence: Sendable {
  /// Times in a row.
  private(set) var losses = 0
  /// A connection that held this long starts the count again.
  static let steadySeconds = 10.0

  /// Seconds until the next try.
  ///
  /// - Parameter heldSeconds: how long the connection had been up; nil where it never was.
  mutating func lost(heldSeconds: Double?) -> Double {
    if let heldSeconds, heldSeconds >= Self.steadySeconds { losses = 0 }
    losses += 1
    return switch losses {
    case 1: 0
    case 2: 1
    case 3: 2
    default: 5
    }
  }
}
