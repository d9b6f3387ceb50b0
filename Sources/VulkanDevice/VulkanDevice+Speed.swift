import Tensors

extension VulkanDevice {
  /// What the card does in a second, measured on its own clock of waiting: a large product, and a pass over memory.
  public struct Speed: Sendable {
    /// Multiplications and additions of the product's kernel.
    public let operations: Double
    /// Bytes read and written.
    public let bytes: Double
  }

  /// Takes about a second.
  ///
  /// - Throws: `DeviceFault`, or `OutOfMemory` where the card has none for the two maps.
  public func measuredSpeed() throws -> Speed {
    let channels = 128
    var rows = 64
    while true {
      let (product, copy) = try seconds(rows: rows, channels: channels)
      let values = Double(rows * rows * channels)
      if product > 0.1 || rows >= 2048 {
        return Speed(operations: 2 * values * Double(channels) / product, bytes: 8 * values / copy)
      }
      rows *= 2
    }
  }

  /// Of a product and of a norm of `rows` x `rows` pixels, the faster of three each.
  private func seconds(rows: Int, channels: Int) throws -> (product: Double, copy: Double) {
    let layer = Linear(
      weights: [Float](repeating: 0.01, count: channels * channels), bias: nil, inputs: channels, outputs: channels,
      on: self)
    let norm = LayerNorm(
      gamma: [Float](repeating: 1, count: channels), beta: [Float](repeating: 0, count: channels), on: self)
    let shape = Shape(height: rows, width: rows, channels: channels)
    var found = (product: Double.infinity, copy: Double.infinity)
    func run(_ pass: Pass) throws {
      let (x, y) = (pass.workspace.map(shape), pass.workspace.map(shape))
      guard let memory = pass.workspace.memory as? VulkanMemory else { return }
      func time(_ body: () -> Void) -> Double {
        memory.finish(pass.threads.gate)
        let began = ContinuousClock.now
        body()
        memory.finish(pass.threads.gate)
        return (ContinuousClock.now - began) / .seconds(1)
      }
      // The first of each compiles its kernel.
      for run in 0...3 {
        let product = time { pass.apply([layer], to: x, into: y) }
        let copy = time { pass.apply([], norm: norm, to: y, into: x) }
        if let fault = memory.fault { throw fault }
        if run > 0 { found = (min(found.product, product), min(found.copy, copy)) }
      }
    }
    let threads = ThreadLease(threadCount: 1)
    let measure = Workspace(measuring: self)
    try run(Pass(on: measure, threads: threads))
    try run(Pass(on: try Workspace(on: self, floats: measure.peakFloats), threads: threads))
    return found
  }
}
