import CKernels
import Foundation
import Tensors

/// What a training makes small: a mean over the values of a restored patch, and where asked for of its spectrum.
public struct Loss: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    /// `|x - target|`.
    case l1
    /// `sqrt((x - target)^2 + epsilon^2)` (Charbonnier et al., ICIP 1994).
    case charbonnier(epsilon: Float)
  }

  public var kind: Kind
  /// Weight of the mean absolute value of the difference's spectrum, as papers on deblurring use it (Cho et al., ICCV 2021); 0 for none.
  public var spectrum: Float

  public init(_ kind: Kind = .charbonnier(epsilon: 1e-3), spectrum: Float = 0) {
    (self.kind, self.spectrum) = (kind, spectrum)
  }
}

/// A loss for patches of one shape.
struct PatchLoss: Sendable {
  private let loss: Loss
  private let shape: Shape
  private let spectrum: SpectrumLoss?

  init(_ loss: Loss, shape: Shape, kernels: UnsafePointer<grl_kernels>) {
    (self.loss, self.shape) = (loss, shape)
    spectrum = loss.spectrum > 0 ? SpectrumLoss(height: shape.height, width: shape.width, kernels: kernels) : nil
  }

  var scratchFloats: Int { spectrum.map { $0.scratchFloats + 3 * shape.pixels + 4 * slackFloats } ?? 0 }

  /// Mean loss without the spectrum's part, mean square difference, and the spectrum's part of a patch; `gradient` is set to `share` times the gradient of the
  /// whole loss.
  func callAsFunction(
    _ x: UnsafePointer<Float>, _ target: UnsafePointer<Float>, share: Float, gradient: UnsafeMutablePointer<Float>,
    on lane: Lane
  ) -> (loss: Double, squares: Double, spectrum: Double) {
    let (kind, epsilon): (grl_loss_kind, Float) =
      switch loss.kind {
      case .l1: (GRL_LOSS_L1, 0)
      case .charbonnier(let epsilon): (GRL_LOSS_CHARBONNIER, epsilon)
      }
    let count = shape.count
    let block = Int(GRL_SUM_BLOCK)
    var sums = [Double](repeating: 0, count: (count + block - 1) / block)
    grl_loss(kind, x, target, count, epsilon, share / Float(count), gradient, &sums)
    var squares = 0.0
    for index in 0..<count {
      let difference = Double(x[index]) - Double(target[index])
      squares += difference * difference
    }
    let ofSpectrum = spectrum.map { addSpectrum($0, x, target, share: share, to: gradient, on: lane) }
    return (sums.reduce(0, +) / Double(count), squares / Double(count), ofSpectrum ?? 0)
  }

  private func addSpectrum(
    _ spectrum: SpectrumLoss, _ x: UnsafePointer<Float>, _ target: UnsafePointer<Float>, share: Float,
    to gradient: UnsafeMutablePointer<Float>, on lane: Lane
  ) -> Double {
    let (pixels, channels) = (shape.pixels, shape.channels)
    return lane.scope {
      var total = 0.0
      let (difference, plane) = (lane.take(pixels), lane.take(pixels))
      let scratch = lane.take(spectrum.scratchFloats)
      for channel in 0..<channels {
        for pixel in 0..<pixels {
          difference[pixel] = x[pixel * channels + channel] - target[pixel * channels + channel]
        }
        total += spectrum.gradient(of: difference, into: plane, scratch: scratch)
        let scale = share * loss.spectrum / Float(channels)
        for pixel in 0..<pixels { gradient[pixel * channels + channel] += scale * plane[pixel] }
      }
      return total * Double(loss.spectrum) / Double(channels)
    }
  }
}

/// Mean absolute value of real and imaginary parts of a plane's two-dimensional spectrum, and its gradient.
///
/// The transform is orthonormal and takes the columns that a real plane's other ones mirror, as `torch.fft.rfft2` with norm `ortho`; times 96, which is
/// what planes of 96 x 96 give without norm. It is two products with matrices of cosines and sines: sides of patches are few and small,
/// and seldom powers of two.
package final class SpectrumLoss: Sendable {
  private let height: Int
  private let width: Int
  /// Columns of the spectrum.
  private let columns: Int
  private let horizontal: Factor
  private let vertical: Factor

  /// A constant right factor and its transpose, packed.
  private final class Factor: @unchecked Sendable {  // written in `init` only
    let rows: Int
    let columns: Int
    private let kernels: UnsafePointer<grl_kernels>
    private let forward: [Float]
    private let backward: [Float]

    init(rows: Int, columns: Int, _ kernels: UnsafePointer<grl_kernels>, _ value: (Int, Int) -> Float) {
      (self.rows, self.columns, self.kernels) = (rows, columns, kernels)
      let matrix = (0..<rows).flatMap { row in (0..<columns).map { value(row, $0) } }
      func packed(_ rows: Int, _ columns: Int, _ rowStride: Int, _ columnStride: Int) -> [Float] {
        var result = [Float](
          repeating: 0, count: grl_packed_size(kernels, Int32(rows), Int32(columns)) + slackFloats)
        grl_pack(kernels, matrix, rowStride, columnStride, Int32(rows), Int32(columns), &result)
        return result
      }
      forward = packed(rows, columns, columns, 1)
      backward = packed(columns, rows, 1, columns)
    }

    /// `y = x * factor`, or with its transpose; `count` rows.
    func apply(
      _ x: UnsafePointer<Float>, rows count: Int, isTransposed: Bool = false, into y: UnsafeMutablePointer<Float>
    ) {
      let (inner, outer) = isTransposed ? (columns, rows) : (rows, columns)
      (isTransposed ? backward : forward).withUnsafeBufferPointer {
        var task = grl_gemm(
          a: x, a_index: nil, a_stride: inner, a_segment_stride: 0, rows: Int32(count), segments: 1, k: Int32(inner),
          n: Int32(outer), b: $0.baseAddress!, bias: nil, residual: nil, residual_stride: 0, c: y, c_stride: outer,
          activation: GRL_LINEAR, slope: 0)
        kernels.pointee.gemm(&task)
      }
    }
  }

  package init(height: Int, width: Int, kernels: UnsafePointer<grl_kernels>) {
    (self.height, self.width) = (height, width)
    columns = width / 2 + 1
    let columns = columns
    func angle(_ a: Int, _ b: Int, _ extent: Int) -> Double { 2 * Double.pi * Double(a * b % extent) / Double(extent) }
    let (across, down) = (1 / Double(width).squareRoot(), 1 / Double(height).squareRoot())
    // [width, cos | -sin]
    horizontal = Factor(rows: width, columns: 2 * columns, kernels) { x, v in
      Float(v < columns ? cos(angle(x, v, width)) * across : -sin(angle(x, v - columns, width)) * across)
    }
    // [height, cos | sin]
    vertical = Factor(rows: height, columns: 2 * height, kernels) { y, u in
      Float(u < height ? cos(angle(y, u, height)) * down : sin(angle(y, u - height, height)) * down)
    }
  }

  private var rowFloats: Int { height * 2 * columns + slackFloats }
  package var scratchFloats: Int { 2 * rowFloats + 2 * columns * 2 * height + slackFloats }

  /// - Returns: the loss of `plane`, `[height, width]`, whose gradient is set.
  package func gradient(
    of plane: UnsafePointer<Float>, into gradient: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) -> Double {
    let (byRow, byColumn) = (scratch, scratch + rowFloats)
    let products = byColumn + rowFloats
    let parts = 2 * columns  // real parts of all columns, then imaginary ones
    horizontal.apply(plane, rows: height, into: byRow)  // [height, parts]
    for y in 0..<height {
      for part in 0..<parts { byColumn[part * height + y] = byRow[y * parts + part] }
    }
    vertical.apply(byColumn, rows: parts, into: products)  // [parts, cos | sin of each row's frequency]
    var total = 0.0
    let scale = Float(96) / Float(2 * columns * height)
    for v in 0..<columns {
      let (real, imaginary) = (products + v * 2 * height, products + (columns + v) * 2 * height)
      for u in 0..<height {
        let (re, im) = (real[u] + imaginary[height + u], imaginary[u] - real[height + u])
        total += Double(abs(re)) + Double(abs(im))
        let (dRe, dIm) = (scale * SpectrumLoss.sign(re), scale * SpectrumLoss.sign(im))
        (real[u], real[height + u], imaginary[u], imaginary[height + u]) = (dRe, -dIm, dIm, dRe)
      }
    }
    vertical.apply(products, rows: parts, isTransposed: true, into: byColumn)
    for y in 0..<height {
      for part in 0..<parts { byRow[y * parts + part] = byColumn[part * height + y] }
    }
    horizontal.apply(byRow, rows: height, isTransposed: true, into: gradient)
    return total * Double(scale)
  }

  private static func sign(_ value: Float) -> Float { value > 0 ? 1 : value < 0 ? -1 : 0 }
}
