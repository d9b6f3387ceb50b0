import CKernels
import Tensors

/// Attention of one cell and head on rounded queries, keys, weights and values.
extension HostPass {
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

  func roundedFloats(for task: WindowCells) -> Int {
    let (tokens, width) = (task.rule.layout.keys.tokens, task.source.headWidth)
    return Bump.size(
      projectionFloats(task.source.heads[0], tokens: tokens) + [
        tokens, rowFloats(tokens, width), rowFloats(tokens, width), depthFloats(tokens, width), kernelScratch(width),
      ])
  }

  func roundedFloats(for task: StripeCells) -> Int {
    let (anchors, tokens) = (task.gather.layout.queries.tokens, task.gather.layout.keys.tokens)
    let width = task.source.headWidth
    return Bump.size(
      projectionFloats(task.source.heads[0], tokens: tokens) + [
        tokens, anchors, rowFloats(tokens, width), depthFloats(tokens, width), rowFloats(anchors, width),
        anchors * width, depthFloats(anchors, width), kernelScratch(width),
      ])
  }

  func run(
    _ task: WindowCells, cell: Int, head: Int, bias: KernelBias, on worker: AttentionWorker,
    _ rounded: RoundedKernels
  ) {
    let (source, layout) = (task.source, task.rule.layout)
    let (tokens, width) = (layout.keys.tokens, source.headWidth)
    var bump = Bump(next: worker.scratch)
    let pixels = takeIndices(&bump, tokens)
    layout.keys.writePixels(of: cell, to: pixels)
    let projected = project(source, head: head, at: pixels, tokens: tokens, on: worker, &bump)
    let q = bump.takeRounded(rowFloats(tokens, width))
    let k = bump.takeRounded(rowFloats(tokens, width))
    let v = bump.takeRounded(depthFloats(tokens, width))
    let tokensOf = { part in Gathered(part, projected.stride, tokens: tokens, width: width) }
    gather(
      tokensOf(projected.query), scale: task.rule.temperatures[head] * CellLayout.logBase, into: q,
      rounded.table.pointee.gather_rows)
    gather(tokensOf(projected.key), scale: 1, into: k, rounded.table.pointee.gather_columns)
    gather(tokensOf(projected.value), scale: nil, into: v, rounded.table.pointee.gather_depth)
    attend(
      task.rule, cell: cell, head: head, bias: bias, q: q, k: k, v: v, width: width,
      output: source.outputBase(head: head), pixels: pixels, outputStride: source.output.channels, scratch: bump.next,
      rounded)
  }

  func run(
    _ task: StripeCells, cell: Int, head: Int, gatherBias: KernelBias, readBias: KernelBias,
    on worker: AttentionWorker, _ rounded: RoundedKernels
  ) {
    let source = task.source
    let (anchorCells, tokenCells) = (task.gather.layout.queries, task.gather.layout.keys)
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
      tokensOf(projected.key), scale: task.gather.temperatures[head] * CellLayout.logBase, into: tokenQK,
      rounded.table.pointee.gather_columns)
    gather(tokensOf(projected.value), scale: nil, into: v, rounded.table.pointee.gather_depth)
    attend(
      task.gather, cell: cell, head: head, bias: gatherBias, q: a, k: tokenQK, v: v, width: width, output: gathered,
      pixels: nil, outputStride: width, scratch: bump.next, rounded)

    // Tokens read from anchors.
    gather(anchorRows, scale: 1, into: a, rounded.table.pointee.gather_columns)
    gather(
      tokensOf(projected.query), scale: task.read.temperatures[head] * CellLayout.logBase, into: tokenQK,
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
    _ rule: HostRule, cell: Int, head: Int, bias: KernelBias, q: UnsafePointer<grl_bf16>,
    k: UnsafePointer<grl_bf16>, v: UnsafePointer<grl_bf16>, width: Int, output: UnsafeMutablePointer<Float>,
    pixels: UnsafePointer<Int32>?, outputStride: Int, scratch: UnsafeMutablePointer<Float>, _ rounded: RoundedKernels
  ) {
    let layout = rule.layout
    let mask = layout.masks[layout.queries.border(of: cell).rawValue]
    layout.biasOffsets.withUnsafeBufferPointer { biasOffsets in
      (mask?.offsets ?? []).withUnsafeBufferPointer { maskOffsets in
        var task = grl_bf16_attention(
          q: q, k: k, v: v, q_stride: width.rounded(upTo: RoundedKernels.step), head_dim: Int32(width),
          query_count: Int32(layout.queries.tokens), key_rows: Int32(layout.keyRows),
          key_columns: Int32(layout.keyColumns), bias: bias[head], bias_offset: biasOffsets.baseAddress!,
          bias_row_step: layout.biasRowStep, mask: mask?.values.base,
          mask_offset: mask == nil ? nil : maskOffsets.baseAddress!,
          scores: known(rule, head: head, mask), out: output, out_index: pixels, out_stride: outputStride,
          scratch: scratch)
        rounded.table.pointee.attention(&task)
      }
    }
  }
}

extension HostPass.Bump {
  /// The same memory for rounded values, counted in floats.
  mutating func takeRounded(_ floats: Int) -> UnsafeMutablePointer<grl_bf16> {
    UnsafeMutableRawPointer(take(floats)).bindMemory(to: grl_bf16.self, capacity: 2 * floats)
  }
}
