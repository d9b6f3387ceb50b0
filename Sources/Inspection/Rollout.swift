import CKernels
import CPUDevice
import GRLModel
import Tensors

extension KeptActivations {
  /// Attention rollout: how much of each pixel reaches a query through all blocks from the first to `last`, if in each block one half of a
  /// pixel stays what it is and the other is the mean of all heads' rows, windows and stripes.
  ///
  ///     v(block) = (v(block + 1) + v(block + 1) A(block)) / 2,   v = 1 at the query
  ///
  /// It follows weights alone: values, convolutions, channel attention and the feed-forward network are left out, so that it says where
  /// attention could have brought something from, not what it brought.
  ///
  /// Source: Abnar and Zuidema, "Quantifying Attention Flow in Transformers" (ACL 2020).
  /// - Parameters:
  ///   - x, y: the query, in the picture.
  ///   - last: the last block that counts.
  /// - Returns: `[height, width]` of the area, sum 1 but for what went to padding.
  /// - Throws: `OutOfMemory`.
  /// - Precondition: the inputs of all blocks up to `last` were kept.
  public func rollout(x: Int, y: Int, through last: BlockPlace) throws(OutOfMemory) -> [Float] {
    let path = blocks.filter { $0 <= last }
    precondition(area.contains(x: x, y: y) && path.count == network.configuration.blocks.filter { $0 <= last }.count)
    var flow: [Float] = []
    var width = 0
    for place in path.reversed() {
      let block = try WholeBlock(self[place]!)
      if flow.isEmpty {
        width = block.shape.width
        flow = [Float](repeating: 0, count: block.shape.pixels)
        flow[(y - area.y) * width + x - area.x] = 1
      }
      flow = try block.carried(flow)
    }
    return (0..<area.height).flatMap { row in flow[row * width..<row * width + area.width] }
  }
}

extension WholeBlock {
  /// `(v + v A) / 2` with `A` the mean over heads of both halves.
  fileprivate func carried(_ v: [Float]) throws(OutOfMemory) -> [Float] {
    var result = v.map { $0 / 2 }
    for kind in [AttentionKind.window, .stripe] {
      let (parts, cells, heads) = (try parts(kind, terms: ScoreTerms()), cells(kind), heads(kind))
      let busy = (0..<cells.cellCount).filter { cell in cells.pixels(of: cell).contains { v[Int($0)] != 0 } }
      result.withUnsafeMutableBufferPointer { result in
        // Each pixel by one cell.
        nonisolated(unsafe) let result = result
        threads.run(count: busy.count) { index, _ in
          let pixels = cells.pixels(of: busy[index])
          for head in 0..<heads {
            let own = pixels.map { v[Int($0)] / Float(4 * heads) }
            let sum: [Float]
            if kind == .window {
              sum = windowWeights(parts, cell: busy[index], head: head, pixels: pixels).sum(weightedBy: own)
            } else {
              let (read, gather) = stripeWeights(parts, cell: busy[index], head: head, pixels: pixels)
              sum = gather.sum(weightedBy: read.sum(weightedBy: own))
            }
            for (token, pixel) in pixels.enumerated() { result[Int(pixel)] += sum[token] }
          }
        }
      }
    }
    return result
  }
}

extension CellWeights {
  /// The sum of `weights[a] * row(a)` over all queries: `[keys]`.
  func sum(weightedBy weights: [Float]) -> [Float] {
    var sum = [Float](repeating: 0, count: stride)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 8 * stride + Int(GRL_SLACK)) { rows in
      for first in Swift.stride(from: 0, to: queries.count, by: 8) {
        let tokens = first..<min(queries.count, first + 8)
        guard weights[tokens].contains(where: { $0 != 0 }) else { continue }
        write(tokens, to: rows.baseAddress!)
        sum.withUnsafeMutableBufferPointer { sum in
          for token in tokens where weights[token] != 0 {
            grl_blend(sum.baseAddress!, 1, rows.baseAddress! + (token - first) * stride, weights[token], stride)
          }
        }
      }
    }
    return Array(sum.prefix(keys.count))
  }
}
