import Base
import EngineWire
import JobStore
import Restoration
import Tensors

/// Tiles of one picture that several shards made, for the restoration that joins them.
package final class JoinedTiles: TileStore {
  /// Some rows of the picture's tiles, as one shard's folder has them.
  package struct Part: Sendable {
    package let file: String
    package let shard: Int
    package let picture: JobRecord.Picture

    package init(file: String, shard: Int, picture: JobRecord.Picture) {
      (self.file, self.shard, self.picture) = (file, shard, picture)
    }
  }

  /// What the picture was and how it was cut when its parts were made, by this machine's arithmetic.
  package let record: PictureRecord
  /// The processors' arithmetic that parts were made with, where it was not one.
  package let arithmetics: [String]
  private let tiles: [Int: (file: String, checksum: String)]
  private let onLog: (String) -> Void

  /// - Throws: `partsVoid` where the parts are not of one picture, model and size of tiles.
  package init(
    of picture: StoredJob.Picture, _ parts: [Part], device: String, onLog: @escaping (String) -> Void
  ) throws(JobError) {
    var records: [PictureRecord] = []
    for part in parts {
      guard var record = part.picture.record else { throw .partsVoid(picture: picture.input) }
      record.instructionSet = device
      record.reason = ""
      records.append(record)
    }
    guard var record = records.first, records.allSatisfy({ $0 == record }) else {
      throw .partsVoid(picture: picture.input)
    }
    record.reason = parts[0].picture.record?.reason ?? ""
    self.record = record
    let all = Set(parts.compactMap { $0.picture.record?.instructionSet })
    arithmetics = all.count > 1 ? all.sorted() : []
    var tiles: [Int: (file: String, checksum: String)] = [:]
    for part in parts {
      for (index, tile) in part.picture.tiles { tiles[index] = (part.file, tile.checksum) }
    }
    self.tiles = tiles
    self.onLog = onLog
  }

  package func tile(_ index: Int, shape: Shape) -> Tensor? {
    guard let (file, checksum) = tiles[index] else { return nil }
    return FolderTileStore.read(file, at: index, shape, checksum: checksum, log: onLog)
  }

  /// What had to be computed here goes into the picture at once.
  package func keep(_ tile: Tensor, at index: Int, seconds: Double) throws(CancellationError) {}
}
