import CKernels
import CPUDevice
import GRLModel
import Tensors

/// What is settled while a network's layers are made: places of parameters, packed weights and tables of biases.
struct NetworkPlan {
  let configuration: GRLConfiguration
  let device: CPUDevice
  let geometry: PictureGeometry
  let packed: PackedLayout
  var tables = BiasLayout()
  var biases: [PositionBias] = []
  /// What packs each layer's weights for a step.
  private(set) var packers: [@Sendable (StepWeights) -> Void] = []

  mutating func note(_ layers: LinearLayer...) { for layer in layers { packers.append { layer.pack($0) } } }
  mutating func note(_ layers: ConvolutionLayer...) { for layer in layers { packers.append { layer.pack($0) } } }

  fileprivate init(_ configuration: GRLConfiguration, height: Int, width: Int, device: CPUDevice) {
    self.configuration = configuration
    self.device = device
    packed = PackedLayout(device.kernelTable)
    geometry = PictureGeometry(configuration, height: height, width: width, on: device)
  }
}

/// The GRL network with gradients, for patches of one size.
///
/// Each layer has its backward beside its forward, in the order of the paper; there is no graph. Everything that the way back needs is kept
/// in the memory of the patch's lane, but for scores of attention, normalised vectors and activations of GELU, which are computed again.
///
/// Source: "Efficient and Explicit Modelling of Image Hierarchies for Image Restoration", CVPR 2023 (arXiv 2303.00748).
struct TrainedNetwork: Sendable {
  let configuration: GRLConfiguration
  let device: CPUDevice
  /// Of a patch as it comes in.
  let height: Int
  let width: Int
  let parameters: [Parameter]
  let parameterFloats: Int
  let packedFloats: Int
  let biasFloats: Int
  let biasHeads: Int
  let biases: [PositionBias]
  let packers: [@Sendable (StepWeights) -> Void]

  private let first: ConvolutionLayer
  private let normStart: LayerNormLayer
  private let stages: [TrainedStage]
  private let normEnd: LayerNormLayer
  private let afterBody: ConvolutionLayer
  private let reconstruction: TrainedReconstruction

  /// - Parameter wantsInputGradient: whether the way back goes on to the picture.
  init(
    _ configuration: GRLConfiguration, height: Int, width: Int, wantsInputGradient: Bool = false, on device: CPUDevice
  ) {
    (self.configuration, self.device, self.height, self.width) = (configuration, device, height, width)
    let layout = ParameterLayout()
    let scope = ParameterScope(layout: layout)
    var plan = NetworkPlan(
      configuration, height: configuration.padded(height), width: configuration.padded(width), device: device)
    let channels = configuration.embeddingWidth
    first = ConvolutionLayer(
      scope["conv_first"], in: configuration.inputChannels, out: channels, wantsInputGradient: wantsInputGradient,
      plan.packed, device)
    normStart = LayerNormLayer(scope["norm_start"], channels: channels)
    stages = configuration.depths.enumerated().map { TrainedStage(scope["layers"][$0], depth: $1, &plan) }
    normEnd = LayerNormLayer(scope["norm_end"], channels: channels)
    afterBody = ConvolutionLayer(scope["conv_after_body"], in: channels, out: channels, plan.packed, device)
    plan.note(first, afterBody)
    reconstruction = TrainedReconstruction(scope, &plan)
    (parameters, parameterFloats) = (layout.parameters, layout.floats)
    (packedFloats, biasFloats, biasHeads) = (plan.packed.floats, plan.tables.floats, plan.tables.heads)
    (biases, packers) = (plan.biases, plan.packers)
  }

  /// Shapes of a patch that comes in and of the restored one.
  var inputShape: Shape { Shape(height: height, width: width, channels: configuration.inputChannels) }
  var outputShape: Shape {
    Shape(
      height: height * configuration.upscale, width: width * configuration.upscale,
      channels: max(configuration.outputChannels, mean.count))
  }

  /// What is put back: one channel of a network with three means gives three (Docs/Network.md section 2).
  private var mean: [Float] { configuration.inputChannels == 3 ? configuration.subtractedMean : [0] }

  /// One patch forward and back; adds to the lane's gradients.
  ///
  /// - Parameters:
  ///   - input: `inputShape`, values in 0...1.
  ///   - inputGradient: set to the gradient with respect to the patch, `inputShape`; only of a network that wants it.
  ///   - gradient: is given the restored patch, `outputShape`, and writes the gradient of the loss with respect to it.
  func pass(
    _ input: UnsafePointer<Float>?, on lane: Lane, inputGradient: UnsafeMutablePointer<Float>? = nil,
    gradient: (_ restored: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>) -> Void
  ) {
    let (paddedHeight, paddedWidth) = (configuration.padded(height), configuration.padded(width))
    lane.scope {
      let picture = lane.map(paddedHeight, paddedWidth, configuration.inputChannels)
      if let input, !lane.isMeasuring { pad(input, into: picture) }

      let shallow = first.forward(picture, on: lane)  // [H, W, C]
      var features = lane.map(like: shallow)
      normStart.forward(shallow, into: features, on: lane)
      var kept: [TrainedStage.Kept] = []
      for stage in stages {
        let result = stage.forward(features, on: lane)
        kept.append(result.kept)
        features = result.y
      }
      let normed = lane.map(like: features)
      normEnd.forward(features, into: normed, on: lane)
      let deep = afterBody.forward(normed, residual: shallow, on: lane)
      let (output, reconstructed) = reconstruction.forward(deep, picture: picture, on: lane)  // [H * s, W * s, Cout]

      let dOutput = lane.map(like: output)
      cropped(output, dOutput, on: lane, gradient: gradient)

      let dDeep = lane.map(like: deep)
      reconstruction.backward(dOutput, reconstructed, into: dDeep, on: lane)
      let dFeatures = lane.map(like: deep)
      afterBody.backward(dDeep, of: normed, into: dFeatures, on: lane)
      normEnd.backward(dFeatures, of: features, into: dFeatures, on: lane)
      for (stage, kept) in zip(stages, kept).reversed() { stage.backward(dFeatures, kept, on: lane) }
      normStart.backward(dFeatures, of: shallow, into: dFeatures, on: lane)
      lane.add(dFeatures, to: dDeep)  // features and the skip around the body
      let dPicture = first.wantsInputGradient ? lane.map(like: picture) : nil
      let direct = reconstruction.addsPicture ? dOutput : nil
      first.backward(dDeep, of: picture, into: dPicture, adding: dPicture == nil ? nil : direct, on: lane)
      if let dPicture, let inputGradient, !lane.isMeasuring { unpad(dPicture, into: inputGradient) }
    }
  }

  /// The adjoint of `pad`: the gradients of a pixel and of its reflections added up.
  private func unpad(_ dPicture: Map, into dInput: UnsafeMutablePointer<Float>) {
    let (range, channels) = (configuration.imageRange, dPicture.channels)
    let padding = Padding(inputShape, paddedHeight: dPicture.height, paddedWidth: dPicture.width)
    dInput.update(repeating: 0, count: inputShape.count)
    for y in 0..<dPicture.height {
      for x in 0..<dPicture.width {
        guard let source = padding.source(y: y, x: x) else { continue }
        for channel in 0..<channels {
          dInput[source * channels + channel] += dPicture.base[(y * dPicture.width + x) * channels + channel] * range
        }
      }
    }
  }

  /// `padded = (reflected picture - mean) * range`; zeros where the picture is too small to be reflected (Docs/Network.md section 2).
  private func pad(_ input: UnsafePointer<Float>, into picture: Map) {
    let (mean, range, channels) = (configuration.subtractedMean, configuration.imageRange, picture.channels)
    let padding = Padding(inputShape, paddedHeight: picture.height, paddedWidth: picture.width)
    for y in 0..<picture.height {
      for x in 0..<picture.width {
        let source = padding.source(y: y, x: x)
        for channel in 0..<channels {
          let value = source.map { input[$0 * channels + channel] } ?? 0
          picture.base[(y * picture.width + x) * channels + channel] = (value - mean[channel]) * range
        }
      }
    }
  }

  /// The restored patch without its padding, and its gradient back among zeros.
  private func cropped(
    _ output: Map, _ dOutput: Map, on lane: Lane,
    gradient: (UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void
  ) {
    let (shape, range) = (outputShape, configuration.imageRange)
    lane.scope {
      let (restored, dRestored) = (lane.take(shape.count), lane.take(shape.count))
      guard !lane.isMeasuring else { return }
      let mean = mean
      func forEachValue(_ body: (_ own: Int, _ padded: Int, _ channel: Int) -> Void) {
        for y in 0..<shape.height {
          for x in 0..<shape.width {
            for channel in 0..<shape.channels {
              body(
                (y * shape.width + x) * shape.channels + channel,
                (y * output.width + x) * output.channels + min(channel, output.channels - 1), channel)
            }
          }
        }
      }
      forEachValue { own, padded, channel in
        restored[own] = output.base[padded] / range + mean[mean.count == 1 ? 0 : channel]
      }
      gradient(restored, dRestored)
      lane.clear(dOutput)
      forEachValue { own, padded, _ in dOutput.base[padded] += dRestored[own] / range }
    }
  }
}
