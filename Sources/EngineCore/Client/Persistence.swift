/// When to try again after the engine was lost: at once, then after 1, 2 and 5 seconds, and every 5 from then on.
struct Persistence: Sendable {
  /// Times in a row.
  private(set) var losses = 0
  /// A connection that held this long begins the row anew.
  static let steadySeconds = 10.0

  /// Seconds until the next try.
  ///
  /// - Parameter heldSeconds: how long the connection had been up; nil where it never was.
  mutating func lost(heldSeconds: Double?) -> Double {
    if let heldSeconds, heldSeconds >= Self.steadySeconds { losses = 0 }
    losses += 1
    return switch losses {
    case 1: 0
    case 2: 1
    case 3: 2
    default: 5
    }
  }
}
