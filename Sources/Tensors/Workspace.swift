import CKernels
import Glibc

/// A view of features `[H, W, C]` in a `Workspace`, channels last, pixels without gaps.
///
/// Valid until the `Workspace.scope` in which it was made ends.
public struct FeatureMap {
  public let height: Int
  public let width: Int
  public let channels: Int
  let base: UnsafeMutablePointer<Float>

  public var pixels: Int { height * width }
  public var shape: Shape { Shape(height: height, width: width, channels: channels) }

  /// A copy of the values, row-major.
  public var values: [Float] { Array(UnsafeBufferPointer(start: base, count: pixels * channels)) }
}

/// The system refused memory.
public struct OutOfMemory: Error, CustomStringConvertible {
  /// What was asked for.
  public let bytes: Int
  public var description: String { "the system refused \(bytes) bytes of working memory" }

  init(bytes: Int) { self.bytes = bytes }

  /// Asks the system for `bytes` at once and gives them back: where that many are about to be taken piece by piece by code that
  /// cannot answer a refusal (arrays end the process), this can.
  public static func check(_ bytes: Int) throws(OutOfMemory) {
    guard bytes > 0 else { return }
    guard let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      memory != MAP_FAILED
    else { throw OutOfMemory(bytes: bytes) }
    munmap(memory, bytes)
  }
}

/// Working memory of a forward pass: one block, given out as a stack.
///
/// A workspace without memory measures: it gives out addresses that nobody may touch and notes the peak. A forward pass run on
/// it (operations then compute nothing) tells what the real one needs.
public final class Workspace {
  /// False while measuring; operations then do nothing.
  package let holdsMemory: Bool
  private let base: UnsafeMutablePointer<Float>
  private let capacity: Int
  private var used = 0
  /// The largest number of floats that were in use at once.
  public private(set) var peakFloats = 0

  /// A workspace that measures.
  public init() {
    holdsMemory = false
    capacity = .max
    base = UnsafeMutablePointer(bitPattern: 64)!
  }

  /// Zeroed memory for `floats` values, straight from the system and given back to it at the end.
  public init(reserving floats: Int) throws(OutOfMemory) {
    let (bytes, overflow) = max(floats, 1).multipliedReportingOverflow(by: MemoryLayout<Float>.stride)
    guard !overflow, let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      memory != MAP_FAILED
    else { throw OutOfMemory(bytes: overflow ? .max : bytes) }
    madvise(memory, bytes, MADV_HUGEPAGE)
    holdsMemory = true
    capacity = floats
    base = memory.bindMemory(to: Float.self, capacity: floats)
  }

  deinit {
    if holdsMemory { munmap(base, max(capacity, 1) * MemoryLayout<Float>.stride) }
  }

  /// Runs `body`; what it took from the workspace is free again afterwards.
  public func scope<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    let mark = used
    defer { used = mark }
    return try body()
  }

  /// Floats that `count` values take of a workspace: with the slack behind them, up to a cache line's end.
  static func footprint(_ count: Int) -> Int { (count + Int(GRL_SLACK)).rounded(upTo: 16) }

  /// Uninitialised features.
  public func map(height: Int, width: Int, channels: Int) -> FeatureMap {
    FeatureMap(height: height, width: width, channels: channels, base: floats(height * width * channels))
  }

  /// Features with the given values, row-major; for tests and probes.
  package func map(_ shape: Shape, values: [Float]) -> FeatureMap {
    precondition(values.count == shape.count)
    let map = map(height: shape.height, width: shape.width, channels: shape.channels)
    guard holdsMemory else { return map }
    values.withUnsafeBufferPointer { map.base.update(from: $0.baseAddress!, count: $0.count) }
    return map
  }

  /// Uninitialised memory, with the slack behind it that kernels may read, aligned to cache lines.
  func floats(_ count: Int) -> UnsafeMutablePointer<Float> {
    let start = base + used
    used += Workspace.footprint(count)
    peakFloats = max(peakFloats, used)
    precondition(used <= capacity, "workspace of \(capacity) floats is too small")
    return start
  }

  /// The same amount for each worker of a loop on `threads`.
  func perWorker(_ threads: ThreadLease, floats count: Int) -> PerWorker {
    let stride = Workspace.footprint(count)
    return PerWorker(base: floats(stride * threads.threadCount), stride: stride)
  }

  struct PerWorker {
    let base: UnsafeMutablePointer<Float>
    let stride: Int
    subscript(worker: Int) -> UnsafeMutablePointer<Float> { base + worker * stride }
  }
}
