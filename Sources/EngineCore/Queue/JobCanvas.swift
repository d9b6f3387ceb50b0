import Base
import Imaging
import Restoration
import Tensors

/// How a picture looks while it is restored: the input, with finished tiles painted in, at most 1024 pixels a side.
final class JobCanvas: Sendable {
  private static let largestSide = 1024

  /// Of the picture, in input pixels.
  let pictureWidth: Int
  let pictureHeight: Int
  private let width: Int
  private let height: Int
  /// `[height, width]`, 0...1; nil for a picture without alpha.
  private let alpha: [Float]?
  private let picture: Locked<ScaledPicture>

  /// - Parameter scale: enlargement of the result; the canvas is as large as the result allows.
  init(_ image: Image, scale: Int) {
    (pictureWidth, pictureHeight) = (image.width, image.height)
    let side = Self.largestSide
    let size = Fit.shrunk(image.width * scale, image.height * scale, within: (side, side))
    (width, height) = size
    let channels = image.layout.channels
    alpha = image.layout.hasAlpha ? Self.alpha(of: image, channels, size) : nil
    picture = Locked(ScaledPicture(image, region: image.bounds, width: size.width, height: size.height))
  }

  /// Middle gray, of a picture that is read by rows.
  init(blank picture: PictureShape, scale: Int) {
    (pictureWidth, pictureHeight) = (picture.width, picture.height)
    let side = Self.largestSide
    (width, height) = Fit.shrunk(picture.width * scale, picture.height * scale, within: (side, side))
    alpha = nil
    self.picture = Locked(
      ScaledPicture(width: width, height: height, pixels: [UInt8](repeating: 0x80, count: width * height * 3)))
  }

  /// Paints a tile: `pixels` is `[h * scale, w * scale, 1 or 3]`, `place` where it lies in the picture.
  func paint(_ pixels: Tensor, at place: Rectangle) {
    let left = place.x * width / pictureWidth
    let top = place.y * height / pictureHeight
    let right = min(width, ((place.x + place.width) * width + pictureWidth - 1) / pictureWidth)
    let bottom = min(height, ((place.y + place.height) * height + pictureHeight - 1) / pictureHeight)
    let (columns, rows, channels) = (max(1, right - left), max(1, bottom - top), pixels.shape.channels)
    let line = pixels.shape.width * channels
    let small = AreaScaler(
      from: (pixels.shape.width, pixels.shape.height), to: (columns, rows), channels: channels
    ).scaled { y, row in
      row.values.replaceSubrange(0..<line, with: pixels.values[y * line..<(y + 1) * line])
    }
    picture.withLock { picture in
      for y in 0..<rows {
        for x in 0..<columns {
          let target = (top + y) * width + left + x
          let (alpha, ground) = (alpha?[target] ?? 1, ScaledPicture.check(x: left + x, y: top + y))
          for colour in 0..<3 {
            let value = small[(y * columns + x) * channels + min(colour, channels - 1)]
            picture.pixels[target * 3 + colour] = ScaledPicture.quantised(value * alpha + ground * (1 - alpha))
          }
        }
      }
    }
  }

  /// As it looks now.
  var snapshot: ScaledPicture { picture.withLock { $0 } }

  private static func alpha(of image: Image, _ channels: Int, _ size: (width: Int, height: Int)) -> [Float] {
    AreaScaler(from: (image.width, image.height), to: size, channels: 1).scaled { y, row in
      let region = Rectangle(x: 0, y: y, width: image.width, height: 1)
      row.values = image.floats(.alpha, of: region)
    }
  }
}
