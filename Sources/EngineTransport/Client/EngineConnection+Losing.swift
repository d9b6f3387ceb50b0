import EngineWire
import Glibc

/// What happens when the stream is of no use any more.
extension EngineConnection {
  /// The stream is of no use any more.
  func lost(_ reason: String?, now: Double) {
    if case .connected(let since, _, _) = phase {
      end(reason, heldSeconds: now - since, now: now)
    } else {
      end(reason, heldSeconds: nil, now: now)
    }
  }

  func end(_ reason: String?, heldSeconds: Double?, now: Double) {
    stream?.closeStream()
    // The last words of ssh may have a long way; an engine of this machine is gone as soon as its socket is.
    let patience = stream?.process == nil ? 0.2 : 2
    phase = .ending(reason: reason, heldSeconds: heldSeconds, until: now + patience)
    finish(now: now)
  }

  /// Says how it ended once that is known.
  func finish(now: Double) {
    guard case .ending(let reason, let heldSeconds, let time) = phase else { return }
    let hasProcess = stream?.process != nil || engine?.child != nil
    let ending = stream?.process == nil ? engine?.pollChild() : stream?.pollProcess()
    stream?.readErrors()
    guard ending != nil || !hasProcess || now >= time else { return }
    let (sentence, isFinal) = (sentence(ending, reason), isFinal)
    drop()
    lose(sentence, isFinal: isFinal, heldSeconds: heldSeconds, now: now)
  }

  /// Why an engine is given up that says nothing, and what helps.
  var noAnswer: String {
    guard case .local = route, let holder = engine?.holder else { return "it does not answer" }
    return "process \(holder.processID) does not answer; 'kill -CONT \(holder.processID)' wakes it if it was stopped, "
      + "'kill -9 \(holder.processID)' ends it, and its jobs go on in another"
  }

  /// Trying again would bring the same.
  private var isFinal: Bool {
    if let closingReason { return [.version, .cancelled, .badRequest].contains(closingReason.kind) }
    if case .remote = route { return !hasGreeted }
    return false
  }

  func sentence(_ ending: ChildProcess.Ending?, _ reason: String?) -> String {
    if case .remote(let shell) = route {
      if let closingReason { return "\(shell.host): \(closingReason.message)" }
      if let said = stream?.strayText {
        return "\(shell.host): answers '\(said)' in place of the engine; its shell must print nothing when it starts"
      }
      if let reason, ending == nil || ending == .exited(0) { return "\(shell.host): the engine is lost: \(reason)" }
      return shell.reason(ending, lastLine: stream?.lastErrorLine)
    }
    if let closingReason { return closingReason.message }
    var sentence =
      switch ending {
      case .killed(let signal) where signal == SIGKILL: "the engine was killed, perhaps for want of memory"
      case .killed(let signal): "the engine crashed (signal \(signal))"
      case .exited(let status) where status != 0: "the engine ended with status \(status)"
      default: "the engine is lost" + (reason.map { ": " + $0 } ?? "")
      }
    if persistence.losses >= 2 {
      sentence += "; \(persistence.losses + 1) times in a row"
      if let line = engine?.lastLogLine { sentence += "; its log ends: " + line }
    }
    return sentence
  }

  func lose(_ reason: String, isFinal: Bool, heldSeconds: Double?, now: Double) {
    let delay = persistence.lost(heldSeconds: heldSeconds)
    phase = isFinal ? .givenUp : .waiting(until: now + delay)
    become(.lost(reason: reason, retrySeconds: isFinal ? nil : delay))
  }

  func drop() {
    if let process = stream?.process {
      if process.ending == nil { kill(process.processID, SIGTERM) }
      ended.append(process)
    }
    stream?.close()
    stream = nil
    // It goes on without us.
    if let child = engine?.child { ended.append(child) }
    engine = nil
  }

  func reap() {
    for index in ended.indices { _ = ended[index].poll() }
    ended.removeAll { $0.ending != nil }
  }

  func become(_ link: EngineLink) {
    self.link = link
    events.append(.link(link))
  }
}
