import ArgumentParser
import Base
import EngineCore
import EngineWire
import Foundation
import JobStore
import Restoration

struct Finish: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Join and check what the shards of a job have made.",
    discussion: """
      Joins pictures that were divided, looks whether every result is there with the size that it was written in, and writes report.json into the \
      job's folder. The exit status is that of a 'grl restore' of the same pictures; 75 while shards are not done.

      EXAMPLES
        grl finish --job-dir job
        grl finish --job-dir job -q && rm -r job
      """)

  @Option(help: "The job's folder.", completion: .directory) var jobDir: String
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    let stop = StopSoon(graceSeconds: 60)
    stop.watch(maxSeconds: nil)
    try Self.finish(
      try SharedJob(jobDir), threadCount: threads.count, stop: stop, common.console(showsProgress: true))
  }

  /// Joins, checks, and writes the report.
  ///
  /// - Throws: the exit status where it is not 0.
  static func finish(_ job: SharedJob, threadCount: Int, stop: StopSoon, _ console: Console) throws {
    let states = try job.states().filter { $0.number > 0 }
    let unfinished = states.filter { !$0.isEnded }
    guard unfinished.isEmpty && states.count == job.plan.shards.count else {
      let names = unfinished.prefix(8).map { String($0.number) }.joined(separator: ", ")
      console.error(
        "\(unfinished.count) of \(job.plan.shards.count) shards are not done (\(names)\(unfinished.count > 8 ? ", ..." : "")); "
          + "see grl jobs show \(job.folder)")
      throw ExitCode(ExitStatus.later.rawValue)
    }
    var outcome = SharedOutcome(job)
    var parts: [String: [JoinedTiles.Part]] = [:]
    for state in states {
      let record = try job.record(state)
      for (number, picture) in record.pictures.enumerated() {
        let paths = record.job.pictures[number]
        guard paths.tiles?.range != nil else {
          outcome.add(paths, picture)
          continue
        }
        outcome.addTime(picture)
        parts[paths.output, default: []].append(
          JoinedTiles.Part(file: state.path + "/tiles-\(number)", shard: state.number, picture: picture))
      }
    }
    if !parts.isEmpty { try join(job, parts, threadCount, stop, console, &outcome) }
    try outcome.write()
    ResultMark.remove(job.plan, from: try job.resultFolders())
    for failure in outcome.failures { console.error("\(failure.output): \(failure.reason)") }
    console.note(
      "\(outcome.done) done, \(outcome.failures.count) failed, \(outcome.skipped) skipped; \(clockTime(outcome.seconds)) of computing"
    )
    let status = outcome.status
    if status != ExitStatus.done.rawValue { throw ExitCode(status) }
  }

  /// Makes the divided pictures of their tiles, which go then.
  private static func join(
    _ job: SharedJob, _ parts: [String: [JoinedTiles.Part]], _ threadCount: Int, _ stop: StopSoon, _ console: Console,
    _ outcome: inout SharedOutcome
  ) throws {
    guard let hold = try Work.take(0, of: job, ProcessInfo.processInfo.environment, stop, console) else {
      throw ExitCode(ExitStatus.later.rawValue)
    }
    defer { hold.release() }
    let work = try ShardWork(
      hold, stop: stop, console: console, threadCount: threadCount, models: ModelCatalogue(library: .standard()),
      parts: parts)
    let status = Work.status(try work.run())
    guard status == .done || status == .someFailed else {
      hold.release()
      throw ExitCode(status.rawValue)
    }
    let record = hold.folder.record
    for (number, picture) in record.pictures.enumerated() {
      let paths = record.job.pictures[number]
      outcome.add(paths, picture)
      if picture.state == .done { for part in parts[paths.output] ?? [] { unlink(part.file) } }
    }
  }
}

/// What came of a shared job's pictures.
struct SharedOutcome {
  private let job: SharedJob
  private(set) var done = 0
  private(set) var skipped: Int
  private(set) var failures: [Failed] = []
  /// Of computing, on all machines together.
  private(set) var seconds = 0.0

  struct Failed: Encodable {
    let input: String
    let output: String
    let status: Int32
    let reason: String
  }

  private struct Report: Encodable {
    let id: String
    let done: Int
    let skipped: Int
    let failed: [Failed]
    let computingSeconds: Double
    let shards: Int
  }

  init(_ job: SharedJob) {
    self.job = job
    skipped = job.plan.skipped
  }

  mutating func addTime(_ picture: JobRecord.Picture) { seconds += picture.seconds }

  /// A picture as its journal ended; of one that is done its file is looked at.
  mutating func add(_ paths: StoredJob.Picture, _ picture: JobRecord.Picture) {
    seconds += picture.seconds
    switch picture.state {
    case .done:
      if let fault = Self.fault(paths.output, bytes: picture.resultBytes) {
        fail(paths, .someFailed, fault)
      } else {
        done += 1
      }
    case .skipped: skipped += 1
    default:
      fail(paths, ExitStatus(rawValue: picture.status ?? 1) ?? .someFailed, picture.reason ?? "it was not restored")
    }
  }

  private mutating func fail(_ paths: StoredJob.Picture, _ status: ExitStatus, _ reason: String) {
    failures.append(Failed(input: paths.input, output: paths.output, status: status.rawValue, reason: reason))
  }

  private static func fault(_ path: String, bytes: Int?) -> String? {
    var status = stat()
    guard stat(path.systemPath, &status) == 0 else { return "the result is gone (\(systemReason()))" }
    guard let bytes, status.st_mode & S_IFMT == S_IFREG, Int(status.st_size) != bytes else { return nil }
    return "the result has \(status.st_size) bytes, \(bytes) were written"
  }

  /// As of a batch: that of the failure if all failed alike, 1 if some did.
  var status: Int32 {
    guard let first = failures.first else { return ExitStatus.done.rawValue }
    let isAlike = done == 0 && failures.allSatisfy { $0.status == first.status }
    return isAlike ? first.status : ExitStatus.someFailed.rawValue
  }

  func write() throws(StoreError) {
    let report = Report(
      id: job.plan.id, done: done, skipped: skipped, failed: failures,
      computingSeconds: (seconds * 1000).rounded() / 1000,
      shards: job.plan.shards.count)
    try DurableFile.write(Array(jsonLine(report).utf8) + [UInt8(ascii: "\n")], to: job.folder + "/report.json")
  }
}
