import Base
import Glibc

/// How a restored picture's samples are stored.
public enum SensorTransfer: String, Sendable, CaseIterable {
  /// The sRGB curve: an ordinary picture.
  case srgb
  /// Proportional to light, primaries of sRGB, 16 bits; PNG's gAMA says so.
  case linear
}

/// How bright a raw file's picture becomes.
public enum SensorExposure: Hashable, Sendable {
  /// One pixel in a hundred is white, as dcraw and LibRaw have it; nothing becomes darker, nor brighter than by `SensorHeader.mostGain`.
  case automatic
  /// Steps of the aperture: 1 doubles the light.
  case value(Double)
}

/// From the camera's colours to those of a screen. Camera colours are what the network returns for
/// `SensorMosaic.mosaicPicture`: balanced, behind the sRGB curve.
extension SensorHeader {
  /// Camera colours in sRGB or linear light; `colours` is `[pixels, 3]`, 0...1, and so is the result.
  public func rendered(_ colours: [Float], transfer: SensorTransfer = .srgb) -> [Float] {
    let matrix = cameraToSRGB ?? [1, 0, 0, 0, 1, 0, 0, 0, 1]
    var rendered = colours
    rendered.withUnsafeMutableBufferPointer { colours in
      for pixel in stride(from: 0, to: colours.count - 2, by: 3) {
        let r = LightCurve.srgb.light(colours[pixel])
        let g = LightCurve.srgb.light(colours[pixel + 1])
        let b = LightCurve.srgb.light(colours[pixel + 2])
        for row in 0..<3 {
          let light = min(max(gain * (matrix[row * 3] * r + matrix[row * 3 + 1] * g + matrix[row * 3 + 2] * b), 0), 1)
          colours[pixel + row] = transfer == .linear ? light : LightCurve.srgb.value(light)
        }
      }
    }
    return rendered
  }

  /// A restored picture, or part of one, in sRGB or linear light. A few rows at a time are held as floats.
  ///
  /// - Parameter bitDepth: 8, 16 or 32; linear is at least 16.
  /// - Precondition: `restored` is RGB.
  public func finished(_ restored: Image, transfer: SensorTransfer, bitDepth: Int) -> Image {
    precondition(restored.layout == .rgb)
    var metadata = restored.metadata
    switch transfer {
    case .srgb: metadata.srgbIntent = 0
    case .linear: metadata.pngGamma = 100_000
    }
    let depth = transfer == .linear ? max(16, bitDepth) : bitDepth
    var image = ImageRows(width: restored.width, height: restored.height, layout: .rgb, bitDepth: depth)
    for top in stride(from: 0, to: restored.height, by: 32) {
      let rows = Rectangle(x: 0, y: top, width: restored.width, height: min(32, restored.height - top))
      image.set(rendered(restored.floats(.rgb, of: rows), transfer: transfer), channels: 0..<3, from: top)
    }
    return image.image(metadata: metadata)
  }

  /// Eight steps would make a picture of the noise of a night.
  public static let mostGain: Float = 16

  /// The gain of dcraw's automatic brightness: of the channel whose brightest hundredth begins highest, that level becomes white.
  ///
  /// Source: dcraw 9.28, `write_ppm_tiff`. The light of each two by two pixels stands for theirs.
  func automaticGain(_ mosaic: Image) -> Float {
    let levels = 4096
    var counts = [[Int]](repeating: [Int](repeating: 0, count: levels), count: 3)
    let matrix = cameraToSRGB ?? [1, 0, 0, 0, 1, 0, 0, 0, 1]
    let light = (0..<256 * 256).map { LightCurve.srgb.light(Float($0) / 65_535) }
    var pixels = 0
    for top in stride(from: 0, to: mosaic.height - 1, by: 2) {
      let values = mosaic.floats(.gray, of: Rectangle(x: 0, y: top, width: mosaic.width, height: 2))
      for left in stride(from: 0, to: mosaic.width - 1, by: 2) {
        var camera: (Float, Float, Float) = (0, 0, 0)
        for place in 0..<4 {
          let value = values[place / 2 * mosaic.width + left + place % 2]
          let light = light[Int(min(max(value, 0), 1) * 65_535)]
          switch filters.channel(y: top + place / 2, x: left + place % 2) {
          case 0: camera.0 += light
          case 1: camera.1 += light / 2
          default: camera.2 += light
          }
        }
        for row in 0..<3 {
          let level = matrix[row * 3] * camera.0 + matrix[row * 3 + 1] * camera.1 + matrix[row * 3 + 2] * camera.2
          counts[row][Int(min(max(level, 0), 1) * Float(levels - 1))] += 1
        }
        pixels += 1
      }
    }
    guard pixels > 0 else { return 1 }
    var white = 1
    for channel in counts {
      var (level, above) = (levels - 1, 0)
      while level > 1, above + channel[level] <= pixels / 100 {
        above += channel[level]
        level -= 1
      }
      white = max(white, level)
    }
    return min(Float(levels - 1) / Float(white), Self.mostGain)
  }

  /// What a `mosaicPicture` shows, roughly and at once: each two by two pixels in the one colour that they measured together.
  /// 8-bit RGB in sRGB, for screens.
  public func roughPicture(_ mosaic: Image) -> Image {
    let (width, height) = (mosaic.width, mosaic.height)
    var samples = [UInt8](repeating: 0, count: width * height * 3)
    for top in stride(from: 0, to: height, by: 2) {
      // A last odd row or column is shown as the pair it ends.
      let pair = Rectangle(x: 0, y: max(0, min(top, height - 2)), width: width, height: min(2, height))
      let values = mosaic.floats(.gray, of: pair)
      var colours: [Float] = []
      colours.reserveCapacity((width + 1) / 2 * 3)
      for left in stride(from: 0, to: width, by: 2) {
        let first = max(0, min(left, width - 2))
        var (sums, counts): ([Float], [Float]) = ([0, 0, 0], [0, 0, 0])
        for y in 0..<pair.height {
          for x in first..<min(first + 2, width) {
            let channel = filters.channel(y: pair.y + y, x: x)
            sums[channel] += values[y * width + x]
            counts[channel] += 1
          }
        }
        for channel in 0..<3 { colours.append(sums[channel] / max(1, counts[channel])) }
      }
      let bytes = rendered(colours).map { UInt8($0 * 255 + 0.5) }
      for y in 0..<min(2, height - top) {
        for x in 0..<width {
          for channel in 0..<3 { samples[((top + y) * width + x) * 3 + channel] = bytes[x / 2 * 3 + channel] }
        }
      }
    }
    return Image(width: width, height: height, layout: .rgb, samples: .eight(samples))
  }
}
