import Glibc

/// Features `[H, W, C]` in the memory of a pass, channels last, pixels without gaps: a shape and a place, nothing more.
///
/// Valid until the `Workspace.scope` in which it was made ends.
public struct FeatureMap {
  public let height: Int
  public let width: Int
  public let channels: Int
  /// Floats before it in the memory of the pass.
  public let start: Int

  public var pixels: Int { height * width }
  public var count: Int { pixels * channels }
  public var shape: Shape { Shape(height: height, width: width, channels: channels) }
}

/// The system refused memory.
public struct OutOfMemory: Error, CustomStringConvertible {
  /// What was asked for.
  public let bytes: Int
  public var description: String { "the system refused \(bytes) bytes of working memory" }

  package init(bytes: Int) { self.bytes = bytes }

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

/// Working memory of a forward pass: one block of a device's memory, given out as a stack.
///
/// A workspace without memory measures: it gives out places in a block that does not exist and notes the peak. A forward pass run on
/// it (operations then compute nothing) tells what the real one needs.
public final class Workspace {
  public let device: any Device
  /// Nil while measuring.
  public let memory: (any DeviceMemory)?
  private let capacity: Int
  private var used = 0
  /// The largest number of floats that were in use at once.
  public private(set) var peakFloats = 0

  /// A workspace that measures.
  public init(measuring device: any Device) {
    self.device = device
    memory = nil
    capacity = .max
  }

  /// Memory for `floats` values.
  public init(on device: any Device, floats: Int) throws(OutOfMemory) {
    self.device = device
    memory = try device.allocate(floats: floats)
    capacity = floats
  }

  /// Runs `body`; what it took from the workspace is free again afterwards.
  public func scope<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    let mark = used
    defer { used = mark }
    return try body()
  }

  /// Uninitialised features.
  public func map(height: Int, width: Int, channels: Int) -> FeatureMap {
    FeatureMap(height: height, width: width, channels: channels, start: take(height * width * channels))
  }

  public func map(_ shape: Shape) -> FeatureMap {
    map(height: shape.height, width: shape.width, channels: shape.channels)
  }

  /// The place of `count` uninitialised floats.
  public func take(_ count: Int) -> Int {
    let (size, piece) = (device.footprint(count), device.bufferFloats)
    // A map that would lie across two pieces of memory begins with the second one.
    let start = used % piece + size > piece ? (used + piece - 1) / piece * piece : used
    used = start + size
    peakFloats = max(peakFloats, used)
    precondition(used <= capacity, "workspace of \(capacity) floats is too small")
    return start
  }
}
