import Base
import EngineWire
import Foundation

/// The folder of a job that this process works on: nobody else does while this object lives.
///
/// Docs/JobFolder.md describes the files. Safe from any thread.
package final class JobFolder: Sendable {
  package let path: String
  package let id: String
  /// nil where the folder's name says whose it is.
  private let lock: FileLock?

  private struct State {
    var record: JobRecord
    /// Sound bytes of the journal.
    var length: Int
  }
  private let state: Locked<State>

  /// Opens a folder whose lock is held. What is torn or damaged at the journal's end is cut off.
  ///
  /// - Parameter onRepair: called with one line on what was cut off.
  convenience init(taken path: String, onRepair: (String) -> Void) throws(StoreError) {
    try self.init(path: path, lock: nil, onRepair: onRepair)
  }

  init(path: String, lock: FileLock?, onRepair: (String) -> Void) throws(StoreError) {
    self.path = path
    self.lock = lock
    let (record, length, found) = try Self.read(path)
    id = record.job.id
    if length < found {
      guard truncate(path + "/journal", off_t(length)) == 0 else { throw .system(path: path + "/journal", code: errno) }
      onRepair("job \(id): \(found - length) bytes at the end of its journal were torn or damaged and were cut off")
    }
    state = Locked(State(record: record, length: length))
  }

  /// Reads the folder without its lock; the journal's sound bytes and all its bytes.
  static func read(_ path: String) throws(StoreError) -> (record: JobRecord, soundBytes: Int, bytes: Int) {
    let job = try StoredJob(contentsOf: path + "/job.json")
    var bytes: [UInt8] = []
    if fileExists(path + "/journal") { bytes = try DurableFile.read(path + "/journal", limit: Journal.largest) }
    let (entries, soundBytes) = Journal.read(bytes)
    return (JobRecord(job, entries), soundBytes, bytes.count)
  }

  package var record: JobRecord { state.withLock { $0.record } }

  /// Puts a line down for good. Where it cannot be written whole, nothing of it stays.
  ///
  /// - Parameter isFlushed: false where it, and those before it that were not flushed, may be lost when the power fails.
  package func append(_ entry: JournalEntry, isFlushed: Bool = true) throws(StoreError) {
    let failure = state.withLock { state -> StoreError? in
      do throws(StoreError) {
        try write(entry, isFlushed, &state)
        return nil
      } catch {
        return error
      }
    }
    if let failure { throw failure }
  }

  private func write(_ entry: JournalEntry, _ isFlushed: Bool, _ state: inout State) throws(StoreError) {
    let path = path + "/journal"
    let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0o600)
    guard descriptor >= 0 else { throw .system(path: path, code: errno) }
    defer { close(descriptor) }
    var line = Journal.line(entry)
    if case .tile = entry, CrashPoint.tileTorn.isReached {
      line = Array(line.prefix(line.count / 2))
      _ = line.withUnsafeBytes { WholeFile.writeAll($0, to: descriptor, at: state.length) }
      CrashPoint.die()
    }
    do throws(StoreError) {
      try DurableFile.write(line, to: descriptor, at: state.length, path: path)
      if isFlushed, fdatasync(descriptor) != 0 { throw .system(path: path, code: errno) }
    } catch {
      ftruncate(descriptor, off_t(state.length))
      throw error
    }
    state.length += line.count
    state.record.apply(entry)
  }

  // MARK: Tiles

  /// All tiles that one step makes of a picture lie in one file, each at its place; steps count from 0.
  package func tileFile(_ picture: Int, step: Int = 0) -> String {
    "\(path)/tiles-\(picture)" + (step > 0 ? "-\(step + 1)" : "")
  }

  /// Forgets the tiles of a picture on disk. That a file may be missing is no fault, and one that stays only takes room.
  package func removeTiles(of picture: Int) {
    for step in record.job.request.tasks.indices { unlink(tileFile(picture, step: step)) }
  }

  package func removeAllTiles() {
    for picture in record.pictures.indices { removeTiles(of: picture) }
    // A training that failed may go on where it was.
    if record.state != .failed { removeState() }
  }

  // MARK: Trainings

  /// Weights, average and moments of a training, as of its last saved step.
  package var stateFile: String { path + "/state" }

  package func removeState() { unlink(stateFile) }

  /// A held-out crop as the network makes it now, as it gets it, and as it should be.
  package static let crops = ["now.png", "before.png", "clean.png"]
}
