/// A picture as a person sees it: integer samples, channels interleaved, with what the file carried beside them.
///
/// Orientation has been applied: row 0 is the top. Palette and shallow gray are expanded; samples keep 8 or 16 bits.
public struct Image: Sendable {
  /// Channels of a pixel, in the order they are stored.
  public enum Layout: String, Sendable {
    case gray, grayAlpha, rgb, rgbAlpha

    public var channels: Int {
      switch self {
      case .gray: 1
      case .grayAlpha: 2
      case .rgb: 3
      case .rgbAlpha: 4
      }
    }
    public var hasAlpha: Bool { self == .grayAlpha || self == .rgbAlpha }
    public var isColour: Bool { self == .rgb || self == .rgbAlpha }
    /// Channels without alpha: 1 or 3.
    public var colourChannels: Int { isColour ? 3 : 1 }
  }

  /// `width * height * layout.channels` samples, row by row.
  public enum Samples: Sendable {
    case eight([UInt8])
    case sixteen([UInt16])
  }

  public let width: Int
  public let height: Int
  public let layout: Layout
  public let samples: Samples
  public var metadata: ImageMetadata

  /// - Precondition: the samples have the size that width, height and layout ask for.
  public init(width: Int, height: Int, layout: Layout, samples: Samples, metadata: ImageMetadata = .init()) {
    let count =
      switch samples {
      case .eight(let values): values.count
      case .sixteen(let values): values.count
      }
    precondition(width > 0 && height > 0 && count == width * height * layout.channels)
    self.width = width
    self.height = height
    self.layout = layout
    self.samples = samples
    self.metadata = metadata
  }

  /// 8 or 16.
  public var bitDepth: Int {
    switch samples {
    case .eight: 8
    case .sixteen: 16
    }
  }
}

/// What a file carries beside its samples and what a copy of it should keep.
public struct ImageMetadata: Hashable, Sendable {
  /// ICC profile, as stored.
  public var iccProfile: [UInt8]?
  /// EXIF block in TIFF form (without the JPEG `Exif\0\0` prefix); its orientation reads 1, since pixels are upright.
  public var exif: [UInt8]?
  /// Pixels per metre, horizontally and vertically.
  public var pixelsPerMetre: PixelDensity?
  /// PNG gAMA (1/gamma * 100000), if present and no ICC profile overrides it.
  public var pngGamma: UInt32?
  /// PNG sRGB rendering intent, 0...3.
  public var srgbIntent: UInt8?

  public struct PixelDensity: Hashable, Sendable {
    public var horizontal: Double
    public var vertical: Double
    public init(horizontal: Double, vertical: Double) {
      self.horizontal = horizontal
      self.vertical = vertical
    }
  }

  public init() {}
}
