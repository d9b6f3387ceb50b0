import CKernels
import CPUDevice
import Foundation
import Tensors

/// How weights follow gradients.
public struct OptimiserSettings: Sendable, Hashable {
  public enum Kind: String, Sendable, CaseIterable {
    /// AdamW for everything (Loshchilov and Hutter, ICLR 2019).
    case adamw
    /// Muon for the matrices of the body (Jordan 2024; scaled as in arXiv 2502.16982), AdamW for the rest.
    case muon
  }

  public var kind: Kind
  public var beta1: Float = 0.9
  public var beta2: Float = 0.99
  public var epsilon: Float = 1e-8
  /// Decoupled weight decay, times the learning rate.
  public var decay: Float = 0
  /// Muon's momentum.
  public var momentum: Float = 0.95
  /// Muon's learning rate over AdamW's.
  public var muonRatio: Float = 1
  /// Gradients whose norm over all parameters is larger are scaled down to it.
  public var largestNorm: Float = 1

  public init(_ kind: Kind) { self.kind = kind }
}

/// Moments of all parameters, and the step that they make of a gradient.
public final class Optimiser {
  public let settings: OptimiserSettings
  /// Steps made.
  public private(set) var steps = 0
  /// Averages of gradients and, of parameters that AdamW has, of their squares.
  public let first: ParameterBuffer
  public let second: ParameterBuffer

  private let weights: TrainingWeights
  private let threads: ThreadLease
  private let kernels: UnsafePointer<grl_kernels>
  private let training: UnsafePointer<grl_training_kernels>
  /// Parameters that Muon has, the largest first, and all others.
  private let matrices: [Matrix]
  private let others: [Parameter]
  private let scratch: HostMemory?
  private let scratchFloats: Int

  /// A parameter as a matrix whose rows are not more than its columns, as its buffer holds it or turned.
  private struct Matrix {
    let parameter: Parameter
    let rows: Int
    let columns: Int
    let isTurned: Bool

    init?(_ parameter: Parameter) {
      guard parameter.name.hasPrefix("layers.") || parameter.name.hasPrefix("conv_after_body"),
        !parameter.name.contains("cpb_mlp")
      else { return nil }
      let (height, width): (Int, Int)
      switch parameter.kind {
      case .vector: return nil
      case .matrix(let inputs, let outputs): (height, width) = (inputs, outputs)
      case .kernel(let inputs, let outputs): (height, width) = (9 * inputs, outputs)
      }
      self.parameter = parameter
      (rows, columns) = (min(height, width), max(height, width))
      isTurned = height > width
    }

    var count: Int { rows * columns }
  }

  /// - Throws: `OutOfMemory`.
  public init(
    _ settings: OptimiserSettings, of weights: TrainingWeights, threads: ThreadLease, device: CPUDevice = CPUDevice()
  ) throws(OutOfMemory) {
    (self.settings, self.weights, self.threads) = (settings, weights, threads)
    (kernels, training) = (device.kernelTable, device.trainingTable)
    (first, second) = (try weights.buffer(), try weights.buffer())
    let matrices =
      settings.kind == .muon ? weights.parameters.compactMap(Matrix.init).sorted { $0.count > $1.count } : []
    let taken = Set(matrices.map(\.parameter.name))
    others = weights.parameters.filter { !taken.contains($0.name) }
    let table = kernels
    scratchFloats = matrices.map { Orthogonal.scratchFloats(rows: $0.rows, columns: $0.columns, table) }.max() ?? 0
    self.matrices = matrices
    scratch = matrices.isEmpty ? nil : try HostMemory(floats: scratchFloats * threads.threadCount)
  }

  /// Goes on after `steps` steps whose moments were put into `first` and `second`.
  public func resume(after steps: Int) { self.steps = steps }

  /// The gradient's norm over all parameters.
  public func norm(of gradient: ParameterBuffer) -> Double {
    let block = Int(GRL_SUM_BLOCK)
    let blocks = (gradient.floats + block - 1) / block
    let sums = [Double](unsafeUninitializedCapacity: blocks) { sums, filled in
      nonisolated(unsafe) let sums = sums  // each element by one task
      threads.run(count: blocks) { index, _ in
        grl_sum_of_squares(
          gradient.base + index * block, min(block, gradient.floats - index * block), sums.baseAddress! + index)
      }
      filled = blocks
    }
    return sums.reduce(0, +).squareRoot()
  }

  /// One step of the weights.
  ///
  /// - Parameter rate: AdamW's learning rate.
  /// - Returns: the gradient's norm before it was cut.
  @discardableResult
  public func apply(_ gradient: ParameterBuffer, rate: Float) -> Double {
    steps += 1
    let norm = norm(of: gradient)
    // As PyTorch's clip_grad_norm_ has it.
    let scale = min(1, settings.largestNorm / (Float(norm) + 1e-6))
    threads.run(count: matrices.count + others.count) { index, worker in
      if index < matrices.count {
        muon(matrices[index], gradient, scale: scale, rate: rate, scratch: scratch!.base + worker * scratchFloats)
      } else {
        adamw(others[index - matrices.count], gradient, scale: scale, rate: rate)
      }
    }
    return norm
  }

  private func adamw(_ parameter: Parameter, _ gradient: ParameterBuffer, scale: Float, rate: Float) {
    func correction(_ beta: Float) -> Float { Float(1 - pow(Double(beta), Double(steps))) }
    let start = parameter.start
    var task = grl_adamw(
      w: weights.values.base + start, m: first.base + start, v: second.base + start, g: gradient.base + start,
      count: parameter.count, rate: rate, beta1: settings.beta1, beta2: settings.beta2, epsilon: settings.epsilon,
      decay: settings.decay, correction1: correction(settings.beta1), correction2: correction(settings.beta2),
      gradient_scale: scale)
    training.pointee.adamw(&task)
  }

  /// The momentum's nearest matrix with equal singular values, scaled to steps as large as AdamW's.
  private func muon(
    _ matrix: Matrix, _ gradient: ParameterBuffer, scale: Float, rate: Float, scratch: UnsafeMutablePointer<Float>
  ) {
    let (start, count) = (matrix.parameter.start, matrix.count)
    let (w, m, g) = (weights.values.base + start, first.base + start, gradient.base + start)
    let ahead = scratch
    for index in 0..<count {
      let value = g[index] * scale
      m[index] += (1 - settings.momentum) * (value - m[index])
      // The gradient, led by its average (Nesterov).
      let place = matrix.isTurned ? index % matrix.rows * matrix.columns + index / matrix.rows : index
      ahead[place] = value + settings.momentum * (m[index] - value)
    }
    Orthogonal.iterate(
      ahead, rows: matrix.rows, columns: matrix.columns, kernels,
      scratch: scratch + (count + slackFloats).rounded(upTo: 16))
    let size = rate * settings.muonRatio * 0.2 * Float(matrix.columns).squareRoot()
    for index in 0..<count {
      let place = matrix.isTurned ? index % matrix.rows * matrix.columns + index / matrix.rows : index
      w[index] -= size * ahead[place]
    }
  }
}

/// A matrix with its singular values moved to about one (0.7 to 1.2), by Muon's quintic Newton-Schulz iteration.
enum Orthogonal {
  private static let steps = 5
  private static let (linear, cubic, quintic) = (Float(3.4445), Float(-4.7750), Float(2.0315))

  /// Right factor, `x x^T`, its polynomial, and the next `x`.
  static func scratchFloats(rows: Int, columns: Int, _ kernels: UnsafePointer<grl_kernels>) -> Int {
    let packed = [(columns, rows), (rows, rows), (rows, columns)].map {
      grl_packed_size(kernels, Int32($0.0), Int32($0.1))
    }
    return ([packed.max()!, rows * rows, rows * rows] + [rows * columns, rows * columns]).reduce(0) {
      $0 + ($1 + slackFloats).rounded(upTo: 16)
    }
  }

  /// - Parameter x: `[rows, columns]`, rows not more than columns; in place.
  static func iterate(
    _ x: UnsafeMutablePointer<Float>, rows: Int, columns: Int, _ kernels: UnsafePointer<grl_kernels>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    var next = scratch
    func take(_ count: Int) -> UnsafeMutablePointer<Float> {
      defer { next += (count + slackFloats).rounded(upTo: 16) }
      return next
    }
    let count = rows * columns
    let (gram, polynomial, product) = (take(rows * rows), take(rows * rows), take(count))
    let packed = next
    /// `c = a b + residual`, `a` `[rows, inner]`, `b` with strides.
    func multiply(
      _ a: UnsafePointer<Float>, inner: Int, _ b: UnsafePointer<Float>, _ rowStride: Int, _ columnStride: Int,
      outer: Int,
      residual: UnsafePointer<Float>?, into c: UnsafeMutablePointer<Float>
    ) {
      grl_pack(kernels, b, rowStride, columnStride, Int32(inner), Int32(outer), packed)
      var task = grl_gemm(
        a: a, a_index: nil, a_stride: inner, a_segment_stride: 0, rows: Int32(rows), segments: 1, k: Int32(inner),
        n: Int32(outer), b: packed, bias: nil, residual: residual, residual_stride: outer, c: c, c_stride: outer,
        activation: GRL_LINEAR, slope: 0)
      kernels.pointee.gemm(&task)
    }
    let length = Float((0..<count).reduce(0.0) { $0 + Double(x[$1]) * Double(x[$1]) }.squareRoot())
    for index in 0..<count { x[index] /= length + 1e-7 }
    for _ in 0..<steps {
      multiply(x, inner: columns, x, 1, columns, outer: rows, residual: nil, into: gram)  // x x^T
      multiply(gram, inner: rows, gram, rows, 1, outer: rows, residual: nil, into: polynomial)
      for index in 0..<rows * rows { polynomial[index] = cubic * gram[index] + quintic * polynomial[index] }
      multiply(polynomial, inner: rows, x, columns, 1, outer: columns, residual: nil, into: product)
      for index in 0..<count { x[index] = linear * x[index] + product[index] }
    }
  }
}
