import Foundation
import Tensors

extension Tensor {
  /// Every point spread as `kernel` says; the edge pixels go on beyond the edges. Any channels.
  ///
  /// The rows are shared out among `threads`; the result does not depend on them.
  /// - Parameter rows: those that are returned, `[rows, W, C]`; nil for all.
  public func blurred(by kernel: BlurKernel, rows: Range<Int>? = nil, on threads: ThreadLease) -> Tensor {
    let rows = rows ?? 0..<shape.height
    let source = padded(by: kernel.radius, .replicate)
    let channels = shape.channels
    let rowCount = shape.width * channels
    let sourceRowCount = source.shape.width * channels

    // Light that moves right comes from the left: taps read the source mirrored about the centre.
    var taps = [(offset: Int, weight: Float)]()
    for (i, weight) in kernel.weights.enumerated() where weight != 0 {
      let (dy, dx) = (i / kernel.side - kernel.radius, i % kernel.side - kernel.radius)
      taps.append(((kernel.radius - dy) * sourceRowCount + (kernel.radius - dx) * channels, weight))
    }

    // Sums of a piece of a row stay in the first-level cache while all taps are added to them.
    let piece = 1024
    var output = Tensor(shape: Shape(height: rows.count, width: shape.width, channels: channels))
    source.values.withUnsafeBufferPointer { source in
      output.values.withUnsafeMutableBufferPointer { output in
        threads.run(count: rows.count) { y, _ in
          for start in stride(from: 0, to: rowCount, by: piece) {
            let count = min(piece, rowCount - start)
            let sums = output.baseAddress! + y * rowCount + start
            let corner = source.baseAddress! + (rows.lowerBound + y) * sourceRowCount + start
            for (offset, weight) in taps {
              let shifted = corner + offset
              for i in 0..<count { sums[i] += weight * shifted[i] }
            }
          }
        }
      }
    }
    return output
  }

  /// `blurred(by:rows:)` where light really adds up: values are taken as gamma 2.2 coded, and clipped to 0...1.
  public func blurredInLinearLight(by kernel: BlurKernel, rows: Range<Int>? = nil, on threads: ThreadLease) -> Tensor {
    raised(to: 2.2, threads).blurred(by: kernel, rows: rows, on: threads).raised(to: 1 / 2.2, threads)
  }

  /// Each value, clipped to 0...1, to the power of `exponent`.
  private func raised(to exponent: Float, _ threads: ThreadLease) -> Tensor {
    let rowCount = shape.width * shape.channels
    var output = self
    output.values.withUnsafeMutableBufferPointer { values in
      threads.run(count: shape.height) { y, _ in
        for i in y * rowCount..<(y + 1) * rowCount { values[i] = pow(min(max(values[i], 0), 1), exponent) }
      }
    }
    return output
  }
}
