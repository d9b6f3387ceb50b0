import CKernels
import CPUDevice
import Tensors

/// Vectors of one head for the tokens (or anchors) of a cell, of unit length times a scale, and transposed as scores need them.
struct UnitVectors {
  /// Where the vectors lie that were brought to unit length.
  let source: UnsafeMutablePointer<Float>
  let stride: Int
  /// Rows of `source`, or nil for the first ones.
  let index: UnsafePointer<Int32>?
  let count: Int
  let width: Int
  let scale: Float
  /// `[width, transposedStride]`.
  let values: UnsafeMutablePointer<Float>

  var transposedStride: Int { count.rounded(upTo: CellLayout.step) }
}

/// Values that an attention weighs, or gradients: `[count, stride]`, of each row the first `width`.
struct Rows {
  let base: UnsafeMutablePointer<Float>
  let stride: Int
}

/// Scaled cosine attention of one cell and head, and back.
///
///     y = softmax(unit(q) * transposed unit(k) * temperature + bias + mask) * v
///
/// Source: paper sections 3.2 and 3.3; Docs/Network.md section 6. Scores are computed again on the way back, block by block.
extension Lane {
  /// Each vector divided by its length, times `scale`.
  func unit(
    _ source: UnsafeMutablePointer<Float>, stride: Int, at index: UnsafePointer<Int32>?, count: Int, width: Int,
    scale: Float
  ) -> UnitVectors {
    let vectors = UnitVectors(
      source: source, stride: stride, index: index, count: count, width: width, scale: scale,
      values: take(width * count.rounded(upTo: CellLayout.step)))
    guard !isMeasuring else { return vectors }
    var task = grl_gather(
      x: source, stride: stride, index: index, count: Int32(count), padded_count: Int32(vectors.transposedStride),
      head_dim: Int32(width), scale: scale, out: vectors.values, out_stride: vectors.transposedStride)
    step.kernels.pointee.gather_normalised(&task)
    return vectors
  }

  /// Takes the gradient of unit vectors back to where they came from: added to `target` at the same rows.
  ///
  /// - Returns: the gradient of their scale.
  @discardableResult
  func unitBackward(_ gradient: Rows, of vectors: UnitVectors, into target: Rows) -> Double {
    guard !isMeasuring else { return 0 }
    var ofScale = 0.0
    withUnsafeMutablePointer(to: &ofScale) {
      var task = grl_normalise_backward(
        x: vectors.source, stride: vectors.stride, index: vectors.index, count: Int32(vectors.count),
        head_dim: Int32(vectors.width), scale: vectors.scale, g: gradient.base, g_stride: gradient.stride,
        dx: target.base, dx_stride: target.stride, dscale: $0)
      step.training.pointee.normalise_backward(&task)
    }
    return ofScale
  }

  /// - Parameters:
  ///   - output: where results go, or went.
  ///   - index: rows of `output`, or nil for the first ones.
  private func withTask(
    _ q: UnitVectors, _ k: UnitVectors, _ v: Rows, _ rule: PositionBias, cell: Int, head: Int, output: Rows,
    at index: UnsafePointer<Int32>?, _ body: (inout grl_attention) -> Void
  ) {
    let layout = rule.layout
    let mask = layout.masks[layout.queries.border(of: cell).rawValue]
    let isWithin = step.isBounded[rule.firstHead + head] && mask?.leavesEveryQueryAKey ?? true
    layout.biasOffsets.withUnsafeBufferPointer { biasOffsets in
      (mask?.offsets ?? []).withUnsafeBufferPointer { maskOffsets in
        var task = grl_attention(
          q: q.values, k: k.values, v: v.base, q_stride: q.transposedStride, k_stride: k.transposedStride,
          v_stride: v.stride, head_dim: Int32(q.width), query_count: Int32(q.count), key_rows: Int32(layout.keyRows),
          key_columns: Int32(layout.keyColumns), bias: rule.bias(head, step), bias_offset: biasOffsets.baseAddress!,
          bias_row_step: layout.biasRowStep, mask: mask?.values.base,
          mask_offset: mask == nil ? nil : maskOffsets.baseAddress!,
          scores: isWithin ? GRL_SCORES_WITHIN : GRL_SCORES_BELOW, out: output.base, out_index: index,
          out_stride: output.stride, scratch: nil)
        body(&task)
      }
    }
  }

  /// `y` of all queries of a cell, written to rows `index` of `output`.
  func attend(
    _ q: UnitVectors, _ k: UnitVectors, _ v: Rows, _ rule: PositionBias, cell: Int, head: Int, into output: Rows,
    at index: UnsafePointer<Int32>?
  ) {
    scope {
      let scratch = take(grl_attention_scratch(Int32(q.count), Int32(k.count), Int32(q.width)))
      guard !isMeasuring else { return }
      withTask(q, k, v, rule, cell: cell, head: head, output: output, at: index) { task in
        task.scratch = scratch
        step.kernels.pointee.attention(&task)
      }
    }
  }

  /// From the gradient of `y`, which lies as `output` does, to those of `q`, `k` and `v`, and of the bias, which is added to.
  func attendBackward(
    _ gradient: Rows, _ q: UnitVectors, _ k: UnitVectors, _ v: Rows, _ rule: PositionBias, cell: Int, head: Int,
    of output: Rows, at index: UnsafePointer<Int32>?, into dq: Rows, _ dk: Rows, _ dv: Rows
  ) {
    scope {
      let scratch = take(grl_attention_backward_scratch(Int32(q.count), Int32(k.count), Int32(q.width)))
      guard !isMeasuring else { return }
      withTask(q, k, v, rule, cell: cell, head: head, output: output, at: index) { task in
        var backward = grl_attention_backward(
          of: task, dout: gradient.base, dout_stride: gradient.stride, dq: dq.base, dq_stride: dq.stride, dk: dk.base,
          dv: dv.base, dk_stride: dk.stride, dv_stride: dv.stride,
          dbias: biasGradients + rule.table + head * rule.layout.biasFloats, scratch: scratch)
        step.training.pointee.attention_backward(&backward)
      }
    }
  }

  /// Rows for `count` gradients of a head.
  func rows(_ count: Int, width: Int) -> Rows {
    let stride = width.rounded(upTo: Int(GRL_LANE_LIMIT))
    return Rows(base: take(count * stride), stride: stride)
  }

  /// The pixels of a cell's tokens.
  func pixels(of cell: Int, in partition: Partition) -> UnsafePointer<Int32> {
    let pixels = UnsafeMutableRawPointer(take(partition.tokens)).assumingMemoryBound(to: Int32.self)
    if !isMeasuring { partition.writePixels(of: cell, to: pixels) }
    return UnsafePointer(pixels)
  }

  /// Rows `index` of `source`, one after the other.
  func gathered(_ source: Rows, count: Int, width: Int, at index: UnsafePointer<Int32>) -> Rows {
    let result = rows(count, width: width)
    guard !isMeasuring else { return result }
    for row in 0..<count {
      (result.base + row * result.stride).update(from: source.base + Int(index[row]) * source.stride, count: width)
    }
    return result
  }

  /// Adds rows of `width` to rows `index` of `target`.
  func scatter(_ rows: Rows, count: Int, width: Int, to index: UnsafePointer<Int32>, of target: Rows) {
    guard !isMeasuring else { return }
    grl_scatter_add(rows.base, rows.stride, index, Int32(count), Int32(width), target.base, target.stride)
  }
}
