import Foundation

/// How much memory a restoration may take, and how to say it.
public enum MemoryBudget {
  /// Three quarters of what this process could still get (`MachineLimits.memoryRule`). Half a gigabyte where nothing tells.
  public static var standard: Int { standard(within: .current) }

  public static func standard(within limits: MachineLimits) -> Int {
    limits.memoryRule.map { max(1, $0.value / 4 * 3) } ?? 512 << 20
  }

  /// Reads `4G`, `512M`, `800K` or a number of bytes; units count in 1024, and `4GB`, `4GiB`, `1.5g` are understood too.
  public static func bytes(_ text: String) -> Int? {
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    guard let number = Double(digits), number > 0 else { return nil }
    let factor: Double
    switch text.dropFirst(digits.count).lowercased() {
    case "", "b": factor = 1
    case "k", "kb", "kib": factor = 1024
    case "m", "mb", "mib": factor = 1_048_576
    case "g", "gb", "gib": factor = 1_073_741_824
    case "t", "tb", "tib": factor = 1_099_511_627_776
    default: return nil
    }
    let bytes = number * factor
    return bytes >= 1 && bytes < 1e18 ? Int(bytes) : nil
  }

  /// Three digits with a unit of 1024: `1.52 GiB`, `310 MiB`.
  public static func text(_ bytes: Int) -> String {
    var value = Double(bytes)
    var unit = "B"
    for larger in ["KiB", "MiB", "GiB", "TiB"] where value >= 1000 {
      value /= 1024
      unit = larger
    }
    let places = unit == "B" || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
    return String(format: "%.\(places)f \(unit)", value)
  }
}
