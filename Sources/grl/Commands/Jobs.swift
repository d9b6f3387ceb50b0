import ArgumentParser
import Base
import EngineCore
import EngineWire
import Foundation
import Imaging
import JobStore

struct Jobs: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Look at the queue, wait for jobs, pause, move and end them, tidy up.",
    discussion: """
      A job is what the workbench queues, or what a 'grl restore' left behind when it was interrupted. Docs/JobFolder.md \
      describes what is kept of it.

      EXAMPLES
        grl jobs
        job=$(grl restore --task denoise --queue album)
        grl jobs watch $job
        grl jobs wait $job && echo done
        grl jobs clean
      """,
    subcommands: [
      JobsList.self, JobsShow.self, JobsWatch.self, JobsWait.self, JobsPause.self, JobsResume.self, JobsMove.self,
      JobsCancel.self, JobsClean.self,
    ],
    defaultSubcommand: JobsList.self)

  static var store: JobStore { JobStore(stateFolder: StateFolder.path(), owner: "grl jobs") }

  /// Changes a job: by the engine where one has it, else in its folder.
  static func change(_ id: String, asking request: Request, wanted: String, _ body: (JobFolder) throws -> Void) throws {
    let store = store
    let snapshot = try store.snapshot(id)
    if snapshot.holder != nil && RunningEngine.isThere {
      try RunningEngine.ask(request)
      return
    }
    let folder = try store.open(id)
    guard !folder.record.isEnded else {
      throw JobError.jobState(id: id, state: folder.record.state.rawValue, wanted: wanted)
    }
    try body(folder)
  }

  /// A job as anybody may see it; one that nobody works on and that has not ended counts as paused.
  static func info(_ snapshot: JobStore.Snapshot) -> JobInfo {
    var info = snapshot.record.info(isElsewhere: snapshot.holder != nil)
    if snapshot.record.isEnded { return info }
    if snapshot.holder == nil {
      if info.state != .paused { info.reason = "interrupted" }
      info.state = .paused
    } else if info.state == .waiting && info.pictures.contains(where: { $0.state != .waiting }) {
      info.state = .running
    }
    return info
  }
}

struct JobsList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the jobs, in the order of the queue.",
    discussion: """
      EXAMPLES
        grl jobs list
        grl jobs list --json | jq -r '.[].id'
      """)

  @Flag(help: "One JSON array instead of a table.") var json = false
  @OptionGroup var common: CommonOptions

  func run() throws {
    let console = common.console()
    let (snapshots, problems) = Jobs.store.list()
    let infos = Self.told(snapshots)
    if json {
      console.result(jsonLine(infos))
    } else if snapshots.isEmpty {
      console.note("no jobs")
    } else {
      let rows = zip(snapshots, infos).map { snapshot, info in
        let done = info.pictures.filter { [.done, .skipped].contains($0.state) }.count
        let first = info.pictures.first.map { lastComponent($0.input) } ?? ""
        let more = info.pictures.count > 1 ? " +\(info.pictures.count - 1)" : ""
        // Of a job that was ended early nobody asks how far it would have been.
        let share = info.state == .cancelled || info.state == .failed ? nil : info.estimate?.fraction
        let left = info.isEnded ? nil : info.estimate?.secondsRemaining
        return [
          info.id, info.state.rawValue, "\(done)/\(info.pictures.count)",
          share.map { "\(Int($0 * 100)) %" } ?? "", left.map(clockTime) ?? "", info.title,
          first + more,
          info.reason ?? (info.isElsewhere ? snapshot.holder : nil) ?? "",
        ].map(\.printable)
      }
      let heads = ["ID", "STATE", "DONE", "", "LEFT", "TASK", "PICTURES", ""]
      for line in table([heads] + rows, leftAligned: [0, 1, 5, 6, 7]) { console.result(line) }
    }
    for problem in problems { console.error(problem) }
    if !problems.isEmpty { throw ExitCode(ExitStatus.someFailed.rawValue) }
  }
}

extension JobsList {
  /// The jobs with how far each is: as the engine tells it of those that it works on, by their journals of the others.
  fileprivate static func told(_ snapshots: [JobStore.Snapshot]) -> [JobInfo] {
    var known: [String: JobInfo] = [:]
    if RunningEngine.isThere, snapshots.contains(where: { $0.holder != nil && !$0.record.isEnded }) {
      // An engine that cannot be asked now is no reason to show nothing.
      if case .jobs(let jobs)? = try? RunningEngine.ask(.watch) {
        for job in jobs { known[job.id] = job }
      }
    }
    return snapshots.map { snapshot in
      var info = Jobs.info(snapshot)
      if let told = known[info.id], !told.isElsewhere { return told }
      info.estimate = JobPace(shares: snapshot.record.pictures.map(\.share)).estimate
      return info
    }
  }
}

struct JobsShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show a job: its pictures, how far each is, and the command line that does the same.",
    discussion: """
      EXAMPLES
        grl jobs show 20261122-215219-k3f9
        grl jobs show 20261122-215219-k3f9 --json | jq .state
      """)

  @Argument(help: "The job's ID, or the folder of a shared job.", completion: .jobs) var id: String
  @Flag(help: "One JSON object instead of text.") var json = false
  @OptionGroup var common: CommonOptions

  func run() throws {
    let console = common.console()
    if let shared = try SharedJobs.find(id) { return try SharedJobs.show(shared, json: json, console) }
    let snapshot = try Jobs.store.snapshot(id)
    let info = JobsList.told([snapshot]).first ?? Jobs.info(snapshot)
    if json { return console.result(jsonLine(info)) }
    let made = Date(timeIntervalSince1970: info.created).formatted(.iso8601)
    var facts = [
      ["id", info.id], ["state", info.state.rawValue], ["made", made], ["command", info.commandLine],
    ]
    if !info.isEnded, let told = info.estimate {
      let left = told.secondsRemaining.map { ", \(clockTime($0)) left, until \(timeOfDay(after: $0))" } ?? ""
      facts.append(["done", "\(told.settled) of \(told.count), \(Int(told.fraction * 100)) %\(left)"])
    }
    if let reason = info.reason { facts.append(["reason", reason]) }
    if let holder = snapshot.holder { facts.append(["worked on by", holder]) }
    if let curve = info.pictures.first?.curve {
      if curve.savedStep > 0 { facts.append(["kept", "step \(curve.savedStep)"]) }
      if let first = curve.heldOut.first, let last = curve.heldOut.last {
        facts.append([
          "held out",
          "\(last.value.fixed(2)) dB after step \(last.step), \(first.value.fixed(2)) dB after step \(first.step)",
        ])
      }
    }
    for line in table(facts.map { $0.map(\.printable) }, leftAligned: [0, 1]) { console.result(line) }
    let tiles = snapshot.record.order.map { snapshot.record.pictures[$0].record?.totalTiles }
    let rows = info.pictures.enumerated().map { place, picture in
      let count = (tiles.indices.contains(place) ? tiles[place] : nil) ?? (picture.state == .done ? 1 : 0)
      let done = count > 0 ? "\(picture.tilesDone)/\(count)" : ""
      let time = picture.seconds > 0 ? picture.seconds.fixed(1) + " s" : ""
      return [
        picture.state.rawValue, done, time, picture.input, picture.output, picture.reason ?? picture.step?.text ?? "",
      ].map(\.printable)
    }
    for line in table([["STATE", "TILES", "TIME", "PICTURE", "RESULT", ""]] + rows, leftAligned: [0, 3, 4, 5]) {
      console.result(line)
    }
  }
}

struct JobsResume: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume", abstract: "Go on with a job: in the engine where it has it, otherwise here.",
    discussion: """
      What failed is tried again. A job that 'grl restore' left behind goes on in this terminal.

      EXAMPLES
        grl jobs resume 20261122-215219-k3f9
      """)

  @Argument(help: "The job's ID, or the folder of a shared job.", completion: .jobs) var id: String
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    if let shared = try SharedJobs.find(id) { return try SharedJobs.resume(shared, common.console()) }
    let store = Jobs.store
    let snapshot = try store.snapshot(id)
    let console = common.console(showsProgress: true)
    if snapshot.holder != nil && RunningEngine.isThere {
      try RunningEngine.ask(.resume(job: id))
      return console.note("job \(id) goes on in the engine")
    }
    if snapshot.record.isEnded && !snapshot.record.pictures.contains(where: { $0.state == .failed }) {
      throw JobError.jobState(id: id, state: snapshot.record.state.rawValue, wanted: "interrupted, paused or failed")
    }
    if snapshot.record.job.training != nil {
      // The engine's own; one that is started for this takes it up.
      try RunningEngine.ask(.resume(job: id))
      return console.note("job \(id) goes on in the engine")
    }
    let folder = try store.open(id) { console.note($0) }
    let logger = common.logger(console)
    threads.log(to: logger)
    let around = RestorationBatch.Surroundings(
      console: console, logger: logger, threadCount: threads.count)
    let batch = try RestorationBatch(resuming: folder, in: around)
    let status = batch.run(ModelCatalogue(library: .standard()))
    if status != ExitStatus.done.rawValue { throw ExitCode(status) }
  }
}

struct JobsCancel: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel", abstract: "End jobs: their finished pictures stay, their tiles go.",
    discussion: """
      EXAMPLES
        grl jobs cancel 20261122-215219-k3f9
      """)

  @Argument(help: "IDs of the jobs, or folders of shared ones.", completion: .jobs) var id: [String]
  @OptionGroup var common: CommonOptions

  func run() throws {
    for id in id {
      if let shared = try SharedJobs.find(id) {
        try SharedJobs.cancel(shared, common.console())
        continue
      }
      try Jobs.change(id, asking: .cancel(job: id), wanted: "waiting, paused or interrupted") { folder in
        try folder.append(.state(.cancelled, reason: nil))
        folder.removeAllTiles()
      }
      common.console().note("job \(id) is cancelled")
    }
  }
}

struct JobsPause: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pause", abstract: "Let jobs rest: finished tiles are kept, 'resume' goes on.",
    discussion: """
      A job that is restored now stops in the middle of its tile, which is done when it goes on. Jobs behind it wait as long \
      as its picture is in work; others go on.

      EXAMPLES
        grl jobs pause 20261122-215219-k3f9
      """)

  @Argument(help: "IDs of the jobs.", completion: .jobs) var id: [String]
  @OptionGroup var common: CommonOptions

  func run() throws {
    for id in id {
      try Jobs.change(id, asking: .pause(job: id), wanted: "waiting or running") { folder in
        try folder.append(.state(.paused, reason: nil))
      }
      common.console().note("job \(id) is paused; grl jobs resume \(id) goes on")
    }
  }
}

struct JobsMove: ParsableCommand {
  enum Place: String, ExpressibleByArgument, CaseIterable { case first, last, up, down }

  static let configuration = CommandConfiguration(
    commandName: "move", abstract: "Give a job that waits another place in the queue.",
    discussion: """
      EXAMPLES
        grl jobs move 20261122-215219-k3f9 first
        grl jobs move 20261122-215219-k3f9 up --by 2
      """)

  @Argument(help: "The job's ID.", completion: .jobs) var id: String
  @Argument(help: "Where to.") var place: Place
  @Option(help: "up, down: so many places.", transform: number(in: 1...1000)) var by = 1
  @OptionGroup var common: CommonOptions

  func run() throws {
    _ = try Jobs.store.snapshot(id)
    let far = JobStore.mostLive
    let distance =
      switch place {
      case .first: -far
      case .last: far
      case .up: -by
      case .down: by
      }
    try RunningEngine.ask(.moveJob(job: id, by: distance))
    common.console().note("job \(id) is moved; grl jobs shows the queue")
  }
}

struct JobsClean: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clean", abstract: "Forget jobs that have ended. Results stay.",
    discussion: """
      EXAMPLES
        grl jobs clean
        grl jobs clean --interrupted
      """)

  @Flag(help: "Interrupted jobs that nobody works on too, with their tiles.") var interrupted = false
  @OptionGroup var common: CommonOptions

  func run() throws {
    let store = Jobs.store
    var count = store.clean(most: 0)
    // What nobody can read any more is no job either.
    for id in store.ids() {
      do throws(StoreError) {
        _ = try store.snapshot(id)
      } catch .damaged {
        try store.remove(id)
        count += 1
      } catch {
        continue
      }
    }
    if interrupted {
      for snapshot in store.list().jobs where snapshot.holder == nil {
        try store.remove(snapshot.record.job.id)
        count += 1
      }
    }
    common.console().note(count == 1 ? "1 job forgotten" : "\(count) jobs forgotten")
  }
}
