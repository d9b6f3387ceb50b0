import Base
import Foundation

/// A shard that this process has taken: while nobody takes it over, no other process writes its journal.
///
/// A thread rewrites the `worker` file as a sign of life. Where that finds the folder gone, another process has taken the shard over, and
/// `isLost` tells; whatever this process still writes goes to names that are no more.
package final class ShardHold: Sendable {
  package let number: Int
  package let folder: JobFolder
  private let free: String
  private let path: String
  private let job: String
  private let worker: Locked<ShardWorker>
  private let end: Locked<End>

  private struct End {
    var isReleased = false
    var loss: String?
    var onLoss: (@Sendable () -> Void)?
  }

  /// Between two signs of life.
  private static let interval = 20.0

  init(
    _ number: Int, free: String, path: String, worker: ShardWorker, job: String, onRepair: (String) -> Void
  ) throws(StoreError) {
    (self.number, self.free, self.path, self.job) = (number, free, path, job)
    let before = SharedJob.worker(path)
    var worker = worker
    worker.progress = before?.progress ?? .init()
    worker.progress.isEnded = false
    self.worker = Locked(worker)
    end = Locked(End())
    try Self.write(worker, path)
    // A file of its own: a process that was paused in the midst of a line goes on into the one that has no name any more.
    let journal = path + "/journal"
    if fileExists(journal) {
      try DurableFile.write(try DurableFile.read(journal, limit: Journal.largest), to: journal)
    }
    folder = try JobFolder(taken: path, onRepair: onRepair)
    let record = folder.record
    if let picture = record.lastAttempt, record.job.pictures.indices.contains(picture) {
      ResultClaim.tidy(record.job.pictures[picture].output, gone: before?.process)
    }
    beat()
  }

  deinit { release() }

  /// Why it is no longer this process's, or not to be worked on any more; nil where all is well.
  package var loss: String? { end.withLock { $0.loss } }

  /// Called once, on another thread, when the shard is lost.
  package func whenLost(_ act: @escaping @Sendable () -> Void) {
    let isLost = end.withLock { end in
      end.onLoss = act
      return end.loss != nil
    }
    if isLost { act() }
  }

  /// What the next sign of life tells.
  package func tell(_ progress: ShardWorker.Progress) { worker.withLock { $0.progress = progress } }

  private func beat() {
    Thread.detachNewThread { [weak self] in
      var waited = 0.0
      while true {
        usleep(250_000)
        waited += 0.25
        guard let self else { return }
        if self.end.withLock({ $0.isReleased || $0.loss != nil }) { return }
        guard waited >= Self.interval else { continue }
        waited = 0
        self.check()
      }
    }
  }

  /// A sign of life now; finds out whether the shard was taken over or the job cancelled.
  package func check() {
    let worker = worker.withLock { $0 }
    var reason: String?
    // A disk that is full or does not answer is no loss: the journal finds that out.
    do throws(StoreError) { try Self.write(worker, path) } catch {
      if !isFolder(path) { reason = "another process has taken it over" }
    }
    if fileExists(job + "/cancelled") { reason = "the job was cancelled" }
    if let reason { lose(reason) }
  }

  private func lose(_ reason: String) {
    let act = end.withLock { end -> (@Sendable () -> Void)? in
      guard end.loss == nil else { return nil }
      end.loss = reason
      return end.onLoss
    }
    act?()
  }

  /// Gives the shard back.
  package func release() {
    let isFirst = end.withLock { end in
      defer { end.isReleased = true }
      return !end.isReleased
    }
    guard isFirst else { return }
    // What cannot be told any more is in the journal.
    do throws(StoreError) { try Self.write(worker.withLock { $0 }, path) } catch {}
    rename(path.systemPath, free.systemPath)
  }

  private static func write(_ worker: ShardWorker, _ folder: String) throws(StoreError) {
    try DurableFile.write(Array(jsonLine(worker).utf8), to: folder + "/worker", isFlushed: false)
  }
}
