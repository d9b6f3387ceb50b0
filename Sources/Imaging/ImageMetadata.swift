/// What a file carries beside its samples and what a copy of it should keep.
public struct ImageMetadata: Hashable, Sendable {
  /// ICC profile, as stored.
  public var iccProfile: [UInt8]?
  /// EXIF block in TIFF form (without the JPEG `Exif\0\0` prefix); its orientation reads 1, since pixels are upright.
  public var exif: [UInt8]?
  /// Pixels per metre, horizontally and vertically.
  public var pixelsPerMetre: PixelDensity?
  /// XMP packet, and IPTC record (of Photoshop's block 1028), as stored.
  public var xmp: [UInt8]?
  public var iptc: [UInt8]?
  /// Primaries, transfer, matrix and range by ITU-T H.273, four numbers; goes before a profile.
  public var cicp: [UInt8]?
  /// PNG gAMA (1/gamma * 100000), if present and no ICC profile overrides it.
  public var pngGamma: UInt32?
  /// PNG cHRM: x and y of white, red, green and blue, times 100000, if present and no ICC profile overrides it.
  public var pngChromaticities: [Int32]?
  /// PNG sRGB rendering intent, 0...3.
  public var srgbIntent: UInt8?
  /// Floats have no more than the 16 bits that their file, which may hold such again, had for each.
  public var isHalf = false
  /// What a file that is written says of its making; never read.
  public var provenance: Provenance?

  public struct PixelDensity: Hashable, Sendable {
    public var horizontal: Double
    public var vertical: Double
    public init(horizontal: Double, vertical: Double) {
      self.horizontal = horizontal
      self.vertical = vertical
    }
  }

  public init() {}

  /// Has EXIF say that the picture has these sides, and leaves its thumbnail out.
  ///
  /// - Returns: whether there was a thumbnail.
  public mutating func fit(width: Int, height: Int) -> Bool {
    guard let exif else { return false }
    var block = ExifBlock(exif)
    let hadThumbnail = block.fit(width: width, height: height)
    self.exif = block.bytes
    return hadThumbnail
  }

  /// `pngGamma` of values that are proportional to light.
  static let linearGamma: UInt32 = 100_000

  /// Values are proportional to light, and gamma says so, so that nothing else does.
  var isLinearByGamma: Bool {
    iccProfile == nil && cicp == nil && srgbIntent == nil && pngGamma == Self.linearGamma
  }

  /// What says which colours the values stand for.
  var coloursAlone: ImageMetadata {
    var colours = ImageMetadata()
    colours.iccProfile = iccProfile
    colours.cicp = cicp
    colours.pngGamma = pngGamma
    colours.pngChromaticities = pngChromaticities
    colours.srgbIntent = srgbIntent
    return colours
  }

  /// Nothing says that the colours are others than sRGB's.
  var hasStandardColours: Bool {
    iccProfile == nil && cicp == nil && pngChromaticities == nil
      && pngGamma.map { (45_000...46_000).contains($0) } ?? true
  }
}
