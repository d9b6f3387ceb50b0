/// Bounds on what a weight file may make the reader do. They bound memory and time for any file, hostile ones included.
///
/// The defaults leave room for the largest network (GRL-B: 20 million parameters, 80 MB in float32) inside a Lightning
/// checkpoint with optimiser states, and keep a hostile file below 256 MB of memory unless it really holds that many weights.
public struct CheckpointLimits: Sendable, Hashable {
  /// Bytes of a safetensors header, of a zip directory, and of the pickle inside a torch archive.
  public var headerBytes = 8 << 20
  /// Instructions of a pickle. Each makes at most one small value, so this bounds stack, memo and nesting too.
  public var pickleSteps = 1_000_000
  /// Values waiting on the pickle stack at one time.
  public var pickleStack = 65_536
  /// Entries of a zip archive.
  public var zipEntries = 65_536
  /// Bytes of all tensors of the network together, as stored.
  public var tensorBytes = 256 << 20
  /// Dimensions of one tensor.
  public var rank = 8

  public init() {}
}
