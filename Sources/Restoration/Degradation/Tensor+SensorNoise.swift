import Foundation
import Tensors

extension Tensor {
  /// What a camera at ISO 100 to 25,600 would have added to this picture: `[H, W, 3]` of differences of display values, before any
  /// sharpening.
  ///
  /// The way back to the sensor (tone curve, white balance, colour matrix) is exact, so what differs is noise alone: shot and read noise,
  /// bands and a fixed pattern, interpolated from the mosaic.
  /// Source: Brooks et al.: Unprocessing images for learned raw denoising (CVPR 2019), sections 3.1 to 3.4.
  package func sensorNoise(_ random: inout RandomStream) -> Tensor {
    let (height, width) = (shape.height, shape.width)
    let contrast = random.chance(0.8) ? random.uniform(0, 0.9) : 0
    let camera = CameraColours(&random)
    let light = mapped { Self.linear($0, contrast) }

    // Shot noise of a full well of 8,000 to 60,000 electrons at ISO 100; read noise grows with its power 1.09 (of the variance 2.18).
    let stops = 8 * pow(random.uniform(), 1.4)
    let shot = exp(random.uniform(log(1 / 60_000), log(1 / 8_000))) * exp2(stops)
    let read = exp((2.18 * log(shot) + 1.20 + 0.35 * random.normal()) / 2)
    let bands = random.chance(0.3) ? read * random.uniform(0, 0.6) : 0
    let pattern = random.chance(0.3) ? random.uniform(0, 0.02) : 0
    let rows = random.normals(bands > 0 ? height : 0)
    let columns = random.normals(bands > 0 ? width : 0)

    var noise = camera.raw(light).mosaicked(.rggb)
    noise.values.withUnsafeMutableBufferPointer { values in
      for y in 0..<height {
        for x in 0..<width {
          let level = values[y * width + x]
          var sum = random.normal() * (shot * level + read * read).squareRoot()
          if bands > 0 { sum += bands * (rows[y] + 0.5 * columns[x]) }
          if pattern > 0 { sum += pattern * level * random.normal() }
          values[y * width + x] = sum
        }
      }
    }
    var result = camera.display(noise.demosaickedNoise(by: Demosaicking.allCases[random.integer(below: 3)]))
    result.values.withUnsafeMutableBufferPointer { added in
      light.values.withUnsafeBufferPointer { light in
        for i in added.indices {
          added[i] = Self.toned(light[i] + added[i], contrast) - Self.toned(light[i], contrast)
        }
      }
    }
    return result
  }

  /// What a camera's own denoiser leaves of this noise, `[H, W, 3]`: blotches of colour, softened grain. It keeps edges, so only noise is
  /// filtered.
  func denoisedByCamera(_ random: inout RandomStream) -> Tensor {
    var luma = Tensor(shape: Shape(height: shape.height, width: shape.width, channels: 1))
    var colour = self
    for pixel in luma.values.indices {
      let value = 0.299 * values[3 * pixel] + 0.587 * values[3 * pixel + 1] + 0.114 * values[3 * pixel + 2]
      luma.values[pixel] = value
      for channel in 0..<3 { colour.values[3 * pixel + channel] -= value }
    }
    let (softness, coarseness) = (random.uniform(0.4, 2), random.uniform(0.7, 4))
    let (lumaShare, colourShare) = (random.uniform(0, 0.9), random.uniform(0.4, 1))
    let (soft, coarse) = (luma.blurred(sigma: softness), colour.blurred(sigma: coarseness))
    for pixel in luma.values.indices {
      let value = luma.values[pixel] + lumaShare * (soft.values[pixel] - luma.values[pixel])
      for i in 3 * pixel..<3 * pixel + 3 {
        colour.values[i] += colourShare * (coarse.values[i] - colour.values[i]) + value
      }
    }
    return colour
  }

  /// Linear light to display values: the power 1 / 2.2, then a blend into the smooth step 3 t^2 - 2 t^3.
  private static func toned(_ light: Float, _ contrast: Float) -> Float {
    let t = pow(min(max(light, 1e-6), 1), 1 / 2.2)
    return t + contrast * t * (t * (3 - 2 * t) - 1)
  }

  /// The inverse of `toned` by Newton's method; contrast below 1.
  private static func linear(_ display: Float, _ contrast: Float) -> Float {
    var t = display
    if contrast > 0 {
      for _ in 0..<5 {
        let error = t + contrast * t * (t * (3 - 2 * t) - 1) - display
        t = min(max(t - error / max(1 + contrast * (6 * t * (1 - t) - 1), 0.1), 0), 1)
      }
    }
    return pow(t, 2.2)
  }

  // MARK: Interpolation of the mosaic

  private enum Demosaicking: CaseIterable {
    case bilinear, malvar, smoothedColours
  }

  /// Noise of an RGGB mosaic, `[H, W, 1]`, as interpolation spreads it. All ways are linear, so a noisy photograph interpolated is the
  /// clean one interpolated plus this.
  private func demosaickedNoise(by way: Demosaicking) -> Tensor {
    guard way != .malvar else { return demosaicked(.rggb) }
    if way == .bilinear { return bilinearlyDemosaicked }
    var result = demosaicked(.rggb)
    var apart = self
    for pixel in apart.values.indices { apart.values[pixel] -= result.values[3 * pixel + 1] }
    let smooth = apart.bilinearlyDemosaicked.averagedOverNeighbours
    for pixel in apart.values.indices {
      for channel in [0, 2] {
        result.values[3 * pixel + channel] = result.values[3 * pixel + 1] + smooth.values[3 * pixel + channel]
      }
    }
    return result
  }

  /// Each missing colour is the mean of its two or four nearest samples; mirrored about the edge pixels.
  private var bilinearlyDemosaicked: Tensor {
    let source = padded(by: 1, .mirror)
    let rowCount = shape.width + 2
    var result = Tensor(shape: Shape(height: shape.height, width: shape.width, channels: 3))
    source.values.withUnsafeBufferPointer { source in
      result.values.withUnsafeMutableBufferPointer { result in
        for y in 0..<shape.height {
          for x in 0..<shape.width {
            let p = source.baseAddress! + (y + 1) * rowCount + x + 1
            let rgb = result.baseAddress! + (y * shape.width + x) * 3
            let (beside, above) = ((p[-1] + p[1]) / 2, (p[-rowCount] + p[rowCount]) / 2)
            switch (y & 1, x & 1) {
            case (0, 0), (1, 1):
              let diagonal = (p[-rowCount - 1] + p[-rowCount + 1] + p[rowCount - 1] + p[rowCount + 1]) / 4
              let isRed = y & 1 == 0
              (rgb[0], rgb[1], rgb[2]) = (isRed ? p[0] : diagonal, (beside + above) / 2, isRed ? diagonal : p[0])
            case (0, _): (rgb[0], rgb[1], rgb[2]) = (beside, p[0], above)
            default: (rgb[0], rgb[1], rgb[2]) = (above, p[0], beside)
            }
          }
        }
      }
    }
    return result
  }

  /// The mean of the 3 x 3 pixels around each; the edge pixels go on beyond the edges.
  private var averagedOverNeighbours: Tensor {
    let (source, channels) = (padded(by: 1, .replicate), shape.channels)
    let rowCount = source.shape.width * channels
    var result = self
    source.values.withUnsafeBufferPointer { source in
      result.values.withUnsafeMutableBufferPointer { result in
        for y in 0..<shape.height {
          for i in 0..<shape.width * channels {
            var sum: Float = 0
            for row in 0..<3 {
              let p = source.baseAddress! + (y + row) * rowCount + i
              sum += p[0] + p[channels] + p[2 * channels]
            }
            result[y * shape.width * channels + i] = sum / 9
          }
        }
      }
    }
    return result
  }
}

/// How one camera sees colours: a random mix of four bodies, with a white balance.
private struct CameraColours {
  /// Linear sRGB to XYZ (D65), rows; IEC 61966-2-1.
  private static let xyz: [SIMD3<Float>] = [
    [0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041],
  ]
  /// XYZ (D65) to camera, rows R, G, B: the DNG colour matrices of Canon 5D Mark II, Nikon D800, Sony A7R II and Nikon D7000.
  private static let bodies: [[SIMD3<Float>]] = [
    [[0.4716, 0.0603, -0.0830], [-0.7798, 1.5474, 0.2480], [-0.1496, 0.1937, 0.6651]],
    [[0.7866, -0.2108, -0.0555], [-0.4869, 1.2483, 0.2681], [-0.1176, 0.2069, 0.7501]],
    [[0.6629, -0.1900, -0.0483], [-0.4618, 1.2349, 0.2550], [-0.0622, 0.1381, 0.6514]],
    [[0.8198, -0.2239, -0.0724], [-0.4871, 1.2389, 0.2798], [-0.1043, 0.2050, 0.7181]],
  ]
  /// The same from linear sRGB; rows sum to one, so that white stays white.
  private static let fromRGB = bodies.map { body in
    body.map { row in normalised(row[0] * xyz[0] + row[1] * xyz[1] + row[2] * xyz[2]) }
  }

  /// Rows: linear sRGB to the sensor's values with the gains taken off, and back.
  private let toSensor: [SIMD3<Float>]
  private let fromSensor: [SIMD3<Float>]

  init(_ random: inout RandomStream) {
    let shares = Self.bodies.map { _ in pow(random.uniform(), 3) }
    var mix = [SIMD3<Float>](repeating: .zero, count: 3)
    for (share, camera) in zip(shares, Self.fromRGB) {
      for row in 0..<3 { mix[row] += share * camera[row] }
    }
    mix = mix.map(Self.normalised)
    let brightness = random.uniform(1, 1.25)
    let gains = SIMD3(random.uniform(1.2, 2.6), 1, random.uniform(1.2, 2.6)) * brightness
    toSensor = (0..<3).map { mix[$0] / gains[$0] }
    fromSensor = Self.inverse(mix).map { $0 * gains }
  }

  /// Of linear sRGB what the sensor sees, `[H, W, 3]`, clipped to 0...1.
  func raw(_ light: Tensor) -> Tensor { light.multiplied(by: toSensor).mapped { min(max($0, 0), 1) } }

  /// Of the sensor's values linear sRGB.
  func display(_ raw: Tensor) -> Tensor { raw.multiplied(by: fromSensor) }

  private static func normalised(_ row: SIMD3<Float>) -> SIMD3<Float> { row / row.sum() }

  private static func inverse(_ m: [SIMD3<Float>]) -> [SIMD3<Float>] {
    func cross(_ a: SIMD3<Float>, _ b: SIMD3<Float>) -> SIMD3<Float> {
      [a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x]
    }
    // Columns of the inverse are the cross products of the other two rows over the determinant.
    let columns = [cross(m[1], m[2]), cross(m[2], m[0]), cross(m[0], m[1])]
    let determinant = (m[0] * columns[0]).sum()
    return (0..<3).map { [columns[0][$0], columns[1][$0], columns[2][$0]] / determinant }
  }
}

extension Tensor {
  /// Each pixel's three values times a matrix given by its rows.
  fileprivate func multiplied(by rows: [SIMD3<Float>]) -> Tensor {
    let (red, green, blue) = (rows[0], rows[1], rows[2])
    var result = self
    result.values.withUnsafeMutableBufferPointer { values in
      for i in stride(from: 0, to: values.count, by: 3) {
        let pixel = SIMD3(values[i], values[i + 1], values[i + 2])
        (values[i], values[i + 1], values[i + 2]) = ((red * pixel).sum(), (green * pixel).sum(), (blue * pixel).sum())
      }
    }
    return result
  }
}
