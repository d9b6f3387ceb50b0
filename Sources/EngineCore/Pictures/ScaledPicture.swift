import Base
import Imaging

/// A picture made smaller for a screen: 8-bit RGB, transparency laid over gray checks.
package struct ScaledPicture: Hashable, Sendable {
  package let width: Int
  package let height: Int
  /// `[height, width, 3]`.
  package var pixels: [UInt8]

  package init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(width > 0 && height > 0 && pixels.count == width * height * 3)
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  /// Each pixel is the mean of the area of `image` under it, samples as they are stored, in the colours of a screen.
  ///
  /// - Parameters:
  ///   - region: the part of the picture that is shown.
  ///   - width, height: at least 1. Where they exceed the region's, pixels of the picture are repeated in part.
  package init(_ image: Image, region: Rectangle, width: Int, height: Int) {
    precondition(region.width > 0 && region.height > 0 && width > 0 && height > 0)
    let channels = image.layout.channels
    let planes = AreaScaler.scaled(image, region, width: width, height: height)
    var colours = (0..<width * height * 3).map { place in
      planes[place / 3 * channels + (image.layout.isColour ? place % 3 : 0)]
    }
    ColourSpace(image.metadata, image.layout).toScreen()?.apply(to: &colours)
    var pixels = [UInt8](repeating: 0, count: width * height * 3)
    for pixel in 0..<width * height {
      let alpha = image.layout.hasAlpha ? planes[pixel * channels + channels - 1] : 1
      let ground = Self.check(x: pixel % width, y: pixel / width)
      for colour in 0..<3 {
        let value = colours[pixel * 3 + colour]
        pixels[pixel * 3 + colour] = Self.quantised(value * alpha + ground * (1 - alpha))
      }
    }
    self.init(width: width, height: height, pixels: pixels)
  }

  /// The whole of another scaled picture, made smaller.
  package func scaled(width: Int, height: Int) -> ScaledPicture {
    if width == self.width && height == self.height { return self }
    let image = Image(width: self.width, height: self.height, layout: .rgb, samples: .eight(pixels))
    return ScaledPicture(image, region: image.bounds, width: width, height: height)
  }

  /// Mid-gray checks of 8 pixels, 0...1: what shines through.
  package static func check(x: Int, y: Int) -> Float { (x / 8 + y / 8) % 2 == 0 ? 0.6 : 0.4 }

  package static func quantised(_ value: Float) -> UInt8 { UInt8(max(0, min(1, value.isNaN ? 0 : value)) * 255 + 0.5) }
}
