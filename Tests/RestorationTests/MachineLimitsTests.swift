import Foundation
import Restoration
import Testing

/// A tree of kernel files, as one machine or another has them; gone when the test is over.
private final class KernelTree {
  private let root: URL
  var files: KernelFiles { KernelFiles(root: root.path) }

  init(_ texts: [String: String]) throws {
    root = FileManager.default.temporaryDirectory.appending(path: "grl-kernel-" + UUID().uuidString)
    for (path, text) in texts {
      let file = root.appending(path: path)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
  }

  deinit {
    do { try FileManager.default.removeItem(at: root) } catch { print("note: \(root.path) stays behind: \(error)") }
  }

  func limits(
    _ environment: [String: String] = [:], processors: Int = 64, addressSpace: Int? = nil
  ) -> MachineLimits {
    MachineLimits(
      .init(
        files: files, environment: environment, onlineProcessors: processors, addressSpaceLimit: addressSpace))
  }
}

/// Lines of `/proc/self/mountinfo` as the kernel writes them.
private enum MountInfo {
  static let root = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
  static let unified = "30 22 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
  static func legacy(_ controllers: String, root: String = "/", at point: String? = nil) -> String {
    "31 22 0:27 \(root) \(point ?? "/sys/fs/cgroup/" + controllers) rw shared:9 - cgroup cgroup rw,\(controllers)\n"
  }
}

@Suite("The machine's limits") struct MachineLimitsTests {
  private static let noLimit = "9223372036854771712\n"
  private static let mebibyte = 1 << 20

  @Test("a machine without limits: all processors, and what is free")
  func plain() throws {
    let tree = try KernelTree([
      "proc/meminfo": "MemTotal:       65000000 kB\nMemFree:  1000 kB\nMemAvailable:   4194304 kB\n",
      "proc/self/cgroup": "0::/\n", "proc/self/mountinfo": MountInfo.root + MountInfo.unified,
    ])
    let limits = tree.limits()
    #expect(limits.threadCount == 64 && limits.threadRule.name == "processors")
    #expect(limits.memory.map(\.name) == ["free"] && limits.memoryRule?.value == 4 << 30)
    #expect(MemoryBudget.standard(within: limits) == 3 << 30)
    #expect(limits.complaints.isEmpty)
  }

  @Test("nothing can be read: the processors that are online, and half a gigabyte")
  func nothing() throws {
    let limits = try KernelTree(["proc/none": ""]).limits(processors: 3)
    #expect(limits.threads.map(\.value) == [3] && limits.threadCount == 3)
    #expect(limits.memoryRule == nil && MemoryBudget.standard(within: limits) == 512 << 20)
  }

  @Test(
    "the affinity mask rules where it is smaller, and a list that makes no sense does not",
    arguments: [
      ("0", 1), ("5-6", 2), ("0-2,9,20-23", 8), ("0-1023", 64), ("", 64), ("-", 64), ("3-1", 64), ("0-", 64), ("a", 64),
      ("1,,2", 64), ("0-1-2", 64), ("-1", 64), ("0-99999999999", 64),
    ])
  func affinity(list: String, expected: Int) throws {
    let tree = try KernelTree(["proc/self/status": "Name:\tgrl\nCpus_allowed:\tff\nCpus_allowed_list:\t\(list)\n"])
    let limits = tree.limits()
    #expect(limits.threadCount == expected)
    #expect((limits.threadRule.origin == "affinity mask") == (expected < 64))
  }

  @Test(
    "version 2: the quota of the process's own group, of its parent, or of the root rules, whichever is smallest",
    arguments: [
      ("max 100000", "max 100000", "max 100000", 64, "processors"), ("150000 100000", "max 100000", "", 2, "/job/step"),
      ("800000 100000", "400000 100000", "", 4, "/job"), ("800000 100000", "max 100000", "50000 100000", 1, "group /,"),
      ("1000 100000", "", "", 1, "/job/step"), ("200000 100000", "200000 100000", "", 2, "/job/step"),
      ("100001 50000", "", "", 3, "/job/step"),
    ])
  func unifiedQuota(own: String, parent: String, root: String, expected: Int, origin: String) throws {
    let tree = try KernelTree([
      "proc/self/cgroup": "0::/job/step\n", "proc/self/mountinfo": MountInfo.root + MountInfo.unified,
      "sys/fs/cgroup/job/step/cpu.max": own + "\n", "sys/fs/cgroup/job/cpu.max": parent + "\n",
      "sys/fs/cgroup/cpu.max": root + "\n",
    ])
    let limits = tree.limits()
    #expect(limits.threadCount == expected)
    #expect(limits.threadRule.origin.contains(origin), "\(limits.threadRule)")
  }

  @Test("version 2: memory.max and memory.high of every group around the process, less what cannot be dropped")
  func unifiedMemory() throws {
    let tree = try KernelTree([
      "proc/meminfo": "MemAvailable: 4194304 kB\n", "proc/self/cgroup": "0::/a/b\n",
      "proc/self/mountinfo": MountInfo.unified,
      "sys/fs/cgroup/a/b/memory.max": "max\n", "sys/fs/cgroup/a/b/memory.high": "\(1000 * Self.mebibyte)\n",
      "sys/fs/cgroup/a/b/memory.current": "\(700 * Self.mebibyte)\n",
      "sys/fs/cgroup/a/b/memory.stat": "anon 5\nactive_file 7\ninactive_file \(500 * Self.mebibyte)\n",
      "sys/fs/cgroup/a/memory.max": "\(2000 * Self.mebibyte)\n",
      "sys/fs/cgroup/a/memory.current": "\(1900 * Self.mebibyte)\n",
    ])
    let limits = tree.limits()
    #expect(limits.memory.map(\.value) == [4 << 30, 800 * Self.mebibyte, 100 * Self.mebibyte])
    #expect(limits.memoryRule?.origin == "memory.max of control group /a, 1.95 GiB")
    #expect(MemoryBudget.standard(within: limits) == 75 * Self.mebibyte)
  }

  @Test("a group that is over its limit leaves nothing, and the budget is still a number")
  func overLimit() throws {
    let tree = try KernelTree([
      "proc/self/cgroup": "0::/\n", "proc/self/mountinfo": MountInfo.unified,
      "sys/fs/cgroup/memory.max": "1000\n", "sys/fs/cgroup/memory.current": "5000\n",
    ])
    #expect(tree.limits().memoryRule?.value == 0)
    #expect(MemoryBudget.standard(within: tree.limits()) == 1)
  }

  @Test("version 1: quota and limit of the groups of each controller, which may differ")
  func legacy() throws {
    let tree = try KernelTree([
      "proc/self/cgroup": "9:name=systemd:/x\n5:memory:/slurm/uid_1/job_7\n4:cpu,cpuacct:/slurm/uid_1\n",
      "proc/self/mountinfo": MountInfo.root + MountInfo.legacy("cpuacct,cpu", at: "/sys/fs/cgroup/cpu,cpuacct")
        + MountInfo.legacy("memory"),
      "sys/fs/cgroup/cpu,cpuacct/slurm/uid_1/cpu.cfs_quota_us": "-1\n",
      "sys/fs/cgroup/cpu,cpuacct/slurm/uid_1/cpu.cfs_period_us": "100000\n",
      "sys/fs/cgroup/cpu,cpuacct/slurm/cpu.cfs_quota_us": "250000\n",
      "sys/fs/cgroup/cpu,cpuacct/slurm/cpu.cfs_period_us": "100000\n",
      "sys/fs/cgroup/memory/slurm/uid_1/job_7/memory.limit_in_bytes": Self.noLimit,
      "sys/fs/cgroup/memory/slurm/uid_1/job_7/memory.usage_in_bytes": "1000\n",
      "sys/fs/cgroup/memory/slurm/uid_1/memory.limit_in_bytes": "\(600 * Self.mebibyte)\n",
      "sys/fs/cgroup/memory/slurm/uid_1/memory.usage_in_bytes": "\(300 * Self.mebibyte)\n",
      "sys/fs/cgroup/memory/slurm/uid_1/memory.stat":
        "inactive_file 1\ntotal_inactive_file \(100 * Self.mebibyte)\n",
      "sys/fs/cgroup/memory/memory.limit_in_bytes": Self.noLimit,
    ])
    let limits = tree.limits()
    #expect(limits.threadCount == 3)
    #expect(limits.threadRule.origin == "cpu.cfs_quota_us of control group /slurm, 2.5 processors")
    #expect(limits.memory.map(\.value) == [400 * Self.mebibyte])
    #expect(limits.memoryRule?.origin == "memory.limit_in_bytes of control group /slurm/uid_1, 600 MiB")
  }

  @Test("hybrid: controllers of version 1 beside an empty tree of version 2")
  func hybrid() throws {
    let tree = try KernelTree([
      "proc/self/cgroup": "4:memory:/m\n1:cpu:/c\n0::/u\n",
      "proc/self/mountinfo": MountInfo.root + MountInfo.legacy("cpu") + MountInfo.legacy("memory")
        + "40 22 0:36 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
      "sys/fs/cgroup/unified/u/cgroup.procs": "1\n",
      "sys/fs/cgroup/cpu/c/cpu.cfs_quota_us": "100000\n", "sys/fs/cgroup/cpu/c/cpu.cfs_period_us": "100000\n",
      "sys/fs/cgroup/memory/m/memory.limit_in_bytes": "\(64 * Self.mebibyte)\n",
      "sys/fs/cgroup/memory/m/memory.usage_in_bytes": "0\n",
    ])
    let limits = tree.limits()
    #expect(limits.threadCount == 1 && limits.memoryRule?.value == 64 * Self.mebibyte)
  }

  @Test("a container: a group that is named from outside, mounted under its own root, or seen from its own namespace")
  func containers() throws {
    let quota = "120000 100000\n"
    // The mount's root is the group itself.
    let own = try KernelTree([
      "proc/self/cgroup": "0::/docker/4f\n",
      "proc/self/mountinfo": "30 22 0:26 /docker/4f /sys/fs/cgroup ro - cgroup2 cgroup rw\n",
      "sys/fs/cgroup/cpu.max": quota,
    ])
    #expect(own.limits().threadCount == 2)
    #expect(own.limits().threadRule.origin.contains("control group /docker/4f,"))
    // The mount's root is below another group than the one that is told: what is mounted rules.
    let other = try KernelTree([
      "proc/self/cgroup": "0::/kubepods/pod9/4f\n",
      "proc/self/mountinfo": "30 22 0:26 /elsewhere /sys/fs/cgroup ro - cgroup2 cgroup rw\n",
      "sys/fs/cgroup/cpu.max": quota, "sys/fs/cgroup/kubepods/pod9/4f/cpu.max": "1000 100000\n",
    ])
    #expect(other.limits().threadCount == 2)
    // Out of the namespace.
    let outside = try KernelTree([
      "proc/self/cgroup": "0::/../../up\n", "proc/self/mountinfo": MountInfo.unified, "sys/fs/cgroup/cpu.max": quota,
    ])
    #expect(outside.limits().threadCount == 2)
    // Two mounts of one tree: the one that shows the group.
    let twice = try KernelTree([
      "proc/self/cgroup": "0::/a/b\n",
      "proc/self/mountinfo": "29 22 0:26 /z /mnt/z rw - cgroup2 cgroup rw\n" + MountInfo.unified,
      "sys/fs/cgroup/a/cpu.max": quota,
    ])
    #expect(twice.limits().threadCount == 2)
    // Blanks in a mount point.
    let blank = try KernelTree([
      "proc/self/cgroup": "0::/a\n", "proc/self/mountinfo": "29 22 0:26 / /my\\040groups rw - cgroup2 cgroup rw\n",
      "my groups/a/cpu.max": quota,
    ])
    #expect(blank.limits().threadCount == 2)
  }

  @Test(
    "files that make no sense limit nothing",
    arguments: [
      ("0::/job", "", "200000 100000"), ("", MountInfo.unified, "200000 100000"),
      ("0::job\n", MountInfo.unified, "1 1"),
      ("::\n:\n0\nx:y:/z\n", MountInfo.unified, "1 1"), ("0::/job\n", "1 2 3\n- - -\n", "1 1"),
      ("0::/job\n", "30 22 0:26 / /sys/fs/cgroup rw - cgroup2", "abc def"), ("0::/job\n", MountInfo.unified, ""),
      ("0::/job\n", MountInfo.unified, "max"), ("0::/job\n", MountInfo.unified, "100000"),
      ("0::/job\n", MountInfo.unified, "0 0"), ("0::/job\n", MountInfo.unified, "-5 100000"),
      ("0::/job\n", MountInfo.unified, "100000 -1"), ("0::/job\n", MountInfo.unified, "99999999999999999999 1"),
      ("0::/job\n", MountInfo.unified, "9223372036854775807 1"),
      ("0::/job\n", "30 22 0:26 / /sys/fs/\\9\\04 rw - cgroup2 c rw", "1 1"),
    ])
  func malformed(cgroup: String, mounts: String, quota: String) throws {
    let tree = try KernelTree([
      "proc/self/cgroup": cgroup, "proc/self/mountinfo": mounts, "sys/fs/cgroup/job/cpu.max": quota,
      "sys/fs/cgroup/job/memory.max": "lots\n", "sys/fs/cgroup/job/memory.current": "\u{0}\n",
      "proc/meminfo": "MemAvailable: many kB\nMemAvailable\n", "proc/self/statm": "a b c\n",
    ])
    let limits = tree.limits(addressSpace: 1 << 40)
    #expect(limits.threadCount == 64)
    #expect(limits.memory.map(\.name) == ["ulimit"])
  }

  @Test("schedulers' variables count, and those that make no sense are told")
  func variables() throws {
    let tree = try KernelTree([
      "proc/self/statm": "1000 256 9 9 9 9 9\n", "proc/meminfo": "MemAvailable: 99999999 kB\n",
    ])
    #expect(tree.limits(["SLURM_CPUS_PER_TASK": "6"]).threadCount == 6)
    #expect(tree.limits(["OMP_NUM_THREADS": "4,2"]).threadCount == 4)
    let both = tree.limits(["SLURM_CPUS_PER_TASK": "6", "OMP_NUM_THREADS": "4"])
    #expect(both.threadCount == 4 && both.threadRule.name == "OMP_NUM_THREADS")
    #expect(tree.limits(["OMP_NUM_THREADS": "100"]).threadCount == 64)

    let page = sysconf(Int32(_SC_PAGESIZE))
    let node = tree.limits(["SLURM_MEM_PER_NODE": "2000"])
    #expect(
      node.memoryRule?.value == 2000 * Self.mebibyte - 256 * page && node.memoryRule?.name == "SLURM_MEM_PER_NODE")
    // 0 is all that the node has.
    #expect(tree.limits(["SLURM_MEM_PER_NODE": "0"]).memoryRule?.name == "free")
    let each = ["SLURM_MEM_PER_CPU": "500", "SLURM_CPUS_PER_TASK": "4", "SLURM_CPUS_ON_NODE": "9"]
    #expect(tree.limits(each).memoryRule?.value == 2000 * Self.mebibyte - 256 * page)
    #expect(
      tree.limits(["SLURM_MEM_PER_CPU": "500", "SLURM_CPUS_ON_NODE": "3"]).memoryRule?.value
        == 1500 * Self.mebibyte - 256 * page)
    let address = tree.limits(addressSpace: 10 * Self.mebibyte)
    #expect(address.memoryRule?.value == 10 * Self.mebibyte - 1000 * page)
    #expect(address.memoryRule?.origin == "address space, ulimit -v 10240")

    for text in ["0", "-3", "four", "1e3", ",2", "99999999999999999999", "\u{1B}[2J"] {
      let limits = tree.limits(["OMP_NUM_THREADS": text, "SLURM_MEM_PER_NODE": "9.5G"])
      #expect(limits.threadCount == 64 && limits.complaints.count == 2)
      #expect(limits.complaints.allSatisfy { $0.printable == $0 })
    }
    #expect(tree.limits(["OMP_NUM_THREADS": "", "GRL_THREADS": ""]).complaints.isEmpty)
    #expect(tree.limits(["SLURM_MEM_PER_CPU": "1099511627776", "SLURM_CPUS_PER_TASK": "1048576"]).memoryRule != nil)
  }

  @Test("GRL_THREADS overrules the machine in both directions, within 1 and 1024")
  func forced() throws {
    let tree = try KernelTree(["proc/none": ""])
    #expect(tree.limits(["GRL_THREADS": "16", "OMP_NUM_THREADS": "2"], processors: 2).threadCount == 16)
    #expect(tree.limits(["GRL_THREADS": "1"]).threadRule.name == "GRL_THREADS")
    for text in ["0", "1025", "many"] {
      let limits = tree.limits(["GRL_THREADS": text])
      #expect(limits.threadCount == 64 && limits.complaints.count == 1)
    }
  }

  @Test("this machine can be read") func here() {
    let limits = MachineLimits.current
    #expect((1...MachineLimits.mostThreads).contains(limits.threadCount))
    #expect(limits.threads.contains { $0.name == "affinity" && $0.value >= 1 })
    #expect(limits.memory.contains { $0.name == "free" && $0.value > 0 })
    #expect(RestorationOptions().memoryBytes >= 1)
  }
}
