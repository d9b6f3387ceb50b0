import Tensors

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
