import Base
import Foundation
import Tensors

/// A linear filter along one axis: output `i` is the sum over `t < taps` of `weights[i * taps + t] * input[indices[i * taps + t]]`.
///
/// The kernel is stretched where the line is shrunk, so that it also removes what the smaller line cannot hold.
struct LineFilter {
  /// What weighs the inputs around an output, by their distance in pixels of the coarser line.
  enum Kernel {
    /// Keys' cubic with a = -1/2, as Matlab and Pillow have it.
    case cubic
    /// Keys' cubic with a = -3/4, as PyTorch has it: for smooth random fields.
    case sharpCubic
    case linear
    case box

    var support: Float {
      switch self {
      case .cubic, .sharpCubic: 4
      case .linear: 2
      case .box: 1
      }
    }

    func callAsFunction(_ x: Float) -> Float {
      let d = abs(x)
      switch self {
      case .cubic: return Self.cubic(d, -0.5)
      case .sharpCubic: return Self.cubic(d, -0.75)
      case .linear: return max(0, 1 - d)
      case .box: return x >= -0.5 && x < 0.5 ? 1 : 0
      }
    }

    private static func cubic(_ d: Float, _ a: Float) -> Float {
      if d <= 1 { return ((a + 2) * d - (a + 3)) * d * d + 1 }
      return d <= 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0
    }
  }

  /// What stands beyond the ends of the line.
  enum End {
    /// The line mirrored, its last pixel repeated: b a | a b.
    case mirrored
    /// Nothing: the weights that are left are scaled up.
    case cut
  }

  let count: Int
  private let inputCount: Int
  private let taps: Int
  private let indices: [Int]
  private let weights: [Float]

  /// - Parameters:
  ///   - inputCount, count: pixels of the line before and after; positive.
  ///   - scale: pixels of the output for one of the input.
  ///   - start: where in the input the first output lies, in pixels from the centre of the first one.
  init(_ kernel: Kernel, from inputCount: Int, to count: Int, scale: Float, start: Float, end: End) {
    let stretch = max(1, 1 / scale)
    let taps = Int((kernel.support * stretch).rounded(.up)) + 1
    self.init(from: inputCount, to: count, taps: taps, end: end) { output in
      let centre = start + Float(output) / scale
      let first = Int((centre - kernel.support * stretch / 2).rounded(.down))
      return (first, (0..<taps).map { kernel((centre - Float(first + $0)) / stretch) })
    }
  }

  /// Resizing to `count` pixels, both ends of the line kept.
  static func resizing(_ kernel: Kernel, from inputCount: Int, to count: Int) -> LineFilter {
    let scale = Float(count) / Float(inputCount)
    return LineFilter(kernel, from: inputCount, to: count, scale: scale, start: 0.5 / scale - 0.5, end: .mirrored)
  }

  /// A bell of deviation `sigma` pixels, cut off four deviations out.
  static func gaussian(sigma: Float, count: Int) -> LineFilter {
    let sigma = max(sigma, 0.1)
    let radius = min(count - 1, Int((4 * sigma).rounded(.up)))
    let bell = (-radius...radius).map { exp(-0.5 * (Float($0) / sigma) * (Float($0) / sigma)) }
    return LineFilter(from: count, to: count, taps: 2 * radius + 1, end: .cut) { ($0 - radius, bell) }
  }

  private init(from inputCount: Int, to count: Int, taps: Int, end: End, _ row: (Int) -> (first: Int, [Float])) {
    precondition(inputCount > 0 && count > 0)
    var (indices, weights): ([Int], [Float]) = ([], [])
    indices.reserveCapacity(count * taps)
    weights.reserveCapacity(count * taps)
    for output in 0..<count {
      var (first, values) = row(output)
      var sum: Float = 0
      for tap in 0..<taps {
        let index = first + tap
        if index >= 0 && index < inputCount {
          indices.append(index)
        } else if end == .mirrored {
          let period = 2 * inputCount
          let phase = ((index % period) + period) % period
          indices.append(phase < inputCount ? phase : period - 1 - phase)
        } else {
          indices.append(0)
          values[tap] = 0
        }
        sum += values[tap]
      }
      for value in values { weights.append(value / sum) }
    }
    (self.inputCount, self.count, self.taps, self.indices, self.weights) = (inputCount, count, taps, indices, weights)
  }

  /// Each row of the result is a weighted sum of whole rows: `[inputCount, W, C]` to `[count, W, C]`.
  fileprivate func downColumns(_ picture: Tensor) -> Tensor {
    precondition(picture.shape.height == inputCount)
    let rowCount = picture.shape.width * picture.shape.channels
    var result = Tensor(shape: Shape(height: count, width: picture.shape.width, channels: picture.shape.channels))
    picture.values.withUnsafeBufferPointer { input in
      result.values.withUnsafeMutableBufferPointer { output in
        for y in 0..<count {
          let sums = output.baseAddress! + y * rowCount
          for tap in y * taps..<(y + 1) * taps where weights[tap] != 0 {
            let (row, weight) = (input.baseAddress! + indices[tap] * rowCount, weights[tap])
            for i in 0..<rowCount { sums[i] += weight * row[i] }
          }
        }
      }
    }
    return result
  }

  /// Each pixel of the result is a weighted sum of pixels of its row: `[H, inputCount, C]` to `[H, count, C]`.
  fileprivate func acrossRows(_ picture: Tensor) -> Tensor {
    precondition(picture.shape.width == inputCount)
    let (height, channels) = (picture.shape.height, picture.shape.channels)
    var result = Tensor(shape: Shape(height: height, width: count, channels: channels))
    let places = indices.map { $0 * channels }
    picture.values.withUnsafeBufferPointer { input in
      result.values.withUnsafeMutableBufferPointer { output in
        places.withUnsafeBufferPointer { places in
          weights.withUnsafeBufferPointer { weights in
            for y in 0..<height {
              let row = input.baseAddress! + y * inputCount * channels
              let target = output.baseAddress! + y * count * channels
              for x in 0..<count {
                for tap in x * taps..<(x + 1) * taps {
                  let (pixel, weight) = (row + places[tap], weights[tap])
                  for channel in 0..<channels { target[x * channels + channel] += weight * pixel[channel] }
                }
              }
            }
          }
        }
      }
    }
    return result
  }
}

extension Tensor {
  /// Filtered along both axes: `[rows.count, columns.count, C]`.
  func filtered(down rows: LineFilter, across columns: LineFilter) -> Tensor {
    columns.acrossRows(rows.downColumns(self))
  }

  /// Blurred by a bell of deviation `sigma` pixels; beyond the edges is nothing.
  func blurred(sigma: Float) -> Tensor {
    filtered(
      down: .gaussian(sigma: sigma, count: shape.height), across: .gaussian(sigma: sigma, count: shape.width))
  }

  /// Resized to another height and width; both edges are kept.
  func resized(_ kernel: LineFilter.Kernel, height: Int, width: Int) -> Tensor {
    filtered(
      down: .resizing(kernel, from: shape.height, to: height), across: .resizing(kernel, from: shape.width, to: width))
  }

  /// A smooth random surface through `cells` x `cells` normal numbers, the outer ones on the edges: `[height, width, 1]`.
  static func smoothField(cells: Int, height: Int, width: Int, random: inout RandomStream) -> Tensor {
    let corners = Tensor(
      shape: Shape(height: cells, width: cells, channels: 1), values: random.normals(cells * cells))
    func filter(_ count: Int) -> LineFilter {
      LineFilter(
        .sharpCubic, from: cells, to: count, scale: Float(max(count - 1, 1)) / Float(cells - 1), start: 0,
        end: .mirrored)
    }
    return corners.filtered(down: filter(height), across: filter(width))
  }

  /// Each value clipped to 0...1 and rounded to a level of 8 bits, as a file would.
  func roundedTo8Bits() -> Tensor { mapped { (min(max($0, 0), 1) * 255 + 0.5).rounded(.down) / 255 } }

  func mapped(_ change: (Float) -> Float) -> Tensor {
    var result = self
    result.values.withUnsafeMutableBufferPointer { for i in $0.indices { $0[i] = change($0[i]) } }
    return result
  }

  /// The part without `margin` pixels on each side.
  func inside(_ margin: Int) -> Tensor {
    margin == 0
      ? self
      : cropped(
        Rectangle(x: margin, y: margin, width: shape.width - 2 * margin, height: shape.height - 2 * margin))
  }
}
