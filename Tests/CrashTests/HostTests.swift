import Foundation
import JobStore
import TestSupport
import Testing

/// Why no shards can be started through ssh here; nil where they can.
enum SSHLoopback {
  static let obstacle: String? = missing(["/usr/sbin/sshd", "/usr/bin/ssh", "/usr/bin/ssh-keygen"])

  static func missing(_ programs: [String]) -> String? {
    if getuid() != 0 { return "an ssh server of one's own needs root" }
    let missing = programs.filter { !FileManager.default.isExecutableFile(atPath: $0) }
    return missing.isEmpty ? nil : "missing here: \(missing.joined(separator: ", "))"
  }
}

/// `grl submit --host`, with an ssh server on this machine's loopback (`Tests/Cluster/ssh-loopback.sh`) as two machines, and a third that cannot be
/// reached.
@Suite(
  .serialized, .timeLimit(.minutes(10)),
  .enabled(if: SSHLoopback.obstacle == nil, Comment(rawValue: SSHLoopback.obstacle ?? "")))
struct HostTests {
  private final class Machines {
    let shared: SharedJobFolder
    private let script = TestData.packageRoot.appending(path: "Tests/Cluster/ssh-loopback.sh").path
    private let port = "\(30_000 + Int.random(in: 0..<10_000))"

    init(small: Int, large: Int?) async throws {
      shared = try await SharedJobFolder(small: small, large: large)
      let started = try await loopback("start")
      #expect(started.status == 0, "\(started.errors)")
      // What the machines run has the environment of the test, as an installed program has its own.
      let own = shared.folder.environment().filter { $0.key.hasPrefix("GRL_") || $0.key.hasPrefix("XDG_") }
      let words = own.sorted { $0.key < $1.key }.map { "\($0.key)='\($0.value)'" }.joined(separator: " ")
      try write(
        "grl",
        "env \(words) GRL_SLOW_TILES=$(cat \(shared.folder.path("slow")) 2>/dev/null || echo 0) \(Child.binary.path) \"$@\""
      )
      try write("ssh-here", "ssh -F \(shared.folder.path("ssh/all.conf")) \"$@\"")
      let configuration = try String(contentsOfFile: shared.folder.path("ssh/ssh.conf"), encoding: .utf8)
      try Data((configuration + "Host barn\n  HostName 127.0.0.1\n  Port 1\n").utf8).write(
        to: URL(filePath: shared.folder.path("ssh/all.conf")))
    }

    private func write(_ name: String, _ command: String) throws {
      let path = shared.folder.path(name)
      try Data("#!/bin/bash\nexec \(command)\n".utf8).write(to: URL(filePath: path))
      chmod(path, 0o755)
    }

    func loopback(_ verb: String) async throws -> Child.Outcome {
      try await Child(
        [script, verb, shared.folder.path("ssh")], shared.folder.environment(["SSH_LOOPBACK_PORT": port]),
        shell: "exec \"$@\""
      ).outcome()
    }

    func child(_ words: [String]) -> Child {
      Child(
        words,
        shared.folder.environment(["GRL_SSH": shared.folder.path("ssh-here"), "GRL_REMOTE": shared.folder.path("grl")]))
    }

    func submit(_ hosts: String, shards: Int) -> Child {
      child(
        [
          "submit", "--host", hosts, "--threads", "1", "--job-dir", shared.job, "--shards", "\(shards)", "--output-dir",
          shared.folder.path("out"),
        ] + SharedJobFolder.options + [shared.folder.path("in")])
    }
  }

  @Test(
    "shards on two machines at once, and a third that cannot be reached: it is left out, and the bytes are those of grl restore"
  )
  func unreachable() async throws {
    let machines = try await Machines(small: 6, large: 300)
    let outcome = try await machines.submit("barn,node1,root@node2", shards: 5).outcome()
    #expect(outcome.status == 0, "\(outcome.errors)")
    let begun = outcome.errors.split(separator: "\n").filter { $0.contains(" of 5") && $0.contains(": shard ") }
    #expect(begun.contains { $0.contains("node1: ") } && begun.contains { $0.contains("root@node2: ") })
    #expect(outcome.errors.contains("barn: ssh failed, or the connection is gone; it is left out"))
    #expect(outcome.errors.contains("7 done, 0 failed, 0 skipped"), "\(outcome.errors)")
    #expect(try machines.shared.tiles().count == Set(machines.shared.tiles()).count)
    try machines.shared.check()
    _ = try await machines.loopback("stop")
  }

  @Test("where no machine can be reached, what is left is told, and resume does it on those that are there then")
  func none() async throws {
    let machines = try await Machines(small: 2, large: nil)
    let outcome = try await machines.submit("barn", shards: 2).outcome()
    #expect(outcome.status == 75, "\(outcome.errors)")
    #expect(outcome.errors.contains("no machine is left for 2 of 2 shards (1, 2)"), "\(outcome.errors)")
    let file = machines.shared.folder.path("job/hosts.json")
    try Data("{\"hosts\":[\"node1\"],\"threads\":1}".utf8).write(to: URL(filePath: file))
    let resumed = try await machines.child(["jobs", "resume", machines.shared.job]).outcome()
    #expect(resumed.status == 0, "\(resumed.errors)")
    try machines.shared.check()
    _ = try await machines.loopback("stop")
  }

  @Test("Ctrl-C ends the shards in good order on all machines; resume goes on, and no tile is computed twice")
  func interrupted() async throws {
    let machines = try await Machines(small: 2, large: 400)
    let shared = machines.shared
    try Data("100".utf8).write(to: URL(filePath: shared.folder.path("slow")))
    let child = machines.submit("node1,node2", shards: 3)
    #expect(
      try await comesTrue { try !child.isRunning || shared.folder.exists("job/shards") && shared.tiles().count > 6 })
    child.send(SIGINT)
    let outcome = try await child.outcome()
    #expect(outcome.status == 130 && outcome.errors.contains("stopping (SIGINT)"), "\(outcome.errors)")
    #expect(outcome.errors.contains("stopped: SIGTERM"), "\(outcome.errors)")
    // Nobody holds a shard any more.
    let folders = try shared.folder.names(in: "job/shards")
    #expect(folders.allSatisfy { !$0.contains(".") }, "\(folders)")
    let before = try shared.tiles().count
    try FileManager.default.removeItem(atPath: shared.folder.path("slow"))
    let resumed = try await machines.child(["jobs", "resume", shared.job]).outcome()
    #expect(resumed.status == 0, "\(resumed.errors)")
    let tiles = try shared.tiles()
    #expect(tiles.count > before && tiles.count == Set(tiles).count)
    try shared.check()
    _ = try await machines.loopback("stop")
  }
}
