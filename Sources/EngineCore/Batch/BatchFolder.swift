import JobStore

/// The job folder behind a `grl restore`: made when it is first worth it, and never a reason for the batch to fail.
package final class BatchFolder {
  package private(set) var folder: JobFolder?
  private let make: (() throws(StoreError) -> JobFolder)?
  private let onTrouble: (String) -> Void
  private var isOff = false

  /// - Parameters:
  ///   - folder: of a job that is resumed.
  ///   - make: makes the folder of a new job; nil where there is none to make.
  ///   - onTrouble: called once with the reason why nothing is kept.
  package init(
    _ folder: JobFolder? = nil, onTrouble: @escaping (String) -> Void = { _ in },
    make: (() throws(StoreError) -> JobFolder)? = nil
  ) {
    self.folder = folder
    self.make = make
    self.onTrouble = onTrouble
  }

  /// For a batch that leaves no trace.
  package static var none: BatchFolder { BatchFolder() }

  @discardableResult
  package func made() -> JobFolder? {
    if folder == nil, !isOff, let make {
      do throws(StoreError) { folder = try make() } catch { giveUp(error) }
    }
    return folder
  }

  /// Puts a line into the journal, where there is one.
  package func note(_ entry: JournalEntry) {
    guard let folder else { return }
    do throws(StoreError) { try folder.append(entry) } catch { giveUp(error) }
  }

  package func giveUp(_ error: StoreError?) {
    if let error, !isOff { onTrouble("\(error); this run cannot be resumed if it is interrupted") }
    isOff = true
    folder = nil
  }
}

/// Keeps one picture of a `grl restore`: on a full disk it goes on without keeping.
package final class BatchPictureJournal: PictureJournal {
  package let picture: Int
  private let batch: BatchFolder
  private let onLog: (String) -> Void

  package init(_ batch: BatchFolder, picture: Int, onLog: @escaping (String) -> Void) {
    self.batch = batch
    self.picture = picture
    self.onLog = onLog
  }

  package var folder: JobFolder? { batch.folder }
  package func makeFolder() -> JobFolder? { batch.made() }
  package func shouldRetry(_ error: JobError) throws(CancellationError) -> Bool {
    if case .store(let error) = error { batch.giveUp(error) }
    return false
  }
  package func giveUp() { batch.giveUp(nil) }
  package func recovered() {}
  package func noted(_ entry: JournalEntry) {}
  package func log(_ text: String) { onLog(text) }
}
