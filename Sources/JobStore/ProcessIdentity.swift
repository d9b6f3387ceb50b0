import Base
import Glibc

/// A process such that no other one is ever taken for it: a number alone is given again, and is another one in each container.
package struct ProcessIdentity: Codable, Hashable, Sendable {
  package var host: String
  /// Drawn by the kernel when it starts (`random(4)`, boot_id).
  package var boot: String
  /// Of the process numbers (`pid_namespaces(7)`).
  package var namespace: String
  package var process: Int
  /// When it began, in ticks of the kernel's clock (`proc_pid_stat(5)`, field 22).
  package var started: String

  package static let current: ProcessIdentity = {
    var name = utsname()
    uname(&name)
    let host = withUnsafeBytes(of: &name.nodename) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    var link = [UInt8](repeating: 0, count: 64)
    let count = link.withUnsafeMutableBytes {
      readlink("/proc/self/ns/pid", $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
    }
    let process = Int(getpid())
    return ProcessIdentity(
      host: host, boot: text(of: "/proc/sys/kernel/random/boot_id"),
      namespace: String(decoding: link.prefix(max(0, count)), as: UTF8.self), process: process,
      started: beginning(of: process) ?? "")
  }()

  /// Whether the machine has been restarted since, as far as this process can see.
  var isOfEarlierBoot: Bool { host == Self.current.host && !boot.isEmpty && boot != Self.current.boot }

  /// Whether the kernel that this process runs on runs that one too.
  var isOfThisKernel: Bool { !boot.isEmpty && boot == Self.current.boot }

  /// Whether it still runs; nil where that cannot be seen from here.
  package var isAlive: Bool? {
    if isOfEarlierBoot { return false }
    guard isOfThisKernel, namespace == Self.current.namespace, (1...Int(Int32.max)).contains(process) else {
      return nil
    }
    if let beginning = Self.beginning(of: process) { return beginning == started }
    // Another user's may be hidden from /proc.
    return kill(pid_t(process), 0) != 0 && errno == EPERM
  }

  /// nil for a process that is not there, or is dead and was not waited for yet.
  private static func beginning(of process: Int) -> String? {
    // The name in parentheses may hold anything, parentheses too.
    let fields = text(of: "/proc/\(process)/stat").split(separator: ")").last?.split(separator: " ") ?? []
    return fields.count > 19 && fields[0] != "Z" && fields[0] != "X" ? String(fields[19]) : nil
  }

  /// The first line of a small file of the kernel's; empty where it cannot be read.
  private static func text(of path: String) -> String {
    do throws(RegularFile.Refusal) {
      return String(
        decoding: try RegularFile.read(path, limit: 1 << 16).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    } catch {
      return ""
    }
  }
}
