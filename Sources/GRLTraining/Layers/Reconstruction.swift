import GRLModel
import Tensors

/// Deep features to picture (paper section 3.1; Docs/Network.md section 8): a run of convolutions, each with what comes before and after it.
struct TrainedReconstruction {
  /// One convolution: `after(activation(conv(before(x))))`.
  private struct Step {
    let convolution: ConvolutionLayer
    var doublesBefore = false
    var activation = Activation.none
    /// Of a pixel shuffle that follows; 1 for none.
    var shuffle = 1
  }

  private let steps: [Step]
  /// Whether the input picture is added to the result.
  let addsPicture: Bool

  struct Kept {
    /// Input and result, before its activation, of each convolution.
    fileprivate let inputs: [Map]
    fileprivate let results: [Map]
  }

  init(_ scope: ParameterScope, _ plan: inout NetworkPlan) {
    let configuration = plan.configuration
    let (width, head, output) = (
      configuration.embeddingWidth, Reconstruction.headWidth, configuration.outputChannels
    )
    func convolution(_ scope: ParameterScope, _ inputs: Int, _ outputs: Int) -> ConvolutionLayer {
      ConvolutionLayer(scope, in: inputs, out: outputs, plan.packed, plan.device)
    }
    func before() -> Step {
      Step(
        convolution: convolution(scope["conv_before_upsample"][0], width, head), activation: .leakyReLU(slope: 0.01))
    }
    var isSameSize = false
    switch configuration.upsampler {
    case .none:
      steps = [Step(convolution: convolution(scope["conv_last"], width, output))]
      isSameSize = true
    case .pixelShuffleDirect:
      let scale = configuration.upscale
      steps = [
        Step(convolution: convolution(scope["upsample"]["up"][0], width, scale * scale * output), shuffle: scale)
      ]
    case .pixelShuffle:
      let ladder = Reconstruction.ladder(configuration.upscale).enumerated().map { index, scale in
        Step(convolution: convolution(scope["upsample"]["up"][2 * index], head, scale * scale * head), shuffle: scale)
      }
      steps = [before()] + ladder + [Step(convolution: convolution(scope["conv_last"], head, output))]
    case .nearestConvolution:
      let up = ["conv_up1", "conv_up2"].map {
        Step(
          convolution: convolution(scope[$0], head, head), doublesBefore: true, activation: .leakyReLU(slope: 0.2))
      }
      let high = Step(convolution: convolution(scope["conv_hr"], head, head), activation: .leakyReLU(slope: 0.2))
      steps = [before()] + up + [high, Step(convolution: convolution(scope["conv_last"], head, output))]
    }
    addsPicture = isSameSize && configuration.inputChannels == output
    for step in steps { plan.note(step.convolution) }
  }

  /// - Parameter picture: the padded, mean-free input `[H, W, Cin]`.
  /// - Returns: `[H * s, W * s, Cout]`.
  func forward(_ deep: Map, picture: Map, on lane: Lane) -> (y: Map, kept: Kept) {
    var (x, inputs, results): (Map, [Map], [Map]) = (deep, [], [])
    for (index, step) in steps.enumerated() {
      if step.doublesBefore { x = lane.doubleNearest(x) }
      inputs.append(x)
      let isLast = index == steps.count - 1
      let result = step.convolution.forward(x, residual: isLast && addsPicture ? picture : nil, on: lane)
      results.append(result)
      x = result
      if step.activation != .none {
        x = lane.map(like: result)
        lane.activate(result, step.activation, into: x)
      }
      if step.shuffle > 1 { x = lane.pixelShuffle(x, scale: step.shuffle) }
    }
    return (x, Kept(inputs: inputs, results: results))
  }

  /// From the gradient of the result to that of the deep features, which is set.
  func backward(_ dy: Map, _ kept: Kept, into dDeep: Map, on lane: Lane) {
    lane.scope {
      var gradient = dy
      for (index, step) in steps.enumerated().reversed() {
        if step.shuffle > 1 { gradient = lane.pixelShuffleBackward(gradient, scale: step.shuffle) }
        if step.activation != .none {
          lane.activateBackward(gradient, step.activation, of: kept.results[index], into: gradient)
        }
        let dx = index == 0 ? dDeep : lane.map(like: kept.inputs[index])
        step.convolution.backward(gradient, of: kept.inputs[index], into: dx, on: lane)
        gradient = step.doublesBefore ? lane.doubleNearestBackward(dx) : dx
      }
    }
  }
}
