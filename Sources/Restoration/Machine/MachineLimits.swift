import Base
import Foundation
import Glibc

/// What this process may use of the machine unless it is told otherwise: threads and memory, of each the smallest that
/// anybody grants. Kernel, control groups and batch schedulers have a say; each one's is kept, to tell the user who ruled.
public struct MachineLimits: Sendable {
  /// One say.
  public struct Bound: Hashable, Sendable {
    /// One word: `affinity`, `cgroup`, `SLURM_CPUS_PER_TASK`.
    public let name: String
    /// Threads, or bytes that may still be taken.
    public let value: Int
    /// Who says so, for people: `cpu.max of control group /job, 1.5 processors`.
    public let origin: String
  }

  /// Threads that each allows; never empty.
  public let threads: [Bound]
  /// `GRL_THREADS`, which overrules the machine.
  public let forcedThreads: Bound?
  /// Bytes that each leaves; empty where nothing can be read.
  public let memory: [Bound]
  /// One line on each variable that makes no sense and is not heeded.
  public let complaints: [String]

  /// Most threads that a process is given.
  public static let mostThreads = 1024

  /// The bound that rules. Of equal ones the first, the kernel's own before a scheduler's.
  public var threadRule: Bound { forcedThreads ?? Self.smallest(threads) ?? Bound(name: "none", value: 1, origin: "") }
  public var memoryRule: Bound? { Self.smallest(memory) }

  /// Threads that compute by default, 1...1024.
  public var threadCount: Int { min(max(1, threadRule.value), Self.mostThreads) }

  private static func smallest(_ bounds: [Bound]) -> Bound? { bounds.min { $0.value < $1.value } }

  /// What holds now.
  public static var current: MachineLimits { MachineLimits(.current) }

  /// Where the bounds are read from; tests bring their own.
  package struct Sources {
    let files: KernelFiles
    let environment: [String: String]
    let onlineProcessors: Int
    /// Bytes of `RLIMIT_AS`; nil where there is no limit.
    let addressSpaceLimit: Int?

    package init(
      files: KernelFiles = KernelFiles(), environment: [String: String], onlineProcessors: Int,
      addressSpaceLimit: Int?
    ) {
      self.files = files
      self.environment = environment
      self.onlineProcessors = onlineProcessors
      self.addressSpaceLimit = addressSpaceLimit
    }

    static var current: Sources {
      Sources(
        environment: ProcessInfo.processInfo.environment,
        onlineProcessors: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))), addressSpaceLimit: addressSpace)
    }

    private static var addressSpace: Int? {
      var limit = rlimit()
      guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0 else { return nil }
      return Int(exactly: limit.rlim_cur)
    }
  }

  package init(_ sources: Sources) {
    var variables = Variables(sources.environment)
    let (files, groups) = (sources.files, ControlGroups(sources.files))

    var threads = [Bound(name: "processors", value: sources.onlineProcessors, origin: "processors online")]
    // The mask that `sched_getaffinity` gives, in words.
    if let affinity = files.field("Cpus_allowed_list", in: "/proc/self/status").flatMap(Self.processors) {
      threads.append(Bound(name: "affinity", value: affinity, origin: "affinity mask"))
    }
    threads += groups.threads
    let perTask = variables.number("SLURM_CPUS_PER_TASK")
    for (name, value) in [
      ("SLURM_CPUS_PER_TASK", perTask), ("OMP_NUM_THREADS", variables.number("OMP_NUM_THREADS", isList: true)),
    ] {
      if let value { threads.append(Bound(name: name, value: value, origin: name)) }
    }
    self.threads = threads
    forcedThreads = variables.number("GRL_THREADS", in: 1...Self.mostThreads).map {
      Bound(name: "GRL_THREADS", value: $0, origin: "GRL_THREADS")
    }

    var memory: [Bound] = []
    if let kibibytes = files.number(named: "MemAvailable", in: "/proc/meminfo"), kibibytes >= 0 {
      memory.append(Bound(name: "free", value: kibibytes.kibibytes, origin: "free memory of the machine"))
    }
    memory += groups.memory
    // Pages: the whole program, and what of it is resident.
    let pages = files.text("/proc/self/statm")?.split(separator: " ").prefix(2).compactMap { Int($0) } ?? []
    let pageBytes = max(1, sysconf(Int32(_SC_PAGESIZE)))
    if let limit = sources.addressSpaceLimit {
      let used = (pages.first ?? 0) * pageBytes
      memory.append(
        Bound(
          name: "ulimit", value: max(0, limit - used), origin: "address space, ulimit -v \(limit / 1024)"))
    }
    func grant(_ name: String, _ mebibytes: Int) {
      let resident = (pages.count > 1 ? pages[1] : 0) * pageBytes
      memory.append(Bound(name: name, value: max(0, mebibytes.kibibytes.kibibytes - resident), origin: name))
    }
    // 0 stands for all of the node's memory.
    if let whole = variables.number("SLURM_MEM_PER_NODE", in: 0...1 << 40), whole > 0 {
      grant("SLURM_MEM_PER_NODE", whole)
    }
    if let each = variables.number("SLURM_MEM_PER_CPU", in: 0...1 << 40), each > 0 {
      let count = perTask ?? variables.number("SLURM_CPUS_ON_NODE") ?? 1
      let (product, overflow) = each.multipliedReportingOverflow(by: count)
      grant("SLURM_MEM_PER_CPU", overflow ? 1 << 40 : min(product, 1 << 40))
    }
    self.memory = memory
    complaints = variables.complaints
  }

  /// How many processors a list such as `0-3,8` names; nil where it makes no sense.
  private static func processors(_ list: Substring) -> Int? {
    var count = 0
    for part in list.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
      guard let first = ends.first, let last = ends.last, ends.count <= 2, 0 <= first, first <= last, last < 1 << 20
      else { return nil }
      count += last - first + 1
    }
    return count
  }

  /// Numbers out of the environment.
  private struct Variables {
    private let environment: [String: String]
    private(set) var complaints: [String] = []

    init(_ environment: [String: String]) { self.environment = environment }

    /// Nil where the variable is not set, is empty, or holds no number in `range`.
    ///
    /// - Parameter isList: whether `8,4` means 8 (OpenMP 5.2, section 21.1.2).
    mutating func number(_ name: String, in range: ClosedRange<Int> = 1...1 << 20, isList: Bool = false) -> Int? {
      guard let text = environment[name], !text.isEmpty else { return nil }
      let first = isList ? String(text.prefix { $0 != "," }) : text
      if let number = Int(first.trimmingCharacters(in: .whitespaces)), range.contains(number) { return number }
      let allowed = "a whole number, \(range.lowerBound) to \(range.upperBound)"
      complaints.append("\(name)=\(text.prefix(40).description.printable) is not heeded: not \(allowed)")
      return nil
    }
  }
}

extension Int {
  fileprivate var kibibytes: Int { multipliedReportingOverflow(by: 1024).overflow ? .max : self * 1024 }
}
