import Base
import EngineWire
import JobStore

/// A job in the engine's queue: what its journal says, and what this process does with it now.
///
/// The first changes by `apply` alone, with the entries that the journal gets, so that a job is the same before a restart and
/// after it.
struct QueuedJob {
  private(set) var record: JobRecord
  /// Held while this engine works on the job.
  var folder: JobFolder?
  var activity: Activity
  /// Number of the picture that the computing thread works on, if it is one of this job.
  var current: Int?
  /// By number: pictures whose results another process was making when this engine came to them, and what it said then.
  var claimed: [Int: String] = [:]
  /// By number: what was seen of pictures that this process worked on.
  private(set) var seen: [Int: SeenPicture] = [:]
  /// How far it is as a whole, and at which pace.
  var pace: JobPace
  /// Of a training, which tells its time itself.
  var trained: JobEstimate?

  /// What goes on that is in no journal.
  enum Activity: Equatable {
    /// Nothing: the journal says it all.
    case none
    /// This engine has begun with its pictures.
    case running
    /// It waits for room on a disk.
    case held(reason: String)
    /// All that is left waits for results that other processes are making.
    case blocked(reason: String?)
    /// Another process works on it.
    case elsewhere
    /// A process left it behind, and none has taken it since.
    case interrupted
  }

  init(_ record: JobRecord, folder: JobFolder?, isElsewhere: Bool) {
    self.record = record
    self.folder = folder
    pace = JobPace(shares: record.pictures.map(\.share))
    // Nobody works on a job that has ended, even if its lock is still held for a moment.
    activity = record.isEnded ? .none : isElsewhere ? .elsewhere : folder == nil ? .interrupted : .none
  }

  mutating func apply(_ entry: JournalEntry) {
    record.apply(entry)
    guard case .retry(let pictures) = entry else { return }
    for number in pictures {
      claimed[number] = nil
      seen[number]?.tilesDone = 0
      pace.reopen(number)
    }
  }

  var id: String { record.job.id }
  var request: JobRequest { record.job.request }
  var isEnded: Bool { record.isEnded }
  var isTraining: Bool { record.job.training != nil }
  var isElsewhere: Bool { activity == .elsewhere }
  /// It can be given to the computing thread.
  var isReady: Bool { folder != nil && [.waiting, .running].contains(state) }
  var isHeld: Bool { if case .held = activity { true } else { false } }

  // MARK: As clients see it

  var state: JobState {
    if isEnded { return record.state }
    return switch activity {
    case .elsewhere: .running
    case .interrupted, .held: .paused
    case .running: record.state == .paused ? .paused : .running
    case .none, .blocked: record.state == .paused ? .paused : .waiting
    }
  }

  var reason: String? {
    if isEnded || record.state == .paused { return record.reason }
    return switch activity {
    case .interrupted: "interrupted; resume it to go on"
    case .held(let reason): reason
    case .blocked(let reason): reason
    case .none, .running, .elsewhere: record.reason
    }
  }

  func state(of number: Int) -> PictureState {
    let state = record.pictures[number].state
    guard [.waiting, .running].contains(state) else { return state }
    return number == current ? .running : .waiting
  }

  func progress(_ number: Int) -> PictureProgress {
    var picture = record.progress(number)
    picture.state = state(of: number)
    if let reason = claimed[number] { picture.reason = reason.printable }
    seen[number]?.complete(&picture)
    return picture
  }

  /// - Parameter tilesLeft: places of tiles are given for running pictures, and for others as long as so many are left.
  func info(tilesLeft: inout Int) -> JobInfo {
    var info = record.info(isElsewhere: isElsewhere)
    (info.state, info.reason, info.estimate) = (state, reason, estimate)
    for (place, number) in record.order.enumerated() {
      var picture = progress(number)
      if picture.state != .running {
        if picture.tiles.count > tilesLeft { picture.tiles = [] } else { tilesLeft -= picture.tiles.count }
      }
      info.pictures[place] = picture
    }
    return info
  }

  /// Of all its pictures, those that were left out not counted.
  var estimate: JobEstimate {
    if isTraining, !isEnded, let trained { return trained }
    return pace.estimate
  }

  /// Place of a picture as the wire counts them.
  func place(of number: Int) -> Int { record.order.firstIndex(of: number) ?? number }

  /// Number of the picture at a place on the wire; nil for pictures that were left out, or none.
  func number(at place: Int) -> Int? { record.order.indices.contains(place) ? record.order[place] : nil }

  // MARK: What is left

  /// The pictures in these states, in their order.
  func pictures(in states: PictureState...) -> [Int] { record.order.filter { states.contains(state(of: $0)) } }

  /// The next picture to restore.
  var next: Int? { record.order.first { state(of: $0) == .waiting && claimed[$0] == nil } }

  /// No picture is left to wait for.
  var isSettled: Bool { !record.order.contains { state(of: $0) == .waiting } }

  // MARK: The picture in work

  mutating func planned(_ plan: SeenPicture, of number: Int) {
    // Notes of a chain are those of all its steps.
    let earlier = (plan.step?.number ?? 1) > 1 ? seen[number]?.notes ?? [] : []
    seen[number] = plan
    seen[number]?.notes = earlier + plan.notes.filter { !earlier.contains($0) }
  }
  mutating func computed(seconds: Double, of number: Int) { seen[number]?.seconds = seconds }
  mutating func finished(tile: Int, of number: Int) { seen[number]?.tilesDone = tile + 1 }
}

/// How this process cut a picture, and how far it came.
struct SeenPicture: Sendable {
  /// Of a chain, the step whose model and tiles these are.
  let step: JobStep?
  let model: String
  let width: Int
  let height: Int
  /// Places of the tiles, in input pixels.
  let tiles: [Rectangle]
  let tilesPerRow: Int
  let overlap: Int
  var notes: [String]
  var tilesDone = 0
  /// Of this run.
  var seconds = 0.0

  /// Puts into `picture` what the journal does not know of it, or learns at the end only.
  func complete(_ picture: inout PictureProgress) {
    (picture.model, picture.width, picture.height) = (model, width, height)
    (picture.tiles, picture.tilesPerRow, picture.overlap) = (tiles, tilesPerRow, overlap)
    picture.step = step
    picture.tilesDone = picture.state == .done ? tiles.count : tilesDone
    guard picture.state != .done else { return }
    (picture.seconds, picture.notes) = (seconds, notes)
  }
}
