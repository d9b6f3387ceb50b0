import Tensors

extension PlainMath {
  /// Attention of one cell and head, written out: scaled cosine similarity, position bias, shift mask.
  ///
  ///     softmax(unit(q) * transposed unit(k) * exp(min(logit scale, ln 100)) + bias + mask) * v
  ///
  /// Both attentions of GRL are this one; devices fuse it with the projection of its tokens. Source: paper sections 3.2 and 3.3;
  /// Docs/Network.md section 6.
  /// - Parameters:
  ///   - q: `[queries, d]`.
  ///   - k, v: `[keys, d]`.
  /// - Returns: `[queries, d]`.
  func cosineAttention(_ q: Matrix, _ k: Matrix, _ v: Matrix, _ rule: PlainRule, cell: Int, head: Int) -> Matrix {
    let scores = times(unit(q), transposed: unit(k))  // [queries, keys]
    addTerms(to: scores, rule, cell: cell, head: head)
    softmax(scores)  // [queries, keys]
    return times(scores, v)  // [queries, d]
  }

  /// `scores = scores * temperature + bias + mask`.
  private func addTerms(to scores: Matrix, _ rule: PlainRule, cell: Int, head: Int) {
    guard !isMeasuring else { return }
    let (geometry, temperature, columns) = (rule.geometry, rule.temperatures[head], rule.geometry.keys.cellWidth)
    let regions = rule.cells.regions(of: cell)
    rule.biases.withUnsafeBufferPointer { biases in
      for query in 0..<scores.rows {
        let row = scores.base + query * scores.stride
        for first in stride(from: 0, to: scores.columns, by: columns) {
          // To the right in the cell is to the left in the table.
          let bias = biases.baseAddress! + head * rule.entries + geometry.tableEntry(query: query, key: first)
          for column in 0..<columns { row[first + column] = row[first + column] * temperature + bias[-column] }
        }
        guard let regions else { continue }
        for key in 0..<scores.columns where regions.keys[key] != regions.queries[query] {
          row[key] += AttentionGeometry.maskPenalty
        }
      }
    }
  }
}
