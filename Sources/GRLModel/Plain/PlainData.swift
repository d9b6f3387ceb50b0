import Tensors

// Weights and geometry as `PlainDevice` keeps them: as they are.

/// `activation(W x + b)`: `weights` is `[outputs, inputs]`.
struct PlainLinear: PackedData {
  let weights: [Float]
  let bias: [Float]?
  let inputs: Int
  let outputs: Int
  let activation: Activation

  var bytes: Int { (weights.count + (bias?.count ?? 0)) * MemoryLayout<Float>.stride }
}

struct PlainNorm: PackedData {
  let gamma: [Float]
  let beta: [Float]

  var bytes: Int { 2 * gamma.count * MemoryLayout<Float>.stride }
}

struct PlainGate: PackedData {
  let weights: ChannelGate.Weights

  var bytes: Int { 2 * weights.reduce.count * MemoryLayout<Float>.stride }
}

/// Which tokens of each cell were apart before the roll (Docs/Network.md section 6, "Shift mask").
struct PlainCells: PackedData {
  typealias Regions = (queries: [Int], keys: [Int])
  private let byBorder: [Regions?]
  private let queries: Partition

  init(queries: Partition, keys: Partition) {
    self.queries = queries
    byBorder = Partition.Border.allCases.map { border in
      let (own, others) = (queries.regions(on: border), keys.regions(on: border))
      return Set(own + others).count > 1 ? (own, others) : nil
    }
  }

  var bytes: Int { byBorder.reduce(0) { $0 + 8 * ($1.map { $0.queries.count + $0.keys.count } ?? 0) } }

  /// Labels of a cell's queries and keys; nil where no key is masked.
  func regions(of cell: Int) -> Regions? { byBorder[queries.border(of: cell).rawValue] }
}

/// `[heads, tableRows, tableColumns]`.
struct PlainBiases: PackedData {
  /// Empty in a pass that measures.
  let values: [Float]
  let count: Int

  var bytes: Int { count * MemoryLayout<Float>.stride }
}

/// One attention for one size of picture.
struct PlainRule {
  let geometry: AttentionGeometry
  let cells: PlainCells
  let temperatures: [Float]
  let biases: [Float]
  /// Of one head's table.
  let entries: Int

  init(_ rule: AttentionRule) {
    geometry = rule.geometry
    cells = rule.geometry.packed as! PlainCells
    temperatures = rule.temperatures
    biases = (rule.packed as! PlainBiases).values
    entries = geometry.tableRows * geometry.tableColumns
  }
}
