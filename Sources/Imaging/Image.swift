/// A picture as a person sees it: samples with channels interleaved, and what the file carried beside them.
///
/// Orientation has been applied: row 0 is the top. Palette and shallow gray are expanded; samples keep 8 or 16 bits, or are floats.
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
    /// 0 is black and 1 is white; what is brighter, or out of the primaries' reach, lies outside.
    case float([Float])
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
      case .float(let values): values.count
      }
    precondition(width > 0 && height > 0 && count == width * height * layout.channels)
    self.width = width
    self.height = height
    self.layout = layout
    self.samples = samples
    self.metadata = metadata
  }

  /// 8 or 16, or 32 for floats.
  public var bitDepth: Int {
    switch samples {
    case .eight: 8
    case .sixteen: 16
    case .float: 32
    }
  }
}
