import Checkpoints
import Tensors

/// A transformer stage: blocks in turn, then `x + conv(blocks(x))` (checkpoint scope `layers.N`).
struct TransformerStage: Sendable {
  let blocks: [TransformerBlock]
  let convolution: Convolution

  init(_ weights: WeightScope, depth: Int, _ configuration: GRLConfiguration, on device: any Device) {
    blocks = (0..<depth).map { TransformerBlock(weights["blocks"][$0], configuration, on: device) }
    let width = configuration.embeddingWidth
    convolution = Convolution(weights["conv"], in: width, out: width, on: device)
  }

  var bytes: Int { blocks.reduce(convolution.bytes) { $0 + $1.bytes } }

  /// Works on `x` in place. `number` counts stages from 0; `probe` sees each block's input before the block runs; `afterBlock`
  /// is given the block's number and may throw to stop.
  func callAsFunction<Failure: Error>(
    _ x: FeatureMap, _ rules: [BlockRules], number: Int, on pass: Pass, probe: AttentionProbe?,
    afterBlock: (_ block: Int) throws(Failure) -> Void
  ) throws(Failure) {
    let name = "stage\(number)"
    try pass.workspace.scope { () throws(Failure) in
      let y = pass.workspace.map(height: x.height, width: x.width, channels: x.channels)
      for (index, block) in blocks.enumerated() {
        let input = index == 0 ? x : y
        let place = BlockPlace(stage: number, block: index)
        if let probe {
          probe.look(
            at: ProbedBlock(
              place: place, attention: block.attention, rules: rules[index], input: BlockInput(input, of: pass),
              device: pass.device, threads: pass.threads, area: probe.area))
        }
        let onGate = probe.map { probe in { probe.note(pass.values(of: $0).values, of: place) } }
        block(input, rules[index], into: y, on: pass, name: "\(name).block\(index)", onGate: onGate)
        probe?.note(output: pass.values(of: y), of: place)
        try afterBlock(index)
      }
      pass.apply(convolution, to: y, residual: x, into: x)
    }
    pass.show(name, x)
  }
}
