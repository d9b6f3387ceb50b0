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
  @Option(help: "Number of shards.", transform: number(in: 1...ClusterOrder.mostShards)) var shards: Int?
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
  /// - Parameters:
  ///   - cpus: of a machine that will work on a shard; nil for as many as this one has.
  ///   - least: shards, where their number follows from their time.
  func plan(
    _ inputs: [String], _ wanted: RestoreOptions, cpus: Int? = nil, least: Int = 1, _ console: Console
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
    let threads = wanted.threads.count
    let planner = SharedJobPlanner(
      models: ModelCatalogue(library: .standard()),
      speeds: SpeedProfile(path: StateFolder.path() + "/speeds.json", threadCount: threads), threadCount: threads,
      workerThreads: cpus ?? threads)
    let count = outputs.items.count
    let division: SharedJobPlanner.Division =
      shards.map { .count($0) }
      ?? .time(shardTime ?? 3600, speed: Double(cpus ?? threads) / Double(threads), least: least)
    defer { console.endProgress() }
    do throws(JobError) {
      return try planner.make(
        request, settings, outputs, division, in: jobDir, isCancelled: { Interruption.isRequested },
        onNote: { console.note($0.printable) }
      ) { done in
        console.progress("reading headers", done: Double(done) / Double(count), detail: "\(done) of \(count)")
      }
    } catch .cancelled {
      throw ExitCode(Interruption.exitCode)
    }
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
}
