import CKernels
import CPUDevice
import GRLModel
import Tensors

/// A block and everything of its input that its attentions are computed from: what every pixel of a pass looks at, cell by cell.
///
/// Memory is linear in the pixels: `3 C` floats each, and a few cells for each thread. Rows of weights exist for some queries at a time.
/// Always float32.
public struct WholeBlock {
  public let place: BlockPlace
  /// The unpadded pixels of the pass, in the picture.
  public let area: AttentionCell.Area

  let block: ProbedBlock
  /// `[H, W, 3C]` of the padded map, and what kernels may read behind it.
  private let projections: [Float]
  /// `[H / f, W / f, C / 2]`.
  private let anchors: [Float]
  private let half: Int

  /// - Throws: `OutOfMemory`.
  public init(_ block: ProbedBlock) throws(OutOfMemory) {
    self.block = block
    (place, area) = (block.place, block.area)
    half = block.shape.channels / 2
    try OutOfMemory.check(WholeBlock.bytes(block.shape))
    projections = Self.withSlack(try block.projections())
    anchors = Self.withSlack(try block.anchors())
  }

  private static func withSlack(_ values: consuming [Float]) -> [Float] {
    values.append(contentsOf: repeatElement(0, count: Int(GRL_SLACK)))
    return values
  }

  /// Bytes that it holds.
  public var bytes: Int { (projections.count + anchors.count) * MemoryLayout<Float>.stride }

  /// Floats for each pixel and channel of a padded map that a block takes at its peak, while projections are made: the map and a copy,
  /// its projections in the pass, out of it, and with what kernels read behind them.
  public static let peakFeatures = 12

  static func bytes(_ shape: Shape) -> Int {
    shape.pixels * shape.channels * peakFeatures * MemoryLayout<Float>.stride
  }

  /// Bytes that a block of a tile takes at its peak.
  public static func bytes(_ configuration: GRLConfiguration, height: Int, width: Int) -> Int {
    bytes(
      Shape(
        height: configuration.padded(height), width: configuration.padded(width),
        channels: configuration.embeddingWidth))
  }

  var threads: ThreadLease { block.threads }
  /// Of the padded map.
  var shape: Shape { block.shape }

  func heads(_ kind: AttentionKind) -> Int { kind == .window ? block.windowHeads : block.stripeHeads }
  func width(_ kind: AttentionKind) -> Int { half / heads(kind) }

  /// Cells of tokens: windows or stripes.
  func cells(_ kind: AttentionKind) -> Partition {
    kind == .window ? block.rules.window.geometry.keys : block.rules.gather.geometry.keys
  }

  /// Queries (0), keys (1) or values (2) of a head.
  func vectors(_ run: Int, _ kind: AttentionKind, head: Int) -> HeadVectors {
    HeadVectors(
      values: projections, stride: 6 * half,
      channel: ((kind == .window ? 0 : 3) + run) * half + head * width(kind))
  }

  func anchorVectors(head: Int) -> HeadVectors {
    HeadVectors(values: anchors, stride: half, channel: head * width(.stripe))
  }

  /// Weights of some queries of one cell: the mean over the heads that were asked for.
  struct RowBlock {
    let cell: Int
    /// Tokens of the cell.
    let queries: Range<Int>
    /// For each token of the cell its pixel in the padded map.
    let pixels: [Int32]
    /// `[queries, stride]`.
    let rows: UnsafePointer<Float>
    let stride: Int
  }

  /// The attentions that rows of a kind are made of.
  struct Parts {
    let kind: AttentionKind
    /// Of windows; nil for stripes.
    let window: LaidOutAttention?
    /// Of stripes; nil for windows.
    let read: LaidOutAttention?
    let gather: LaidOutAttention?
  }

  func parts(_ kind: AttentionKind, terms: ScoreTerms) throws(OutOfMemory) -> Parts {
    kind == .window
      ? Parts(
        kind: kind, window: try LaidOutAttention(.window, of: block, terms: terms), read: nil, gather: nil)
      : Parts(
        kind: kind, window: nil, read: try LaidOutAttention(.read, of: block, terms: terms),
        gather: try LaidOutAttention(.gather, of: block, terms: terms))
  }

  func windowWeights(_ parts: Parts, cell: Int, head: Int, pixels: [Int32]) -> CellWeights {
    let attention = parts.window!
    return CellWeights(
      attention: attention, head: head, cell: cell,
      queries: vectors(0, .window, head: head).units(
        at: pixels, width: width(.window), scale: attention.temperatures[head]),
      keys: vectors(1, .window, head: head).units(at: pixels, width: width(.window), scale: 1))
  }

  /// Tokens on anchors, and anchors on tokens.
  func stripeWeights(
    _ parts: Parts, cell: Int, head: Int, pixels: [Int32]
  ) -> (read: CellWeights, gather: CellWeights) {
    let (read, gather, width) = (parts.read!, parts.gather!, width(.stripe))
    let own = gather.layout.queries.pixels(of: cell)
    let anchors = anchorVectors(head: head)
    return (
      CellWeights(
        attention: read, head: head, cell: cell,
        queries: vectors(0, .stripe, head: head).units(at: pixels, width: width, scale: read.temperatures[head]),
        keys: anchors.units(at: own, width: width, scale: 1)),
      CellWeights(
        attention: gather, head: head, cell: cell,
        queries: anchors.units(at: own, width: width, scale: gather.temperatures[head]),
        keys: vectors(1, .stripe, head: head).units(at: pixels, width: width, scale: 1))
    )
  }

  /// Queries whose rows are made at once: their rows stay in the second cache.
  private static let block = 32

  /// Calls `body` with the weights of all queries of all cells, on all threads at once, each cell by one of them.
  ///
  /// - Parameters:
  ///   - kind: `window` or `stripe`.
  ///   - heads: whose mean is taken.
  ///   - wanted: cells to look at; nil for all.
  ///   - prepare: called once for each cell; what it returns is given to `body` with the rows of that cell.
  func forEachRows<Prepared>(
    _ kind: AttentionKind, heads: [Int], terms: ScoreTerms = ScoreTerms(), cells wanted: [Int]? = nil,
    prepare: (_ cell: Int, _ pixels: [Int32]) -> Prepared, _ body: (RowBlock, Prepared) -> Void
  ) throws(OutOfMemory) {
    precondition((kind == .window || kind == .stripe) && !heads.isEmpty)
    let (parts, cells) = (try parts(kind, terms: terms), cells(kind))
    let order = wanted ?? Array(0..<cells.cellCount)
    threads.run(count: order.count) { index, _ in
      let cell = order[index]
      let pixels = cells.pixels(of: cell)
      let prepared = prepare(cell, pixels)
      let write =
        kind == .window
        ? windowRows(parts, cell: cell, heads: heads, pixels) : stripeRows(parts, cell: cell, heads: heads, pixels)
      let stride = pixels.count.rounded(upTo: CellLayout.step)
      let floats = Self.block * stride
      // Rows of one head, and their mean.
      var memory = [Float](repeating: 0, count: 2 * floats + Int(GRL_SLACK))
      memory.withUnsafeMutableBufferPointer { memory in
        let (own, mean) = (memory.baseAddress!, memory.baseAddress! + floats)
        for first in Swift.stride(from: 0, to: pixels.count, by: Self.block) {
          let queries = first..<min(pixels.count, first + Self.block)
          if heads.count == 1 {
            write(0, queries, own)
          } else {
            mean.update(repeating: 0, count: floats)
            for head in heads.indices {
              write(head, queries, own)
              grl_blend(mean, 1, own, 1 / Float(heads.count), queries.count * stride)
            }
          }
          body(
            RowBlock(
              cell: cell, queries: queries, pixels: pixels, rows: heads.count == 1 ? own : mean, stride: stride),
            prepared)
        }
      }
    }
  }

  private typealias RowWriter = (_ head: Int, _ queries: Range<Int>, _ rows: UnsafeMutablePointer<Float>) -> Void

  private func windowRows(_ parts: Parts, cell: Int, heads: [Int], _ pixels: [Int32]) -> RowWriter {
    let weights = heads.map { windowWeights(parts, cell: cell, head: $0, pixels: pixels) }
    return { weights[$0].write($1, to: $2) }
  }

  /// Composed: what a token reads from the anchors, times what they gather.
  private func stripeRows(_ parts: Parts, cell: Int, heads: [Int], _ pixels: [Int32]) -> RowWriter {
    let factors = heads.map { head in
      let (read, gather) = stripeWeights(parts, cell: cell, head: head, pixels: pixels)
      let packed = PackedRows(
        gather.all(), rows: gather.queries.count, columns: gather.keys.count, stride: gather.stride)
      return (read: read, gather: packed, stride: gather.stride)
    }
    return { index, queries, rows in
      let factor = factors[index]
      withUnsafeTemporaryAllocation(of: Float.self, capacity: queries.count * factor.read.stride + Int(GRL_SLACK)) {
        $0.initialize(repeating: 0)
        factor.read.write(queries, to: $0.baseAddress!)
        factor.gather.multiply(
          $0.baseAddress!, stride: factor.read.stride, count: queries.count, into: rows, outStride: factor.stride)
      }
    }
  }
}

/// Where the pixels of a padded map lie in the picture.
struct PixelPlaces {
  let x: [Float]
  let y: [Float]
  /// The window that a pixel lies in; -1 for padding.
  let window: [Int32]
  /// The pixel's number in the area, row by row; -1 for padding.
  let index: [Int32]

  init(_ block: WholeBlock) {
    let (shape, area, windows) = (block.shape, block.area, block.cells(.window))
    var (x, y) = ([Float](), [Float]())
    var window = [Int32](repeating: -1, count: shape.pixels)
    var index = window
    x.reserveCapacity(shape.pixels)
    y.reserveCapacity(shape.pixels)
    for row in 0..<shape.height {
      for column in 0..<shape.width {
        x.append(Float(area.x + column))
        y.append(Float(area.y + row))
        if row < area.height && column < area.width {
          window[row * shape.width + column] = Int32(windows.place(y: row, x: column).cell)
          index[row * shape.width + column] = Int32(row * area.width + column)
        }
      }
    }
    (self.x, self.y, self.window, self.index) = (x, y, window, index)
  }
}
