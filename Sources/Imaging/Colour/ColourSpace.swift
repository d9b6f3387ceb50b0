import Base
import CImageIO

/// The colours of a picture, as its file states them: by cICP, else by a profile, else as sRGB, else by gamma and chromaticities (the order
/// of PNG, third edition, section 4.3), and sRGB where it states nothing, as browsers have it.
package struct ColourSpace: Sendable {
  /// nil is sRGB.
  private let profile: Profile?

  /// A profile of Little CMS, which is not changed any more.
  private final class Profile: @unchecked Sendable {
    let handle: OpaquePointer
    init(_ handle: OpaquePointer) { self.handle = handle }
    deinit { grl_profile_close(handle) }
  }

  package init(_ metadata: ImageMetadata, _ layout: Image.Layout) {
    profile = Self.profile(metadata, isColour: layout.isColour).map(Profile.init)
  }

  package var isSRGB: Bool { profile == nil }

  private static func profile(_ metadata: ImageMetadata, isColour: Bool) -> OpaquePointer? {
    if let cicp = metadata.cicp, let gamma = gamma(ofTransfer: cicp[1]) {
      let primaries = primaries(cicp[0]) ?? standard
      return gamma == 0 && primaries == standard ? nil : made(primaries, gamma, isColour)
    }
    if let bytes = metadata.iccProfile {
      guard let handle = grl_profile_open(bytes, bytes.count) else { return nil }
      if grl_profile_channels(handle) == (isColour ? 3 : 1) { return handle }
      grl_profile_close(handle)
      return nil
    }
    if metadata.srgbIntent != nil { return nil }
    let stated = metadata.pngChromaticities.map { $0.map { Double($0) / 100_000 } }
    // Writers of 1/2.2 mean sRGB.
    let isStandardGamma = metadata.pngGamma.map { (45_000...46_000).contains($0) } ?? true
    guard stated != nil || !isStandardGamma else { return nil }
    let gamma = isStandardGamma ? 0 : 100_000 / Double(metadata.pngGamma ?? 45_455)
    if let stated, zip(stated, standard).allSatisfy({ abs($0 - $1) < 0.002 }), gamma == 0 { return nil }
    return made(stated ?? standard, gamma, isColour)
  }

  /// Why the values stand for more light than a screen's white, so that neither screen nor network has them right: `PQ`, `HLG`; nil for all
  /// other pictures. As cICP says it, or the profile's tag of that name (ICC.1:2022, section 9.2.17).
  package static func highDynamicRange(_ metadata: ImageMetadata) -> String? {
    let code = metadata.cicp?[1] ?? metadata.iccProfile.flatMap { transfer(ofProfile: $0) }
    return code == 16 ? "PQ" : code == 18 ? "HLG" : nil
  }

  private static func transfer(ofProfile bytes: [UInt8]) -> UInt8? {
    func long(_ place: Int) -> Int? {
      guard place >= 0, place <= bytes.count - 4 else { return nil }
      return bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
    }
    for tag in 0..<min(long(128) ?? 0, 100) {
      let entry = 132 + tag * 12
      guard let name = long(entry) else { return nil }
      guard name == 0x6369_6370, let place = long(entry + 4), long(place) == 0x6369_6370, place + 12 <= bytes.count
      else {
        continue
      }
      return bytes[place + 9]
    }
    return nil
  }

  private static func made(_ primaries: [Double], _ gamma: Double, _ isColour: Bool) -> OpaquePointer? {
    grl_profile_create(primaries, gamma, isColour ? 0 : 1)
  }

  /// White, red, green and blue of ITU-R BT.709 and sRGB.
  private static let standard = [0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06]

  /// ITU-T H.273, table 2; nil for what is not known here.
  private static func primaries(_ code: UInt8) -> [Double]? {
    switch code {
    case 1: standard
    case 5: [0.3127, 0.3290, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06]
    case 6, 7: [0.3127, 0.3290, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07]
    case 9: [0.3127, 0.3290, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046]
    case 12: [0.3127, 0.3290, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06]
    default: nil
    }
  }

  /// ITU-T H.273, table 3; 0 is sRGB's curve, for which those of video (1, 6, 14, 15) are taken too, as browsers do; nil for what is not
  /// known here (PQ and HLG among it, see ``highDynamicRange(_:)``).
  private static func gamma(ofTransfer code: UInt8) -> Double? {
    switch code {
    case 1, 2, 6, 13, 14, 15: 0
    case 4: 2.2
    case 5: 2.8
    case 8: 1
    default: nil
    }
  }

  /// x and y of white, red, green and blue; nil where there are none (of gray, of tables).
  private var primaries: [Double]? {
    guard let profile else { return Self.standard }
    var values = [Double](repeating: 0, count: 8)
    return grl_profile_chromaticities(profile.handle, &values) == 1 ? values : nil
  }

  /// The colours are told by primaries and curves alone.
  var hasPrimaries: Bool { primaries != nil }

  /// PNG cHRM of the primaries: x and y of white, red, green and blue, times 100000; nil for sRGB's, and where there are none.
  var chromaticities: [Int32]? {
    guard let primaries, !zip(primaries, Self.standard).allSatisfy({ abs($0 - $1) < 0.002 }) else { return nil }
    return primaries.map { Int32(($0 * 100_000).rounded()) }
  }

  /// The profile as a file holds it; nil for sRGB.
  package var profileBytes: [UInt8]? {
    guard let profile else { return nil }
    let count = grl_profile_save(profile.handle, nil, 0)
    guard count > 0 else { return nil }
    var bytes = [UInt8](repeating: 0, count: count)
    return grl_profile_save(profile.handle, &bytes, count) == count ? bytes : nil
  }

  /// Curves of the colour channels, where some of them is another than sRGB's; nil where the network can take the values as they are, or
  /// where the profile has no curves (tables for printers' colours).
  func curves() -> [LightCurve]? {
    guard let profile else { return nil }
    let count = LightCurve.tableCount
    var values = [Float](repeating: 0, count: 3 * count)
    let channels = Int(grl_profile_curves(profile.handle, &values, count))
    guard channels > 0 else { return nil }
    var curves: [LightCurve] = []
    for channel in 0..<channels {
      guard let curve = LightCurve(Array(values[channel * count..<(channel + 1) * count])) else { return nil }
      curves.append(curve)
    }
    return curves.allSatisfy(\.isSRGB) ? nil : curves
  }

  /// Takes colours to sRGB's; nil where they are sRGB's, or there is no way.
  package func toScreen() -> ColourTransform? {
    guard let profile, let handle = grl_transform_create(profile.handle, nil) else { return nil }
    return ColourTransform(handle, sourceChannels: Int(grl_profile_channels(profile.handle)))
  }
}

/// Colours of one profile to sRGB; what does not fit there is clipped by whoever quantises.
package final class ColourTransform: @unchecked Sendable {
  // Little CMS changes nothing in a transform without a cache while it is used.
  private let handle: OpaquePointer
  private let sourceChannels: Int

  fileprivate init(_ handle: OpaquePointer, sourceChannels: Int) {
    (self.handle, self.sourceChannels) = (handle, sourceChannels)
  }

  deinit { grl_transform_destroy(handle) }

  /// `rgb`: three values a pixel, of gray pictures three equal ones. They become sRGB.
  package func apply(to rgb: inout [Float]) {
    let pixels = rgb.count / 3
    var source = rgb
    if sourceChannels == 1 { source = (0..<pixels).map { rgb[3 * $0] } }
    grl_transform_apply(handle, source, &rgb, pixels)
  }
}

extension Image {
  /// The same colours as sRGB, without alpha's part in it; the picture itself where they are sRGB's.
  package var inScreenColours: Image {
    guard let transform = ColourSpace(metadata, layout).toScreen() else { return self }
    var colours = floats(.rgb)
    transform.apply(to: &colours)
    return Image(
      width: width, height: height, colour: colours, alpha: layout.hasAlpha ? floats(.alpha) : nil,
      bitDepth: bitDepth == 32 ? 16 : bitDepth)
  }
}
