import Tensors

/// The window and the stripe of one query, projected.
struct QueryCells {
  let block: ProbedBlock
  let query: Query
  /// `[window tokens, 3C]`.
  let window: [Float]
  /// `[stripe tokens, 3C]`, or of the query alone.
  let stripe: [Float]
  let hasStripeTokens: Bool
  /// `[anchors, C / 2]`.
  let anchors: [Float]
  let biases: Biases

  /// Position biases `[heads, tableRows, tableColumns]`; empty where no question needs them.
  struct Biases {
    let window: [Float]
    let read: [Float]
    let gather: [Float]
  }

  private var half: Int { block.input.shape.channels / 2 }

  func row(_ question: AttentionQuestion, head: Int) -> AttentionRow {
    let rules = block.rules
    switch question.kind {
    case .window:
      return row(
        question, rules.window, cell: query.window.cell, weights: windowWeights(head, question.terms),
        masked: rules.window.geometry.maskedKeys(token: query.window.token, cell: query.window.cell))
    case .anchors:
      return row(
        question, rules.read, cell: query.stripe.cell, weights: readWeights(head, question.terms),
        masked: rules.read.geometry.maskedKeys(token: query.stripe.token, cell: query.stripe.cell),
        pixelsPerKey: block.attention.stripe.anchor.factor)
    case .stripe:
      let weights = gather(head, question.terms).sum(weightedBy: readWeights(head, question.terms), on: block.threads)
      return row(question, rules.gather, cell: query.stripe.cell, weights: weights, masked: composedMask)
    case .gather:
      let shares = readWeights(head, question.terms)
      let anchor = shares.indices.max { shares[$0] < shares[$1] } ?? 0
      let cell = AttentionCell(
        rules.read.geometry.keys, cell: query.stripe.cell, pixelsPerKey: block.attention.stripe.anchor.factor,
        area: block.area
      )
      return row(
        question, rules.gather, cell: query.stripe.cell, weights: gather(head, question.terms).row(anchor),
        masked: rules.gather.geometry.maskedKeys(token: anchor, cell: query.stripe.cell),
        anchor: cell.pixels(ofKey: anchor))
    }
  }

  private func row(
    _ question: AttentionQuestion, _ rule: AttentionRule, cell: Int, weights: [Float], masked: [Bool],
    pixelsPerKey: Int = 1, anchor: AttentionCell.Area? = nil
  ) -> AttentionRow {
    let keys = rule.geometry.keys
    return AttentionRow(
      x: query.x, y: query.y, place: block.place, question: question,
      cell: AttentionCell(keys, cell: cell, pixelsPerKey: pixelsPerKey, area: block.area), weights: weights,
      masked: masked,
      window: AttentionCell(
        block.rules.window.geometry.keys, cell: query.window.cell, pixelsPerKey: 1, area: block.area),
      isShifted: keys.shiftX > 0 || keys.shiftY > 0, anchor: anchor)
  }

  private func windowWeights(_ head: Int, _ terms: ScoreTerms) -> [Float] {
    let width = half / block.attention.window.heads.count
    return CellAttention(
      block.rules.window, biases: biases.window, cell: query.window.cell, head: head, terms: terms,
      queries: .init(values: window, stride: 6 * half, channel: head * width),
      keys: .init(values: window, stride: 6 * half, channel: half + head * width), width: width
    ).row(query.window.token)
  }

  /// Query against anchors.
  private func readWeights(_ head: Int, _ terms: ScoreTerms) -> [Float] {
    let width = half / block.attention.stripe.heads.count
    let own = hasStripeTokens ? query.stripe.token * 6 * half : 0
    return CellAttention(
      block.rules.read, biases: biases.read, cell: query.stripe.cell, head: head, terms: terms,
      // One query: the same vector whatever the token's number.
      queries: .init(values: stripe, stride: 0, channel: own + 3 * half + head * width),
      keys: .init(values: anchors, stride: half, channel: head * width), width: width
    ).row(query.stripe.token)
  }

  /// Anchors against the stripe's tokens.
  private func gather(_ head: Int, _ terms: ScoreTerms) -> CellAttention {
    let width = half / block.attention.stripe.heads.count
    return CellAttention(
      block.rules.gather, biases: biases.gather, cell: query.stripe.cell, head: head, terms: terms,
      queries: .init(values: anchors, stride: half, channel: head * width),
      keys: .init(values: stripe, stride: 6 * half, channel: 4 * half + head * width), width: width)
  }

  /// Keys that no anchor in the query's sight sees.
  private var composedMask: [Bool] {
    let (read, gather) = (block.rules.read.geometry, block.rules.gather.geometry)
    let hidden = read.maskedKeys(token: query.stripe.token, cell: query.stripe.cell)
    // Where all anchors are masked alike, none is.
    let open =
      hidden.isEmpty || hidden.allSatisfy { $0 } ? Array(0..<read.keys.tokens) : hidden.indices.filter { !hidden[$0] }
    var sights: [[Bool]] = []
    for anchor in open {
      let sight = gather.maskedKeys(token: anchor, cell: query.stripe.cell)
      if sight.isEmpty || sight.allSatisfy({ $0 }) { return [] }
      if !sights.contains(sight) { sights.append(sight) }
    }
    return sights.isEmpty ? [] : sights[0].indices.map { key in sights.allSatisfy { $0[key] } }
  }
}
