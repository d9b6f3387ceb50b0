import EngineWire

// What the run screen shows of a job that a cluster works on: a cell for each shard in place of the tiles, with who works on it.

/// The shards of a job, in cells and words.
struct ShardView {
  let progress: ClusterProgress
  private let estimate: JobEstimate?

  /// nil for a job that no cluster works on.
  init?(_ job: JobInfo) {
    guard let progress = job.cluster else { return nil }
    (self.progress, estimate) = (progress, job.estimate)
  }

  /// A cell for each, in rows that are about twice as wide as they are many.
  static func perRow(_ count: Int) -> Int {
    min(max(1, count), max(8, Int((Double(count) * 2).squareRoot().rounded(.up))))
  }

  var tiles: RunTiles {
    let states = progress.shards.map { shard -> TileState in
      switch shard.state {
      case .done: .done
      case .failed, .lost, .missing: .failed
      case .running: .running
      case .waiting, .queued, .starting, .stopped: .waiting
      }
    }
    return RunTiles(states: states, perRow: Self.perRow(states.count))
  }

  /// Rows of cells, and of lines below them.
  var rows: Int { tiles.rows + notable.count + 2 }

  /// How many there are in each state: `2 queued, 1 running, 5 done`.
  var counts: String {
    ShardInfo.State.allCases.compactMap { state in
      let count = progress.shards.count { $0.state == state }
      return count > 0 ? "\(count) \(state.rawValue)" : nil
    }.joined(separator: ", ")
  }

  /// `speed 1.20 Mpx/s of 3 shards`; "" before anything is known.
  var speed: String {
    let running = progress.shards.count { $0.state == .running }
    guard let rate = progress.pixelsPerSecond, running > 0 else { return "" }
    return "speed \(Quantity.megapixels(rate))/s of \(Quantity.count(running, "shard"))"
  }

  /// By state: the shards that need a look, and those at work, with their machines: `running: 3 on n1, 40 %; 5 on n2, 12 %`.
  var notable: [(text: String, role: Look.Role)] {
    let states: [(ShardInfo.State, Look.Role)] = [
      (.lost, .error), (.missing, .error), (.failed, .error), (.stopped, .warning), (.running, .accent),
      (.starting, .faint),
    ]
    return states.compactMap { state, role in
      let texts = progress.shards.filter { $0.state == state }.map { shard in
        let place = shard.host.map { " on \($0)" } ?? ""
        return state == .running || state == .lost
          ? "\(shard.shard)\(place), \(Int((shard.share * 100).rounded(.down))) %" : "\(shard.shard)"
      }
      return texts.isEmpty ? nil : ("\(state.rawValue): \(texts.joined(separator: "; "))", role)
    }
  }

  /// `2 of 8 shards done, 41 %, 1:05 left`
  ///
  /// - Parameter isWhole: share and time are told; not where they stand below.
  func meterText(isWhole: Bool = true) -> String {
    let done = progress.shards.count { $0.state == .done || $0.state == .failed }
    var parts = ["\(done) of \(Quantity.count(progress.shards.count, "shard")) done"]
    if isWhole, let estimate {
      parts.append("\(Int((estimate.fraction * 100).rounded(.down))) %")
      if let left = estimate.secondsRemaining, left > 0 { parts.append("\(left.clock) left") }
    }
    return parts.joined(separator: ", ")
  }

  var fraction: Double { estimate?.fraction ?? 0 }

  /// About all of it, in lines.
  var lines: [String] {
    var lines = ["folder: \(progress.folder)", "shards: \(counts)"]
    if !progress.scheduler.isEmpty { lines.append("Slurm: \(progress.scheduler.joined(separator: ", "))") }
    if !speed.isEmpty { lines.append(speed) }
    return lines + notable.map(\.text)
  }
}

extension RunScreen {
  /// A cell for each shard, and below them who works on which.
  func drawShards(_ shards: ShardView, on canvas: inout Canvas, in area: CanvasArea, _ look: Look) {
    let columns = max(1, area.columns)
    let notable = shards.notable.flatMap { line in line.text.wrapped(columns: columns).map { ($0, line.role) } }
    let speed = shards.speed
    let counts = shards.counts.wrapped(columns: columns)
    let wanted = notable.count + (speed.isEmpty ? 0 : 1) + counts.count
    let tiles = shards.tiles
    // The cells first, with a row for each of theirs where there is room.
    let below = min(wanted, max(1, area.rows - min(tiles.rows, max(1, area.rows / 2))))
    let used = drawGrid(tiles, on: &canvas, in: area.dropBottom(below), look)
    var rest = area.dropTop(used)
    func write(_ text: String, _ role: Look.Role) {
      canvas.write(text, in: rest.top(1), look[role, on: .panel])
      rest = rest.dropTop(1)
    }
    for line in counts { write(line, .faint) }
    if !speed.isEmpty { write(speed, .text) }
    let room = notable.count > rest.rows ? max(0, rest.rows - 1) : rest.rows
    for (text, role) in notable.prefix(room) { write(text, role) }
    if notable.count > room { write("i tells the rest", .faint) }
  }
}
