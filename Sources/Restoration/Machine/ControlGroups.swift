import Base
import Foundation

/// What the process's own control group and those around it grant, in both versions of the kernel's interface.
///
/// Source: the kernel's `Documentation/admin-guide/cgroup-v2.rst`, `cgroup-v1/memory.rst`, `scheduler/sched-bwc.rst`; proc(5)
/// for the two tables.
struct ControlGroups {
  /// Kernel files below a folder: `/`, or a tree that a test has written.
  let files: KernelFiles
  private let memberships: [Membership]
  private let mounts: [Mount]

  init(_ files: KernelFiles) {
    self.files = files
    memberships = files.text("/proc/self/cgroup").map(Membership.all) ?? []
    mounts = files.text("/proc/self/mountinfo").map(Mount.all) ?? []
  }

  /// A line of `/proc/self/cgroup`: `4:cpu,cpuacct:/user.slice`, or `0::/user.slice` for version 2.
  struct Membership: Equatable {
    /// Empty for version 2.
    let controllers: [String]
    let path: String

    /// Lines that make no sense are passed over.
    static func all(_ text: String) -> [Membership] {
      text.split(separator: "\n").compactMap { line in
        let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count == 3, Int(fields[0]) != nil, fields[2].hasPrefix("/") else { return nil }
        return Membership(controllers: fields[1].split(separator: ",").map(String.init), path: String(fields[2]))
      }
    }
  }

  /// A control group file system of `/proc/self/mountinfo`.
  struct Mount: Equatable {
    /// The group that is mounted.
    let root: String
    let point: String
    /// Nil for version 2.
    let controllers: [String]?

    /// Lines of other file systems, and those that make no sense, are passed over.
    static func all(_ text: String) -> [Mount] {
      text.split(separator: "\n").compactMap { line in
        let fields = line.split(separator: " ").map(String.init)
        guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count > dash + 1 else { return nil }
        let (root, point) = (unescaped(fields[3]), unescaped(fields[4]))
        switch fields[dash + 1] {
        case "cgroup2": return Mount(root: root, point: point, controllers: nil)
        case "cgroup" where fields.count > dash + 3:
          return Mount(root: root, point: point, controllers: fields[dash + 3].split(separator: ",").map(String.init))
        default: return nil
        }
      }
    }

    /// Blanks and the like stand as three octal digits: `\040`.
    private static func unescaped(_ field: String) -> String {
      var bytes: [UInt8] = []
      var rest = Array(field.utf8)[...]
      while let byte = rest.popFirst() {
        let digits = rest.prefix(3).map { Int($0) - 48 }
        if byte == UInt8(ascii: "\\"), digits.count == 3, digits.allSatisfy({ (0...7).contains($0) }) {
          bytes.append(UInt8(truncatingIfNeeded: digits.reduce(0) { $0 * 8 + $1 }))
          rest = rest.dropFirst(3)
        } else {
          bytes.append(byte)
        }
      }
      return String(decoding: bytes, as: UTF8.self)
    }
  }

  /// Where one group's files lie, and what it is called.
  private struct Group {
    let folder: String
    let name: String
  }

  /// The process's group and its ancestors as far as they are mounted, the innermost first.
  ///
  /// - Parameter controller: of version 1; nil for version 2.
  private func groups(_ controller: String?) -> [Group] {
    let membership = memberships.first {
      if let controller { $0.controllers.contains(controller) } else { $0.controllers.isEmpty }
    }
    let candidates = mounts.filter { mount in
      if let controller { mount.controllers?.contains(controller) ?? false } else { mount.controllers == nil }
    }
    guard let membership, let anyMount = candidates.first else { return [] }
    // A container may be told its group by a name from outside that is not below what is mounted: then what is mounted rules.
    let isAbove = { (mount: Mount) in
      mount.root == "/" || membership.path == mount.root || membership.path.hasPrefix(mount.root + "/")
    }
    let mount = candidates.first(where: isAbove) ?? anyMount
    var names = membership.path.split(separator: "/").map(String.init)
    let mounted = mount.root.split(separator: "/").count
    if !isAbove(mount) || names.contains("..") { names = [] } else { names.removeFirst(mounted) }
    return (0...names.count).reversed().map { depth in
      let below = names.prefix(depth).map { "/" + $0 }.joined()
      let name = (mount.root == "/" ? "" : mount.root) + below
      return Group(folder: mount.point + below, name: name.isEmpty ? "/" : name)
    }
  }

  // MARK: Processors

  /// Quotas of processor time in threads, rounded up: 1.5 processors keep two threads busy.
  var threads: [MachineLimits.Bound] {
    let unified = groups(nil).compactMap { group -> MachineLimits.Bound? in
      guard let fields = files.text(group.folder + "/cpu.max")?.split(whereSeparator: \.isWhitespace), fields.count == 2
      else { return nil }
      return quota(Int(fields[0]), Int(fields[1]), of: group, "cpu.max")
    }
    let legacy = groups("cpu").compactMap { group in
      quota(
        files.number(group.folder + "/cpu.cfs_quota_us"), files.number(group.folder + "/cpu.cfs_period_us"), of: group,
        "cpu.cfs_quota_us")
    }
    return unified + legacy
  }

  /// Nil where there is no quota: `max`, or below zero.
  private func quota(_ quota: Int?, _ period: Int?, of group: Group, _ file: String) -> MachineLimits.Bound? {
    guard let quota, let period, quota > 0, period > 0 else { return nil }
    let processors = Double(quota) / Double(period)
    return MachineLimits.Bound(
      name: "cgroup", value: max(1, Int(processors.rounded(.up).clamped(to: 1...1e6))),
      origin: "\(file) of control group \(group.name), \(processors.shortText) processors")
  }

  // MARK: Memory

  /// Bytes that are left below each limit. What the kernel would drop before it refused (pages of files long unread) counts as free.
  var memory: [MachineLimits.Bound] {
    let unified = groups(nil).flatMap { group in
      ["memory.max", "memory.high"].compactMap { file in
        left(
          below: files.number(group.folder + "/" + file), used: "memory.current", droppable: "inactive_file", of: group,
          file)
      }
    }
    let legacy = groups("memory").compactMap { group in
      left(
        below: files.number(group.folder + "/memory.limit_in_bytes"), used: "memory.usage_in_bytes",
        droppable: "total_inactive_file", of: group, "memory.limit_in_bytes")
    }
    return unified + legacy
  }

  private func left(
    below limit: Int?, used: String, droppable: String, of group: Group, _ file: String
  ) -> MachineLimits.Bound? {
    // Version 1 says "no limit" with the largest number of whole pages.
    guard let limit, (0..<1 << 60).contains(limit), let used = files.number(group.folder + "/" + used) else {
      return nil
    }
    let cache = files.number(named: droppable, in: group.folder + "/memory.stat") ?? 0
    return MachineLimits.Bound(
      name: "cgroup", value: max(0, limit - max(0, used - cache)),
      origin: "\(file) of control group \(group.name), \(MemoryBudget.text(limit))")
  }
}

/// Small text files of the kernel, below `root`.
package struct KernelFiles {
  /// Empty for the machine itself.
  private let root: String

  package init(root: String = "") { self.root = root }

  /// Nil where there is no such file, or it cannot be read.
  func text(_ path: String) -> String? {
    FileManager.default.contents(atPath: root + path).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The whole number that a file holds; nil for anything else, such as `max`.
  func number(_ path: String) -> Int? {
    text(path).flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
  }

  /// What stands behind `name` in a file of lines `name 12` or `name:\t12 kB`, up to the next blank.
  func field(_ name: String, in path: String) -> Substring? {
    for line in text(path)?.split(separator: "\n") ?? [] {
      let fields = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == ":" })
      if fields.count >= 2, fields[0] == name { return fields[1] }
    }
    return nil
  }

  func number(named name: String, in path: String) -> Int? { field(name, in: path).flatMap { Int($0) } }
}

extension Double {
  fileprivate func clamped(to range: ClosedRange<Double>) -> Double {
    min(max(self, range.lowerBound), range.upperBound)
  }
}
