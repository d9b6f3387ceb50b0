import ArgumentParser
import Base
import EngineTransport
import EngineWire
import Foundation
import JobStore
import Restoration

/// Does the shards of a job on a few machines through ssh: on each one at a time, the next free machine takes the next shard.
final class HostRun {
  /// How all of it was left.
  private enum Ending { case done, later, interrupted }

  private let job: SharedJob
  private let hosts: Hosts
  private let stop: StopSoon
  private let console: Console
  private var machines: [Machine]
  /// Shards that nobody works on, and when each may begin, by `clockSeconds`.
  private var waiting: [(shard: Int, from: Double)] = []
  /// By shard: how often it stopped before its end.
  private var attempts: [Int: Int] = [:]

  /// Of one shard; what stops that often before its end does not come to one.
  private static let mostAttempts = 20
  /// Ends of a machine by a signal, one after the other, after which it is left out.
  private static let mostFailures = 3
  /// Seconds before a shard that stopped is begun again.
  private static let pause = 5.0

  private struct Machine {
    let shell: RemoteShell
    var work: (shard: Int, command: RemoteCommand)?
    var failures = 0
    /// Nothing can be done there.
    var isOut = false
  }

  /// The machines and their threads, as `hosts.json` in the job's folder keeps them for `grl jobs resume`.
  struct Hosts: Codable {
    var hosts: [String]
    /// Of each shard; nil for as many as the machine has.
    var threads: Int?

    /// - Parameter text: `a,b,user@c`.
    init(_ text: String, threads: Int?) throws(Failure) {
      hosts = text.split(separator: ",").map(String.init)
      self.threads = threads
      if hosts.isEmpty { throw Failure(.usage, "--host: give one or several, with commas between them: a,b,user@c") }
      _ = try shells(ProcessInfo.processInfo.environment)
    }

    func shells(_ environment: [String: String]) throws(Failure) -> [RemoteShell] {
      var shells: [RemoteShell] = []
      for host in hosts {
        do throws(EngineProcessError) {
          shells.append(try RemoteShell(host: host, environment: environment))
        } catch {
          throw Failure(.usage, "--host: \(error)")
        }
      }
      return shells
    }

    private static func path(_ job: SharedJob) -> String { job.folder + "/hosts.json" }

    func write(_ job: SharedJob) throws(StoreError) {
      try DurableFile.write(Array(jsonLine(self).utf8) + [UInt8(ascii: "\n")], to: Self.path(job))
    }

    /// nil where the job was never given to machines through ssh.
    static func read(_ job: SharedJob) throws -> Hosts? {
      guard fileExists(path(job)) else { return nil }
      return try JSONDecoder().decode(Self.self, from: Data(try DurableFile.read(path(job), limit: 1 << 20)))
    }
  }

  private init(_ job: SharedJob, on hosts: Hosts, stop: StopSoon, console: Console) throws(Failure) {
    (self.job, self.hosts, self.stop, self.console) = (job, hosts, stop, console)
    machines = try hosts.shells(ProcessInfo.processInfo.environment).map { Machine(shell: $0) }
  }

  /// Does the shards, then joins and checks.
  ///
  /// - Parameter shards: by number, from 1.
  /// - Throws: the exit status where it is not 0.
  static func run(_ job: SharedJob, on hosts: Hosts, _ shards: [Int], _ console: Console) throws {
    let stop = StopSoon(graceSeconds: 60)
    stop.watch(maxSeconds: nil)
    switch try HostRun(job, on: hosts, stop: stop, console: console).run(shards) {
    case .done: break
    case .later: throw ExitCode(ExitStatus.later.rawValue)
    case .interrupted: throw ExitCode(ExitStatus.interrupted.rawValue)
    }
    let threads = hosts.threads ?? MachineLimits.current.threadCount
    try Finish.finish(job, threadCount: threads, stop: stop, console)
  }

  private func run(_ shards: [Int]) -> Ending {
    waiting = shards.map { ($0, 0) }
    var isStopping = false
    while true {
      if !isStopping, let reason = stop.reason {
        isStopping = true
        console.note("stopping (\(reason)): the shards end in good order; once more does not wait for them")
        for machine in machines { machine.work?.command.stop() }
      }
      if stop.gate.isCancelled { for machine in machines { machine.work?.command.abandon() } }
      if !isStopping { begin() }
      let isWorking = machines.contains { $0.work != nil }
      if !isWorking && (isStopping || waiting.isEmpty || machines.allSatisfy(\.isOut)) { break }
      wait()
      for place in machines.indices { settle(place, isStopping: isStopping) }
    }
    if isStopping { return stop.isInterrupt ? .interrupted : .later }
    guard !waiting.isEmpty else { return .done }
    let names = waiting.map(\.shard).sorted().prefix(8).map { String($0) }.joined(separator: ", ")
    console.error(
      "no machine is left for \(waiting.count) of \(job.plan.shards.count) shards (\(names)\(waiting.count > 8 ? ", ..." : "")); "
        + "mend one, then grl jobs resume \(ShellLine.quoted(job.folder))")
    return .later
  }

  /// Gives each free machine a shard.
  private func begin() {
    let now = clockSeconds()
    for place in machines.indices where machines[place].work == nil && !machines[place].isOut {
      guard let next = waiting.firstIndex(where: { $0.from <= now }) else { return }
      let shard = waiting.remove(at: next).shard
      let words =
        ["work", "--job-dir", job.folder, "--shard", "\(shard)/\(job.plan.shards.count)"]
        + (hosts.threads.map { ["--threads", "\($0)"] } ?? [])
      let shell = machines[place].shell
      do throws(EngineProcessError) {
        machines[place].work = (shard, try RemoteCommand(words, by: shell))
        console.note("\(shell.host): shard \(shard) of \(job.plan.shards.count)".printable)
      } catch {
        leaveOut(place, "\(error)", shard)
      }
    }
  }

  /// Until something is said or ends, or it is time to look.
  private func wait() {
    var watched = machines.compactMap {
      $0.work.map { pollfd(fd: $0.command.output, events: Int16(POLLIN), revents: 0) }
    }
    _ = poll(&watched, nfds_t(watched.count), 200)
    // One that has closed its output ends in a moment.
    if watched.contains(where: { $0.revents & Int16(POLLHUP) != 0 && $0.revents & Int16(POLLIN) == 0 }) {
      usleep(20_000)
    }
  }

  /// Hands on what the machine's shard says, and takes its end.
  private func settle(_ place: Int, isStopping: Bool) {
    guard let (shard, command) = machines[place].work else { return }
    let host = machines[place].shell.host
    let ending = command.take { console.note("\(host): \($0)".printable) }
    guard let ending else { return }
    machines[place].work = nil
    switch ending.status {
    case 0, 1: machines[place].failures = 0
    case _ where isStopping: waiting.append((shard, 0))
    case 75: again(shard, place)
    // It does not fit there: usage, model, memory; or there is no way there.
    case 2, 4, 5, 126, 127, 255: leaveOut(place, ending.problem ?? "grl work ended with status \(ending.status)", shard)
    default:
      machines[place].failures += 1
      if machines[place].failures >= Self.mostFailures {
        leaveOut(place, "grl work ended with status \(ending.status) \(Self.mostFailures) times", shard)
      } else {
        again(shard, place)
      }
    }
  }

  private func again(_ shard: Int, _ place: Int) {
    attempts[shard, default: 0] += 1
    guard attempts[shard]! < Self.mostAttempts else {
      return leaveOut(place, "shard \(shard) stopped \(Self.mostAttempts) times before its end", shard)
    }
    waiting.append((shard, clockSeconds() + Self.pause))
  }

  private func leaveOut(_ place: Int, _ reason: String, _ shard: Int) {
    machines[place].isOut = true
    waiting.insert((shard, 0), at: 0)
    console.error(
      "\(machines[place].shell.host): \(reason); it is left out, its shard \(shard) goes to another".printable)
  }
}
