import Base
import EngineWire
import Imaging
import Restoration
import Tensors

/// The picture and the tiles of the last trial: what is done behind the network changes without another pass through it.
final class TrialCache: Sendable {
  /// What has to be so for a pass to be used again. Budget and threads may cut other tiles, which are looked at one by one.
  struct Key: Hashable, Sendable {
    private var job: JobRequest
    private let files: [FileStamp]

    /// - Parameter job: with the picture as its only input, and the region.
    /// - Returns: nil for files that cannot be told from others.
    init?(_ job: JobRequest) {
      self.job = job.beforeFinish
      (self.job.memoryBytes, self.job.threadCount) = (nil, nil)
      let paths = job.inputs + [job.right].compactMap(\.self)
      files = paths.compactMap { FileStamp($0) }
      guard files.count == paths.count else { return nil }
    }
  }

  /// What a trial needed.
  struct Pass: Sendable {
    let source: SourcePicture
    let right: Image?
    let card: ModelCard
    let tiles: [Int: Tensor]

    fileprivate var bytes: Int {
      let pictures = [source.image] + [right].compactMap(\.self)
      return pictures.reduce(tiles.values.reduce(0) { $0 + $1.shape.count * 4 }) { $0 + PictureShape($1).byteCount }
    }
  }

  /// What is kept, at most: 24 megapixels in 8 bits, and the tiles of 1024 x 1024 pixels enlarged twice.
  private let limit: Int
  private let last = Locked<(key: Key, pass: Pass)?>(nil)

  /// - Parameter budgetBytes: of the engine.
  init(budgetBytes: Int) { limit = min(160 << 20, budgetBytes / 8) }

  /// The pass for `key`, if it was the last one. The cache is empty afterwards, so that nothing is held twice.
  func take(_ key: Key?) -> Pass? {
    last.withLock { last in
      defer { last = nil }
      return last?.key == key ? last?.pass : nil
    }
  }

  func keep(_ pass: Pass, for key: Key?) {
    guard let key, pass.bytes <= limit else { return }
    last.withLock { $0 = (key, pass) }
  }

  /// Gives the memory to others.
  func clear() { last.withLock { $0 = nil } }
}

/// Tiles in memory.
final class TrialTiles: TileStore {
  private(set) var tiles: [Int: Tensor]

  init(_ tiles: [Int: Tensor] = [:]) { self.tiles = tiles }

  func tile(_ index: Int, shape: Shape) -> Tensor? {
    guard let tile = tiles[index], tile.shape == shape else { return nil }
    return tile
  }

  func keep(_ tile: Tensor, at index: Int, seconds: Double) throws(CancellationError) { tiles[index] = tile }
}
