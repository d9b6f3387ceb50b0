import ArgumentParser
import Base
import EngineCore
import EngineWire
import Foundation
import Imaging
import JobStore
import Restoration

struct Plan: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Divide a job into shards that any number of machines work on.",
    discussion: """
      Reads the pictures' headers, refuses what 'grl restore' would refuse, and writes a job folder that all machines must see. 'grl work' \
      does one shard, 'grl finish' what is left at the end; Docs/Cluster.md has the way with Slurm, Kubernetes and GNU parallel. A picture that \
      costs more than a shard is divided by rows of its tiles. Results have the bytes that 'grl restore' makes.

      EXAMPLES
        grl plan --job-dir job --shards 8 --task denoise --output-dir out in
        grl plan --job-dir job --shard-time 1h --task jpeg --recursive archive
        grl plan --job-dir job --files-from list.txt --task sr --scale 4
      """)

  @Argument(help: ArgumentHelp("Pictures and folders.", valueName: "input"), completion: .pictures)
  var inputs: [String] = []
  @OptionGroup var shared: SharedJobOptions
  @OptionGroup var wanted: RestoreOptions
  @OptionGroup var common: CommonOptions

  func validate() throws { try shared.check(inputs, wanted) }

  func run() throws {
    let console = common.console(showsProgress: true)
    let job = try shared.plan(inputs, wanted, console)
    console.result(job.folder)
  }
}

/// What divides a job among machines: of `grl plan` and `grl submit`.
struct SharedJobOptions: ParsableArguments {
  @Option(help: "Named set of options, see grl presets; what is given beside it counts more.", completion: .presets)
  var preset: String?
  @Option(help: "Folder to make for the job, on a file system that all machines see.", completion: .directory)
  var jobDir: String
  @Option(help: "Number of shards.", transform: number(in: 1...SharedJobPlanner.mostShards)) var shards: Int?
  @Option(
    help: "Time that a shard may take on a machine like this one: 1h, 90m (default: 1h).",
    transform: reading("a time such as 1h, 90m or 1:30:00") { duration($0) })
  var shardTime: Double?
  @Option(help: "Also the pictures that this file names, one a line; - is standard input.", completion: .file())
  var filesFrom: String?
  @Flag(name: .customShort("0"), help: "With --files-from: names end with a zero byte.") var zero = false

  func check(_ inputs: [String], _ wanted: RestoreOptions) throws {
    if inputs.isEmpty && filesFrom == nil { throw ValidationError("name pictures or folders, or give --files-from") }
    if inputs.contains("") { throw ValidationError("an input has no name; is a variable of the shell empty?") }
    if inputs.contains("-") || wanted.output == "-" {
      throw ValidationError("a job of several machines reads and writes files; leave - out")
    }
    if shards != nil && shardTime != nil { throw ValidationError("--shards and --shard-time exclude each other") }
    if zero && filesFrom == nil { throw ValidationError("-0 goes with --files-from") }
  }

  /// Plans the job and writes its folder.
  ///
  /// - Parameter cpus: of a machine that will work on a shard; nil for as many as this one has.
  func plan(
    _ inputs: [String], _ wanted: RestoreOptions, cpus: Int? = nil, _ console: Console
  ) throws -> SharedJob {
    let names = try inputs + (filesFrom.map { try Self.names(in: $0, separator: zero ? 0 : UInt8(ascii: "\n")) } ?? [])
    guard !names.isEmpty else {
      throw Failure(.badInput, "--files-from \(filesFrom ?? ""): names no picture".printable)
    }
    guard wanted.task.right == nil || (names.count == 1 && !isFolder(names[0])) else {
      throw Failure(.usage, "--right goes with exactly one picture, the left view")
    }
    let request = wanted.job(names)
    let settings = try JobSettings(request)
    let outputs = try OutputPlan(request, settings)
    try outputs.refuseExisting()
    try outputs.prepareFolders()
    for item in outputs.skipped { console.note("\(item.output): exists already, left as it is") }
    if let summary = PassedOver.summary(outputs.passedOver) { console.note(summary) }
    guard !outputs.items.isEmpty else { throw Failure(.badInput, "no picture is left to restore") }

    Interruption.watch()
    let models = ModelCatalogue(library: .standard())
    let threads = wanted.threads.count
    let planner = SharedJobPlanner(
      models: models, speeds: SpeedProfile(path: StateFolder.path() + "/speeds.json", threadCount: threads),
      threadCount: threads, workerThreads: cpus ?? threads)
    let count = outputs.items.count
    let surveyed: SharedJobPlanner.Surveyed
    do throws(JobError) {
      surveyed = try planner.survey(outputs, settings, isCancelled: { Interruption.isRequested }) { done in
        console.progress("reading headers", done: Double(done) / Double(count), detail: "\(done) of \(count)")
      }
    } catch .cancelled {
      throw ExitCode(Interruption.exitCode)
    }
    console.endProgress()
    Self.tell(surveyed.problems, of: count, console)
    guard surveyed.problems.count < count else {
      throw Failure(.badInput, "none of these pictures can be restored; nothing was planned")
    }
    let plan = try planner.write(
      surveyed, request.absolute, settings,
      shards.map { .count($0) }
        ?? .time(shardTime ?? 3600, speed: Double(cpus ?? threads) / Double(threads)),
      to: jobDir
    ) { picture in
      console.note("\(picture): a tile of its model is computed to measure this machine")
    }
    let job = try SharedJob(jobDir)
    try Self.mark(job, outputs)
    Self.tell(plan, console)
    return job
  }

  /// Paths in a file, or on standard input.
  private static func names(in path: String, separator: UInt8) throws -> [String] {
    let bytes: [UInt8]
    if path == "-" {
      bytes = Array(FileHandle.standardInput.readDataToEndOfFile())
    } else {
      do { bytes = try RegularFile.read(path, limit: 1 << 30) } catch {
        throw Failure(.badInput, "--files-from \(path): \(error)".printable)
      }
    }
    return bytes.split(separator: separator).map { String(fileName: Array($0)) }
  }

  private static func tell(_ problems: [(input: String, reason: String)], of count: Int, _ console: Console) {
    guard !problems.isEmpty else { return }
    for problem in problems.prefix(5) { console.note(problem.reason) }
    console.note("\(problems.count) of \(count) pictures cannot be restored as they are; they will count as failed")
  }

  private static func tell(_ plan: SharedPlan, _ console: Console) {
    let pixels = plan.shards.reduce(0) { $0 + $1.pixels }
    let divided = plan.divided > 0 ? ", \(plan.divided) of them in parts" : ""
    let time = plan.seconds.map { ", about \(clockTime($0)) on \(plan.threads) threads of this machine" } ?? ""
    console.note(
      "\(plan.pictures) pictures of \((Double(pixels) / 1e6).fixed(1)) megapixels\(divided), in \(plan.shards.count) shards\(time)"
    )
  }

  /// Says in the folders of the results that this job makes them, unless another one does.
  private static func mark(_ job: SharedJob, _ outputs: OutputPlan) throws {
    let folders = Set(outputs.items.map { canonicalPath(parentFolder($0.output)) })
    do {
      try ResultMark.put(job.plan, at: job.folder, in: folders)
      let wanted = Set(outputs.items.map { PathKey(StoredJob.Picture.absolute($0.output)) })
      for other in ResultMark.jobs(in: folders, but: job.plan.id) {
        try SharedJob(other).readManifest { line throws(StoreError) in
          guard wanted.contains(PathKey(line.output)) else { return }
          throw .refused(
            path: line.output, reason: "the job in \(other) is to make this result",
            advice: "finish it (grl finish), cancel it (grl jobs cancel), or choose another name")
        }
      }
    } catch {
      ResultMark.remove(job.plan, from: folders)
      do { try FileManager.default.removeItem(atPath: job.folder) } catch {}
      throw error
    }
  }
}
