import CKernels
import Tensors

/// Queries, keys and values of one head of attention: one linear layer, computed cell by cell where they are needed.
///
/// Its result is `[pixels, 3 * stride]`: queries at 0, keys at `stride`, values at `2 * stride`, each of `width` channels
/// followed by zeros. Source: paper section 3.3; a head's share of the checkpoint's `attn.qkv.body`.
struct PackedHead: PackedData {
  /// Channels of the head.
  let width: Int
  /// `width` rounded up so that each part begins on a vector of any instruction set.
  let stride: Int
  /// One layer.
  let layers: [PackedLinear]
  var layer: PackedLinear { layers[0] }

  /// - Parameters:
  ///   - weights: `[3 * width, inputs]`, row-major: rows of queries, keys, values.
  ///   - bias: `[3 * width]`, or nil.
  init(weights: [Float], bias: [Float]?, inputs: Int, width: Int, for device: CPUDevice) {
    precondition(weights.count == 3 * width * inputs && bias.map { $0.count == 3 * width } ?? true)
    let stride = width.rounded(upTo: Int(GRL_LANE_LIMIT))
    func padded(_ values: [Float], row: Int) -> [Float] {
      var result = [Float](repeating: 0, count: 3 * stride * row)
      for run in 0..<3 {
        let part = values[run * width * row..<(run + 1) * width * row]
        result.replaceSubrange(run * stride * row..<(run * stride + width) * row, with: part)
      }
      return result
    }
    self.width = width
    self.stride = stride
    layers = [
      PackedLinear(
        weights: padded(weights, row: inputs), bias: bias.map { padded($0, row: 1) }, inputs: inputs,
        outputs: 3 * stride, activation: .none, for: device)
    ]
  }

  var bytes: Int { layer.bytes }
}

/// Queries, keys and values of the tokens of one cell, in a worker's scratch memory.
struct ProjectedCell {
  let query: UnsafePointer<Float>
  let key: UnsafePointer<Float>
  let value: UnsafePointer<Float>
  /// Floats from one token to the next.
  let stride: Int
}

extension HostPass {
  /// Tokens that are projected at once.
  private static let tokensAtOnce = 96

  /// Scratch floats that `project` takes for a cell of `tokens`: its result, and inputs in rounded form.
  func projectionFloats(_ projection: PackedHead, tokens: Int) -> [Int] {
    [tokens * projection.layer.outputs, operands(of: projection).floats]
  }

  private func operands(of projection: PackedHead) -> RoundedOperands {
    RoundedOperands(of: projection.layers, rows: HostPass.tokensAtOnce)
  }

  /// Queries, keys and values of one head for the tokens at `pixels`.
  func project(
    _ source: HostSource, head: Int, at pixels: UnsafePointer<Int32>, tokens: Int, on worker: AttentionWorker,
    _ scratch: inout Bump
  ) -> ProjectedCell {
    let (x, projection) = (source.features, source.heads[head])
    let (outputs, operands) = (projection.layer.outputs, operands(of: projection))
    let result = scratch.take(tokens * outputs)
    let rounding = scratch.take(operands.floats)
    worker.time(.projections) {
      for first in stride(from: 0, to: tokens, by: HostPass.tokensAtOnce) {
        let (count, target) = (min(HostPass.tokensAtOnce, tokens - first), result + first * outputs)
        if operands.isChain {
          multiply(
            projection.layers, rows: count, from: x.base, at: pixels + first, into: target, operands: operands,
            memory: rounding)
        } else {
          multiply(projection.layer, rows: count, from: x.base, at: pixels + first, into: target)
        }
      }
    }
    return ProjectedCell(
      query: UnsafePointer(result), key: UnsafePointer(result + projection.stride),
      value: UnsafePointer(result + 2 * projection.stride), stride: outputs)
  }

  /// The projections of a whole map, for probes and the trace: as the checkpoint orders them, that is all queries head by head, then
  /// all keys, then all values, from `channel` of `output` on.
  func project(_ heads: [PackedHead], of x: HostMap, into output: HostMap, channel: Int) {
    for (head, projection) in heads.enumerated() {
      scope {
        let channels = projection.layer.outputs
        let own = HostMap(height: x.height, width: x.width, channels: channels, base: take(x.pixels * channels))
        apply(projection.layers, norm: nil, to: x, residual: nil, local: nil, into: own)
        guard holdsMemory else { return }
        for pixel in 0..<x.pixels {
          for run in 0..<3 {
            let target = channel + (run * heads.count + head) * projection.width
            (output.base + pixel * output.channels + target).update(
              from: own.base + pixel * own.channels + run * projection.stride, count: projection.width)
          }
        }
      }
    }
  }
}
