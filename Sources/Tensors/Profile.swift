import CKernels

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

  func add(_ operation: Operator, seconds: Double, operations: Double = 0, exponentials: Double = 0) {
    let place = entries.firstIndex { $0.part == part && $0.operation == operation }
    var entry = place.map { entries[$0] } ?? Entry(part: part, operation: operation)
    entry.seconds += seconds
    entry.floatingPointOperations += operations
    entry.exponentials += exponentials
    if let place { entries[place] = entry } else { entries.append(entry) }
  }
}

extension Compute {
  /// Runs `body` and books it, where this pass is profiled.
  func booked(_ operation: Profile.Operator, operations: @autoclosure () -> Double = 0, _ body: () -> Void) {
    guard let profile, workspace.holdsMemory else { return body() }
    let start = ContinuousClock.now
    body()
    profile.add(operation, seconds: (ContinuousClock.now - start) / .seconds(1), operations: operations())
  }

  /// Names the part of the network that the operators to come belong to.
  public func enter(part: @autoclosure () -> String) { profile?.part = part() }
}

/// Splits the time of a loop over windows and stripes by the time that all threads spent on each part.
struct AttentionClock {
  enum Part: Int, CaseIterable {
    /// Of queries, keys and values.
    case projections
    case windows, stripes
  }

  /// What the definition asks of a part.
  struct Work {
    let part: Part
    let operations: Double
    let exponentials: Double
  }

  private let profile: Profile
  private let began = ContinuousClock.now
  /// Seconds of each worker on each part, a cache line apart; each worker writes its own.
  private let seconds: UnsafeMutablePointer<Double>
  private let threadCount: Int
  private static let stride = 8

  init(profile: Profile, threadCount: Int) {
    self.profile = profile
    self.threadCount = threadCount
    seconds = .allocate(capacity: AttentionClock.stride * threadCount)
    seconds.initialize(repeating: 0, count: AttentionClock.stride * threadCount)
  }

  private var now: Double { (ContinuousClock.now - began) / .seconds(1) }

  /// Runs `body`; projections inside a window's or a stripe's time count as projections only.
  func time(_ part: Part, worker: Int, _ body: () -> Void) {
    let own = seconds + AttentionClock.stride * worker
    let (start, projected) = (now, own[Part.projections.rawValue])
    body()
    own[part.rawValue] += now - start - (own[Part.projections.rawValue] - projected)
  }

  /// Ends the measurement.
  func book(_ work: [Work]) {
    let wall = now
    let spent = Part.allCases.map { part in
      (0..<threadCount).reduce(0) { $0 + seconds[AttentionClock.stride * $1 + part.rawValue] }
    }
    seconds.deallocate()
    let share = wall / max(spent.reduce(0, +), 1e-12)
    var walls = spent.map { $0 * share }
    for item in work {
      let operation: Profile.Operator =
        switch item.part {
        case .projections: .products
        case .windows: .windowAttention
        case .stripes: .stripeAttention
        }
      profile.add(
        operation, seconds: walls[item.part.rawValue], operations: item.operations, exponentials: item.exponentials)
      walls[item.part.rawValue] = 0  // booked once
    }
  }
}

extension InstructionSet {
  /// Floating-point operations a second of multiply-adds on registers alone, all of `threads` at once: what no product on
  /// this machine can pass in float32.
  ///
  /// - Parameter seconds: about how long this takes.
  public func peakRate(on threads: ThreadLease, seconds: Double = 0.1) -> Double {
    let table = kernels.table
    func run(_ rounds: Int) -> Double {
      var numbers: [Float] = [0.5, 0.25]
      return table.pointee.peak(rounds, &numbers)
    }
    func time(_ rounds: Int, _ tasks: Int) -> Double {
      let start = ContinuousClock.now
      threads.run(count: tasks) { _, _ in _ = run(rounds) }
      return (ContinuousClock.now - start) / .seconds(1)
    }
    var rounds = 1 << 12
    var once = time(rounds, threads.threadCount)
    while once < seconds / 8 {
      rounds *= 4
      once = time(rounds, threads.threadCount)
    }
    let operations = run(1) * Double(rounds) * Double(threads.threadCount)
    let best = (0..<5).reduce(once) { fastest, _ in min(fastest, time(rounds, threads.threadCount)) }
    return operations / best
  }
}
