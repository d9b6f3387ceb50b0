import EngineWire
import JobStore

/// A job as the engine's queue knows it; the journal on disk follows.
struct QueuedJob {
  let job: StoredJob
  var rank: Double
  var state: JobState
  var reason: String?
  /// Numbers of the pictures, in the order in which they are restored.
  var order: [Int]
  /// By number.
  var pictures: [PictureProgress]
  /// Held while this engine works on the job.
  var folder: JobFolder?
  /// Another process works on it.
  var isElsewhere: Bool
  /// It waits for room on a disk.
  var isHeld = false
  /// Numbers of the pictures whose results another process was making when this engine came to them.
  var claimed: Set<Int> = []

  init(_ record: JobRecord, folder: JobFolder?, isElsewhere: Bool) {
    job = record.job
    (rank, state, reason, order) = (record.rank, record.state, record.reason, record.order)
    pictures = record.pictures.indices.map { record.progress($0) }
    self.folder = folder
    // Nobody works on a job that has ended, even if its lock is still held for a moment.
    self.isElsewhere = isElsewhere && !record.isEnded
    if self.isElsewhere { state = .running }
    if folder == nil && !isElsewhere && !record.isEnded && state != .paused {
      (state, reason) = (.paused, "interrupted; resume it to go on")
    }
    if state == .running && folder != nil { state = .waiting }
  }

  var id: String { job.id }
  var isEnded: Bool { [.done, .cancelled, .failed].contains(state) }

  /// The next picture to restore.
  var next: Int? { order.first { pictures[$0].state == .waiting && !claimed.contains($0) } }

  /// No picture is left to wait for.
  var isSettled: Bool { !pictures.contains { $0.state == .waiting } }

  /// Place of a picture as the wire counts them.
  func place(of picture: Int) -> Int { order.firstIndex(of: picture) ?? picture }

  /// Number of the picture at a place on the wire; nil for pictures that were left out, or none.
  func number(at place: Int) -> Int? { order.indices.contains(place) ? order[place] : nil }

  /// - Parameter tilesLeft: places of tiles are given for running pictures, and for others as long as so many are left.
  func info(tilesLeft: inout Int) -> JobInfo {
    let shown = order.map { number in
      var picture = pictures[number]
      if picture.state != .running {
        if picture.tiles.count > tilesLeft { picture.tiles = [] } else { tilesLeft -= picture.tiles.count }
      }
      return picture
    }
    let skipped = job.skipped.map { PictureProgress(input: $0.input, output: $0.output, state: .skipped) }
    return JobInfo(
      id: id, created: job.created, state: state, reason: reason, request: job.request, pictures: shown + skipped,
      isElsewhere: isElsewhere)
  }
}
