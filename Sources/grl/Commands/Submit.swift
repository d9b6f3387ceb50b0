import ArgumentParser
import Base
import EngineCore
import EngineWire
import Foundation
import JobStore
import Restoration

struct Submit: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Plan a job and give it to a Slurm cluster, or to a few machines through ssh.",
    discussion: """
      With --slurm, writes shard.sbatch and finish.sbatch into the job's folder, submits the shards as an array and, behind them, the job that joins and checks. \
      With --host, does the shards on these machines through ssh, one at a time on each (--threads for each, --cpus is Slurm's), then joins and \
      checks; Ctrl-C ends them in good order. 'grl jobs show', 'cancel' and 'resume' take the folder.

      EXAMPLES
        grl submit --slurm --job-dir job --task denoise --output-dir out in
        grl submit --host tower,attic,ada@barn --job-dir job --task denoise --output-dir out in
        grl submit --slurm --job-dir job --cpus 16 --time 4:00:00 --task jpeg in
        grl submit --slurm --job-dir job --dry-run --task denoise in
        grl submit --slurm --job-dir job --sbatch=--qos=night --task denoise in
      """)

  @Argument(help: ArgumentHelp("Pictures and folders.", valueName: "input"), completion: .pictures)
  var inputs: [String] = []
  @Flag(help: "To the Slurm cluster that this machine belongs to.") var slurm = false
  @Option(help: "To these machines through ssh: a,b,user@c. They must see the folders under the same paths.")
  var host: String?
  @Flag(help: "Print the scripts and the calls of sbatch, and submit nothing.") var dryRun = false
  @Option(help: "Processors of a shard.", transform: number(in: 1...1024)) var cpus = ClusterOrder.standardCPUs
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
    guard slurm != (host != nil) else {
      throw ValidationError("say where to: --slurm or --host (for others see Docs/Cluster.md)")
    }
    if host != nil {
      let others: [(String, Bool)] = [
        ("--dry-run", dryRun), ("--time", time != nil), ("--partition", partition != nil),
        ("--account", account != nil), ("--limit", limit != nil), ("--scratch", scratch != nil),
        ("--sbatch", !sbatch.isEmpty),
      ]
      if let (option, _) = others.first(where: \.1) { throw ValidationError("\(option) goes with --slurm") }
    }
    try shared.check(inputs, wanted)
    for option in sbatch where !option.hasPrefix("-") || option.contains("\n") {
      throw ValidationError("--sbatch \(option): give an option of sbatch, such as --sbatch=--qos=night")
    }
  }

  func run() throws {
    let console = common.console(showsProgress: true)
    if let host { return try run(on: try HostRun.Hosts(host, threads: wanted.threads.threads), console) }
    // Before hours of planning: is there a cluster?
    let maxArraySize = dryRun ? (try? Slurm.maxArraySize()) ?? 1001 : try Slurm.maxArraySize()
    let order = ClusterOrder(partition: partition, account: account, time: time, cpus: cpus)
    if let fault = order.fault { throw Failure(.usage, fault) }
    let job = try shared.plan(inputs, wanted, cpus: cpus, console)
    let submission = SlurmSubmission(order, job.plan, limit: limit, scratch: scratch, further: sbatch)
    if dryRun {
      console.result(submission.shardScript(job))
      console.result(submission.finishScript(job))
      let arrays = SlurmSubmission.arrays(Array(1...job.plan.shards.count), maxArraySize: maxArraySize)
      for words in submission.commands(job, arrays) { console.result(words.joined(separator: " ")) }
      console.result(submission.finishCommand(job, after: arrays.map { _ in "JOB" }).joined(separator: " "))
      return job.discard(marked: try job.resultFolders())
    }
    let submitted = try submission.begin(job, maxArraySize: maxArraySize)
    try SharedJobList(stateFolder: StateFolder.path()).add(job)
    console.result(job.folder)
    let jobs = submitted.arrays.map(\.job).joined(separator: ", ")
    console.note(
      "submitted as \(jobs), finished by \(submitted.finish ?? ""); grl jobs show \(shared.jobDir) shows how it goes"
        .printable)
  }

  private func run(on hosts: HostRun.Hosts, _ console: Console) throws {
    // Machines differ in speed: with a few shards for each none waits long for the last.
    let job = try shared.plan(inputs, wanted, cpus: hosts.threads, least: 4 * hosts.hosts.count, console)
    try hosts.write(job)
    try SharedJobList(stateFolder: StateFolder.path()).add(job)
    console.result(job.folder)
    try HostRun.run(job, on: hosts, Array(1...job.plan.shards.count), console)
  }
}
