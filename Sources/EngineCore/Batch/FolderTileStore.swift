import Base
import Glibc
import JobStore
import Restoration
import Tensors

/// Keeps the tiles that one step makes of a picture in its job's folder.
final class FolderTileStore: TileStore {
  private let folder: JobFolder
  private let picture: Int
  private let file: String
  /// Number of the step's first tile in the journal.
  private let first: Int
  private let tileBytes: Int
  private let journal: any PictureJournal
  private let known: [Int: JobRecord.Tile]
  private var isKeeping = true

  init(
    _ folder: JobFolder, picture: Int, step: Int, firstTile: Int, tileBytes: Int, journal: any PictureJournal
  ) {
    self.folder = folder
    self.picture = picture
    file = folder.tileFile(picture, step: step)
    first = firstTile
    self.tileBytes = tileBytes
    self.journal = journal
    known = folder.record.pictures[picture].tiles
  }

  func tile(_ index: Int, shape: Shape) -> Tensor? {
    guard let line = known[first + index], shape.count * 4 == tileBytes else { return nil }
    return Self.read(file, at: index, shape, checksum: line.checksum) { journal.log($0) }
  }

  /// A tile of a picture's file; nil where its bytes are not those that the journal speaks of.
  static func read(
    _ file: String, at index: Int, _ shape: Shape, checksum: String, log: (String) -> Void
  ) -> Tensor? {
    let descriptor = open(file.systemPath, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      log("tile \(index) is missing (\(systemReason())) and is computed again")
      return nil
    }
    defer { close(descriptor) }
    var isWhole = false
    let values = [Float](unsafeUninitializedCapacity: shape.count) { buffer, count in
      let bytes = UnsafeMutableRawBufferPointer(buffer)
      isWhole = Descriptor.fill(bytes, from: descriptor, at: index * shape.count * 4).count == bytes.count
      if isWhole { isWhole = Checksum.text(UnsafeRawBufferPointer(bytes)) == checksum }
      count = isWhole ? shape.count : 0
    }
    guard isWhole else {
      log("tile \(index) is damaged and is computed again")
      return nil
    }
    return Tensor(shape: shape, values: values)
  }

  func keep(_ tile: Tensor, at index: Int, seconds: Double) throws(CancellationError) {
    while isKeeping {
      do throws(StoreError) {
        try write(tile, at: index, seconds: seconds)
        journal.recovered()
        CrashPoint.pauseBehindTile()
        return
      } catch {
        isKeeping = try journal.shouldRetry(.store(error))
      }
    }
  }

  /// The line comes after the bytes. What is not flushed yet when the power fails is no more than this many seconds' work: the
  /// checksum reveals a tile whose line reached the disk before its bytes. A killed process loses nothing that was written.
  private static let flushInterval = Duration.milliseconds(500)
  private var lastFlush: ContinuousClock.Instant?

  private func write(_ tile: Tensor, at index: Int, seconds: Double) throws(StoreError) {
    let descriptor = open(file, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0o600)
    guard descriptor >= 0 else { throw .system(path: file, code: errno) }
    defer { close(descriptor) }
    let (code, checksum) = tile.values.withUnsafeBytes {
      (WholeFile.writeAll($0, to: descriptor, at: index * tileBytes), Checksum.text($0))
    }
    if code != 0 { throw .system(path: file, code: code) }
    let now = ContinuousClock.now
    let isFlushed = lastFlush.map { now - $0 >= Self.flushInterval } ?? true
    if isFlushed, fdatasync(descriptor) != 0 { throw .system(path: file, code: errno) }
    CrashPoint.tileBytes.pass()
    let entry = JournalEntry.tile(
      picture: picture, tile: first + index, checksum: checksum, seconds: (seconds * 1000).rounded() / 1000)
    try folder.append(entry, isFlushed: isFlushed)
    journal.noted(entry)
    if isFlushed { lastFlush = now }
    CrashPoint.tileJournaled.pass()
  }
}
