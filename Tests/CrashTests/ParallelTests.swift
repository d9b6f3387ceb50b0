import Foundation
import TestSupport
import Testing

/// Why GNU parallel cannot start shards through ssh here; nil where it can.
private let obstacle = SSHLoopback.missing(
  ["/usr/bin/parallel", "/usr/sbin/sshd", "/usr/bin/ssh", "/usr/bin/ssh-keygen"])

/// GNU parallel over ssh to a server on this machine's loopback (`Tests/Cluster/ssh-loopback.sh`).
@Suite(
  .timeLimit(.minutes(5)), .enabled(if: obstacle == nil, Comment(rawValue: obstacle ?? "")))
struct ParallelTests {
  @Test("shards through ssh on two hosts, one of which stops in the middle and is tried again: the same bytes")
  func overSSH() async throws {
    let shared = try await SharedJobFolder(small: 6, large: 300)
    #expect(try await shared.plan(shards: 4).status == 0)
    let script = TestData.packageRoot.appending(path: "Tests/Cluster/ssh-loopback.sh").path
    let port = "\(30_000 + Int.random(in: 0..<10_000))"
    let environment = shared.folder.environment(["SSH_LOOPBACK_PORT": port])
    func loopback(_ verb: String) async throws -> Child.Outcome {
      try await Child([script, verb, shared.folder.path("ssh")], environment, shell: "exec \"$@\"").outcome()
    }
    let started = try await loopback("start")
    #expect(started.status == 0, "\(started.errors)")
    let configuration = started.output.trimmingCharacters(in: .whitespacesAndNewlines)
    // The first attempt of shard 2 is killed at its third tile.
    let work =
      "env GRL_MODELS=\(shared.folder.path("models")) XDG_STATE_HOME=\(shared.folder.path("state")) "
      + "bash -c '[ {} = 2 ] && mkdir \(shared.folder.path("once")) 2>/dev/null && export GRL_CRASH_AT=tile-journaled:3; "
      + "exec \(Child.binary.path) work --job-dir \(shared.job) --shard {}/4 --threads 1'"
    let words = [
      "--will-cite", "--ssh", "ssh -F \(configuration)", "--sshlogin", "1/node1,1/node2", "--retries", "3", work, ":::",
      "1", "2", "3", "4",
    ]
    let outcome = try await Child(words, environment, shell: "exec parallel \"$@\"").outcome()
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("taken over from grl work"), "\(outcome.errors)")
    #expect(try shared.tiles().count == Set(shared.tiles()).count)
    #expect(try await shared.finish().status == 0)
    try shared.check()
    _ = try await loopback("stop")
  }
}
