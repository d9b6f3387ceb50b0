import CKernels
import Foundation

/// Learnt temperature and continuous relative position bias of one attention (published scope `attn_transform`).
///
///     score = cosine(q, k) * exp(min(logitScale, ln 100)) + 16 * sigmoid(mlp(offset))
///
/// Source: paper section 3.3 and Swin Transformer V2; Docs/Network.md section 6.
public struct PositionBias: Sendable {
  public let heads: Int
  /// `exp(min(logitScale, ln 100))` of each head.
  public let temperatures: [Float]
  private let hidden: Linear
  private let output: Linear

  /// - Parameters:
  ///   - logitScale: `[heads]`, logarithms.
  ///   - hiddenWeights, hiddenBias: `[512, 2]` and `[512]`; outputWeights: `[heads, 512]`.
  public init(
    logitScale: [Float], hiddenWeights: [Float], hiddenBias: [Float], outputWeights: [Float],
    for instructionSet: InstructionSet
  ) {
    heads = logitScale.count
    temperatures = logitScale.map { exp(min($0, log(Float(100)))) }
    // Evaluated once for a cell shape: always in float32.
    let arithmetic = Arithmetic(instructionSet)
    hidden = Linear(
      weights: hiddenWeights, bias: hiddenBias, inputs: 2, outputs: hiddenBias.count, activation: .relu,
      for: arithmetic)
    output = Linear(weights: outputWeights, bias: nil, inputs: hiddenBias.count, outputs: heads, for: arithmetic)
  }

  public var bytes: Int { hidden.bytes + output.bytes }

  /// The bias of each table entry, evaluated once for a cell shape.
  ///
  /// `[heads, tableRows, tableColumns]`, both axes reversed (see `AttentionGeometry`), in units of log 2. A constant is added to
  /// all biases of a head so that its scores reach at most `AttentionGeometry.scoreTop`: the cosine is at most 1, so a score
  /// reaches at most the largest bias plus the temperature. A head is bounded where they also stay above `GRL_SCORE_BOTTOM`.
  public struct Table: Sendable {
    let values: Parameters
    let floatsPerHead: Int
    let isBounded: [Bool]

    public var bytes: Int { values.bytes }
  }

  /// Evaluates the small network on every offset of `geometry`.
  public func table(for geometry: AttentionGeometry, on compute: Compute) -> Table {
    let count = geometry.tableRows * geometry.tableColumns
    let workspace = compute.workspace
    return workspace.scope {
      let plain = Compute(Arithmetic(compute.instructionSet), threads: compute.threads, workspace: workspace)
      let input = workspace.map(height: 1, width: count, channels: 2)
      if workspace.holdsMemory {
        for (index, offset) in geometry.offsets.enumerated() {
          input.base[2 * index] = offset.0
          input.base[2 * index + 1] = offset.1
        }
      }
      let result = workspace.map(height: 1, width: count, channels: heads)
      plain.apply([hidden, output], to: input, into: result)
      return workspace.holdsMemory
        ? table(of: result)
        : Table(values: Parameters(measuring: heads * count), floatsPerHead: count, isBounded: [])
    }
  }

  /// - Parameter result: the small network's results, `[1, entries, heads]`.
  private func table(of result: FeatureMap) -> Table {
    let count = result.pixels
    var isBounded: [Bool] = []
    let values = Parameters(count: heads * count) { memory in
      for head in 0..<heads {
        let table = UnsafeMutableBufferPointer(start: memory + head * count, count: count)
        for index in 0..<count {
          let bias = 16 / (1 + exp(-result.base[index * heads + head]))
          table[count - 1 - index] = bias * AttentionGeometry.logBase
        }
        let reach = temperatures[head] * AttentionGeometry.logBase * 1.0001
        let (low, high) = table.reduce((Float.infinity, -Float.infinity)) { (min($0.0, $1), max($0.1, $1)) }
        isBounded.append(high - low + 2 * reach < AttentionGeometry.boundSpan)
        let shift = AttentionGeometry.scoreTop - (high + reach)
        for index in 0..<count { table[index] += shift }
      }
    }
    return Table(values: values, floatsPerHead: count, isBounded: isBounded)
  }
}
