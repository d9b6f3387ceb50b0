import Foundation

/// How much memory a piece of work may take, and how to say it. Whatever decodes a picture asks `check` first, with what the
/// file's header says.
public enum MemoryBudget {
  /// Three quarters of what this process could still get (`MachineLimits.memoryRule`). Half a gigabyte where nothing tells.
  public static var standard: Int { standard(within: .current) }

  public static func standard(within limits: MachineLimits) -> Int {
    limits.memoryRule.map { max(1, $0.value / 4 * 3) } ?? 512 << 20
  }

  /// - Parameter advice: what to do; nil to give more memory, as a command line can.
  /// - Throws: `overBudget` where the work takes more than `bytes`.
  public static func check(
    _ estimate: MemoryEstimate, within bytes: Int, advice: String? = nil
  ) throws(RestorationError) {
    guard estimate.totalBytes > bytes else { return }
    throw .overBudget(
      estimate: estimate, budgetBytes: bytes,
      advice: advice ?? "raise --memory to \(argument(estimate.totalBytes)), or take a smaller picture")
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
  ///
  /// - Parameter rounding: `up` for what has to be enough.
  public static func text(_ bytes: Int, rounding: FloatingPointRoundingRule = .toNearestOrAwayFromZero) -> String {
    var value = Double(bytes)
    var unit = "B"
    for larger in ["KiB", "MiB", "GiB", "TiB"] where value >= 1000 {
      value /= 1024
      unit = larger
    }
    let places = unit == "B" || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
    let power = [1.0, 10, 100][places]
    return String(format: "%.\(places)f \(unit)", (value * power).rounded(rounding) / power)
  }

  /// The least that `--memory` takes for so many bytes, as it is typed: `1.31GiB`.
  static func argument(_ bytes: Int) -> String { text(bytes, rounding: .up).filter { $0 != " " } }
}
