import Foundation
import Tensors

/// The network by its definition, in float32: what runs where there are no kernels of ours, and what kernels are compared with.
///
/// Every attention is the plain forward of its layer (`WindowAttention.plain`, `AnchoredStripeAttention.plain`); weights stay as they are, products come from
/// a library or three loops. It fuses nothing and knows nothing of a processor.
public struct PlainDevice: Device {
  public let product: any MatrixProduct

  public init(_ product: any MatrixProduct = LoopProduct()) { self.product = product }

  public var description: String { product.name }

  // MARK: Weights

  public func pack(
    linear weights: [Float], bias: [Float]?, inputs: Int, outputs: Int, activation: Activation, isExact: Bool
  ) -> any PackedData {
    PlainLinear(weights: weights, bias: bias, inputs: inputs, outputs: outputs, activation: activation)
  }

  /// Taps become the outer part of the depth, `[output, ky, kx, input]`: the order in which the pixels of a neighbourhood are copied.
  public func pack(
    convolution weights: [Float], bias: [Float], inputs: Int, outputs: Int, activation: Activation
  ) -> any PackedData {
    let rows = (0..<outputs).flatMap { output in
      (0..<9).flatMap { tap in (0..<inputs).map { weights[(output * inputs + $0) * 9 + tap] } }
    }
    return PlainLinear(weights: rows, bias: bias, inputs: 9 * inputs, outputs: outputs, activation: activation)
  }

  public func pack(layerNorm gamma: [Float], beta: [Float]) -> any PackedData { PlainNorm(gamma: gamma, beta: beta) }

  public func pack(headProjection weights: [Float], bias: [Float]?, inputs: Int, width: Int) -> any PackedData {
    PlainLinear(weights: weights, bias: bias, inputs: inputs, outputs: 3 * width, activation: .none)
  }

  public func pack(_ gate: ChannelGate.Weights) -> any PackedData { PlainGate(weights: gate) }

  public func pack(queries: Partition, keys: Partition) -> any PackedData { PlainCells(queries: queries, keys: keys) }

  public func pack(biases: [Float]?, temperatures: [Float], for geometry: AttentionGeometry) -> any PackedData {
    PlainBiases(values: biases ?? [], count: temperatures.count * geometry.tableRows * geometry.tableColumns)
  }

  // MARK: Memory

  public func footprint(_ count: Int) -> Int { (count + 15) / 16 * 16 }

  public func allocate(floats: Int) throws(OutOfMemory) -> any DeviceMemory { try HostMemory(floats: floats) }

  /// A map in host memory: its pixels as rows.
  private func rows(_ map: FeatureMap, on pass: Pass) -> Matrix {
    let base = (pass.workspace.memory as? HostMemory)?.base ?? UnsafeMutablePointer(bitPattern: 64)!
    return Matrix(rows: map.pixels, columns: map.channels, stride: map.channels, base: base + map.start)
  }

  /// Calls `body` for each index below `count` with arithmetic on scratch memory of its own; in a pass that measures once, to find out how much.
  private func forEach(
    _ count: Int, on pass: Pass, _ body: (_ index: Int, _ math: PlainMath) -> Void
  ) {
    let measure = PlainMath(product, memory: nil)
    if count > 0 { body(0, measure) }
    pass.workspace.scope {
      let floats = footprint(measure.peak)
      let start = pass.workspace.take(floats * pass.threads.threadCount)
      guard let memory = pass.workspace.memory as? HostMemory else { return }
      pass.threads.run(count: count) { index, worker in
        body(index, PlainMath(product, memory: memory.base + start + worker * floats))
      }
    }
  }

  /// Rows that are computed at once.
  private static let rowsAtOnce = 256

  private func forEachRun(of rows: Int, on pass: Pass, _ body: (_ run: Range<Int>, _ math: PlainMath) -> Void) {
    let size = PlainDevice.rowsAtOnce
    forEach((rows + size - 1) / size, on: pass) { index, math in
      body(index * size..<min(rows, (index + 1) * size), math)
    }
  }

  // MARK: Values in and out

  public func write(_ values: [Float], to map: FeatureMap, on pass: Pass) {
    values.withUnsafeBufferPointer { rows(map, on: pass).base.update(from: $0.baseAddress!, count: $0.count) }
  }

  public func read(_ map: FeatureMap, pixels: [Int32]?, on pass: Pass) -> [Float] {
    let values = rows(map, on: pass)
    return pixels.map { $0.flatMap { values[Int($0)] } }
      ?? Array(UnsafeBufferPointer(start: values.base, count: map.count))
  }

  public func pad(_ input: Tensor, mean: [Float], range: Float, into output: FeatureMap, on pass: Pass) {
    guard !pass.isMeasuring else { return }
    let channels = input.shape.channels
    let padding = Padding(input.shape, paddedHeight: output.height, paddedWidth: output.width)
    let target = rows(output, on: pass)
    for y in 0..<output.height {
      for x in 0..<output.width {
        let source = padding.source(y: y, x: x)
        for channel in 0..<channels {
          let value = source.map { input.values[$0 * channels + channel] } ?? 0
          target[y * output.width + x][channel] = (value - mean[channel]) * range
        }
      }
    }
  }

  public func crop(_ input: FeatureMap, to shape: Shape, mean: [Float], range: Float, on pass: Pass) -> Tensor {
    let source = rows(input, on: pass)
    var output = Tensor(shape: shape)
    for y in 0..<shape.height {
      for x in 0..<shape.width {
        for channel in 0..<shape.channels {
          let value = source[y * input.width + x][input.channels == 1 ? 0 : channel]
          output[y, x, channel] = value / range + mean[mean.count == 1 ? 0 : channel]
        }
      }
    }
    return output
  }

  // MARK: Operations

  public func apply(
    _ layers: [Linear], norm: LayerNorm?, to input: FeatureMap, residual: FeatureMap?, local: GatedFeatures?,
    into output: FeatureMap, on pass: Pass
  ) {
    let layers = layers.map { $0.packed as! PlainLinear }
    let norm = norm.map { $0.packed as! PlainNorm }
    let (x, y, residual) = (rows(input, on: pass), rows(output, on: pass), residual.map { rows($0, on: pass) })
    let local = local.map { (features: rows($0.features, on: pass), gate: rows($0.gate, on: pass)) }
    forEachRun(of: x.rows, on: pass) { run, math in
      var result = layers.reduce(x.rows(run)) { math.linear($0, $1) }
      if let norm { result = math.normalised(result, norm) }
      guard !math.isMeasuring else { return }
      for (row, pixel) in run.enumerated() {
        let values = result[row]
        if let residual {
          let other = residual[pixel]
          for channel in values.indices { values[channel] += other[channel] }
        }
        if let local {
          let (other, gate) = (local.features[pixel], local.gate[0])
          for channel in values.indices { values[channel] += other[channel] * gate[channel] }
        }
        _ = y[pixel].update(fromContentsOf: values)
      }
    }
  }

  public func apply(
    _ layer: Convolution, to input: FeatureMap, residual: FeatureMap?, into output: FeatureMap, on pass: Pass
  ) {
    let layer = layer.packed as! PlainLinear
    let (x, y, residual) = (rows(input, on: pass), rows(output, on: pass), residual.map { rows($0, on: pass) })
    let (height, width) = (input.height, input.width)
    forEachRun(of: x.rows, on: pass) { run, math in
      let neighbourhoods = math.neighbourhoods(of: run, in: x, height: height, width: width)  // [pixels, 9 C]
      let result = math.linear(neighbourhoods, layer)
      guard !math.isMeasuring else { return }
      for (row, pixel) in run.enumerated() {
        let values = result[row]
        if let residual {
          let other = residual[pixel]
          for channel in values.indices { values[channel] += other[channel] }
        }
        _ = y[pixel].update(fromContentsOf: values)
      }
    }
  }

  public func meanPool(_ input: FeatureMap, factor: Int, into output: FeatureMap, on pass: Pass) {
    guard !pass.isMeasuring else { return }
    let (x, y) = (rows(input, on: pass), rows(output, on: pass))
    pass.threads.run(count: output.pixels) { pixel, _ in
      let (top, left) = (pixel / output.width * factor, pixel % output.width * factor)
      for channel in 0..<y.columns {
        var sum = Float(0)
        for row in top..<top + factor {
          for column in left..<left + factor { sum += x[row * input.width + column][channel] }
        }
        y[pixel][channel] = sum / Float(factor * factor)
      }
    }
  }

  public func attend(windows: WindowAttentionTask, stripes: StripeAttentionTask, on pass: Pass) {
    let (window, gather, read) = (PlainRule(windows.rule), PlainRule(stripes.gather), PlainRule(stripes.read))
    let source = windows.source
    let (x, y) = (rows(source.features, on: pass), rows(source.output, on: pass))
    let anchors = rows(stripes.anchors, on: pass)
    func part(_ source: AttentionSource, _ head: Int) -> (projection: PlainLinear, output: Matrix) {
      let first = source.outputChannel + head * source.headWidth
      return (source.heads[head].packed as! PlainLinear, y.columns(first..<first + source.headWidth))
    }
    let heads = (windows: source.heads.count, stripes: stripes.source.heads.count)
    forEach(window.geometry.keys.cellCount * heads.windows, on: pass) { index, math in
      let (cell, head) = (index / heads.windows, index % heads.windows)
      let (projection, output) = part(source, head)
      WindowAttention.plain(x, projection, window, cell: cell, head: head, into: output, math)
    }
    forEach(gather.geometry.keys.cellCount * heads.stripes, on: pass) { index, math in
      let (cell, head) = (index / heads.stripes, index % heads.stripes)
      let (projection, output) = part(stripes.source, head)
      AnchoredStripeAttention.plain(
        x, anchors: anchors, projection, gather: gather, read: read, cell: cell, head: head, into: output, math)
    }
  }

  public func apply(_ gate: ChannelGate, to input: FeatureMap, into output: FeatureMap, on pass: Pass) {
    guard !pass.isMeasuring else { return }
    let (x, y) = (rows(input, on: pass), rows(output, on: pass))
    var sums = [Double](repeating: 0, count: x.columns)
    for pixel in 0..<x.rows { for channel in 0..<x.columns { sums[channel] += Double(x[pixel][channel]) } }
    let weights = (gate.packed as! PlainGate).weights.channelWeights(sums.map { Float($0 / Double(x.rows)) })
    for channel in 0..<x.columns { y[0][channel] = weights[channel] }
  }

  public func pixelShuffle(_ input: FeatureMap, scale: Int, into output: FeatureMap, on pass: Pass) {
    guard !pass.isMeasuring else { return }
    let (x, y) = (rows(input, on: pass), rows(output, on: pass))
    pass.threads.run(count: output.height) { row, _ in
      for column in 0..<output.width {
        let pixel = x[row / scale * input.width + column / scale]
        let place = row % scale * scale + column % scale
        for channel in 0..<y.columns {
          y[row * output.width + column][channel] = pixel[channel * scale * scale + place]
        }
      }
    }
  }

  public func doubleNearest(_ input: FeatureMap, into output: FeatureMap, on pass: Pass) {
    guard !pass.isMeasuring else { return }
    let (x, y) = (rows(input, on: pass), rows(output, on: pass))
    pass.threads.run(count: output.height) { row, _ in
      for column in 0..<output.width {
        _ = y[row * output.width + column].update(fromContentsOf: x[row / 2 * input.width + column / 2])
      }
    }
  }

  public func project(
    _ heads: [HeadProjection], of input: FeatureMap, into output: FeatureMap, channel: Int, on pass: Pass
  ) {
    let (x, y) = (rows(input, on: pass), rows(output, on: pass))
    for (head, projection) in heads.enumerated() {
      forEachRun(of: x.rows, on: pass) { run, math in
        let result = math.linear(x.rows(run), projection.packed as! PlainLinear)  // [pixels, 3 d]
        guard !math.isMeasuring else { return }
        for (row, pixel) in run.enumerated() {
          for part in 0..<3 {
            for index in 0..<projection.width {
              y[pixel][channel + (part * heads.count + head) * projection.width + index] =
                result[row][part * projection.width + index]
            }
          }
        }
      }
    }
  }
}
