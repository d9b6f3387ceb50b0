import Imaging
import Tensors

extension Tensor {
  /// What a sensor behind `filters` would record of an RGB picture: one colour per pixel, `[H, W, 3]` to `[H, W, 1]`.
  ///
  /// Values are taken over as they are. Sides may be odd.
  ///
  /// - Precondition: three channels.
  public func mosaicked(_ filters: ColourFilterArray) -> Tensor {
    precondition(shape.channels == 3, "a mosaic is made of RGB, not of \(shape.channels) channels")
    let width = shape.width
    var mosaic = Tensor(shape: Shape(height: shape.height, width: width, channels: 1))
    values.withUnsafeBufferPointer { rgb in
      mosaic.values.withUnsafeMutableBufferPointer { mosaic in
        for y in 0..<shape.height {
          for phase in 0..<2 {
            let channel = filters.channel(y: y, x: phase)
            for x in stride(from: phase, to: width, by: 2) {
              mosaic[y * width + x] = rgb[(y * width + x) * 3 + channel]
            }
          }
        }
      }
    }
    return mosaic
  }

  /// Colours between the samples of a Bayer mosaic by the 5x5 linear filters of Malvar, He and Cutler:
  /// `[H, W, 1]` to `[H, W, 3]`, the input of the demosaicking network.
  ///
  /// Samples keep their values; the two missing colours of a pixel are a mean of their neighbours corrected by the second
  /// difference of the colour that is known there. Beyond the edges the mosaic is mirrored about its edge pixels. The result
  /// is neither clipped nor rounded, as in GRL's evaluation and in the training of the bundled weights (Matlab's `demosaic`
  /// uses the same filters and then rounds). Any pattern is computed exactly, not as a shifted RGGB picture. A side of one
  /// pixel lacks colours altogether; they come out as linear combinations of what there is.
  /// Source: Malvar, He, Cutler: High-quality linear interpolation for demosaicing of Bayer-patterned color images
  /// (ICASSP 2004), figure 2.
  ///
  /// - Precondition: one channel.
  public func demosaicked(_ filters: ColourFilterArray) -> Tensor {
    precondition(shape.channels == 1, "a mosaic has one channel, not \(shape.channels)")
    let width = shape.width
    let margin = 2
    let mosaic = padded(by: margin, .mirror)
    let rowCount = mosaic.shape.width
    var output = Tensor(shape: Shape(height: shape.height, width: width, channels: 3))
    mosaic.values.withUnsafeBufferPointer { mosaic in
      output.values.withUnsafeMutableBufferPointer { output in
        for y in 0..<shape.height {
          let row = mosaic.baseAddress! + (y + margin) * rowCount + margin
          for phase in 0..<2 {
            let known = filters.channel(y: y, x: phase)
            let besideInRow = filters.channel(y: y, x: phase + 1)
            for x in stride(from: phase, to: width, by: 2) {
              let sample = MalvarSample(row + x, rowCount)
              let rgb = output.baseAddress! + (y * width + x) * 3
              rgb[known] = sample.centre
              if known == 1 {
                rgb[besideInRow] = sample.colourInRow
                rgb[2 - besideInRow] = sample.colourInColumn
              } else {
                rgb[1] = sample.green
                rgb[2 - known] = sample.oppositeColour
              }
            }
          }
        }
      }
    }
    return output
  }
}

/// The neighbourhood of one mosaic sample as Malvar's four filters group it.
private struct MalvarSample {
  let centre: Float
  /// Sums over the pixels one and two away in the row and in the column, and over the four diagonal neighbours.
  let row1, row2, column1, column2, diagonal: Float

  @inline(__always)
  init(_ p: UnsafePointer<Float>, _ rowCount: Int) {
    centre = p[0]
    row1 = p[-1] + p[1]
    row2 = p[-2] + p[2]
    column1 = p[-rowCount] + p[rowCount]
    column2 = p[-2 * rowCount] + p[2 * rowCount]
    diagonal = (p[-rowCount - 1] + p[-rowCount + 1]) + (p[rowCount - 1] + p[rowCount + 1])
  }

  /// Green at a red or blue sample.
  var green: Float { (4 * centre + 2 * (row1 + column1) - (row2 + column2)) * 0.125 }
  /// At a green sample, the colour whose samples lie beside it in the row.
  var colourInRow: Float { (5 * centre + 4 * row1 - diagonal - row2 + 0.5 * column2) * 0.125 }
  /// At a green sample, the colour whose samples lie above and below it.
  var colourInColumn: Float { (5 * centre + 4 * column1 - diagonal - column2 + 0.5 * row2) * 0.125 }
  /// Blue at a red sample, red at a blue one.
  var oppositeColour: Float { (6 * centre + 2 * diagonal - 1.5 * (row2 + column2)) * 0.125 }
}
