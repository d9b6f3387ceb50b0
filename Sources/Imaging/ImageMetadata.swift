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
  /// PNG cHRM: x and y of white, red, green and blue, times 100000, if present and no ICC profile overrides it.
  public var pngChromaticities: [Int32]?
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
