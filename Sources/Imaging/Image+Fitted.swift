import Base

extension Image {
  /// This picture as a file of `format` can hold it, and one line for each thing that had to change or go.
  ///
  /// Samples of more bits are rounded, alpha is laid over white where there is none, gray becomes RGB. Colours that PNG states by gamma and
  /// chromaticities get an ICC profile elsewhere; a profile stays only if it is for the picture's kind of colours.
  public func fitted(to format: ImageFile.Format) -> (image: Image, losses: [String]) {
    var image = self
    var losses: [String] = []
    image.metadata.stamp(for: format)
    if let space = metadata.iccProfile.map(profileSpace), space != (layout.isColour ? "RGB " : "GRAY") {
      image.metadata.iccProfile = nil
      losses.append(
        "ICC profile left out: it is for '\(space)', the picture is \(layout.isColour ? "RGB" : "gray")".printable)
    }
    image.fitSamples(to: format, &losses)
    image.fitColours(to: format, &losses)
    image.fitMetadata(to: format, &losses)
    return (image, losses)
  }

  private mutating func fitSamples(to format: ImageFile.Format, _ losses: inout [String]) {
    let holds = format.holds
    if format.isLight { losses += makeLight(for: format) }
    let from = bitDepth == 32 ? "floats" : "\(bitDepth)-bit samples"
    // Eight bits are too few for light: what is dark would have a few levels.
    if holds.depths == [8] && bitDepth > 8 && metadata.isLinearByGamma { self = codedLight() }
    if !holds.depths.contains(bitDepth) {
      let depth = holds.depths.last { $0 < bitDepth } ?? holds.depths[0]
      if depth < bitDepth {
        losses.append("\(from) rounded to \(depth): \(format.name) holds no more")
      }
      self = withBitDepth(depth)
    }
    if format == .avif && bitDepth == 16 { losses.append("16-bit samples rounded to 12: AVIF holds no more") }
    // What libjxl 0.7 makes of gray floats without alpha is another picture.
    if format == .jxl && bitDepth == 32 && layout == .gray { self = converted(to: .rgb) }
    guard !holds.layouts.contains(layout) else { return }
    if layout.hasAlpha && !holds.layouts.contains(where: \.hasAlpha) {
      if !isOpaque { losses.append("alpha laid over white: \(format.name) has no transparency") }
      self = overWhite()
    }
    if !holds.layouts.contains(layout) { self = converted(to: layout.hasAlpha ? .rgbAlpha : .rgb) }
  }

  private mutating func fitColours(to format: ImageFile.Format, _ losses: inout [String]) {
    if format.isLight { return }
    if format == .png {
      if metadata.pngChromaticities?.contains(where: { $0 < 0 }) == true, metadata.iccProfile == nil {
        // Primaries that no light has, such as those of ACES; PNG's numbers have no sign.
        metadata.iccProfile = ColourSpace(metadata, layout).profileBytes
      }
      if metadata.iccProfile != nil {
        // PNG, section 11.3.2: one description of the colours.
        metadata.pngGamma = nil
        metadata.pngChromaticities = nil
        metadata.srgbIntent = nil
      }
      return
    }
    guard !metadata.hasStandardColours else { return }
    if format.holds.metadata.contains(.profile) {
      if metadata.iccProfile == nil || metadata.cicp != nil, let made = ColourSpace(metadata, layout).profileBytes {
        metadata.iccProfile = made
      }
    } else {
      metadata.iccProfile = nil
      losses.append("colours left as sRGB's, which they are not: \(format.name) has no place for a profile")
    }
    if format != .avif || metadata.iccProfile != nil { metadata.cicp = nil }
  }

  private mutating func fitMetadata(to format: ImageFile.Format, _ losses: inout [String]) {
    let holds = format.holds.metadata
    func leaveOut(_ what: String, _ bytes: inout [UInt8]?, _ kind: ImageFile.Format.Metadata, most: Int) {
      guard let held = bytes else { return }
      if !holds.contains(kind) {
        losses.append("\(what) left out: \(format.name) has no place for it")
      } else if held.count > most {
        losses.append("\(what) of \(held.count) bytes left out: \(format.name) holds \(most)")
      } else {
        return
      }
      bytes = nil
    }
    let segment = format == .jpeg ? 65_533 : Int(UInt32.max) / 4
    if format == .tiff, let exif = metadata.exif, ExifBlock(exif).hasMakerNote {
      losses.append("the maker's note of EXIF left out: its offsets count from the place that it had")
    }
    leaveOut("EXIF", &metadata.exif, .exif, most: format == .jpeg ? ImageMetadata.mostJPEGExif : segment)
    leaveOut("XMP", &metadata.xmp, .xmp, most: format == .jpeg ? segment - 29 : segment)
    leaveOut("IPTC", &metadata.iptc, .iptc, most: segment - 26)
    leaveOut("ICC profile", &metadata.iccProfile, .profile, most: format == .jpeg ? 255 * 65_519 : segment)
    guard let density = metadata.pixelsPerMetre else { return }
    if !holds.contains(.resolution) {
      metadata.pixelsPerMetre = nil
      if metadata.exif == nil { losses.append("resolution left out: \(format.name) has no place for it") }
    } else if format == .jpeg {
      let inches = [density.horizontal, density.vertical].map { $0 * 0.0254 }
      if !inches.allSatisfy({ (0.5..<65_535).contains($0) }) {
        metadata.pixelsPerMetre = nil
        losses.append("resolution left out: JPEG holds 1 to 65535 dots per inch")
      }
    }
  }

  /// Floats that are proportional to light, in place of values that are coded for the eye; primaries stay as chromaticities where there is a
  /// place for them.
  ///
  /// - Returns: one line for each thing that had to go.
  private mutating func makeLight(for format: ImageFile.Format) -> [String] {
    let isHalf = bitDepth == 8 || metadata.isHalf
    var losses: [String] = []
    if metadata.isLinearByGamma {
      self = withBitDepth(32)
    } else {
      let space = ColourSpace(metadata, layout)
      self = (NetworkColours(metadata, layout)?.coded(self) ?? self).mappedColours(LightCurve.srgb.light)
      metadata.pngChromaticities = space.chromaticities
      if metadata.iccProfile != nil && format == .exr {
        losses.append(
          space.hasPrimaries || !layout.isColour
            ? "ICC profile left out: \(format.name) holds light, and its primaries as chromaticities"
            : "ICC profile of tables left out: \(format.name) has no place for it, and colours count as sRGB's")
      }
      (metadata.iccProfile, metadata.cicp, metadata.srgbIntent) = (nil, nil, nil)
      metadata.pngGamma = ImageMetadata.linearGamma
    }
    metadata.isHalf = isHalf
    if format == .pfm && metadata.pngChromaticities != nil {
      metadata.pngChromaticities = nil
      losses.append("colours left as sRGB's, which they are not: \(format.name) has no place for a profile")
    }
    return losses
  }

  /// Light coded for the eye, in the same primaries.
  private func codedLight() -> Image {
    var image = mappedColours(LightCurve.srgb.value)
    image.metadata.pngGamma = nil
    return image
  }
}

/// The kind of colours an ICC profile is for, such as "RGB " (ICC.1, section 7.2.6); "????" where it is too short to tell.
private func profileSpace(_ profile: [UInt8]) -> String {
  profile.count < 128 ? "????" : String(decoding: profile[16..<20], as: UTF8.self)
}
