import Base
import CImageIO

extension ImageFile {
  /// A format of picture files. `grl formats` prints what follows.
  public enum Format: String, Sendable, CaseIterable {
    case png, jpeg, tiff, webp, heic, avif, jxl, bmp
    /// PBM, PGM, PPM and PAM.
    case pnm
    /// Floats that are proportional to light.
    case pfm
    /// OpenEXR: halfs or floats that are proportional to light.
    case exr

    /// Endings of names, in lower case: the one list that the program has. The first is the one that results get.
    public var extensions: [String] {
      switch self {
      case .png: ["png"]
      case .jpeg: ["jpg", "jpeg", "jpe", "jfif"]
      case .tiff: ["tif", "tiff"]
      case .webp: ["webp"]
      case .heic: ["heic", "heif", "hif"]
      case .avif: ["avif"]
      case .jxl: ["jxl"]
      case .bmp: ["bmp", "dib"]
      case .pnm: ["ppm", "pgm", "pbm", "pnm", "pam"]
      case .pfm: ["pfm"]
      case .exr: ["exr"]
      }
    }

    /// The format that `path` asks for by its extension; nil for any other.
    public init?(path: String) {
      let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
      guard let dot = name.lastIndex(of: ".") else { return nil }
      let ending = name[name.index(after: dot)...].lowercased()
      guard let format = Self.allCases.first(where: { $0.extensions.contains(ending) }) else { return nil }
      self = format
    }

    /// For a person.
    public var name: String {
      switch self {
      case .webp: "WebP"
      case .jxl: "JPEG XL"
      case .pnm: "PNM"
      case .exr: "OpenEXR"
      default: rawValue.uppercased()
      }
    }

    var library: String {
      switch self {
      case .png: "libpng"
      case .jpeg: "libjpeg"
      case .tiff: "libtiff"
      case .webp: "libwebp"
      case .heic, .avif: "libheif"
      case .jxl: "libjxl"
      case .exr: "OpenEXR"
      case .bmp, .pnm, .pfm: "own"
      }
    }

    /// Why this build, on this machine, does not read the format; nil where it does.
    public var reasonAgainstReading: String? {
      switch self {
      case .heic: grl_heic_reason().map { String(cString: $0) }
      case .avif: grl_avif_reason(0).map { String(cString: $0) }
      case .jxl: grl_jxl_reason().map { String(cString: $0) }
      case .exr: grl_exr_reason().map { String(cString: $0) }
      default: nil
      }
    }

    /// The same of writing.
    public var reasonAgainstWriting: String? {
      switch self {
      case .heic: "HEIC is not written; AVIF holds the same"
      case .avif: grl_avif_reason(1).map { String(cString: $0) }
      case .jxl: grl_jxl_reason().map { String(cString: $0) }
      case .exr: grl_exr_reason().map { String(cString: $0) }
      default: nil
      }
    }

    /// Formats that can be written here.
    public static var written: [Format] { allCases.filter { $0.reasonAgainstWriting == nil } }

    /// Whether files can be written by rows, for results that are larger than memory.
    package var isWrittenByRows: Bool { self == .png || self == .tiff || self == .exr }

    /// Whether its samples are proportional to light.
    package var isLight: Bool { self == .pfm || self == .exr }

    /// Most pixels on a side that the format, or its library, holds.
    public var largestSide: Int {
      switch self {
      case .jpeg: 65_500
      case .webp: 16_383
      case .heic, .avif: 65_535
      default: 1_000_000
      }
    }

    /// What a file of the format can hold.
    public var holds: Holdings {
      switch self {
      case .png: Holdings(depths: [8, 16], layouts: .all, metadata: [.profile, .exif, .xmp, .resolution])
      case .jpeg: Holdings(depths: [8], layouts: .opaque, metadata: .all)
      case .tiff: Holdings(depths: [8, 16, 32], layouts: .all, metadata: .all)
      case .webp: Holdings(depths: [8], layouts: [.rgb, .rgbAlpha], metadata: [.profile, .exif, .xmp])
      case .heic, .avif: Holdings(depths: [8, 16], layouts: [.rgb, .rgbAlpha], metadata: [.profile, .exif, .xmp])
      case .jxl: Holdings(depths: [8, 16, 32], layouts: .all, metadata: [.profile, .exif, .xmp])
      case .bmp: Holdings(depths: [8], layouts: [.gray, .rgb, .rgbAlpha], metadata: [.resolution])
      case .pnm: Holdings(depths: [8, 16], layouts: .all, metadata: [])
      case .pfm: Holdings(depths: [32], layouts: .opaque, metadata: [])
      case .exr: Holdings(depths: [32], layouts: .all, metadata: [.resolution])
      }
    }

    public struct Holdings: Sendable {
      /// Bits of a sample, ascending; 32 are floats.
      public let depths: [Int]
      public let layouts: Set<Image.Layout>
      public let metadata: Set<Metadata>
    }

    public enum Metadata: String, Sendable, CaseIterable { case profile, exif, xmp, iptc, resolution }
  }

  /// How much of the colours' resolution a file that loses some keeps.
  public enum ChromaSampling: String, Sendable, CaseIterable {
    /// Half in both directions: 4:2:0, libjpeg's default.
    case half
    /// All: 4:4:4. WebP halves them even so, with care for edges.
    case full
  }

  /// How samples of TIFF files are packed; none loses anything.
  public enum Compression: String, Sendable, CaseIterable {
    case none, lzw, deflate, zstd

    var code: Int32 {
      switch self {
      case .none: Int32(GRL_TIFF_NONE)
      case .lzw: Int32(GRL_TIFF_LZW)
      case .deflate: Int32(GRL_TIFF_DEFLATE)
      case .zstd: Int32(GRL_TIFF_ZSTD)
      }
    }
  }

  /// What can be chosen about a file that is written.
  public struct Encoding: Hashable, Sendable {
    /// 1...100, libjpeg's scale; nil is 95 for JPEG, 90 for AVIF, and nothing lost for WebP and JPEG XL.
    public var quality: Int?
    public var chroma: ChromaSampling
    public var compression: Compression
    /// TIFF files with more bytes of samples are BigTIFF in tiles; offsets of the plain form have 32 bits.
    package var stripsBytes = 3_500_000_000

    public init(quality: Int? = nil, chroma: ChromaSampling = .full, compression: Compression = .deflate) {
      (self.quality, self.chroma, self.compression) = (quality, chroma, compression)
    }

    func quality(_ format: Format) -> Int {
      switch format {
      case .jpeg: quality ?? 95
      case .avif: quality ?? 90
      default: quality ?? 0
      }
    }
  }
}

extension Set<Image.Layout> {
  static let all: Self = [.gray, .grayAlpha, .rgb, .rgbAlpha]
  static let opaque: Self = [.gray, .rgb]
}

extension Set<ImageFile.Format.Metadata> {
  static let all = Self(Element.allCases)
}
