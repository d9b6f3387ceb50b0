import ArgumentParser
import Base
import EngineCore
import Foundation
import JobStore
import Restoration

struct Work: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Do one shard of a job that 'grl plan' divided.",
    discussion: """
      What an earlier run of the shard has finished is not done again. SIGTERM, SIGUSR1 and SIGUSR2 mean that the end is near: the tile in work is \
      finished where that takes less than --grace, and the exit status is 75: the same command goes on later. 0 is done, 1 that some pictures \
      failed, which trying again does not change.

      EXAMPLES
        grl work --job-dir job --shard 1/8
        grl work --job-dir job --shard auto --max-time 3h50m
        grl work --job-dir job --shard auto --scratch auto
      """)

  @Option(help: "The job's folder.", completion: .directory) var jobDir: String
  @Option(help: "I/N, counted from 1, or auto: what Slurm, Kubernetes, PBS or GNU parallel say.") var shard: String
  @Option(
    help: "Added to the number of the shard, for schedulers whose arrays are short.",
    transform: number(in: 0...1_000_000))
  var offset = 0
  @Option(
    help: "Folder on a disk of this machine, where copies of the next inputs are read; auto: $SLURM_TMPDIR or $TMPDIR.",
    completion: .directory)
  var scratch: String?
  @Option(
    help: "Stop in good order, --grace included, after this time: 3h50m, 90m.",
    transform: reading("a time such as 3h50m or 3:50:00") { duration($0) })
  var maxTime: Double?
  @Option(
    help: "Time between the announcement of the end and the end: 90s (default: 60s).",
    transform: reading("a time such as 30s or 2m") { duration($0) })
  var grace = 60.0
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    let console = common.console(showsProgress: true)
    threads.log(to: common.logger(console))
    let environment = ProcessInfo.processInfo.environment
    let job = try SharedJob(jobDir)
    let number = try ShardNumber(shard, offset: offset, count: job.plan.shards.count, environment)
    let place = try scratch.map { try Self.scratchPlace($0, environment, console) }
    console.note("shard \(number.number) of \(job.plan.shards.count) (\(number.origin))")
    let stop = StopSoon(graceSeconds: grace)
    stop.watch(maxSeconds: maxTime)
    guard let hold = try Self.take(number.number, of: job, environment, stop, console) else {
      console.note("stopped: \(stop.reason ?? "")")
      throw ExitCode(ExitStatus.later.rawValue)
    }
    defer { hold.release() }
    let work = try ShardWork(
      hold, stop: stop, console: console, threadCount: threads.count, models: ModelCatalogue(library: .standard()))
    let status = Self.status(try work.run(scratchPlace: place))
    if status != .done {
      hold.release()
      throw ExitCode(status.rawValue)
    }
  }

  static func status(_ ending: ShardWork.Ending) -> ExitStatus {
    switch ending {
    case .done: .done
    case .someFailed, .cancelled: .someFailed
    case .later: .later
    case .interrupted: .interrupted
    }
  }

  /// Takes the shard, after the process that has it if need be; nil where the end comes first.
  static func take(
    _ number: Int, of job: SharedJob, _ environment: [String: String], _ stop: StopSoon, _ console: Console
  ) throws -> ShardHold? {
    let worker = ShardWorker(program: number == 0 ? "grl finish" : "grl work", environment)
    var isWaiting = false
    while stop.reason == nil {
      guard !job.isCancelled else {
        throw Failure(.someFailed, "\(job.folder): the job was cancelled; grl jobs resume \(job.folder) goes on")
      }
      switch try job.take(number, as: worker, onRepair: { console.note($0) }) {
      case .taken(let hold, let before):
        if let before { console.note("taken over from \(before.text), which has gone") }
        return hold
      case .held(let holder, let silentSeconds):
        if !isWaiting {
          let name = holder?.text ?? "another process"
          console.note(
            "the shard is worked on by \(name), last heard of \(silentSeconds) s ago; waiting for its end, or for "
              + "\(SharedJob.patienceSeconds) s of silence")
        }
        isWaiting = true
        usleep(500_000)
      }
    }
    return nil
  }

  private static func scratchPlace(
    _ text: String, _ environment: [String: String], _ console: Console
  ) throws(Failure) -> String {
    guard text == "auto" else { return text }
    for name in ["SLURM_TMPDIR", "TMPDIR"] {
      guard let place = environment[name], !place.isEmpty else { continue }
      console.note("scratch folder \(place) (\(name))")
      return place
    }
    throw Failure(.usage, "--scratch auto: neither SLURM_TMPDIR nor TMPDIR is set; give a folder")
  }
}
