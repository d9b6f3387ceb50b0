import Imaging

/// Size and kind of a picture, known from its header before any sample is decoded.
public struct PictureShape: Hashable, Sendable {
  public let width: Int
  public let height: Int
  public let layout: Image.Layout
  /// 8 or 16.
  public let bitDepth: Int

  public init(width: Int, height: Int, layout: Image.Layout, bitDepth: Int = 8) {
    self.width = width
    self.height = height
    self.layout = layout
    self.bitDepth = bitDepth
  }

  public init(_ image: Image) {
    self.init(width: image.width, height: image.height, layout: image.layout, bitDepth: image.bitDepth)
  }

  public init(_ header: ImageFile.Header) {
    self.init(width: header.width, height: header.height, layout: header.layout, bitDepth: header.bitDepth > 8 ? 16 : 8)
  }

  /// Bytes of the decoded samples.
  public var byteCount: Int { width * height * layout.channels * bitDepth / 8 }
}
