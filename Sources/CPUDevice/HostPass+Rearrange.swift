import CKernels
import Tensors

/// Operations that move or average values.
extension HostPass {
  /// All values, copied in parallel: what takes the time is that the system hands out fresh memory.
  func copy(_ input: HostMap) -> [Float] {
    let count = input.pixels * input.channels
    // A huge page's worth.
    let part = 1 << 19
    // With room for what kernels may read behind the values.
    return [Float](unsafeUninitializedCapacity: count + Int(GRL_SLACK)) { buffer, filled in
      let target = buffer.baseAddress!
      threads.run(count: (count + part - 1) / part) { index, _ in
        (target + index * part).initialize(from: input.base + index * part, count: min(part, count - index * part))
      }
      filled = count
    }
  }

  /// The given pixels, one after the other.
  func gather(_ pixels: [Int32], of input: HostMap) -> [Float] {
    let channels = input.channels
    return [Float](unsafeUninitializedCapacity: pixels.count * channels) { buffer, filled in
      for (index, pixel) in pixels.enumerated() {
        (buffer.baseAddress! + index * channels).initialize(from: input.base + Int(pixel) * channels, count: channels)
      }
      filled = pixels.count * channels
    }
  }

  /// Mean of each `factor` x `factor` block: `[H, W, C]` to `[H / factor, W / factor, C]`.
  func meanPool(_ input: HostMap, factor: Int, into output: HostMap) {
    guard holdsMemory else { return }
    threads.run(count: output.height) { row, _ in
      grl_mean_pool(
        input.base, Int32(input.width), Int32(input.channels), Int32(factor), Int32(row), Int32(row + 1), output.base)
    }
  }

  /// Depth to space: `out[y * s + i, x * s + j, c] = in[y, x, c * s * s + i * s + j]`.
  func pixelShuffle(_ input: HostMap, scale: Int, into output: HostMap) {
    guard holdsMemory else { return }
    threads.run(count: input.height) { row, _ in
      grl_pixel_shuffle(
        input.base, Int32(input.width), Int32(output.channels), Int32(scale), Int32(row), Int32(row + 1), output.base)
    }
  }

  /// Each pixel repeated 2 x 2: `[H, W, C]` to `[2H, 2W, C]`.
  func doubleNearest(_ input: HostMap, into output: HostMap) {
    guard holdsMemory else { return }
    let channels = input.channels
    threads.run(count: output.height) { row, _ in
      let source = input.base + (row / 2) * input.width * channels
      let target = output.base + row * output.width * channels
      for x in 0..<output.width { (target + x * channels).update(from: source + (x / 2) * channels, count: channels) }
    }
  }

  /// The weight of each channel from its mean over all pixels, summed in a fixed order, in double precision.
  func apply(_ gate: PackedGate, to input: HostMap, into output: HostMap) {
    let channels = input.channels
    scope {
      // A double takes the place of two floats.
      let count = input.height * channels
      let memory = UnsafeMutableRawPointer(take(2 * count))
      guard holdsMemory else { return }
      let rows = memory.bindMemory(to: Double.self, capacity: count)
      threads.run(count: input.height) { row, _ in
        var x = input.base + row * input.width * channels
        let sum = rows + row * channels
        sum.update(repeating: 0, count: channels)
        for _ in 0..<input.width {
          for channel in 0..<channels { sum[channel] += Double(x[channel]) }
          x += channels
        }
      }
      var total = [Double](repeating: 0, count: channels)
      for row in 0..<input.height {
        for channel in 0..<channels { total[channel] += rows[row * channels + channel] }
      }
      let weights = gate.weights.channelWeights(total.map { Float($0 / Double(input.pixels)) })
      for channel in 0..<channels { output.base[channel] = weights[channel] }
    }
  }

  func pad(_ input: Tensor, mean: [Float], range: Float, into output: HostMap) {
    let channels = input.shape.channels
    guard holdsMemory else { return }
    let padding = Padding(input.shape, paddedHeight: output.height, paddedWidth: output.width)
    input.values.withUnsafeBufferPointer { values in
      threads.run(count: output.height) { y, _ in
        for x in 0..<output.width {
          let source = padding.source(y: y, x: x)
          let target = output.base + (y * output.width + x) * channels
          for channel in 0..<channels {
            let value = source.map { values[$0 * channels + channel] } ?? 0
            target[channel] = (value - mean[channel]) * range
          }
        }
      }
    }
  }

  func crop(_ input: HostMap, to shape: Shape, mean: [Float], range: Float) -> Tensor {
    let (width, channels) = (shape.width, shape.channels)
    var output = Tensor(shape: shape)
    output.values.withUnsafeMutableBufferPointer { values in
      let target = values.baseAddress!
      threads.run(count: shape.height) { y, _ in
        for x in 0..<width {
          let source = input.base + (y * input.width + x) * input.channels
          for channel in 0..<channels {
            let value = source[input.channels == 1 ? 0 : channel] / range
            target[(y * width + x) * channels + channel] = value + mean[mean.count == 1 ? 0 : channel]
          }
        }
      }
    }
    return output
  }
}
