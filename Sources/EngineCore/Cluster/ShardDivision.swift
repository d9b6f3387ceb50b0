/// Pictures put into shards of about equal cost: whole, or, where one is more than a shard, by rows of its tiles.
package struct ShardDivision: Sendable {
  /// A picture, or some rows of its tiles.
  package struct Piece: Hashable, Sendable {
    package let picture: Int
    /// nil for a whole picture.
    package let rows: Range<Int>?
    package let cost: Double
  }

  /// In the order of the pictures.
  package let shards: [[Piece]]

  /// The costliest piece goes first, each to the shard that has least so far: no shard is more than a third over the best possible.
  ///
  /// - Parameters:
  ///   - costs: of each picture, 0 or more.
  ///   - rowCounts: rows of its tiles; 1 for what is not to be divided.
  ///   - count: of shards, at least 1; fewer are made where there are fewer pieces.
  package init(costs: [Double], rowCounts: [Int], count: Int) {
    let share = costs.reduce(0, +) / Double(count)
    var pieces: [Piece] = []
    pieces.reserveCapacity(costs.count)
    for (picture, cost) in costs.enumerated() {
      let rows = rowCounts[picture]
      let parts = cost > share && share > 0 ? min(rows, Int((cost / share).rounded(.up))) : 1
      guard parts > 1 else {
        pieces.append(Piece(picture: picture, rows: nil, cost: cost))
        continue
      }
      for part in 0..<parts {
        let range = part * rows / parts..<(part + 1) * rows / parts
        pieces.append(Piece(picture: picture, rows: range, cost: cost * Double(range.count) / Double(rows)))
      }
    }
    var shards = [[Int]](repeating: [], count: min(count, max(1, pieces.count)))
    let order = pieces.indices.sorted { (-pieces[$0].cost, $0) < (-pieces[$1].cost, $1) }
    var loads = LeastLoaded(count: shards.count)
    for piece in order { shards[loads.add(pieces[piece].cost)].append(piece) }
    self.shards = shards.map { $0.sorted().map { pieces[$0] } }
  }
}

/// Numbers of shards with what each has, the least first: a binary heap.
private struct LeastLoaded {
  private var heap: [(load: Double, pieces: Int, number: Int)]

  init(count: Int) { heap = (0..<count).map { (0, 0, $0) } }

  /// Adds to the one that has least, of those that have the same to the one with fewer pieces, and returns its number.
  mutating func add(_ cost: Double) -> Int {
    let number = heap[0].number
    heap[0].load += cost
    heap[0].pieces += 1
    var place = 0
    while true {
      var least = place
      for child in [2 * place + 1, 2 * place + 2] where child < heap.count && heap[child] < heap[least] {
        least = child
      }
      guard least != place else { return number }
      heap.swapAt(place, least)
      place = least
    }
  }
}
