import CKernels
import Tensors

/// One attention: cells as the kernels walk them, position bias and temperatures.
struct HostRule {
  let layout: CellLayout
  let table: BiasTable
  let temperatures: [Float]

  init(_ rule: AttentionRule) {
    layout = rule.geometry.packed as! CellLayout
    table = rule.packed as! BiasTable
    temperatures = rule.temperatures
  }
}

/// What the heads of an attention look at, and where their results go.
struct HostSource {
  let features: HostMap
  let heads: [PackedHead]
  let output: HostMap
  let outputChannel: Int

  init(_ source: AttentionSource, on pass: HostPass) {
    features = pass.host(source.features)
    heads = source.heads.map { $0.packed as! PackedHead }
    output = pass.host(source.output)
    outputChannel = source.outputChannel
  }

  /// Channels of a head.
  var headWidth: Int { heads[0].width }

  func outputBase(head: Int) -> UnsafeMutablePointer<Float> { output.base + outputChannel + head * headWidth }
}

struct WindowCells {
  let source: HostSource
  let rule: HostRule

  init(_ task: WindowAttentionTask, on pass: HostPass) {
    source = HostSource(task.source, on: pass)
    rule = HostRule(task.rule)
  }
}

struct StripeCells {
  let source: HostSource
  let anchors: HostMap
  /// Queries are anchors, keys are tokens.
  let gather: HostRule
  /// Queries are tokens, keys are anchors.
  let read: HostRule

  init(_ task: StripeAttentionTask, on pass: HostPass) {
    source = HostSource(task.source, on: pass)
    anchors = pass.host(task.anchors)
    (gather, read) = (HostRule(task.gather), HostRule(task.read))
  }
}

extension HostSource {
  /// What attentions of `rule` take with these heads: exponentials, and the arithmetic of cosines and weighted values.
  fileprivate func work(_ rule: HostRule, _ part: AttentionClock.Part) -> AttentionClock.Work {
    let layout = rule.layout
    let scores = Double(layout.keys.cellCount * layout.queries.tokens) * Double(layout.keys.tokens * heads.count)
    return AttentionClock.Work(part: part, operations: 4 * scores * Double(headWidth), exponentials: scores)
  }

  fileprivate var projectionWork: AttentionClock.Work {
    let operations = 2 * Double(features.channels) * Double(3 * headWidth * heads.count) * Double(features.pixels)
    return AttentionClock.Work(part: .projections, operations: operations, exponentials: 0)
  }
}

extension WindowCells {
  fileprivate var work: [AttentionClock.Work] { [source.projectionWork, source.work(rule, .windows)] }
}

extension StripeCells {
  fileprivate var work: [AttentionClock.Work] {
    [source.projectionWork, source.work(gather, .stripes), source.work(read, .stripes)]
  }
}

/// One thread's place in the loop over windows and stripes.
struct AttentionWorker {
  let scratch: UnsafeMutablePointer<Float>
  let number: Int
  /// Nil where the pass is not profiled.
  let clock: AttentionClock?

  func time(_ part: AttentionClock.Part, _ body: () -> Void) {
    if let clock { clock.time(part, worker: number, body) } else { body() }
  }
}

extension HostPass {
  /// Queries that one kernel call takes: bounds its scratch.
  private static let queryChunk = 512

  /// Both attentions of a block, all heads, in one parallel loop over stripes and windows.
  ///
  /// Neither queries, keys and values, nor a rolled or partitioned map, nor a matrix of scores or biases of a whole cell is ever
  /// stored as a whole: each task projects the tokens of its cell.
  func attend(windows: WindowCells, stripes: StripeCells) {
    scope {
      let windowBias = spread(windows.rule)
      let gatherBias = spread(stripes.gather)
      let readBias = spread(stripes.read)
      let scratch = perWorker(
        floats: rounded == nil
          ? max(floats(for: windows), floats(for: stripes))
          : max(roundedFloats(for: windows), roundedFloats(for: stripes)))
      guard holdsMemory else { return }
      let stripeTasks = HeadTasks(
        cells: stripes.gather.layout.keys.cellCount, heads: stripes.source.heads.count, threads)
      let windowTasks = HeadTasks(
        cells: windows.rule.layout.keys.cellCount, heads: windows.source.heads.count, threads)
      // Stripes first: they are the longer tasks.
      let clock = profile.map { AttentionClock(profile: $0, threadCount: threads.threadCount) }
      threads.run(count: stripeTasks.count + windowTasks.count) { index, number in
        let worker = AttentionWorker(scratch: scratch[number], number: number, clock: clock)
        if index < stripeTasks.count {
          worker.time(.stripes) {
            stripeTasks.forEach(of: index) { cell, head in
              if let rounded {
                run(stripes, cell: cell, head: head, gatherBias: gatherBias, readBias: readBias, on: worker, rounded)
              } else {
                run(stripes, cell: cell, head: head, gatherBias: gatherBias, readBias: readBias, on: worker)
              }
            }
          }
        } else {
          worker.time(.windows) {
            windowTasks.forEach(of: index - stripeTasks.count) { cell, head in
              if let rounded {
                run(windows, cell: cell, head: head, bias: windowBias, on: worker, rounded)
              } else {
                run(windows, cell: cell, head: head, bias: windowBias, on: worker)
              }
            }
          }
        }
      }
      clock?.book(windows.work + stripes.work)
    }
  }

  /// How cells and heads are cut into tasks of a loop.
  ///
  /// Heads of one pixel are neighbours in memory, so one thread takes all heads of a cell, as long as that leaves tasks enough for all.
  private struct HeadTasks {
    let count: Int
    private let heads: Int
    private let headsAtOnce: Int

    init(cells: Int, heads: Int, _ threads: ThreadLease) {
      let tasksPerThread = 16
      self.heads = heads
      headsAtOnce = cells >= tasksPerThread * threads.threadCount ? heads : 1
      count = cells * heads / headsAtOnce
    }

    func forEach(of task: Int, _ body: (_ cell: Int, _ head: Int) -> Void) {
      for unit in (task * headsAtOnce)..<((task + 1) * headsAtOnce) { body(unit / heads, unit % heads) }
    }
  }

  /// The bias of every head as the kernels read it.
  struct KernelBias {
    let base: UnsafePointer<Float>
    let floatsPerHead: Int
    subscript(head: Int) -> UnsafePointer<Float> { base + head * floatsPerHead }
  }

  private func spread(_ rule: HostRule) -> KernelBias {
    let (layout, table) = (rule.layout, rule.table)
    if layout.readsTable { return KernelBias(base: table.values.base, floatsPerHead: table.floatsPerHead) }
    let heads = rule.temperatures.count
    let bias = take(heads * layout.biasFloats)
    if holdsMemory {
      threads.run(count: heads) { head, _ in
        layout.writeBias(
          table: table.values.base + head * table.floatsPerHead, to: bias + head * layout.biasFloats)
      }
    }
    return KernelBias(base: UnsafePointer(bias), floatsPerHead: layout.biasFloats)
  }

  // MARK: One cell, one head

  /// Scratch memory given out front to back.
  struct Bump {
    var next: UnsafeMutablePointer<Float>
    mutating func take(_ count: Int) -> UnsafeMutablePointer<Float> {
      defer { next += (count + Int(GRL_SLACK)).rounded(upTo: 16) }
      return next
    }
    static func size(_ counts: [Int]) -> Int { counts.reduce(0) { $0 + ($1 + Int(GRL_SLACK)).rounded(upTo: 16) } }
  }

  /// Widths of a transposed operand of `tokens`, of a row of values, and the kernel's scratch. A power of two would put all channels of a
  /// token into the same few sets of the cache.
  private func transposedStride(_ tokens: Int) -> Int { tokens.rounded(upTo: CellLayout.step) + 16 }
  private func valueStride(_ headWidth: Int) -> Int { headWidth.rounded(upTo: Int(GRL_LANE_LIMIT)) }
  private func kernelScratch(queries: Int, keys: Int, headWidth: Int) -> Int {
    grl_attention_scratch(Int32(min(queries, HostPass.queryChunk)), Int32(keys), Int32(headWidth))
  }

  private func floats(for task: WindowCells) -> Int {
    let (tokens, width) = (task.rule.layout.keys.tokens, task.source.headWidth)
    return Bump.size(
      projectionFloats(task.source.heads[0], tokens: tokens) + [
        tokens, width * transposedStride(tokens), width * transposedStride(tokens),
        kernelScratch(queries: tokens, keys: tokens, headWidth: width),
      ])
  }

  private func floats(for task: StripeCells) -> Int {
    let (anchors, tokens) = (task.gather.layout.queries.tokens, task.gather.layout.keys.tokens)
    let width = task.source.headWidth
    return Bump.size(
      projectionFloats(task.source.heads[0], tokens: tokens) + [
        tokens, anchors, width * transposedStride(tokens), width * transposedStride(anchors),
        anchors * valueStride(width),
        max(
          kernelScratch(queries: anchors, keys: tokens, headWidth: width),
          kernelScratch(queries: tokens, keys: anchors, headWidth: width)),
      ])
  }

  func takeIndices(_ bump: inout Bump, _ count: Int) -> UnsafeMutablePointer<Int32> {
    UnsafeMutableRawPointer(bump.take(count)).bindMemory(to: Int32.self, capacity: count)
  }

  private func run(
    _ task: WindowCells, cell: Int, head: Int, bias: KernelBias, on worker: AttentionWorker
  ) {
    let (source, layout) = (task.source, task.rule.layout)
    let (tokens, width) = (layout.keys.tokens, source.headWidth)
    let stride = transposedStride(tokens)
    var bump = Bump(next: worker.scratch)
    let pixels = takeIndices(&bump, tokens)
    layout.keys.writePixels(of: cell, to: pixels)
    let projected = project(source, head: head, at: pixels, tokens: tokens, on: worker, &bump)
    let q = bump.take(width * stride)
    let k = bump.take(width * stride)
    let temperature = task.rule.temperatures[head] * CellLayout.logBase
    gather(projected.query, projected.stride, nil, tokens, width, scale: temperature, into: q, stride)
    gather(projected.key, projected.stride, nil, tokens, width, scale: 1, into: k, stride)
    attend(
      task.rule, cell: cell, head: head, bias: bias, q: q, qStride: stride, k: k, kStride: stride, v: projected.value,
      vStride: projected.stride, width: width, output: source.outputBase(head: head), pixels: pixels,
      outputStride: source.output.channels, scratch: bump.next)
  }

  private func run(
    _ task: StripeCells, cell: Int, head: Int, gatherBias: KernelBias, readBias: KernelBias,
    on worker: AttentionWorker
  ) {
    let source = task.source
    let (anchorCells, tokenCells) = (task.gather.layout.queries, task.gather.layout.keys)
    let (anchors, tokens, width) = (anchorCells.tokens, tokenCells.tokens, source.headWidth)
    let (anchorStride, tokenStride) = (transposedStride(anchors), transposedStride(tokens))
    var bump = Bump(next: worker.scratch)
    let pixels = takeIndices(&bump, tokens)
    let anchorPixels = takeIndices(&bump, anchors)
    tokenCells.writePixels(of: cell, to: pixels)
    anchorCells.writePixels(of: cell, to: anchorPixels)
    let projected = project(source, head: head, at: pixels, tokens: tokens, on: worker, &bump)
    let tokenQK = bump.take(width * tokenStride)
    let a = bump.take(width * anchorStride)
    let gathered = bump.take(anchors * valueStride(width))

    // Anchors gather from tokens. The temperature sits on the keys, so that the same anchors serve both steps.
    gather(
      task.anchors.base + head * width, task.anchors.channels, anchorPixels, anchors, width, scale: 1, into: a,
      anchorStride)
    gather(
      projected.key, projected.stride, nil, tokens, width,
      scale: task.gather.temperatures[head] * CellLayout.logBase, into: tokenQK, tokenStride)
    attend(
      task.gather, cell: cell, head: head, bias: gatherBias, q: a, qStride: anchorStride, k: tokenQK,
      kStride: tokenStride, v: projected.value, vStride: projected.stride, width: width, output: gathered, pixels: nil,
      outputStride: valueStride(width), scratch: bump.next)

    // Tokens read from anchors.
    gather(
      projected.query, projected.stride, nil, tokens, width,
      scale: task.read.temperatures[head] * CellLayout.logBase, into: tokenQK, tokenStride)
    attend(
      task.read, cell: cell, head: head, bias: readBias, q: tokenQK, qStride: tokenStride, k: a, kStride: anchorStride,
      v: gathered, vStride: valueStride(width), width: width, output: source.outputBase(head: head), pixels: pixels,
      outputStride: source.output.channels, scratch: bump.next)
  }

  /// - Parameter pixels: where the tokens lie, or nil where they follow each other.
  private func gather(
    _ x: UnsafePointer<Float>, _ tokenStride: Int, _ pixels: UnsafePointer<Int32>?, _ count: Int, _ width: Int,
    scale: Float, into output: UnsafeMutablePointer<Float>, _ stride: Int
  ) {
    var task = grl_gather(
      x: x, stride: tokenStride, index: pixels, count: Int32(count),
      padded_count: Int32(count.rounded(upTo: CellLayout.step)),
      head_dim: Int32(width), scale: scale, out: output, out_stride: stride)
    kernels.table.pointee.gather_normalised(&task)
  }

  /// What the kernels are told of the scores.
  func known(_ rule: HostRule, head: Int, _ mask: CellLayout.Mask?) -> grl_scores {
    rule.table.isBounded[head] && mask?.leavesEveryQueryAKey ?? true ? GRL_SCORES_WITHIN : GRL_SCORES_BELOW
  }

  private func attend(
    _ rule: HostRule, cell: Int, head: Int, bias: KernelBias, q: UnsafePointer<Float>, qStride: Int,
    k: UnsafePointer<Float>, kStride: Int, v: UnsafePointer<Float>, vStride: Int, width: Int,
    output: UnsafeMutablePointer<Float>, pixels: UnsafePointer<Int32>?, outputStride: Int,
    scratch: UnsafeMutablePointer<Float>
  ) {
    let layout = rule.layout
    let queries = layout.queries.tokens
    let mask = layout.masks[layout.queries.border(of: cell).rawValue]
    let known = known(rule, head: head, mask)
    layout.biasOffsets.withUnsafeBufferPointer { biasOffsets in
      (mask?.offsets ?? []).withUnsafeBufferPointer { maskOffsets in
        for first in stride(from: 0, to: queries, by: HostPass.queryChunk) {
          var task = grl_attention(
            q: q + first, k: k, v: v, q_stride: qStride, k_stride: kStride, v_stride: vStride,
            head_dim: Int32(width), query_count: Int32(min(queries - first, HostPass.queryChunk)),
            key_rows: Int32(layout.keyRows), key_columns: Int32(layout.keyColumns), bias: bias[head],
            bias_offset: biasOffsets.baseAddress! + first, bias_row_step: layout.biasRowStep,
            mask: mask?.values.base, mask_offset: mask == nil ? nil : maskOffsets.baseAddress! + first,
            scores: known, out: pixels == nil ? output + first * outputStride : output,
            out_index: pixels.map { $0 + first },
            out_stride: outputStride, scratch: scratch)
          kernels.table.pointee.attention(&task)
        }
      }
    }
  }
}
