import CKernels

/// Attention of one cell and head on rounded queries, keys, weights and values.
extension Compute {
  /// Tokens of operands, whose rows or columns are padded.
  private func paddedTokens(_ tokens: Int) -> Int { tokens.rounded(upTo: RoundedKernels.step) }
  /// Floats that `tokens` take as rows or columns of `width` channels, and as the depth of values.
  private func rowFloats(_ tokens: Int, _ width: Int) -> Int {
    paddedTokens(tokens) * width.rounded(upTo: RoundedKernels.step) / 2
  }
  private func depthFloats(_ tokens: Int, _ width: Int) -> Int {
    paddedTokens(tokens) * width.rounded(upTo: RoundedKernels.panel) / 2
  }
  private func kernelScratch(_ width: Int) -> Int { grl_bf16_attention_scratch(Int32(width)) / 4 }

  func roundedFloats(for task: WindowAttentionTask) -> Int {
    let (tokens, width) = (task.rule.geometry.keys.tokens, task.source.headWidth)
    return Bump.size(
      projectionFloats(task.source.heads[0], tokens: tokens) + [
        tokens, rowFloats(tokens, width), rowFloats(tokens, width), depthFloats(tokens, width), kernelScratch(width),
      ])
  }

  func roundedFloats(for task: StripeAttentionTask) -> Int {
    let (anchors, tokens) = (task.gather.geometry.queries.tokens, task.gather.geometry.keys.tokens)
    let width = task.source.headWidth
    return Bump.size(
      projectionFloats(task.source.heads[0], tokens: tokens) + [
        tokens, anchors, rowFloats(tokens, width), depthFloats(tokens, width), rowFloats(anchors, width),
        anchors * width, depthFloats(anchors, width), kernelScratch(width),
      ])
  }

  func run(
    _ task: WindowAttentionTask, cell: Int, head: Int, bias: KernelBias, on worker: AttentionWorker,
    _ rounded: RoundedKernels
  ) {
    let (source, geometry) = (task.source, task.rule.geometry)
    let (tokens, width) = (geometry.keys.tokens, source.headWidth)
    var bump = Bump(next: worker.scratch)
    let pixels = takeIndices(&bump, tokens)
    geometry.keys.writePixels(of: cell, to: pixels)
    let projected = project(source, head: head, at: pixels, tokens: tokens, on: worker, &bump)
    let q = bump.takeRounded(rowFloats(tokens, width))
    let k = bump.takeRounded(rowFloats(tokens, width))
    let v = bump.takeRounded(depthFloats(tokens, width))
    let tokensOf = { part in Gathered(part, projected.stride, tokens: tokens, width: width) }
    gather(
      tokensOf(projected.query), scale: task.rule.temperatures[head] * AttentionGeometry.logBase, into: q,
      rounded.table.pointee.gather_rows)
    gather(tokensOf(projected.key), scale: 1, into: k, rounded.table.pointee.gather_columns)
    gather(tokensOf(projected.value), scale: nil, into: v, rounded.table.pointee.gather_depth)
    attend(
      task.rule, cell: cell, head: head, bias: bias, q: q, k: k, v: v, width: width,
      output: source.outputBase(head: head), pixels: pixels, outputStride: source.output.channels, scratch: bump.next,
      rounded)
  }

  func run(
    _ task: StripeAttentionTask, cell: Int, head: Int, gatherBias: KernelBias, readBias: KernelBias,
    on worker: AttentionWorker, _ rounded: RoundedKernels
  ) {
    let source = task.source
    let (anchorCells, tokenCells) = (task.gather.geometry.queries, task.gather.geometry.keys)
    let (anchors, tokens, width) = (anchorCells.tokens, tokenCells.tokens, source.headWidth)
    var bump = Bump(next: worker.scratch)
    let pixels = takeIndices(&bump, tokens)
    let anchorPixels = takeIndices(&bump, anchors)
    tokenCells.writePixels(of: cell, to: pixels)
    anchorCells.writePixels(of: cell, to: anchorPixels)
    let projected = project(source, head: head, at: pixels, tokens: tokens, on: worker, &bump)
    let tokenQK = bump.takeRounded(rowFloats(tokens, width))
    let v = bump.takeRounded(depthFloats(tokens, width))
    let a = bump.takeRounded(rowFloats(anchors, width))
    let gathered = bump.take(anchors * width)
    let gatheredV = bump.takeRounded(depthFloats(anchors, width))
    let tokensOf = { part in Gathered(part, projected.stride, tokens: tokens, width: width) }
    let anchorRows = Gathered(
      UnsafePointer(task.anchors.base + head * width), task.anchors.channels, at: anchorPixels, tokens: anchors,
      width: width)

    // Anchors gather from tokens.
    gather(anchorRows, scale: 1, into: a, rounded.table.pointee.gather_rows)
    gather(
      tokensOf(projected.key), scale: task.gather.temperatures[head] * AttentionGeometry.logBase, into: tokenQK,
      rounded.table.pointee.gather_columns)
    gather(tokensOf(projected.value), scale: nil, into: v, rounded.table.pointee.gather_depth)
    attend(
      task.gather, cell: cell, head: head, bias: gatherBias, q: a, k: tokenQK, v: v, width: width, output: gathered,
      pixels: nil, outputStride: width, scratch: bump.next, rounded)

    // Tokens read from anchors.
    gather(anchorRows, scale: 1, into: a, rounded.table.pointee.gather_columns)
    gather(
      tokensOf(projected.query), scale: task.read.temperatures[head] * AttentionGeometry.logBase, into: tokenQK,
      rounded.table.pointee.gather_rows)
    let results = Gathered(UnsafePointer(gathered), width, tokens: anchors, width: width)
    gather(results, scale: nil, into: gatheredV, rounded.table.pointee.gather_depth)
    attend(
      task.read, cell: cell, head: head, bias: readBias, q: tokenQK, k: a, v: gatheredV, width: width,
      output: source.outputBase(head: head), pixels: pixels, outputStride: source.output.channels, scratch: bump.next,
      rounded)
  }

  /// Tokens of a cell, one head's channels of each.
  private struct Gathered {
    let base: UnsafePointer<Float>
    let stride: Int
    let pixels: UnsafePointer<Int32>?
    let tokens: Int
    let width: Int

    /// - Parameter pixels: where the tokens lie, or nil where they follow each other.
    init(_ base: UnsafePointer<Float>, _ stride: Int, at pixels: UnsafePointer<Int32>? = nil, tokens: Int, width: Int) {
      self.base = base
      self.stride = stride
      self.pixels = pixels
      self.tokens = tokens
      self.width = width
    }
  }

  /// - Parameter scale: length that each token is given, or nil to leave them as they are.
  private func gather(
    _ tokens: Gathered, scale: Float?, into output: UnsafeMutablePointer<grl_bf16>,
    _ kernel: (UnsafePointer<grl_bf16_gather>?) -> Void
  ) {
    var task = grl_bf16_gather(
      x: tokens.base, stride: tokens.stride, index: tokens.pixels, count: Int32(tokens.tokens),
      head_dim: Int32(tokens.width), scale: scale ?? 1, normalised: scale == nil ? 0 : 1, out: output)
    kernel(&task)
  }

  private func attend(
    _ rule: AttentionRule, cell: Int, head: Int, bias: KernelBias, q: UnsafePointer<grl_bf16>,
    k: UnsafePointer<grl_bf16>, v: UnsafePointer<grl_bf16>, width: Int, output: UnsafeMutablePointer<Float>,
    pixels: UnsafePointer<Int32>?, outputStride: Int, scratch: UnsafeMutablePointer<Float>, _ rounded: RoundedKernels
  ) {
    let geometry = rule.geometry
    let mask = geometry.masks[geometry.queries.border(of: cell).rawValue]
    geometry.biasOffsets.withUnsafeBufferPointer { biasOffsets in
      (mask?.offsets ?? []).withUnsafeBufferPointer { maskOffsets in
        var task = grl_bf16_attention(
          q: q, k: k, v: v, q_stride: width.rounded(upTo: RoundedKernels.step), head_dim: Int32(width),
          query_count: Int32(geometry.queries.tokens), key_rows: Int32(geometry.keyRows),
          key_columns: Int32(geometry.keyColumns), bias: bias[head], bias_offset: biasOffsets.baseAddress!,
          bias_row_step: geometry.biasRowStep, mask: mask?.values.base,
          mask_offset: mask == nil ? nil : maskOffsets.baseAddress!,
          scores: known(rule, head: head, mask), out: output, out_index: pixels, out_stride: outputStride,
          scratch: scratch)
        rounded.table.pointee.attention(&task)
      }
    }
  }
}

extension Compute.Bump {
  /// The same memory for rounded values, counted in floats.
  mutating func takeRounded(_ floats: Int) -> UnsafeMutablePointer<grl_bf16> {
    UnsafeMutableRawPointer(take(floats)).bindMemory(to: grl_bf16.self, capacity: 2 * floats)
  }
}
