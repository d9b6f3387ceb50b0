import EngineWire

/// A job as its folder tells it: `job.json` and the journal, line by line.
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
    package var notes: [String] = []
  }

  package let job: StoredJob
  package var state = JobState.waiting
  package var reason: String?
  package var rank: Double
  package var order: [Int]
  package var pictures: [Picture]

  package init(_ job: StoredJob, _ entries: [JournalEntry] = []) {
    self.job = job
    rank = job.created
    order = Array(job.pictures.indices)
    pictures = job.pictures.map { _ in Picture() }
    for entry in entries { apply(entry) }
  }

  /// Takes one line in. Lines about pictures that do not exist are passed over.
  package mutating func apply(_ entry: JournalEntry) {
    func change(_ picture: Int, _ body: (inout Picture) -> Void) {
      if pictures.indices.contains(picture) { body(&pictures[picture]) }
    }
    switch entry {
    case .began(let picture, let record):
      change(picture) {
        ($0.record, $0.tiles, $0.isWriting) = (record, [:], false)
        ($0.state, $0.reason) = (.running, nil)
      }
    case .tile(let picture, let tile, let checksum, let seconds):
      change(picture) { $0.tiles[tile] = Tile(checksum: checksum, seconds: seconds) }
    case .writing(let picture):
      change(picture) { $0.isWriting = true }
    case .done(let picture, let seconds, let seamScore, let notes):
      change(picture) {
        ($0.state, $0.reason, $0.seconds, $0.seamScore, $0.notes) = (.done, nil, seconds, seamScore, notes)
        ($0.tiles, $0.isWriting) = ([:], false)
      }
    case .failed(let picture, _, let reason):
      change(picture) { ($0.state, $0.reason) = (.failed, reason) }
    case .retry(let queued):
      for picture in queued {
        change(picture) {
          ($0.state, $0.reason) = (.waiting, nil)
          ($0.tiles, $0.isWriting) = ([:], false)
        }
      }
      (state, reason) = (.waiting, nil)
    case .state(let state, let reason):
      (self.state, self.reason) = (state, reason)
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

  /// The state that follows from its pictures once none waits.
  package var conclusion: (state: JobState, reason: String?) {
    let failed = pictures.filter { $0.state == .failed }.count
    if failed > 0 { return (.failed, "\(failed) of \(pictures.count) pictures failed") }
    return (pictures.contains { $0.state == .cancelled } ? .cancelled : .done, nil)
  }

  /// As the wire tells it: pictures in their order, then those that were left out.
  package func info(isElsewhere: Bool) -> JobInfo {
    let shown = order.map { progress($0) }
    let skipped = job.skipped.map { PictureProgress(input: $0.input, output: $0.output, state: .skipped) }
    return JobInfo(
      id: job.id, created: job.created, state: state, reason: reason, request: job.request,
      pictures: shown + skipped, isElsewhere: isElsewhere)
  }

  /// One picture as the wire tells it; without the places of its tiles.
  package func progress(_ picture: Int) -> PictureProgress {
    let (paths, entry) = (job.pictures[picture], pictures[picture])
    let isDone = entry.state == .done
    return PictureProgress(
      input: paths.input, output: paths.output,
      state: entry.state == .running && state != .running ? .waiting : entry.state,
      reason: entry.reason, model: entry.record?.model ?? "", width: entry.record?.width ?? 0,
      height: entry.record?.height ?? 0, tilesDone: isDone ? entry.record?.tileCount ?? 1 : entry.tiles.count,
      overlap: entry.record?.overlap ?? 0,
      seconds: isDone ? entry.seconds : entry.tiles.reduce(0) { $0 + $1.value.seconds },
      seamScore: entry.seamScore, notes: entry.notes)
  }
}
