import CKernels
import CPUDevice
import GRLModel
import Tensors

/// Whether pixels resemble pixels of the smaller picture as they resemble those of their own: the observation of paper section 3.2 that
/// lets a few anchors stand for a stripe.
///
/// Queries of the full picture, in a block's stripe half, are compared with keys of the same block in a pass over the picture at half scale,
/// and with keys of the full picture whose similarities are averaged over squares of 2 x 2. Position biases do not count, and every pixel is
/// seen, not one stripe only.
public struct CrossScaleSimilarity: Sendable {
  /// Of the smaller picture.
  public let width: Int
  public let height: Int
  public let queries: [SIMD2<Int>]
  /// By query: Pearson correlation of the cosines with the smaller picture's keys and those with the full one's.
  public let correlations: [Double]
  /// The same of the weights: softmax of cosine times the temperature of reading.
  public let weightCorrelations: [Double]
  /// For the first query, `[height, width]`: cosines with the smaller picture's keys, and means of those with the full picture's.
  public let smaller: [Float]
  public let full: [Float]

  /// - Parameters:
  ///   - full, smaller: the same block of two passes; the second over the picture at half scale.
  ///   - queries: pixels of the full picture, from its area's top left.
  ///   - head: nil for the mean of all heads' cosines.
  /// - Throws: `OutOfMemory`.
  public init(
    _ full: WholeBlock, _ smaller: WholeBlock, queries: [SIMD2<Int>], head: Int?
  ) throws(OutOfMemory) {
    let (width, height) = (min(smaller.area.width, full.area.width / 2), min(smaller.area.height, full.area.height / 2))
    (self.width, self.height, self.queries) = (width, height, queries)
    let heads = head.map { [$0] } ?? Array(0..<full.heads(.stripe))
    let temperatures = full.block.rules.read.temperatures
    let pixels = queries.map { Int32($0.y * full.shape.width + $0.x) }
    func all(_ block: WholeBlock, _ width: Int, _ height: Int) -> [Int32] {
      (0..<height).flatMap { y in (0..<width).map { Int32(y * block.shape.width + $0) } }
    }
    let (own, others) = (all(full, 2 * width, 2 * height), all(smaller, width, height))
    try OutOfMemory.check((own.count + others.count) * (full.width(.stripe) + 8) * MemoryLayout<Float>.stride * 2)
    let products = heads.map { head in
      (
        full: CosineProduct(full, head: head, at: own), smaller: CosineProduct(smaller, head: head, at: others),
        queries: full.vectors(0, .stripe, head: head).units(at: pixels, width: full.width(.stripe), scale: 1)
      )
    }
    var (plain, weighted) = ([Double](), [Double]())
    var first: (smaller: [Float], full: [Float]) = ([], [])
    var results = [(cosine: Double, weight: Double, maps: (smaller: [Float], full: [Float]))?](
      repeating: nil, count: queries.count)
    results.withUnsafeMutableBufferPointer { results in
      nonisolated(unsafe) let results = results
      full.threads.run(count: queries.count) { query, _ in
        var maps = (smaller: [Float](repeating: 0, count: others.count), full: [Float](repeating: 0, count: own.count))
        var weights = maps
        for (index, head) in heads.enumerated() {
          let share = 1 / Float(heads.count)
          for (path, product) in [
            (\(smaller: [Float], full: [Float]).smaller, products[index].smaller), (\.full, products[index].full),
          ] {
            let cosines = product.cosines(with: products[index].queries, query)
            let most = cosines.max() ?? 0
            let exponentials = cosines.map { exponential(($0 - most) * temperatures[head]) }
            let sum = exponentials.reduce(0, +)
            for key in cosines.indices {
              maps[keyPath: path][key] += share * cosines[key]
              weights[keyPath: path][key] += share * exponentials[key] / sum
            }
          }
        }
        let pooled = CrossScaleSimilarity.pooled(maps.full, width, height)
        let pooledWeights = CrossScaleSimilarity.pooled(weights.full, width, height)
        results[query] = (
          correlation(maps.smaller, pooled), correlation(weights.smaller, pooledWeights),
          query == 0 ? (maps.smaller, pooled) : ([], [])
        )
      }
    }
    for (query, result) in results.enumerated() {
      plain.append(result!.cosine)
      weighted.append(result!.weight)
      if query == 0 { first = result!.maps }
    }
    (correlations, weightCorrelations, self.smaller, self.full) = (plain, weighted, first.smaller, first.full)
  }

  /// Means of 2 x 2.
  private static func pooled(_ map: [Float], _ width: Int, _ height: Int) -> [Float] {
    (0..<width * height).map { pixel in
      let first = pixel / width * 4 * width + pixel % width * 2
      return (map[first] + map[first + 1] + map[first + 2 * width] + map[first + 2 * width + 1]) / 4
    }
  }
}

/// Unit keys of one head at some pixels, ready to be multiplied.
private struct CosineProduct: Sendable {
  private let keys: PackedRows
  private let count: Int

  init(_ block: WholeBlock, head: Int, at pixels: [Int32]) {
    let units = block.vectors(1, .stripe, head: head).units(at: pixels, width: block.width(.stripe), scale: 1)
    keys = PackedRows(units.values, rows: units.width, columns: units.count, stride: units.columns)
    count = units.count
  }

  func cosines(with queries: UnitColumns, _ query: Int) -> [Float] {
    let own =
      (0..<queries.width).map { queries.values[$0 * queries.columns + query] }
      + [Float](repeating: 0, count: Int(GRL_SLACK))
    var result = [Float](repeating: 0, count: count + Int(GRL_SLACK))
    result.withUnsafeMutableBufferPointer { target in
      own.withUnsafeBufferPointer {
        keys.multiply($0.baseAddress!, stride: queries.width, count: 1, into: target.baseAddress!, outStride: count)
      }
    }
    result.removeLast(Int(GRL_SLACK))
    return result
  }
}
