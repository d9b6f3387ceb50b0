import Base

/// How much work goes into one submission, learnt from what submissions took.
final class Pace: Sendable {
  /// Seconds that a submission shall not exceed, and below which it could be larger.
  private static let (longest, shortest) = (0.1, 0.02)
  private static let range = 1e8...256e9
  private let value = Locked(1e9)

  var work: Double { value.withLock { $0 } }

  /// Powers of two, so that the same steps soon come together in the same submissions.
  func note(work: Double, seconds: Double) {
    guard seconds > 0 else { return }
    value.withLock { most in
      if seconds > Pace.longest {
        most = max(Pace.range.lowerBound, min(most, work) / 2)
      } else if seconds < Pace.shortest && work >= most {
        most = min(Pace.range.upperBound, 2 * most)
      }
    }
  }
}
