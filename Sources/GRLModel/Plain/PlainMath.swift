import Foundation
import Tensors

/// A view of float32 numbers in rows.
struct Matrix {
  let rows: Int
  let columns: Int
  /// Floats from row to row.
  let stride: Int
  let base: UnsafeMutablePointer<Float>

  func columns(_ range: Range<Int>) -> Matrix {
    Matrix(rows: rows, columns: range.count, stride: stride, base: base + range.lowerBound)
  }

  /// Part `index` of parts of `width` columns each.
  func part(_ index: Int, of width: Int) -> Matrix { columns(index * width..<(index + 1) * width) }

  func rows(_ range: Range<Int>) -> Matrix {
    Matrix(rows: range.count, columns: columns, stride: stride, base: base + range.lowerBound * stride)
  }

  subscript(row: Int) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: base + row * stride, count: columns)
  }
}

/// The arithmetic that the plain forwards are written in. Results lie in scratch memory that is free again after each cell or run of rows.
///
/// Without memory it only counts what it would take.
final class PlainMath {
  let product: any MatrixProduct
  private let memory: UnsafeMutablePointer<Float>?
  private var used = 0
  private(set) var peak = 0

  init(_ product: any MatrixProduct, memory: UnsafeMutablePointer<Float>?) {
    self.product = product
    self.memory = memory
  }

  var isMeasuring: Bool { memory == nil }

  /// Runs `body`; what it made is free again afterwards.
  func scope(_ body: () -> Void) {
    let mark = used
    body()
    used = mark
  }

  private func matrix(_ rows: Int, _ columns: Int) -> Matrix {
    let start = used
    used += (rows * columns + 15) / 16 * 16
    peak = max(peak, used)
    let base = memory ?? UnsafeMutablePointer(bitPattern: 64)!
    return Matrix(rows: rows, columns: columns, stride: columns, base: base + start)
  }

  // MARK: Rows

  /// The given rows of `x`, one below the other.
  func rows(_ indices: [Int32], of x: Matrix) -> Matrix {
    let result = matrix(indices.count, x.columns)
    guard !isMeasuring else { return result }
    for (row, index) in indices.enumerated() {
      (result.base + row * result.stride).update(from: x.base + Int(index) * x.stride, count: x.columns)
    }
    return result
  }

  /// Puts the rows of `x` at the given rows of `target`.
  func scatter(_ x: Matrix, to indices: [Int32], of target: Matrix) {
    guard !isMeasuring else { return }
    for (row, index) in indices.enumerated() {
      (target.base + Int(index) * target.stride).update(from: x.base + row * x.stride, count: x.columns)
    }
  }

  /// Each row divided by its length: `x / max(|x|, 1e-12)`.
  func unit(_ x: Matrix) -> Matrix {
    let result = matrix(x.rows, x.columns)
    guard !isMeasuring else { return result }
    for row in 0..<x.rows {
      let (values, target) = (x[row], result[row])
      let length = max(values.reduce(0) { $0 + $1 * $1 }.squareRoot(), 1e-12)
      for column in target.indices { target[column] = values[column] / length }
    }
    return result
  }

  // MARK: Products

  /// `a * b`: `[m, k]` and `[k, n]` to `[m, n]`.
  func times(_ a: Matrix, _ b: Matrix) -> Matrix {
    let result = matrix(a.rows, b.columns)
    if !isMeasuring {
      product.multiply(
        (a.rows, b.columns, a.columns), a.base, a.stride, b.base, b.stride, bIsTransposed: false, into: result.base,
        result.stride)
    }
    return result
  }

  /// `a * transposed b`: `[m, k]` and `[n, k]` to `[m, n]`.
  func times(_ a: Matrix, transposed b: Matrix) -> Matrix {
    let result = matrix(a.rows, b.rows)
    if !isMeasuring {
      product.multiply(
        (a.rows, b.rows, a.columns), a.base, a.stride, b.base, b.stride, bIsTransposed: true, into: result.base,
        result.stride)
    }
    return result
  }

  /// `activation(x * transposed W + b)`, row by row: `[n, inputs]` to `[n, outputs]`.
  func linear(_ x: Matrix, _ layer: PlainLinear) -> Matrix {
    let result = matrix(x.rows, layer.outputs)
    guard !isMeasuring else { return result }
    layer.weights.withUnsafeBufferPointer { weights in
      product.multiply(
        (x.rows, layer.outputs, layer.inputs), x.base, x.stride, weights.baseAddress!, layer.inputs,
        bIsTransposed: true,
        into: result.base, result.stride)
    }
    for row in 0..<x.rows {
      let values = result[row]
      if let bias = layer.bias { for column in values.indices { values[column] += bias[column] } }
      layer.activation.apply(to: values)
    }
    return result
  }

  /// Softmax of each row, in place.
  func softmax(_ x: Matrix) {
    guard !isMeasuring else { return }
    for row in 0..<x.rows { PlainMath.softmax(x[row]) }
  }

  /// Loops of single values, so that the compiler makes vectors of whatever width the processor has.
  private static func softmax(_ row: UnsafeMutableBufferPointer<Float>) {
    let (x, count) = (row.baseAddress!, row.count)
    let top = reduce(row, x[0]) { $0 > $1 ? $0 : $1 }
    for index in 0..<count { x[index] = powerOfTwo((x[index] - top) * 1.4426950408889634) }
    let factor = 1 / reduce(row, 0) { $0 + $1 }
    for index in 0..<count { x[index] *= factor }
  }

  /// Four chains of operations side by side.
  @inline(__always)
  private static func reduce(
    _ row: UnsafeMutableBufferPointer<Float>, _ start: Float, _ combine: (Float, Float) -> Float
  ) -> Float {
    let (x, whole) = (row.baseAddress!, row.count / 4 * 4)
    var (a, b, c, d) = (start, start, start, start)
    for index in stride(from: 0, to: whole, by: 4) {
      a = combine(a, x[index])
      b = combine(b, x[index + 1])
      c = combine(c, x[index + 2])
      d = combine(d, x[index + 3])
    }
    for index in whole..<row.count { a = combine(a, x[index]) }
    return combine(combine(a, b), combine(c, d))
  }

  /// 2^x for x at most 0, to 2e-7 of its value; 2^-126 for anything smaller.
  @inline(__always)
  private static func powerOfTwo(_ x: Float) -> Float {
    let bounded = x > -126 ? x : -126
    // Adding 1.5 * 2^23 leaves the nearest whole number in the lowest bits.
    let shifted = bounded + 12_582_912
    let f = bounded - (shifted - 12_582_912)
    // Taylor's series of exp(f ln 2), |f| <= 1/2.
    var series: Float = 0.00015403530
    series = series * f + 0.0013333558
    series = series * f + 0.009618129
    series = series * f + 0.05550411
    series = series * f + 0.2402265
    series = series * f + 0.6931472
    series = series * f + 1
    return Float(bitPattern: series.bitPattern &+ shifted.bitPattern &<< 23)
  }

  // MARK: Norm and convolution

  /// Layer normalisation of each row, with scale and offset: epsilon 1e-5, biased variance.
  func normalised(_ x: Matrix, _ norm: PlainNorm) -> Matrix {
    let result = matrix(x.rows, x.columns)
    guard !isMeasuring else { return result }
    let count = Float(x.columns)
    for row in 0..<x.rows {
      let (values, out) = (x[row], result[row])
      let mean = values.reduce(0, +) / count
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
      let factor = 1 / (variance + 1e-5).squareRoot()
      for column in out.indices {
        out[column] = (values[column] - mean) * factor * norm.gamma[column] + norm.beta[column]
      }
    }
    return result
  }

  /// The 3x3 pixels around each pixel of a run, rows of the picture first, with zeros around the picture: `[pixels, 9 C]`.
  func neighbourhoods(of run: Range<Int>, in x: Matrix, height: Int, width: Int) -> Matrix {
    let channels = x.columns
    let result = matrix(run.count, 9 * channels)
    guard !isMeasuring else { return result }
    for (row, pixel) in run.enumerated() {
      for tap in 0..<9 {
        let (line, column) = (pixel / width + tap / 3 - 1, pixel % width + tap % 3 - 1)
        let target = result.base + row * result.stride + tap * channels
        if line >= 0 && line < height && column >= 0 && column < width {
          target.update(from: x.base + (line * width + column) * x.stride, count: channels)
        } else {
          target.update(repeating: 0, count: channels)
        }
      }
    }
    return result
  }
}

extension Activation {
  func apply(to values: UnsafeMutableBufferPointer<Float>) {
    switch self {
    case .none: break
    case .relu: for index in values.indices { values[index] = max(0, values[index]) }
    case .leakyReLU(let slope): for index in values.indices where values[index] < 0 { values[index] *= slope }
    case .gelu:
      for index in values.indices { values[index] *= 0.5 * erfc(-values[index] * Float(0.5).squareRoot()) }
    }
  }
}
