import Base
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
  public static func bytes(_ text: String) -> Int? { byteCount(text) }

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
