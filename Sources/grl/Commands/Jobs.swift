import ArgumentParser
import Base
import EngineCore
import EngineWire
import Foundation
import Imaging
import JobStore

struct Jobs: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Look at jobs and their journals, go on with them, end them, tidy up.",
    discussion: """
      A job is what the workbench queues, or what a 'grl restore' left behind when it was interrupted. Docs/JobFolder.md \
      describes what is kept of it.

      EXAMPLES
        grl jobs
        grl jobs show 20261122-215219-k3f9
        grl jobs resume 20261122-215219-k3f9
        grl jobs clean
      """,
    subcommands: [JobsList.self, JobsShow.self, JobsResume.self, JobsCancel.self, JobsClean.self],
    defaultSubcommand: JobsList.self)

  static var store: JobStore { JobStore(stateFolder: StateFolder.path(), owner: "grl jobs") }

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
    if json {
      console.result(jsonLine(snapshots.map { Jobs.info($0) }))
    } else if snapshots.isEmpty {
      console.note("no jobs")
    } else {
      let rows = snapshots.map { snapshot in
        let info = Jobs.info(snapshot)
        let done = info.pictures.filter { [.done, .skipped].contains($0.state) }.count
        let first = info.pictures.first.map { lastComponent($0.input) } ?? ""
        let more = info.pictures.count > 1 ? " and \(info.pictures.count - 1) more" : ""
        return [
          info.id, info.state.rawValue, "\(done)/\(info.pictures.count)",
          info.training == nil ? info.request.task : "train \(info.request.task)", first + more,
          snapshot.holder ?? info.reason ?? "",
        ].map(\.printable)
      }
      let heads = ["ID", "STATE", "DONE", "TASK", "PICTURES", ""]
      for line in table([heads] + rows, leftAligned: [0, 1, 3, 4, 5]) { console.result(line) }
    }
    for problem in problems { console.error(problem) }
    if !problems.isEmpty { throw ExitCode(ExitStatus.someFailed.rawValue) }
  }
}

struct JobsShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a job: its pictures, how far each is, and the command line that does the same."
  )

  @Argument(help: "The job's ID.") var id: String
  @Flag(help: "One JSON object instead of text.") var json = false
  @OptionGroup var common: CommonOptions

  func run() throws {
    let console = common.console()
    let snapshot = try Jobs.store.snapshot(id)
    let info = Jobs.info(snapshot)
    if json { return console.result(jsonLine(info)) }
    let made = Date(timeIntervalSince1970: info.created).formatted(.iso8601)
    var facts = [
      ["id", info.id], ["state", info.state.rawValue], ["made", made], ["command", info.commandLine],
    ]
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
    commandName: "resume", abstract: "Go on with a job: in the engine where it has it, otherwise here.")

  @Argument(help: "The job's ID.") var id: String
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
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
      console: console, events: nil, logger: logger, threadCount: threads.count)
    let batch = try RestorationBatch(resuming: folder, in: around)
    let status = batch.run(ModelCatalogue(library: .standard()))
    if status != ExitStatus.done.rawValue { throw ExitCode(status) }
  }
}

struct JobsCancel: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel", abstract: "End a job: its finished pictures stay, its tiles go.")

  @Argument(help: "The job's ID.") var id: String
  @OptionGroup var common: CommonOptions

  func run() throws {
    let store = Jobs.store
    let snapshot = try store.snapshot(id)
    let console = common.console()
    if snapshot.holder != nil && RunningEngine.isThere {
      try RunningEngine.ask(.cancel(job: id))
    } else {
      let folder = try store.open(id)
      guard !folder.record.isEnded else {
        throw JobError.jobState(
          id: id, state: folder.record.state.rawValue, wanted: "waiting, paused or interrupted")
      }
      try folder.append(.state(.cancelled, reason: nil))
      folder.removeAllTiles()
    }
    console.note("job \(id) is cancelled")
  }
}

struct JobsClean: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clean", abstract: "Forget jobs that have ended. Results stay.")

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
