import Foundation
import TestSupport
import Testing

/// Machines with many processors, few, or hardly any room: the real binary must come to an end of its own, with the right status.
@Suite("Machines of every kind", .timeLimit(.minutes(10))) struct MachineTests {
  private static let kitten = TestData.packageRoot.appending(path: "Samples/kitten.png")
  private static let restoration = [
    "restore", "--task", "denoise", "--variant", "tiny", "--region", "0,0,32,32", "--overwrite", kitten.path,
  ]

  /// Words for a shell.
  private static func line(_ words: [String]) -> String {
    words.map { "'" + $0.replacing("'", with: "'\\''") + "'" }.joined(separator: " ")
  }

  /// Runs `script`, in which `$GRL ...` stands for the restoration, and tells what it wrote.
  private func shell(_ script: String, in folder: TemporaryFolder) async throws -> GRLProcess.Outcome {
    try await GRLProcess.shell(
      script.replacing("RESTORE", with: "\"$GRL\" " + Self.line(Self.restoration + ["-v", "-o", "out.png"])), in: folder
    )
  }

  // MARK: Many processors

  @Test(
    "restorations end, with the same bytes, for any number of threads asked for or forced", arguments: ThreadCounts.all)
  func anyCount(count: Int) async throws {
    let folder = try TemporaryFolder()
    let one = try await GRLProcess.run(Self.restoration + ["--threads", "1", "-o", "one.png"], in: folder)
    #expect(one.status == 0)
    let asked = try await GRLProcess.run(Self.restoration + ["--threads", "\(count)", "-o", "asked.png"], in: folder)
    #expect(asked.status == 0 && !asked.wasKilledBySignal, "\(asked.errorText)")
    let forced = try await GRLProcess.run(
      Self.restoration + ["-v", "-o", "forced.png"], in: folder, environment: ["GRL_THREADS": "\(count)"])
    #expect(forced.status == 0 && forced.errorText.contains("threads=\(count): GRL_THREADS"), "\(forced.errorText)")
    #expect(try folder.bytes("asked.png") == folder.bytes("one.png"))
    #expect(try folder.bytes("forced.png") == folder.bytes("one.png"))
  }

  @Test("bench, verify, attention and degrade run on more threads than the machine has processors")
  func otherVerbs() async throws {
    let folder = try TemporaryFolder()
    let crowd = ["GRL_THREADS": "31"]
    for arguments in [
      ["bench", "--size", "64", "--runs", "1"], ["models", "verify", "denoise-color-tiny"],
      ["attention", "--task", "denoise", "--variant", "tiny", "--at", "20,20", Self.kitten.path],
      ["degrade", "--task", "motion-deblur", "--length", "9", Self.kitten.path, "-o", "blurred.png"],
    ] {
      let outcome = try await GRLProcess.run(arguments, in: folder, environment: crowd)
      #expect(outcome.status == 0, "\(arguments): \(outcome.errorText)")
    }
  }

  // MARK: Who rules

  /// The entries of `grl limits --json` by name, the first of each.
  private func limits(_ prefix: String = "", in folder: TemporaryFolder) async throws -> [String: (Int, String)] {
    let outcome = try await GRLProcess.shell("unset GRL_THREADS; \(prefix) \"$GRL\" limits --json", in: folder)
    #expect(outcome.status == 0, "\(outcome.errorText)")
    let entries = try #require(try JSONSerialization.jsonObject(with: outcome.output) as? [[String: Any]])
    var found: [String: (Int, String)] = [:]
    for entry in entries {
      let name = try #require(entry["name"] as? String)
      if found[name] == nil {
        found[name] = (try #require(entry["value"] as? Int), try #require(entry["meaning"] as? String))
      }
    }
    return found
  }

  private static let canPin = FileManager.default.isExecutableFile(atPath: "/usr/bin/taskset")

  @Test(
    "under taskset one processor is one thread, and limits, restore -v and the engine say why", .enabled(if: canPin))
  func affinity() async throws {
    let folder = try TemporaryFolder()
    // The first processor that this process itself may use.
    let list = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(list.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") })
    let first = try #require(line.split(whereSeparator: { !$0.isNumber }).first)
    let pinned = "unset GRL_THREADS OMP_NUM_THREADS; taskset -c \(first)"
    let told = try await limits("taskset -c \(first)", in: folder)
    #expect(told["threads"]?.0 == 1 && told["threads"]?.1.contains("affinity mask") == true, "\(told)")
    let outcome = try await shell("\(pinned) RESTORE", in: folder)
    #expect(outcome.status == 0 && outcome.errorText.contains("threads=1: affinity mask"), "\(outcome.errorText)")
    let asked = try await shell("\(pinned) RESTORE --threads 7", in: folder)
    #expect(asked.status == 0 && asked.errorText.contains("threads=7: --threads"), "\(asked.errorText)")
    let engine = try await GRLProcess.shell(
      "\(pinned) timeout -s TERM 20 \"$GRL\" engine --listen ./s -v 2>&1 & sleep 0.1; "
        + "for i in $(seq 600); do [ -S s ] && break; sleep 0.1; done; kill %1; wait", in: folder)
    #expect(engine.outputText.contains("1 threads (affinity mask)"), "\(engine.outputText)")
  }

  @Test("a scheduler's variables rule, and nonsense in them is told with -v")
  func variables() async throws {
    let folder = try TemporaryFolder()
    let told = try await limits("SLURM_CPUS_PER_TASK=1 SLURM_MEM_PER_NODE=300", in: folder)
    #expect(told["threads"]?.0 == 1 && told["threads.SLURM_CPUS_PER_TASK"]?.0 == 1)
    #expect(told["memory"]?.1.contains("SLURM_MEM_PER_NODE") == true)
    #expect((told["memory"]?.0 ?? .max) < 225 << 20)
    let outcome = try await shell("OMP_NUM_THREADS=lots RESTORE", in: folder)
    #expect(outcome.status == 0 && outcome.errorText.contains("OMP_NUM_THREADS=lots is not heeded"))
  }

  // MARK: No room

  @Test("under a limit on addresses a restoration works, or ends with the status of memory: never by a signal")
  func addressSpace() async throws {
    let folder = try TemporaryFolder()
    var seen: Set<Int32> = []
    for mebibytes in [100, 120, 140, 160, 200, 260, 400, 1000] {
      for threads in [1, 64] {
        let outcome = try await shell(
          "ulimit -v \(mebibytes * 1024) && exec RESTORE --threads \(threads) --memory 64G --tile none", in: folder)
        seen.insert(outcome.status)
        // 127: the loader itself found no room for the libraries, before a line of ours.
        #expect(
          !outcome.wasKilledBySignal && [0, 5, 127].contains(outcome.status), "\(mebibytes) MiB: \(outcome.errorText)")
        if outcome.status == 5 { #expect(outcome.errorText.contains("ulimit -v"), "\(outcome.errorText)") }
      }
    }
    #expect(seen.isSuperset(of: [0, 5]), "\(seen)")
  }

  /// Root may start as many processes as it likes, so another user must do it.
  private static let canBeNobody: Bool = {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/setpriv")
    process.arguments = [
      "--reuid", "65534", "--clear-groups", "test", "-x", GRLProcess.binary.path, "-a", "-r", kitten.path,
    ]
    process.standardError = FileHandle.nullDevice
    guard getuid() == 0 else { return false }
    do { try process.run() } catch { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }()

  @Test(
    "where the system refuses threads, a restoration goes on with those that it got, and says so with -v",
    .enabled(if: canBeNobody, "needs root, setpriv, and a build that anybody may run"))
  func processes() async throws {
    let folder = try TemporaryFolder()
    let one = try await GRLProcess.run(Self.restoration + ["--threads", "1", "-o", "one.png"], in: folder)
    #expect(one.status == 0)
    let nobody = "chmod -R a+rwX .. && setpriv --reuid 65534 --clear-groups"
    for limit in [1, 3] {
      let outcome = try await shell(
        "\(nobody) bash -c 'ulimit -u \(limit); exec \"$@\"' - RESTORE --threads 8", in: folder)
      #expect(outcome.status == 0 && !outcome.wasKilledBySignal, "\(outcome.errorText)")
      #expect(outcome.errorText.contains(/[0-6] of 7 threads could be started/), "\(outcome.errorText)")
      #expect(try folder.bytes("out.png") == folder.bytes("one.png"))
    }
  }
}

/// Control groups that the tests make, where the machine lets them: children of the group that the tests run in, so that
/// nothing leaves a limit that somebody else has set.
@Suite("Real control groups", .serialized, .timeLimit(.minutes(10))) struct ControlGroupTests {
  /// A controller's folder of this process's own group; nil where there is none.
  ///
  /// The first of the process's groups in the order of the kernel's tables: `cpu` of version 1, else version 2.
  private static func ownGroup(_ controller: String) -> (folder: String, isUnified: Bool)? {
    guard let groups = try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8) else { return nil }
    for line in groups.split(separator: "\n") {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let path = fields[2] == "/" ? "" : String(fields[2])
      if fields[1].split(separator: ",").contains(Substring(controller)) {
        return ("/sys/fs/cgroup/\(fields[1])\(path)", false)
      }
      if fields[1].isEmpty,
        let offered = try? String(
          contentsOfFile: "/sys/fs/cgroup\(path)/cgroup.subtree_control", encoding: .utf8),
        offered.split(whereSeparator: \.isWhitespace).contains(Substring(controller))
      {
        return ("/sys/fs/cgroup\(path)", true)
      }
    }
    return nil
  }

  /// Whether a group with the controller's file can be made, and is gone again.
  ///
  /// A memory group that is not the root belongs to a container's manager, who may not like to find others in it:
  /// `GRL_TEST_CGROUPS=1` allows it.
  private static func canMake(_ controller: String, _ files: (legacy: String, unified: String)) -> Bool {
    guard let own = ownGroup(controller) else { return false }
    let isRoot = own.folder.hasSuffix("/" + controller) || own.folder == "/sys/fs/cgroup"
    guard isRoot || ProcessInfo.processInfo.environment["GRL_TEST_CGROUPS"] == "1" else { return false }
    let folder = own.folder + "/grl-try-\(getpid())"
    guard mkdir(folder, 0o755) == 0 else { return false }
    defer { rmdir(folder) }
    return FileManager.default.isWritableFile(atPath: folder + "/" + (own.isUnified ? files.unified : files.legacy))
  }

  /// Runs `grl limits` in a new group with `settings` written to its files.
  private func limits(
    in controller: String, _ settings: (legacy: [(String, String)], unified: [(String, String)])
  ) async throws -> String {
    let own = try #require(Self.ownGroup(controller))
    let group = own.folder + "/grl-test-\(UUID().uuidString)"
    try #require(mkdir(group, 0o755) == 0)
    defer { rmdir(group) }
    for (file, value) in own.isUnified ? settings.unified : settings.legacy {
      let handle = try FileHandle(forWritingTo: URL(filePath: group + "/" + file))
      try handle.write(contentsOf: Data(value.utf8))
      try handle.close()
    }
    let folder = try TemporaryFolder()
    let script = "unset GRL_THREADS; echo $$ > '\(group)/cgroup.procs' && exec \"$GRL\" limits"
    let outcome = try await GRLProcess.shell(script, in: folder)
    #expect(outcome.status == 0, "\(outcome.errorText)")
    return outcome.outputText
  }

  @Test(
    "a quota of half a processor is one thread",
    .enabled(
      if: canMake("cpu", ("cpu.cfs_quota_us", "cpu.max")),
      "this machine lets nobody make a control group for processors"))
  func quota() async throws {
    let text = try await limits(
      in: "cpu", ([("cpu.cfs_period_us", "100000"), ("cpu.cfs_quota_us", "50000")], [("cpu.max", "50000 100000")]))
    #expect(
      text.contains(/threads +1 +threads +by default \(--threads\), ruled by: cpu\..* 0\.5 processors/), "\(text)")
  }

  @Test(
    "a limit on memory rules the budget",
    .enabled(
      if: canMake("memory", ("memory.limit_in_bytes", "memory.max")),
      "this machine lets nobody make a control group for memory, or GRL_TEST_CGROUPS=1 does not allow it"))
  func memory() async throws {
    let limit = "\(200 << 20)"
    let text = try await limits(in: "memory", ([("memory.limit_in_bytes", limit)], [("memory.max", limit)]))
    let budget = try #require(text.firstMatch(of: /memory +([0-9]+) +bytes +by default .*ruled by: memory\..* 200 MiB/))
    #expect(try #require(Int(budget.1)) <= 150 << 20)
  }
}
