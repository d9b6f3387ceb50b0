import Tensors

/// A block with its input, ready to be asked what a query pixel looks at.
///
/// Only the query's window and stripe are projected anew, so an answer takes milliseconds whatever the size of the picture, and
/// memory of a few cells.
public struct ProbedBlock {
  public let place: BlockPlace
  let attention: MixedAttention
  package let rules: BlockRules
  let input: BlockInput
  let device: any Device
  package let threads: ThreadLease
  /// The unpadded pixels of the pass, in the picture.
  public let area: AttentionCell.Area

  /// Answers for one query and one block, in the order of the questions.
  ///
  /// - Parameters:
  ///   - x, y: in picture coordinates.
  /// - Throws: `OutOfMemory` where the system refuses the memory of a cell.
  /// - Precondition: the query lies in the tile and the heads exist.
  public func rows(x: Int, y: Int, _ questions: [AttentionQuestion]) throws(OutOfMemory) -> [AttentionRow] {
    let query = Query(self, x: x, y: y)
    let window = questions.contains { $0.kind == .window } ? try projections(of: query.windowPixels) : []
    let needsStripe = questions.contains { $0.kind != .window }
    let needsTokens = questions.contains { $0.kind == .stripe || $0.kind == .gather }
    let stripe = try needsStripe ? projections(of: needsTokens ? query.stripePixels : [query.pixel]) : []
    let anchors = try needsStripe ? anchorProjections(of: query.anchorPixels) : []
    let biases = QueryCells.Biases(
      window: window.isEmpty ? [] : try biases(attention.window.bias, for: rules.window),
      read: needsStripe ? try biases(attention.stripe.readBias, for: rules.read) : [],
      gather: needsTokens ? try biases(attention.stripe.gatherBias, for: rules.gather) : [])
    let cells = QueryCells(
      block: self, query: query, window: window, stripe: stripe, hasStripeTokens: needsTokens, anchors: anchors,
      biases: biases)
    return questions.map { question in
      let heads = (question.kind == .window ? attention.window.heads : attention.stripe.heads).count
      let asked = question.head.map { [$0] } ?? Array(0..<heads)
      let rows = asked.map { cells.row(question, head: $0) }
      return question.head == nil ? AttentionRow.mean(rows, question: question) : rows[0]
    }
  }

  // MARK: The whole map

  /// Of the padded map that came in.
  package var shape: Shape { input.shape }
  package var windowHeads: Int { attention.window.heads.count }
  package var stripeHeads: Int { attention.stripe.heads.count }
  package var anchorFactor: Int { attention.stripe.anchor.factor }

  /// What came in, `[H, W, C]`.
  package var features: Tensor { input.copy() }

  /// `[H, W, 3C]`: queries, keys and values of the window half, each head by head, then those of the stripe half.
  package func projections() throws(OutOfMemory) -> [Float] {
    try onWholeInput { pass, x in
      let output = pass.workspace.map(height: x.height, width: x.width, channels: 3 * x.channels)
      attention.project(x, into: output, on: pass)
      return output
    }
  }

  /// `[H / f, W / f, C / 2]`, `f` being the anchor factor or another one that divides the map.
  package func anchors(factor: Int? = nil) throws(OutOfMemory) -> [Float] {
    var projection = attention.stripe.anchor
    if let factor { projection = AnchorProjection(reduction: projection.reduction, factor: factor) }
    return try onWholeInput { pass, x in
      let output = pass.workspace.map(
        height: x.height / projection.factor, width: x.width / projection.factor, channels: x.channels / 2)
      projection(x, into: output, on: pass)
      return output
    }
  }

  /// `[H, W, C]`: what the attention of all heads gives before the output projection, windows, then stripes.
  package func attended() throws(OutOfMemory) -> [Float] {
    try onWholeInput { pass, x in
      let output = pass.workspace.map(x.shape)
      attention(x, rules, into: output, on: pass, name: "")
      return output
    }
  }

  /// The position biases of one of the block's attentions, `[heads, tableRows, tableColumns]`.
  package func biases(of part: AttentionPart) throws(OutOfMemory) -> [Float] {
    switch part {
    case .window: try biases(attention.window.bias, for: rules.window)
    case .read: try biases(attention.stripe.readBias, for: rules.read)
    case .gather: try biases(attention.stripe.gatherBias, for: rules.gather)
    }
  }

  private func onWholeInput(_ body: (Pass, FeatureMap) -> FeatureMap) throws(OutOfMemory) -> [Float] {
    let values = features.values
    return try onOwnMemory { pass in body(pass, pass.map(input.shape, values: pass.isMeasuring ? [] : values)) }
  }

  // MARK: Cells

  /// `[pixels, 3C]`: the projections of some pixels, computed as the block itself computes them.
  private func projections(of pixels: [Int32]) throws(OutOfMemory) -> [Float] {
    let shape = Shape(height: 1, width: pixels.count, channels: input.shape.channels)
    return try onOwnMemory { pass in
      let x = pass.map(shape, values: pass.isMeasuring ? [] : input.values(pixels))
      let output = pass.workspace.map(height: 1, width: pixels.count, channels: 3 * shape.channels)
      attention.project(x, into: output, on: pass)
      return output
    }
  }

  /// `[anchors, C / 2]`, from the pixels of `f` x `f` squares that lie side by side as the anchors do.
  private func anchorProjections(of pixels: [Int32]) throws(OutOfMemory) -> [Float] {
    let (cell, factor, channels) = (rules.read.geometry.keys, attention.stripe.anchor.factor, input.shape.channels)
    let shape = Shape(height: cell.cellHeight * factor, width: cell.cellWidth * factor, channels: channels)
    return try onOwnMemory { pass in
      let x = pass.map(shape, values: pass.isMeasuring ? [] : input.values(pixels))
      let output = pass.workspace.map(height: cell.cellHeight, width: cell.cellWidth, channels: channels / 2)
      attention.stripe.anchor(x, into: output, on: pass)
      return output
    }
  }

  /// The position biases of an attention of this block, `[heads, tableRows, tableColumns]`.
  func biases(_ bias: ContinuousPositionBias, for rule: AttentionRule) throws(OutOfMemory) -> [Float] {
    try Pass.onOwnMemory(of: device, threads: threads) { bias.biases(for: rule.geometry, on: $0) ?? [] }
  }

  /// Runs `body` once to measure and once for its result.
  private func onOwnMemory(_ body: (Pass) -> FeatureMap) throws(OutOfMemory) -> [Float] {
    try Pass.onOwnMemory(of: device, threads: threads) { pass in pass.values(of: body(pass)).values }
  }
}

/// The three attentions of a block.
package enum AttentionPart: Sendable {
  case window
  /// Tokens on anchors.
  case read
  /// Anchors on tokens.
  case gather
}

extension BlockRules {
  package func rule(of part: AttentionPart) -> AttentionRule {
    switch part {
    case .window: window
    case .read: read
    case .gather: gather
    }
  }
}

/// A block's input, `[H, W, C]` of the padded picture: in a pass that is at the block, or kept.
struct BlockInput {
  let shape: Shape
  /// The channels of some pixels, one pixel after the other.
  let values: (_ pixels: [Int32]) -> [Float]
  /// A copy of all.
  let copy: () -> Tensor

  init(_ map: FeatureMap, of pass: Pass) {
    shape = map.shape
    values = { pass.values(of: map, pixels: $0) }
    copy = { pass.values(of: map) }
  }

  init(_ kept: Tensor) {
    shape = kept.shape
    values = { pixels in
      let channels = kept.shape.channels
      return pixels.flatMap { kept.values[Int($0) * channels..<(Int($0) + 1) * channels] }
    }
    copy = { kept }
  }
}

/// Where a query lies in the cells of a block.
struct Query {
  let x: Int
  let y: Int
  let pixel: Int32
  let window: (cell: Int, token: Int)
  let stripe: (cell: Int, token: Int)
  let windowPixels: [Int32]
  let stripePixels: [Int32]
  /// The pixels of the stripe's anchors, arranged as a picture of `f` times the anchor cell.
  let anchorPixels: [Int32]

  init(_ block: ProbedBlock, x: Int, y: Int) {
    let (row, column) = (y - block.area.y, x - block.area.x)
    let (windows, stripes) = (block.rules.window.geometry.keys, block.rules.gather.geometry.keys)
    let (anchors, factor) = (block.rules.read.geometry.keys, block.attention.stripe.anchor.factor)
    (self.x, self.y) = (x, y)
    pixel = Int32(row * windows.width + column)
    window = windows.place(y: row, x: column)
    stripe = stripes.place(y: row, x: column)
    windowPixels = windows.pixels(of: window.cell)
    stripePixels = stripes.pixels(of: stripe.cell)
    let cell = anchors.pixels(of: stripe.cell)
    anchorPixels = (0..<anchors.cellHeight * factor).flatMap { line in
      (0..<anchors.cellWidth * factor).map { place in
        let anchor = Int(cell[line / factor * anchors.cellWidth + place / factor])
        let (top, left) = (anchor / anchors.width * factor, anchor % anchors.width * factor)
        return Int32((top + line % factor) * windows.width + left + place % factor)
      }
    }
  }
}
