import Base
import Foundation
import JobStore
import Testing

/// `grl submit` and the verbs of shared jobs, against commands of a cluster that only write down how they were called.
@Suite(.serialized, .timeLimit(.minutes(5))) struct SubmitTests {
  @Test("a dry run prints scripts that a shell understands and the calls, and leaves nothing behind")
  func dryRun() async throws {
    let cluster = try await FakeCluster()
    let outcome = try await cluster.submit(
      [
        "--dry-run", "--shards", "3", "--cpus", "4", "--time", "2:00:00", "--partition", "fast", "--account", "lab",
        "--limit", "2", "--scratch", "auto", "--sbatch=--qos=night", "--sbatch=--constraint=a b",
      ])
    #expect(outcome.status == 0, "\(outcome.errors)")
    for line in [
      "#SBATCH --cpus-per-task=4", "#SBATCH --time=2:00:00", "#SBATCH --partition=fast", "#SBATCH --account=lab",
      "#SBATCH --requeue", "#SBATCH --signal=B:USR1@120", "#SBATCH --qos=night", "#SBATCH '--constraint=a b'",
    ] { #expect(outcome.output.contains(line + "\n"), "\(line)") }
    #expect(outcome.output.contains("--shard auto --threads 4") && outcome.output.contains("--scratch auto"))
    #expect(outcome.output.contains("--array=1-3%2 ") && outcome.output.contains("--dependency=afterany:JOB "))
    let script = outcome.output.components(separatedBy: "#!/bin/bash").dropFirst().first ?? ""
    let shell = Child(["-n"], cluster.shared.folder.environment(["SCRIPT": script]), shell: "bash -n <<< \"$SCRIPT\"")
    #expect(try await shell.outcome().status == 0)
    #expect(try !cluster.calls().contains { $0.hasPrefix("sbatch") })
    #expect(!cluster.shared.folder.exists("job"))
    #expect(try cluster.shared.folder.names(in: "out").isEmpty)
  }

  @Test("shards beyond the largest index of an array are reached by an offset, and one job finishes behind all")
  func offsets() async throws {
    let cluster = try await FakeCluster(small: 3, large: 300, maxArraySize: 4)
    let outcome = try await cluster.submit(["--shards", "8"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let job = canonicalPath(cluster.shared.job)
    let shards = try SharedJob(cluster.shared.job).plan.shards.count
    #expect(shards == 8)
    #expect(
      try cluster.calls() == [
        "scontrol show config", "sbatch --parsable --array=1-3 \(job)/shard.sbatch",
        "sbatch --parsable --array=1-3 \(job)/shard.sbatch 3", "sbatch --parsable --array=1-2 \(job)/shard.sbatch 6",
        "sbatch --parsable --dependency=afterany:41:42:43 \(job)/finish.sbatch",
      ])
    let again = try await cluster.submit(["--shards", "8"])
    #expect(again.status == 2 && again.errors.contains("is there already"), "\(again.errors)")
    let other = try await cluster.submit(["--shards", "2", "--overwrite"], job: cluster.shared.folder.path("other"))
    #expect(other.status == 2 && other.errors.contains("is to make this result"), "\(other.errors)")
  }

  @Test("a call that is refused takes back those before it, and the planned job can be submitted again")
  func refused() async throws {
    let cluster = try await FakeCluster(small: 3, maxArraySize: 3)
    try cluster.command(
      "sbatch", "case \"$*\" in *finish*) echo 'error: no such partition' >&2; exit 1;; *) echo 41;; esac")
    let outcome = try await cluster.submit(["--shards", "3"])
    #expect(outcome.status == 7 && outcome.errors.contains("sbatch: error: no such partition"), "\(outcome.errors)")
    #expect(try cluster.calls().last == "scancel 41 41")
    #expect(!cluster.shared.folder.exists("job/submission.json"))
    try cluster.command("sbatch", "echo 50")
    let resumed = try await cluster.run(["jobs", "resume", cluster.shared.job])
    #expect(resumed.status == 0 && resumed.errors.contains("3 shards submitted as 50"), "\(resumed.errors)")
  }

  @Test(
    "show tells of each shard by one call of squeue; cancel ends; resume submits what is neither done nor queued, and tries again what failed"
  )
  func life() async throws {
    let cluster = try await FakeCluster(small: 4)
    try Data("no picture".utf8).write(to: cluster.shared.folder.url.appending(path: "in/broken.png"))
    #expect(try await cluster.submit(["--shards", "4"]).status == 0)
    let states = try await [1, 2].asyncMap { try await cluster.shared.work("\($0)/4").status }
    #expect(states.contains(1) || states == [0, 0])
    _ = try cluster.calls()
    try cluster.command("squeue", "echo '41_3|PENDING|'; echo '41_4|RUNNING|n7'; echo '42|PENDING|'")
    let show = try await cluster.run(["jobs", "show", cluster.shared.job])
    #expect(
      show.status == 0 && show.output.contains("1 queued") && show.output.contains("1 starting"), "\(show.output)")
    #expect(try cluster.calls() == ["squeue --noheader --array --format=%i|%T|%N --jobs=41,42"])
    let json = try await cluster.run(["jobs", "show", cluster.shared.job, "--json"])
    #expect(json.output.contains("\"scheduler\":[\"41\",\"42\"]") && json.output.contains("\"state\":\"queued\""))
    _ = try cluster.calls()

    #expect(try await cluster.run(["jobs", "cancel", cluster.shared.job]).status == 0)
    #expect(try cluster.calls() == ["scancel 41 42"])
    let late = try await cluster.shared.work("3/4")
    #expect(late.status == 1 && late.errors.contains("was cancelled"))
    #expect(try await cluster.run(["jobs", "show", cluster.shared.job]).output.contains("cancelled"))

    // The broken picture is mended meanwhile.
    try FileManager.default.removeItem(atPath: cluster.shared.folder.path("in/broken.png"))
    try cluster.shared.folder.picture("broken.png", width: 50, height: 40)
    try cluster.command("squeue", "echo '41_4|RUNNING|n7'")
    let resume = try await cluster.run(["jobs", "resume", cluster.shared.job])
    #expect(resume.status == 0, "\(resume.errors)")
    let calls = try cluster.calls()
    let array = try #require(calls.first { $0.contains("shard.sbatch") })
    #expect(!array.contains("4 ") && array.contains("3"), "\(array)")
    for shard in 1...4 { #expect(try await cluster.shared.work("\(shard)/4").status == 0) }
    #expect(try await cluster.shared.finish().status == 0)
    #expect(try cluster.shared.folder.names(in: "out").count == 5)
  }

  @Test("without a cluster, submitting says so, and resume names the commands that are missing")
  func noCluster() async throws {
    let shared = try await SharedJobFolder(small: 2, large: nil)
    let words = ["submit", "--slurm", "--job-dir", shared.job, "--task", "denoise", shared.folder.path("in")]
    let none = try await shared.run(words, ["PATH": "/nowhere"])
    #expect(none.status == 7 && none.errors.contains("scontrol") && !shared.folder.exists("job"), "\(none.errors)")
    #expect(
      try await shared.run(["submit", "--job-dir", shared.job, "--task", "denoise", shared.folder.path("in")]).status
        == 2)
    #expect(try await shared.plan(shards: 2).status == 0)
    #expect(try await shared.work("1/2").status == 0)
    let resume = try await shared.run(["jobs", "resume", shared.job])
    #expect(resume.status == 0 && resume.output == "grl work --job-dir \(canonicalPath(shared.job)) --shard 2/2\n")
  }
}

extension Array {
  fileprivate func asyncMap<Value>(_ body: (Element) async throws -> Value) async rethrows -> [Value] {
    var values: [Value] = []
    for element in self { values.append(try await body(element)) }
    return values
  }
}
