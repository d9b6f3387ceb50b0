import CPUDevice
import GRLModel
import Tensors
import TestSupport
import Testing

/// Every operation of `Device`, on every device, against the scalar kernels.
@Suite("Devices") struct DeviceTests {
  /// Named, so that a failure says which.
  struct Operation: Sendable, CustomStringConvertible {
    let description: String
    /// Its result; without values in a pass that measures.
    let run: @Sendable (Pass) -> Tensor
  }

  static let devices: [any Device] =
    InstructionSet.available.filter { $0 != .scalar }.flatMap { isa in
      ConvolutionMethod.allCases.map { CPUDevice(isa, convolutionMethod: $0) }
    } + [PlainDevice()] + ((try? OpenBLAS()).map { [PlainDevice($0)] } ?? [])
    + (VulkanDevices.any.map { [$0] } ?? [])

  /// Odd sides, so that runs, blocks and vectors end in the middle.
  static let shape = Shape(height: 19, width: 23, channels: 20)
  static let square = Shape(height: 24, width: 16, channels: 16)

  static func map(_ name: String, _ shape: Shape, on pass: Pass) -> FeatureMap {
    pass.map(shape, values: Noise.values(name, shape.count))
  }

  static func linear(_ name: String, _ inputs: Int, _ outputs: Int, _ activation: Activation, on pass: Pass) -> Linear {
    Linear(
      weights: Noise.values(name, inputs * outputs), bias: Noise.values(name + ".bias", outputs), inputs: inputs,
      outputs: outputs, activation: activation, on: pass.device)
  }

  static func convolution(_ inputs: Int, _ outputs: Int, _ activation: Activation, on pass: Pass) -> Convolution {
    Convolution(
      weights: Noise.values("weights", 9 * inputs * outputs).map { $0 / 4 }, bias: Noise.values("bias", outputs),
      inputs: inputs, outputs: outputs, activation: activation, on: pass.device)
  }

  static let operations: [Operation] = [
    Operation(description: "a linear layer") { pass in
      let (x, y) = (map("x", shape, on: pass), pass.workspace.map(height: 19, width: 23, channels: 7))
      pass.apply([linear("w", 20, 7, .leakyReLU(slope: 0.1), on: pass)], to: x, into: y)
      return pass.values(of: y)
    },
    Operation(description: "two layers, norm, residual and local branch") { pass in
      let (x, u, r) = (map("x", shape, on: pass), map("u", shape, on: pass), map("r", shape, on: pass))
      let gate = map("gate", Shape(height: 1, width: 1, channels: 20), on: pass)
      let norm = LayerNorm(gamma: Noise.values("gamma", 20), beta: Noise.values("beta", 20), on: pass.device)
      pass.apply(
        [linear("w", 20, 33, .gelu, on: pass), linear("v", 33, 20, .none, on: pass)], norm: norm, to: x, residual: r,
        local: GatedFeatures(features: u, gate: gate), into: r)
      return pass.values(of: r)
    },
    Operation(description: "a norm alone") { pass in
      let x = map("x", shape, on: pass)
      let norm = LayerNorm(gamma: Noise.values("gamma", 20), beta: Noise.values("beta", 20), on: pass.device)
      pass.apply([], norm: norm, to: x, into: x)
      return pass.values(of: x)
    },
    Operation(description: "a convolution with its residual in place") { pass in
      let (x, y) = (map("x", shape, on: pass), map("y", Shape(height: 19, width: 23, channels: 31), on: pass))
      pass.apply(convolution(20, 31, .relu, on: pass), to: x, residual: y, into: y)
      return pass.values(of: y)
    },
    Operation(description: "a convolution of a picture") { pass in
      let x = map("x", Shape(height: 5, width: 9, channels: 3), on: pass)
      let y = pass.workspace.map(height: 5, width: 9, channels: 8)
      pass.apply(convolution(3, 8, .gelu, on: pass), to: x, into: y)
      return pass.values(of: y)
    },
    Operation(description: "means of blocks") { pass in
      let y = pass.workspace.map(height: 6, width: 4, channels: 16)
      pass.meanPool(map("x", square, on: pass), factor: 4, into: y)
      return pass.values(of: y)
    },
    Operation(description: "channel weights") { pass in
      let gate = ChannelGate(
        ChannelGate.Weights(
          reduce: Noise.values("reduce", 60).map { 30 * $0 }, reduceBias: Noise.values("rb", 3),
          expand: Noise.values("expand", 60), expandBias: Noise.values("eb", 20)), on: pass.device)
      let y = pass.workspace.map(height: 1, width: 1, channels: 20)
      pass.apply(gate, to: map("x", shape, on: pass), into: y)
      return pass.values(of: y)
    },
    Operation(description: "depth to space") { pass in
      let y = pass.workspace.map(height: 48, width: 32, channels: 4)
      pass.pixelShuffle(map("x", square, on: pass), scale: 2, into: y)
      return pass.values(of: y)
    },
    Operation(description: "pixels doubled") { pass in
      let y = pass.workspace.map(height: 48, width: 32, channels: 16)
      pass.doubleNearest(map("x", square, on: pass), into: y)
      return pass.values(of: y)
    },
    Operation(description: "a mirrored picture, cropped again") { pass in
      let picture = Tensor(shape: Shape(height: 6, width: 5, channels: 3), values: Noise.values("x", 90))
      let y = pass.workspace.map(height: 8, width: 8, channels: 3)
      pass.pad(picture, mean: [0.4, 0.3, 0.2], range: 2, into: y)
      return pass.crop(y, height: 7, width: 8, mean: [0.1, 0.2, 0.3], range: 2)
    },
    Operation(description: "a picture too small to be mirrored, one channel to three") { pass in
      let picture = Tensor(shape: Shape(height: 2, width: 2, channels: 1), values: Noise.values("x", 4))
      let y = pass.workspace.map(height: 8, width: 8, channels: 1)
      pass.pad(picture, mean: [0], range: 1, into: y)
      return pass.crop(y, height: 3, width: 3, mean: [0.1, 0.2, 0.3], range: 1)
    },
    Operation(description: "some pixels") { pass in
      let values = pass.values(of: map("x", shape, on: pass), pixels: [436, 0, 7, 7])
      return pass.isMeasuring
        ? Tensor(measuring: shape) : Tensor(shape: Shape(height: 1, width: 4, channels: 20), values: values)
    },
    Operation(description: "queries, keys and values of whole maps") { pass in
      let heads = (0..<2).map { head in
        HeadProjection(
          weights: Noise.values("head\(head)", 3 * 5 * 20), bias: Noise.values("bias\(head)", 15), inputs: 20, width: 5,
          on: pass.device)
      }
      let y = map("y", Shape(height: 19, width: 23, channels: 34), on: pass)
      pass.project(heads, of: map("x", shape, on: pass), into: y, channel: 3)
      return pass.values(of: y)
    },
  ]

  static func result(_ operation: Operation, on device: any Device, threads: Int = 3) throws -> Tensor {
    try Pass.onOwnMemory(of: device, threads: ThreadLease(threadCount: threads)) { operation.run($0) }
  }

  @Test("every operation gives what the scalar kernels give", arguments: DeviceTests.operations)
  func agrees(operation: Operation) throws {
    let expected = try DeviceTests.result(operation, on: CPUDevice(.scalar))
    let size = expected.values.reduce(Float(1)) { max($0, abs($1)) }
    for device in DeviceTests.devices {
      let result = try DeviceTests.result(operation, on: device)
      #expect(result.shape == expected.shape)
      let error = zip(result.values, expected.values).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
      #expect(error <= 2e-5 * size, "\(device): \(error / size) of the largest value")
    }
  }

  @Test("any number of threads gives the same bytes", arguments: DeviceTests.operations)
  func threads(operation: Operation) throws {
    for device in DeviceTests.devices {
      let one = try DeviceTests.result(operation, on: device, threads: 1)
      for count in ThreadCounts.all {
        #expect(try DeviceTests.result(operation, on: device, threads: count).values == one.values, "\(device)")
      }
    }
  }

  /// Shifts and masks, both directions of stripes, groups, all heads of reconstruction, one, three and six channels.
  static let networks: [GRLConfiguration] = [
    (3, 1, GRLConfiguration.Upsampler.none), (1, 1, .none), (6, 1, .none), (3, 3, .pixelShuffle),
    (3, 2, .pixelShuffleDirect), (3, 4, .nearestConvolution),
  ].map { channels, upscale, upsampler in
    GRLConfiguration(
      inputChannels: channels, outputChannels: min(channels, 3), embeddingWidth: 36, depths: [4, 1], windowHeads: 3,
      stripeHeads: 2, windowSize: 8, stripeRows: .pixels(8), stripeColumns: channels == 1 ? .groups(2) : .pixels(16),
      anchorFactor: 2, hasChannelAttention: channels == 3, upscale: upscale, upsampler: upsampler)
  }

  @Test("whole networks agree: the plain forwards of the layers are what the kernels compute", arguments: networks)
  func wholeNetworks(configuration: GRLConfiguration) throws {
    let checkpoint = GeneratedWeights.checkpoint(configuration, seed: 9)
    let input = GRLTests.picture(21, 18, channels: configuration.inputChannels, seed: 2)
    func restored(on device: any Device) throws -> [Float] {
      let network = try GRL(checkpoint, configuration: configuration, on: device)
      let threads = ThreadLease(threadCount: 2)
      let need = network.workspaceBytes(height: 21, width: 18, threadCount: 2)
      let session = try GRLSession(network: network, height: 21, width: 18, threads: threads)
      let output = try session.restore(input).values
      #expect(session.usedBytes <= need, "\(device) took more memory than it had measured")
      return output
    }
    let expected = try restored(on: CPUDevice(.scalar))
    let size = expected.reduce(Float(0)) { max($0, abs($1)) }
    for device in DeviceTests.devices {
      let error = zip(try restored(on: device), expected).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
      #expect(error <= 1e-4 * size, "\(device): \(error / size) of the largest value")
    }
  }

  @Test("OpenBLAS is here, or its absence is said in a line") func openBLAS() throws {
    do throws(OpenBLAS.NotFound) {
      #expect(try PlainDevice(OpenBLAS()).description == "blas")
    } catch {
      #expect("\(error)".contains("libopenblas0"))
    }
  }
}
