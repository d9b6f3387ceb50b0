import Foundation

/// What the kernel says of this machine and process.
enum Machine {
  /// `AMD EPYC 9654, 2 processors, Linux 6.1.0`.
  static var description: String {
    let model = field("model name", in: "/proc/cpuinfo") ?? "unknown processor"
    var system = utsname()
    uname(&system)
    let release = withUnsafeBytes(of: &system.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    return "\(model), \(ProcessInfo.processInfo.activeProcessorCount) processors, Linux \(release)"
  }

  /// The peak of resident memory of this process so far, in bytes (`VmHWM`).
  static func peakResidentBytes() throws(Failure) -> Int {
    guard let text = field("VmHWM", in: "/proc/self/status")?.split(separator: " ").first, let kibibytes = Int(text)
    else {
      throw Failure(.someFailed, "/proc/self/status: does not tell the peak of memory; is /proc mounted?")
    }
    return kibibytes * 1024
  }

  /// The value of the first line `name : value` of a kernel file; nil if there is none.
  private static func field(_ name: String, in path: String) -> String? {
    guard let contents = FileManager.default.contents(atPath: path) else { return nil }
    for line in String(decoding: contents, as: UTF8.self).split(separator: "\n") where line.hasPrefix(name) {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2 { return parts[1].trimmingCharacters(in: .whitespaces) }
    }
    return nil
  }
}
