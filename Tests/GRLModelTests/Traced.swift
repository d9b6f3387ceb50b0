import Checkpoints
import CPUDevice
import Foundation
import GRLModel
import Tensors

/// A network with made-up weights, a picture, and what a forward pass shows of its projections.
struct Traced {
  let network: GRL
  let input: Tensor
  let threads = ThreadLease(threadCount: 2)
  let checkpoint: Checkpoint
  private var maps: [String: Tensor] = [:]

  init(_ configuration: GRLConfiguration, height: Int, width: Int) throws {
    checkpoint = GeneratedWeights.checkpoint(configuration, seed: 5)
    network = try GRL(checkpoint, configuration: configuration, on: CPUDevice())
    input = GRLTests.picture(height, width, channels: configuration.inputChannels, seed: 11)
    let session = try GRLSession(network: network, height: height, width: width, threads: threads)
    var maps: [String: Tensor] = [:]
    _ = try session.restore(input) { name, map in
      if name.hasSuffix(".qkv") || name.hasSuffix(".anchor") {
        maps[name] = map
      }
    }
    self.maps = maps
  }

  func reference(_ place: BlockPlace) -> SlowAttention {
    let name = "stage\(place.stage).block\(place.block)"
    return SlowAttention(
      configuration: network.configuration, checkpoint: checkpoint, place: place, projections: maps[name + ".qkv"]!,
      anchors: maps[name + ".anchor"]!)
  }
}

/// One axis of a rolled and cut map: the definition of Docs/Network.md section 5.
private struct Axis {
  let extent: Int
  let cell: Int
  let shift: Int

  func rolled(_ position: Int) -> Int { (position - shift + extent) % extent }
  func original(_ rolled: Int) -> Int { (rolled + shift) % extent }
  func label(_ rolled: Int) -> Int {
    shift == 0 ? 2 : rolled < extent - cell ? 0 : rolled < extent - shift ? 1 : 2
  }
}

/// Attention by the book: Docs/Network.md sections 3 to 6 in double precision, one number after the other.
struct SlowAttention {
  let configuration: GRLConfiguration
  let checkpoint: Checkpoint
  let place: BlockPlace
  let projections: Tensor
  let anchors: Tensor

  private var half: Int { projections.shape.channels / 6 }

  /// By position `(x, y)` in the padded map of pixels, or of anchors.
  func row(_ kind: AttentionKind, x: Int, y: Int, head: Int, terms: ScoreTerms) -> [SIMD2<Int>: Double] {
    switch kind {
    case .window:
      let (rows, columns) = (windowAxis(projections.shape.height), windowAxis(projections.shape.width))
      return softmax(
        query: vector(projections, x, y, 0, head, configuration.windowHeads), at: (x, y), (rows, columns),
        keys: (rows, columns), cellOf: (rows.rolled(y) / rows.cell, columns.rolled(x) / columns.cell),
        scope: "window_attn.attn_transform", head, terms
      ) { vector(projections, $0, $1, 1, head, configuration.windowHeads) }
    case .anchors: return read(x, y, head, terms)
    case .stripe:
      var sum: [SIMD2<Int>: Double] = [:]
      for (anchor, share) in read(x, y, head, terms) {
        for (key, weight) in gather(anchor.x, anchor.y, head, terms) { sum[key, default: 0] += share * weight }
      }
      return sum
    case .gather: preconditionFailure("ask for an anchor")
    }
  }

  /// Row of anchor number `anchor` of the query's stripe.
  func gather(x: Int, y: Int, anchor: Int, head: Int) -> [SIMD2<Int>: Double] {
    let (tokens, anchorAxes) = (stripeAxes, self.anchorAxes)
    let cell = (tokens.0.rolled(y) / tokens.0.cell, tokens.1.rolled(x) / tokens.1.cell)
    let row = anchorAxes.0.original(cell.0 * anchorAxes.0.cell + anchor / anchorAxes.1.cell)
    let column = anchorAxes.1.original(cell.1 * anchorAxes.1.cell + anchor % anchorAxes.1.cell)
    return gather(column, row, head, ScoreTerms())
  }

  private func read(_ x: Int, _ y: Int, _ head: Int, _ terms: ScoreTerms) -> [SIMD2<Int>: Double] {
    let axes = stripeAxes
    return softmax(
      query: vector(projections, x, y, 3, head, configuration.stripeHeads), at: (x, y), axes, keys: anchorAxes,
      cellOf: (axes.0.rolled(y) / axes.0.cell, axes.1.rolled(x) / axes.1.cell),
      scope: "stripe_attn.attn_transform2", head, terms
    ) { vector(anchors, $0, $1, 0, head, configuration.stripeHeads) }
  }

  private func gather(_ x: Int, _ y: Int, _ head: Int, _ terms: ScoreTerms) -> [SIMD2<Int>: Double] {
    let axes = anchorAxes
    return softmax(
      query: vector(anchors, x, y, 0, head, configuration.stripeHeads), at: (x, y), axes, keys: stripeAxes,
      cellOf: (axes.0.rolled(y) / axes.0.cell, axes.1.rolled(x) / axes.1.cell),
      scope: "stripe_attn.attn_transform1", head, terms
    ) { vector(projections, $0, $1, 4, head, configuration.stripeHeads) }
  }

  private func windowAxis(_ extent: Int) -> Axis {
    Axis(extent: extent, cell: configuration.windowSize, shift: place.block % 2 == 0 ? configuration.windowSize / 2 : 0)
  }

  /// Rows and columns.
  private var stripeAxes: (Axis, Axis) {
    func axis(_ size: GRLConfiguration.StripeExtent, _ extent: Int) -> Axis {
      let isShifted = place.block % 4 >= 2 && configuration.shiftsStripes
      switch size {
      case .pixels(let side): return Axis(extent: extent, cell: side, shift: isShifted ? side / 2 : 0)
      case .groups(let count):
        return Axis(
          extent: extent, cell: extent / count, shift: isShifted && count > 1 ? extent / (2 * count) : 0)
      }
    }
    let isVertical = place.block % 2 == 1
    let shape = projections.shape
    return (
      axis(isVertical ? configuration.stripeColumns : configuration.stripeRows, shape.height),
      axis(isVertical ? configuration.stripeRows : configuration.stripeColumns, shape.width)
    )
  }

  private var anchorAxes: (Axis, Axis) {
    let f = configuration.anchorFactor
    func summarised(_ axis: Axis) -> Axis {
      Axis(extent: axis.extent / f, cell: axis.cell / f, shift: axis.shift / f)
    }
    return (summarised(stripeAxes.0), summarised(stripeAxes.1))
  }

  private func vector(_ map: Tensor, _ x: Int, _ y: Int, _ run: Int, _ head: Int, _ heads: Int) -> [Double] {
    let width = half / heads
    let start = (y * map.shape.width + x) * map.shape.channels + run * half + head * width
    let values = map.values[start..<start + width].map { Double($0) }
    let length = max(values.reduce(0) { $0 + $1 * $1 }.squareRoot(), 1e-12)
    return values.map { $0 / length }
  }

  private func softmax(
    query: [Double], at position: (x: Int, y: Int), _ own: (Axis, Axis), keys: (Axis, Axis), cellOf: (Int, Int),
    scope: String, _ head: Int, _ terms: ScoreTerms, _ vector: (_ x: Int, _ y: Int) -> [Double]
  ) -> [SIMD2<Int>: Double] {
    let bias = Bias(checkpoint, "layers.\(place.stage).blocks.\(place.block).attn.\(scope)", head)
    let (row, column) = (own.0.rolled(position.y), own.1.rolled(position.x))
    let (i, j) = (row % own.0.cell, column % own.1.cell)
    var scores: [SIMD2<Int>: Double] = [:]
    for k in 0..<keys.0.cell {
      for l in 0..<keys.1.cell {
        let (keyRow, keyColumn) = (cellOf.0 * keys.0.cell + k, cellOf.1 * keys.1.cell + l)
        let (y, x) = (keys.0.original(keyRow), keys.1.original(keyColumn))
        var score = zip(query, vector(x, y)).reduce(0) { $0 + $1.0 * $1.1 }
        if terms.hasTemperature { score *= bias.temperature }
        if terms.hasBias {
          score += bias.value(
            Bias.offset(i - k + keys.0.cell - 1, own.0.cell, keys.0.cell),
            Bias.offset(j - l + keys.1.cell - 1, own.1.cell, keys.1.cell))
        }
        let isApart =
          own.0.label(row) != keys.0.label(keyRow) || own.1.label(column) != keys.1.label(keyColumn)
        if isApart { score -= 100 }
        scores[SIMD2(x, y)] = score
      }
    }
    let largest = scores.values.max()!
    let sum = scores.values.reduce(0) { $0 + exp($1 - largest) }
    return scores.mapValues { exp($0 - largest) / sum }
  }
}

/// Temperature and position bias of one head.
private struct Bias {
  let temperature: Double
  private let hidden: [Float]
  private let hiddenBias: [Float]
  private let output: [Float]

  init(_ checkpoint: Checkpoint, _ scope: String, _ head: Int) {
    func floats(_ name: String) -> [Float] { checkpoint.tensors[scope + "." + name]!.floats() }
    temperature = exp(min(Double(floats("logit_scale")[head]), log(100)))
    hidden = floats("cpb_mlp.0.weight")
    hiddenBias = floats("cpb_mlp.0.bias")
    output = Array(floats("cpb_mlp.2.weight")[head * 512..<(head + 1) * 512])
  }

  /// Entry `index` of the table's axis.
  static func offset(_ index: Int, _ a: Int, _ b: Int) -> Double {
    let (n, m) = (max(a, b), min(a, b))
    let slack = (n - m) / 2
    let r = Double(index + 1 - m - slack) / Double(n - 1 - slack) * 8
    return (r > 0 ? 1 : r < 0 ? -1 : 0) * log2(abs(r) + 1) / 3
  }

  func value(_ row: Double, _ column: Double) -> Double {
    var sum = 0.0
    for unit in 0..<512 {
      let x = Double(hidden[2 * unit]) * row + Double(hidden[2 * unit + 1]) * column + Double(hiddenBias[unit])
      sum += Double(output[unit]) * max(0, x)
    }
    return 16 / (1 + exp(-sum))
  }
}
