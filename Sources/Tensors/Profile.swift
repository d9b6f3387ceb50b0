/// Where the time of forward passes goes: seconds and arithmetic of each operator in each part of the network.
///
/// Used from the thread that runs the passes. Seconds are those of that thread, from the begin of an operator to its end on all
/// threads. A pass that is profiled gives the same result.
public final class Profile {
  public enum Operator: String, CaseIterable, Sendable, Encodable {
    /// Linear layers with what follows them: bias, GELU, layer norm and residual.
    case products
    case convolutions
    case windowAttention = "window attention"
    case stripeAttention = "stripe attention"
    case norms
    /// Padding, pooling, shuffling, cropping.
    case rearrangement
  }

  public struct Entry: Sendable {
    public let part: String
    public let operation: Operator
    public var seconds = 0.0
    /// Multiplications and additions as the definition has them: direct convolutions, whole windows.
    public var floatingPointOperations = 0.0
    /// Exponentials of softmax.
    public var exponentials = 0.0
  }

  /// The part of the network that runs; new entries are booked on it.
  public var part = ""
  /// In the order in which they first came up.
  public private(set) var entries: [Entry] = []

  public init() {}

  package func add(_ operation: Operator, seconds: Double, operations: Double = 0, exponentials: Double = 0) {
    let place = entries.firstIndex { $0.part == part && $0.operation == operation }
    var entry = place.map { entries[$0] } ?? Entry(part: part, operation: operation)
    entry.seconds += seconds
    entry.floatingPointOperations += operations
    entry.exponentials += exponentials
    if let place { entries[place] = entry } else { entries.append(entry) }
  }
}

extension Pass {
  /// Runs `body` and books it, where this pass is profiled and real.
  func booked<Result>(
    _ operation: Profile.Operator, operations: @autoclosure () -> Double = 0, _ body: () -> Result
  ) -> Result {
    guard let profile, !isMeasuring else { return body() }
    let start = ContinuousClock.now
    let result = body()
    profile.add(operation, seconds: (ContinuousClock.now - start) / .seconds(1), operations: operations())
    return result
  }

  /// Names the part of the network that the operators to come belong to.
  public func enter(part: @autoclosure () -> String) { profile?.part = part() }
}
