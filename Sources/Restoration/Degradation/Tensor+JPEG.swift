import Imaging
import Tensors

extension Tensor {
  /// What a JPEG file of this quality makes of the picture: rounded to 8 bits, encoded and decoded by libjpeg.
  ///
  /// Shape `[H, W, 1]` (a gray file) or `[H, W, 3]`; the result is whole 8-bit levels in 0...1.
  ///
  /// - Throws: `wrongChannels`; `codec` for sides over the format's 65,500.
  func throughJPEG(
    quality: Int, chroma: ImageFile.ChromaSampling = .half
  ) throws(DegradationError) -> Tensor {
    guard shape.channels == 1 || shape.channels == 3 else {
      throw .wrongChannels(operation: "JPEG", found: shape.channels, allowed: [1, 3])
    }
    let image = Image(width: shape.width, height: shape.height, colour: values, bitDepth: 8)
    return Tensor(
      shape: shape,
      values: try image.decodedJPEG(quality: quality, chroma: chroma).floats(shape.channels == 1 ? .gray : .rgb))
  }
}

extension Image {
  /// What a JPEG file of this quality holds of the picture, which has 8 bits and no alpha.
  func decodedJPEG(
    quality: Int, chroma: ImageFile.ChromaSampling = .half
  ) throws(DegradationError) -> Image {
    var limits = ImageLimits.standard
    limits.pixels = max(limits.pixels, width * height)
    do throws(ImageError) {
      let file = try ImageFile.encode(self, format: .jpeg, encoding: .init(quality: quality, chroma: chroma))
      return try ImageFile.decode(file, path: "JPEG in memory", limits: limits).image
    } catch {
      throw .codec(error)
    }
  }
}
