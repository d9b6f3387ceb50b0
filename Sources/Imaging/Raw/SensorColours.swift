import Base
import Glibc

/// How a restored picture's samples are stored.
public enum SensorTransfer: String, Sendable, CaseIterable {
  /// The sRGB curve: an ordinary picture.
  case srgb
  /// Proportional to light, primaries of sRGB, 16 bits; PNG's gAMA says so.
  case linear
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
          let light = min(max(matrix[row * 3] * r + matrix[row * 3 + 1] * g + matrix[row * 3 + 2] * b, 0), 1)
          colours[pixel + row] = transfer == .linear ? light : LightCurve.srgb.value(light)
        }
      }
    }
    return rendered
  }

  /// A restored picture, or part of one, in sRGB or linear light. A few rows at a time are held as floats.
  ///
  /// - Parameter bitDepth: 8 or 16; linear is always 16.
  /// - Precondition: `restored` is RGB.
  public func finished(_ restored: Image, transfer: SensorTransfer, bitDepth: Int) -> Image {
    precondition(restored.layout == .rgb)
    var metadata = restored.metadata
    switch transfer {
    case .srgb: metadata.srgbIntent = 0
    case .linear: metadata.pngGamma = 100_000
    }
    let depth = transfer == .linear ? 16 : bitDepth
    var (eight, sixteen): ([UInt8], [UInt16]) = ([], [])
    let count = restored.width * restored.height * 3
    if depth == 16 { sixteen.reserveCapacity(count) } else { eight.reserveCapacity(count) }
    for top in stride(from: 0, to: restored.height, by: 32) {
      let rows = Rectangle(x: 0, y: top, width: restored.width, height: min(32, restored.height - top))
      let colours = rendered(restored.floats(.rgb, of: rows), transfer: transfer)
      if depth == 16 {
        sixteen += colours.map { UInt16($0 * 65_535 + 0.5) }
      } else {
        eight += colours.map { UInt8($0 * 255 + 0.5) }
      }
    }
    return Image(
      width: restored.width, height: restored.height, layout: .rgb,
      samples: depth == 16 ? .sixteen(sixteen) : .eight(eight), metadata: metadata)
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
