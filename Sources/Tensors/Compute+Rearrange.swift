import CKernels

/// Operations that move or average values.
extension Compute {
  /// Copies `input` to `output`.
  public func copy(_ input: FeatureMap, into output: FeatureMap) {
    precondition(input.pixels * input.channels == output.pixels * output.channels)
    guard workspace.holdsMemory else { return }
    forEachChunk(of: input.pixels) { first, count, _ in
      (output.base + first * input.channels).update(
        from: input.base + first * input.channels, count: count * input.channels)
    }
  }

  /// Mean of each `factor` x `factor` block: `[H, W, C]` to `[H / factor, W / factor, C]`.
  public func meanPool(_ input: FeatureMap, factor: Int, into output: FeatureMap) {
    precondition(output.height * factor == input.height && output.width * factor == input.width)
    guard workspace.holdsMemory else { return }
    booked(.rearrangement) {
      threads.run(count: output.height) { row, _ in
        grl_mean_pool(
          input.base, Int32(input.width), Int32(input.channels), Int32(factor), Int32(row), Int32(row + 1), output.base)
      }
    }
  }

  /// Depth to space: `out[y * s + i, x * s + j, c] = in[y, x, c * s * s + i * s + j]`.
  public func pixelShuffle(_ input: FeatureMap, scale: Int, into output: FeatureMap) {
    precondition(input.channels == output.channels * scale * scale && output.pixels == input.pixels * scale * scale)
    guard workspace.holdsMemory else { return }
    booked(.rearrangement) {
      threads.run(count: input.height) { row, _ in
        grl_pixel_shuffle(
          input.base, Int32(input.width), Int32(output.channels), Int32(scale), Int32(row), Int32(row + 1), output.base)
      }
    }
  }

  /// Each pixel repeated 2 x 2: `[H, W, C]` to `[2H, 2W, C]`.
  public func doubleNearest(_ input: FeatureMap, into output: FeatureMap) {
    precondition(
      output.height == 2 * input.height && output.width == 2 * input.width && input.channels == output.channels)
    guard workspace.holdsMemory else { return }
    let channels = input.channels
    booked(.rearrangement) {
      threads.run(count: output.height) { row, _ in
        let source = input.base + (row / 2) * input.width * channels
        let target = output.base + row * output.width * channels
        for x in 0..<output.width { (target + x * channels).update(from: source + (x / 2) * channels, count: channels) }
      }
    }
  }

  /// Mean of each channel over all pixels, `[C]`. Summed in a fixed order, in double precision.
  public func channelMeans(_ input: FeatureMap) -> [Float] {
    let channels = input.channels
    return workspace.scope {
      // A double takes the place of two floats.
      let count = input.height * channels
      let memory = UnsafeMutableRawPointer(workspace.floats(2 * count))
      guard workspace.holdsMemory else { return [Float](repeating: 0, count: channels) }
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
      return total.map { Float($0 / Double(input.pixels)) }
    }
  }

  private func forEachRow(of height: Int, _ body: (_ row: Int) -> Void) {
    booked(.rearrangement) { threads.run(count: height) { row, _ in body(row) } }
  }

  /// `output = (padded input - mean) * range`.
  ///
  /// Padding lies below and to the right. It mirrors without repeating the edge where both pads are smaller than the sides they
  /// extend; otherwise both axes are filled with 0 before the mean is taken off (Docs/Network.md section 2).
  public func pad(_ input: Tensor, mean: [Float], range: Float, into output: FeatureMap) {
    let (height, width, channels) = (input.shape.height, input.shape.width, input.shape.channels)
    precondition(
      channels == output.channels && mean.count == channels && output.height >= height && output.width >= width)
    guard workspace.holdsMemory else { return }
    let mirrors = output.height - height < height && output.width - width < width
    input.values.withUnsafeBufferPointer { values in
      forEachRow(of: output.height) { y in
        let sourceY = y < height ? y : 2 * height - 2 - y
        for x in 0..<output.width {
          let sourceX = x < width ? x : 2 * width - 2 - x
          let isInside = y < height && x < width
          let target = output.base + (y * output.width + x) * channels
          for channel in 0..<channels {
            let value = isInside || mirrors ? values[(sourceY * width + sourceX) * channels + channel] : 0
            target[channel] = (value - mean[channel]) * range
          }
        }
      }
    }
  }

  /// The top left `height` x `width` pixels of `input` as `value / range + mean`.
  ///
  /// One channel and three means give three channels, as the published code broadcasts (Docs/Network.md section 2, step 7).
  public func crop(_ input: FeatureMap, height: Int, width: Int, mean: [Float], range: Float) -> Tensor {
    let channels = max(input.channels, mean.count)
    precondition(height <= input.height && width <= input.width)
    precondition(input.channels == channels || input.channels == 1)
    precondition(mean.count == channels || mean.count == 1)
    let shape = Shape(height: height, width: width, channels: channels)
    guard workspace.holdsMemory else { return Tensor(measuring: shape) }
    var output = Tensor(shape: shape)
    output.values.withUnsafeMutableBufferPointer { values in
      let target = values.baseAddress!
      forEachRow(of: height) { y in
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
