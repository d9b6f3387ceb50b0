import JobStore

/// Where the progress of one picture is kept, and what is done when that fails.
package protocol PictureJournal: AnyObject {
  /// The job's folder, where there is one already.
  var folder: JobFolder? { get }
  /// The job's folder, made if need be; nil where nothing is kept.
  func makeFolder() -> JobFolder?
  /// The picture's number in the folder.
  var picture: Int { get }
  /// The file system refused to take a tile, a line of the journal, or the result.
  ///
  /// - Returns: true to try again; false to go on without keeping anything, or to give the result up.
  func shouldRetry(_ error: JobError) throws(CancellationError) -> Bool
  /// From now on nothing is kept: the folder is out of order.
  func giveUp()
  /// What could not be done is done, or nothing was wrong.
  func recovered()
  /// `entry` belongs to the picture's history, whether or not it can be written down.
  func noted(_ entry: JournalEntry)
  /// One line for the log.
  func log(_ text: String)
}

extension PictureJournal {
  /// What the folder knows of the picture.
  var found: JobRecord.Picture? { folder.map { $0.record.pictures[picture] } }
}
