import Synchronization

/// Whether a result is still wanted: set once, from any thread; looked at between small pieces of work by whoever makes it.
///
/// Looks are counted, so that others can tell work from a wait.
public final class CancelFlag: Sendable, Hashable {
  private let raised = Atomic<Bool>(false)
  private let looks = Atomic<Int>(0)

  public init() {}

  public var isSet: Bool {
    looks.wrappingAdd(1, ordering: .relaxed)
    return raised.load(ordering: .relaxed)
  }

  /// The same for one who only watches: no sign of work.
  package var isSetUncounted: Bool { raised.load(ordering: .relaxed) }

  public func set() { raised.store(true, ordering: .relaxed) }

  /// How often it was looked at.
  public var lookCount: Int { looks.load(ordering: .relaxed) }

  public static func == (a: CancelFlag, b: CancelFlag) -> Bool { a === b }
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
