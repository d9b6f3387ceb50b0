import Base

/// A place in a checkpoint's tree of names, from which layers take their weights.
///
/// `scope["attn"]["qkv"].floats("weight", [192, 64])` looks up `attn.qkv.weight`. A missing name or a wrong shape does not
/// throw at once: the problem is noted, zeros are returned, and `finish()` at the root reports every problem in one error.
/// The same name may be looked up only once.
public struct WeightScope: Sendable {
  private let ledger: Ledger
  private let prefix: String

  private init(ledger: Ledger, prefix: String) {
    self.ledger = ledger
    self.prefix = prefix
  }

  /// The root scope of `checkpoint`.
  public init(_ checkpoint: Checkpoint) {
    self.init(ledger: Ledger(source: .checkpoint(checkpoint)), prefix: "")
  }

  /// A scope that holds nothing, answers every lookup with zeros and notes what was asked; see `requested`.
  public static func recording() -> WeightScope {
    WeightScope(ledger: Ledger(source: .recording), prefix: "")
  }

  public subscript(name: String) -> WeightScope {
    WeightScope(ledger: ledger, prefix: prefix.isEmpty ? name : prefix + "." + name)
  }

  public subscript(index: Int) -> WeightScope { self[String(index)] }

  /// The float32 values of tensor `name` in this scope, row-major.
  ///
  /// Notes a problem and returns zeros if it is missing, has another shape, is not floating point, was used before, or holds
  /// a value that is not finite.
  public func floats(_ name: String, _ shape: [Int]) -> [Float] {
    ledger.take(prefix.isEmpty ? name : prefix + "." + name, shape)
  }

  /// Names and shapes looked up so far, in order.
  public var requested: [(name: String, shape: [Int])] { ledger.requested }

  /// Throws `CheckpointError.mismatch` if any lookup failed or any tensor of the checkpoint was not used.
  public func finish() throws(CheckpointError) { try ledger.finish() }

  private final class Ledger: Sendable {
    enum Source: Sendable {
      case checkpoint(Checkpoint)
      case recording
    }

    struct State: Sendable {
      var requested: [(name: String, shape: [Int])] = []
      var used: Set<String> = []
      var problems: [String] = []
    }

    let source: Source
    let state = Locked(State())

    init(source: Source) { self.source = source }

    var requested: [(name: String, shape: [Int])] { state.withLock { $0.requested } }

    func take(_ name: String, _ shape: [Int]) -> [Float] {
      let count = shape.reduce(1, *)
      state.withLock { $0.requested.append((name, shape)) }
      guard case .checkpoint(let checkpoint) = source else { return [Float](repeating: 0, count: count) }
      let problem: String
      if let stored = checkpoint.tensors[name] {
        let isFirstUse = state.withLock { $0.used.insert(name).inserted }
        if !isFirstUse {
          problem = "\(name): used twice"
        } else if stored.shape != shape {
          problem = "\(name): shape \(stored.shape), expected \(shape)"
        } else if !stored.elementType.isFloatingPoint {
          problem = "\(name): \(stored.elementType.rawValue), expected a floating-point type"
        } else {
          let values = stored.floats()
          if values.allSatisfy(\.isFinite) { return values }
          problem = "\(name): holds values that are not finite"
        }
      } else {
        problem = "\(name): missing, expected shape \(shape)"
      }
      state.withLock { $0.problems.append(problem) }
      return [Float](repeating: 0, count: count)
    }

    func finish() throws(CheckpointError) {
      guard case .checkpoint(let checkpoint) = source else { return }
      let (used, problems) = state.withLock { ($0.used, $0.problems) }
      let unused = checkpoint.tensors.keys.filter { !used.contains($0) }.sorted().map {
        "\($0): not part of this network"
      }
      guard problems.isEmpty && unused.isEmpty else {
        throw .mismatch(path: checkpoint.path, problems: problems + unused)
      }
    }
  }
}
