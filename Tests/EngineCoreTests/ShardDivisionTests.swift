import EngineCore
import TestSupport
import Testing

/// Pictures put into shards.
@Suite struct ShardDivisionTests {
  private func loads(_ division: ShardDivision) -> [Double] { division.shards.map { $0.reduce(0) { $0 + $1.cost } } }

  @Test("every picture is in one shard, whole, or in parts that are all of its rows")
  func complete() {
    var random = SplitMix64(state: 4)
    for count in [1, 2, 7, 40, 300] {
      let costs = (0..<100).map { _ in Double(random.next() % 1000) * (random.next() % 20 == 0 ? 60 : 1) }
      let rows = (0..<100).map { _ in Int(random.next() % 40) + 1 }
      let division = ShardDivision(costs: costs, rowCounts: rows, count: count)
      #expect(division.shards.count <= count && division.shards.allSatisfy { !$0.isEmpty })
      var seen = [[Range<Int>]](repeating: [], count: 100)
      for piece in division.shards.joined() { seen[piece.picture].append(piece.rows ?? 0..<rows[piece.picture]) }
      for (picture, ranges) in seen.enumerated() {
        let ordered = ranges.sorted { $0.lowerBound < $1.lowerBound }
        #expect(ordered.first?.lowerBound == 0 && ordered.last?.upperBound == rows[picture])
        for (one, next) in zip(ordered, ordered.dropFirst()) { #expect(one.upperBound == next.lowerBound) }
      }
      // No list schedule is worse than the mean and one piece more.
      let all = loads(division)
      let largest = division.shards.joined().reduce(0) { max($0, $1.cost) }
      #expect(all.max()! <= costs.reduce(0, +) / Double(count) + largest)
    }
  }

  @Test("shards cost about the same, and within one the order is that of the pictures")
  func equal() {
    let division = ShardDivision(
      costs: (0..<1000).map { Double($0 % 10 + 1) }, rowCounts: [Int](repeating: 1, count: 1000), count: 16)
    let all = loads(division)
    #expect(all.max()! - all.min()! <= 1)
    for shard in division.shards { #expect(shard.map(\.picture) == shard.map(\.picture).sorted()) }
  }

  @Test(
    "what is more than a shard is divided, what cannot be divided stays whole, and what cannot be restored costs nothing"
  )
  func divided() {
    let division = ShardDivision(costs: [90, 5, 5, 0], rowCounts: [30, 1, 1, 1], count: 10)
    #expect(division.shards.joined().filter { $0.picture == 0 }.count == 9)
    #expect(loads(division).allSatisfy { (9...12).contains($0) })
    let whole = ShardDivision(costs: [90, 10], rowCounts: [1, 1], count: 10)
    #expect(whole.shards.count == 2)
    #expect(ShardDivision(costs: [0, 0, 0], rowCounts: [1, 1, 1], count: 2).shards.joined().count == 3)
    // As many as there are pieces.
    #expect(ShardDivision(costs: [1, 1], rowCounts: [1, 1], count: 50).shards.count == 2)
  }
}
