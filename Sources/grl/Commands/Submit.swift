import ArgumentParser
import Base
import EngineCore
import Foundation
import JobStore
import Restoration

struct Submit: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Plan a job and give it to a Slurm cluster.",
    discussion: """
      Writes shard.sbatch and finish.sbatch into the job's folder, submits the shards as an array and, behind them, the job that joins and checks. \
      'grl jobs show', 'cancel' and 'resume' take the folder.

      EXAMPLES
        grl submit --slurm --job-dir job --task denoise --output-dir out in
        grl submit --slurm --job-dir job --cpus 16 --time 4:00:00 --task jpeg in
        grl submit --slurm --job-dir job --dry-run --task denoise in
        grl submit --slurm --job-dir job --sbatch=--qos=night --task denoise in
      """)

  @Argument(help: ArgumentHelp("Pictures and folders.", valueName: "input"), completion: .pictures)
  var inputs: [String] = []
  @Flag(help: "To the Slurm cluster that this machine belongs to.") var slurm = false
  @Flag(help: "Print the scripts and the calls of sbatch, and submit nothing.") var dryRun = false
  @Option(help: "Processors of a shard.", transform: number(in: 1...1024)) var cpus = 8
  @Option(
    help: "Time limit of a shard, as sbatch takes it (default: twice the time of a shard, at least 30 minutes).")
  var time: String?
  @Option(help: "Partition of the cluster.") var partition: String?
  @Option(help: "Account to charge.") var account: String?
  @Option(help: "Shards that run at once, at most.", transform: number(in: 1...100_000)) var limit: Int?
  @Option(help: "Where a shard's machine keeps copies of its next inputs: a folder, or auto.") var scratch: String?
  @Option(help: "A further option of sbatch, such as --sbatch=--qos=night; may be given several times.") var sbatch:
    [String] = []
  @OptionGroup var shared: SharedJobOptions
  @OptionGroup var wanted: RestoreOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard slurm else { throw ValidationError("say where to: --slurm (for others see Docs/Cluster.md)") }
    try shared.check(inputs, wanted)
    for option in sbatch where !option.hasPrefix("-") || option.contains("\n") {
      throw ValidationError("--sbatch \(option): give an option of sbatch, such as --sbatch=--qos=night")
    }
  }

  func run() throws {
    let console = common.console(showsProgress: true)
    // Before hours of planning: is there a cluster?
    let maxArraySize = dryRun ? (try? Slurm.maxArraySize()) ?? 1001 : try Slurm.maxArraySize()
    let job = try shared.plan(inputs, wanted, cpus: cpus, console)
    let submission = SlurmSubmission(
      cpus: cpus, memoryMegabytes: Self.megabytes(job.plan), time: time ?? Self.time(job.plan, cpus: cpus),
      partition: partition, account: account, limit: limit, scratch: scratch, further: sbatch)
    let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().path
    let shards = Array(1...job.plan.shards.count)
    if dryRun {
      console.result(submission.shardScript(job, program: program))
      console.result(submission.finishScript(job, program: program))
      let arrays = SlurmSubmission.arrays(shards, maxArraySize: maxArraySize)
      for words in submission.commands(job, arrays) { console.result(words.joined(separator: " ")) }
      console.result(submission.finishCommand(job, after: arrays.map { _ in "JOB" }).joined(separator: " "))
      return try Self.remove(job)
    }
    try submission.write(job, program: program)
    let submitted = try submission.submit(job, shards: shards, maxArraySize: maxArraySize)
    console.result(job.folder)
    let jobs = submitted.arrays.map(\.job).joined(separator: ", ")
    console.note(
      "submitted as \(jobs), finished by \(submitted.finish ?? ""); grl jobs show \(shared.jobDir) shows how it goes"
        .printable)
  }

  /// What the costliest picture takes and a little more, since a scheduler counts other things too.
  private static func megabytes(_ plan: SharedPlan) -> Int { (plan.memoryBytes / 7 * 8 >> 20) / 64 * 64 + 320 }

  /// `2:00:00` for shards of an hour.
  private static func time(_ plan: SharedPlan, cpus: Int) -> String {
    guard let seconds = plan.seconds, plan.shards.count > 0 else { return "4:00:00" }
    let total = plan.shards.reduce(0) { $0 + $1.cost }
    let largest = plan.shards.map(\.cost).max() ?? 0
    let shard = total > 0 ? seconds * largest / total * Double(plan.threads) / Double(cpus) : 0
    let minutes = min(max(30, Int((2 * shard / 60).rounded(.up))), 7 * 24 * 60)
    return "\(minutes / 60):\(minutes % 60 < 10 ? "0" : "")\(minutes % 60):00"
  }

  private static func remove(_ job: SharedJob) throws {
    ResultMark.remove(job.plan, from: try job.resultFolders())
    try FileManager.default.removeItem(atPath: job.folder)
  }
}
