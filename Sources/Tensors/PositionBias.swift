import CKernels
import Foundation

/// Learnt temperature and continuous relative position bias of one attention (published scope `attn_transform`).
///
///     score = cosine(q, k) * exp(min(logitScale, ln 100)) + 16 * sigmoid(mlp(offset))
///
/// Source: paper section 3.3 and Swin Transformer V2; golden/README section 6.
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
    hidden = Linear(
      weights: hiddenWeights, bias: hiddenBias, inputs: 2, outputs: hiddenBias.count, activation: .relu,
      for: instructionSet)
    output = Linear(weights: outputWeights, bias: nil, inputs: hiddenBias.count, outputs: heads, for: instructionSet)
  }

  public var bytes: Int { hidden.bytes + output.bytes }

  /// The bias of each table entry, evaluated once for a cell shape.
  ///
  /// `[heads, tableRows, tableColumns]`, both axes reversed (see `AttentionGeometry`), in units of log 2.
  public struct Table: Sendable {
    let values: Parameters
    let floatsPerHead: Int
    /// An upper bound of each head's scores that none is more than `AttentionGeometry.boundSpan` below; negative if there is none.
    let bounds: [Float]

    public var bytes: Int { values.bytes }
  }

  /// Evaluates the small network on every offset of `geometry`.
  public func table(for geometry: AttentionGeometry, on compute: Compute) -> Table {
    guard compute.workspace.holdsMemory else {
      let count = geometry.tableRows * geometry.tableColumns
      return Table(values: Parameters(measuring: heads * count), floatsPerHead: count, bounds: [])
    }
    let offsets = geometry.offsets
    let workspace = Workspace(floats: (2 + hidden.outputs + heads) * offsets.count + 4 * hidden.outputs * 200 + 1024)
    let plain = Compute(instructionSet: compute.instructionSet, pool: compute.pool, workspace: workspace)
    let input = workspace.map(height: 1, width: offsets.count, channels: 2)
    for (index, offset) in offsets.enumerated() {
      input.base[2 * index] = offset.0
      input.base[2 * index + 1] = offset.1
    }
    let result = workspace.map(height: 1, width: offsets.count, channels: heads)
    plain.apply([hidden, output], to: input, into: result)
    let count = offsets.count
    let values = Parameters(count: heads * count) { memory in
      for index in 0..<count {
        for head in 0..<heads {
          let bias = 16 / (1 + exp(-result.base[index * heads + head]))
          memory[head * count + count - 1 - index] = bias * AttentionGeometry.logBase
        }
      }
    }
    let bounds = (0..<heads).map { head in
      let bias = UnsafeBufferPointer(start: values.base + head * count, count: count)
      let reach = temperatures[head] * AttentionGeometry.logBase * 1.001 + 1
      guard let low = bias.min(), let high = bias.max() else { return Float(-1) }
      return high + reach - (low - reach) < AttentionGeometry.boundSpan ? high + reach : -1
    }
    return Table(values: values, floatsPerHead: count, bounds: bounds)
  }
}
