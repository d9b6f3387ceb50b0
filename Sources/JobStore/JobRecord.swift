import EngineWire

/// A job as its folder describes it: `job.json`, changed by the journal line by line.
package struct JobRecord: Sendable {
  package struct Tile: Hashable, Sendable {
    package let checksum: String
    package let seconds: Double
  }

  package struct Picture: Sendable {
    package var state = PictureState.waiting
    package var reason: String?
    package var record: PictureRecord?
    package var tiles: [Int: Tile] = [:]
    /// Its result may stand there already.
    package var isWriting = false
    package var seconds = 0.0
    package var seamScore: Double?
    /// Of its result's file.
    package var resultBytes: Int?
    /// Exit status of what failed.
    package var status: Int32?
    package var notes: [String] = []
    /// Of a training.
    package var curve = TrainingCurve()
    /// A training that is to end with what it has come to.
    package var isKept = false
    /// The process that works on it, or died at it.
    package var attempt: ProcessIdentity?
    /// Processes before that one which died at it, one after the other without a tile between them.
    package var deaths = 0
  }

  package let job: StoredJob
  package var state = JobState.waiting
  package var reason: String?
  package var rank: Double
  package var order: [Int]
  package var pictures: [Picture]
  /// The picture that a process came to last.
  package var lastAttempt: Int?

  package init(_ job: StoredJob, _ entries: [JournalEntry] = []) {
    self.job = job
    rank = job.created
    order = Array(job.pictures.indices)
    pictures = job.pictures.map { _ in Picture() }
    for entry in entries { apply(entry) }
  }

  /// Changes the job as one line says. Lines about pictures that do not exist are passed over; so is what a process says of a
  /// picture that it had in work when the job ended, but that it is done.
  package mutating func apply(_ entry: JournalEntry) {
    func change(_ picture: Int, _ body: (inout Picture) -> Void) {
      if pictures.indices.contains(picture) { body(&pictures[picture]) }
    }
    func changeUnlessEnded(_ picture: Int, _ body: (inout Picture) -> Void) {
      if !isEnded { change(picture, body) }
    }
    switch entry {
    case .attempt(let picture, let process):
      lastAttempt = picture
      changeUnlessEnded(picture) {
        ($0.deaths, $0.attempt) = ($0.deaths(before: process), process)
        ($0.state, $0.reason) = (.running, nil)
      }
    case .left(let picture):
      change(picture) { $0.attempt = nil }
    case .began(let picture, let record):
      changeUnlessEnded(picture) {
        // Another picture or model may fare better.
        if $0.record != nil && $0.record != record { $0.deaths = 0 }
        ($0.record, $0.tiles, $0.isWriting) = (record, [:], false)
        ($0.state, $0.reason) = (.running, nil)
      }
    case .tile(let picture, let tile, let checksum, let seconds):
      change(picture) {
        $0.tiles[tile] = Tile(checksum: checksum, seconds: seconds)
        $0.deaths = 0
      }
    case .learned(let picture, let step, let loss, let heldOut, let input):
      change(picture) {
        if let loss { $0.curve.add(step: step, loss: loss) }
        if let heldOut { $0.curve.add(step: step, heldOut: heldOut, input: input) }
      }
    case .saved(let picture, let step):
      change(picture) {
        $0.curve.saved(step)
        $0.deaths = 0
      }
    case .keep(let picture):
      changeUnlessEnded(picture) { $0.isKept = true }
    case .writing(let picture):
      change(picture) { $0.isWriting = true }
    case .done(let picture, let seconds, let seamScore, let notes):
      change(picture) {
        ($0.state, $0.reason, $0.seconds, $0.seamScore, $0.notes) = (.done, nil, seconds, seamScore, notes)
        ($0.tiles, $0.isWriting, $0.attempt) = ([:], false, nil)
      }
    case .made(let picture, let seconds):
      change(picture) { ($0.state, $0.reason, $0.seconds, $0.attempt) = (.done, nil, seconds, nil) }
    case .wrote(let picture, let bytes):
      change(picture) { $0.resultBytes = bytes }
    case .failed(let picture, let status, let reason):
      changeUnlessEnded(picture) { ($0.state, $0.reason, $0.status, $0.attempt) = (.failed, reason, status, nil) }
    case .skipped(let picture, let reason):
      changeUnlessEnded(picture) {
        ($0.state, $0.reason) = (.skipped, reason)
        ($0.tiles, $0.isWriting, $0.attempt) = ([:], false, nil)
      }
    case .retry(let queued):
      for picture in queued {
        change(picture) {
          ($0.state, $0.reason) = (.waiting, nil)
          ($0.tiles, $0.isWriting) = ([:], false)
          ($0.attempt, $0.deaths, $0.isKept) = (nil, 0, false)
        }
      }
      (state, reason) = (.waiting, nil)
    case .state(let state, let reason):
      (self.state, self.reason) = (state, reason)
      for picture in pictures.indices { pictures[picture].attempt = nil }
      if state == .cancelled {
        for picture in pictures.indices where [.waiting, .running].contains(pictures[picture].state) {
          pictures[picture].state = .cancelled
          pictures[picture].tiles = [:]
        }
      }
    case .order(let order):
      if Set(order) == Set(pictures.indices) && order.count == pictures.count { self.order = order }
    case .rank(let rank):
      self.rank = rank
    }
  }

  /// Nothing of it is left to do.
  package var isEnded: Bool { [.done, .cancelled, .failed].contains(state) }

  /// Pictures still to restore, in their order.
  package var waiting: [Int] { order.filter { [.waiting, .running].contains(pictures[$0].state) } }

  /// As it goes over the wire: pictures in their order, then those that were left out.
  package func info(isElsewhere: Bool) -> JobInfo {
    let shown = order.map { progress($0) }
    let skipped = job.skipped.map { PictureProgress(input: $0.input, output: $0.output, state: .skipped) }
    return JobInfo(
      id: job.id, created: job.created, state: state, reason: reason, request: job.request, training: job.training,
      pictures: shown + skipped, isElsewhere: isElsewhere)
  }

  /// One picture as it goes over the wire; without the places of its tiles.
  package func progress(_ picture: Int) -> PictureProgress {
    let (paths, entry) = (job.pictures[picture], pictures[picture])
    let isDone = entry.state == .done
    let model = entry.record?.model ?? job.training?.model ?? ""
    var progress = PictureProgress(
      input: paths.input, output: paths.output,
      state: entry.state == .running && state != .running ? .waiting : entry.state,
      reason: entry.reason, model: model, width: entry.record?.width ?? 0,
      height: entry.record?.height ?? 0, tilesDone: isDone ? entry.record?.totalTiles ?? 1 : entry.tiles.count,
      overlap: entry.record?.overlap ?? 0,
      seconds: isDone ? entry.seconds : entry.tiles.reduce(0) { $0 + $1.value.seconds },
      seamScore: entry.seamScore, notes: entry.notes, curve: job.training == nil ? nil : entry.curve)
    progress.step = entry.step(of: job.request.tasks)
    return progress
  }
}

extension JobRecord.Picture {
  /// Of its work that is done or will not be, 0...1, as far as the journal tells.
  package var share: Double {
    guard [.waiting, .running].contains(state) else { return 1 }
    guard let record, record.tileCount > 0 else { return 0 }
    return min(Double(tiles.count) / Double(record.tileCount), 1)
  }

  /// Deaths at one place after which the picture counts as their cause.
  package static let mostDeaths = 2

  /// How many processes died at the picture, one after the other without a tile between them, when `next` comes to it. One that
  /// went down with its machine does not count.
  package func deaths(before next: ProcessIdentity) -> Int {
    guard let attempt, attempt != next, attempt.host != next.host || attempt.boot == next.boot else { return deaths }
    return deaths + 1
  }

  /// The step of a chain at which its next tile is; nil for a single task, before it is planned, and once it is done.
  func step(of tasks: [String]) -> JobStep? {
    guard let record, record.later != nil, state != .done, record.tileCounts.count == tasks.count else { return nil }
    var (step, left) = (0, tiles.count)
    while step < tasks.count - 1, left >= record.tileCounts[step] {
      left -= record.tileCounts[step]
      step += 1
    }
    return JobStep(number: step + 1, count: tasks.count, task: tasks[step])
  }

  /// Where a process died at it, in words that follow its name.
  package var placeOfDeath: String {
    if curve.savedStep > 0 { return "the steps after step \(curve.savedStep)" }
    guard let record, record.totalTiles > 1 else { return "it" }
    var tile = tiles.count
    for (step, count) in record.tileCounts.enumerated() {
      if tile < count { return "tile \(tile + 1) of \(count)" + (record.later == nil ? "" : " of step \(step + 1)") }
      tile -= count
    }
    return "the writing of its result"
  }
}
