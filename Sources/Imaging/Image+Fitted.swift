import Base

extension Image {
  /// This picture as a file of `format` can hold it, and one line for each thing that had to change or go.
  ///
  /// JPEG: 8 bits, alpha laid over white, EXIF up to 64 KB, resolution up to 65535 dots per inch. Both formats: an ICC
  /// profile only if it is for the picture's kind of colours.
  public func fitted(to format: ImageFile.Format) -> (image: Image, losses: [String]) {
    var image = self
    var losses: [String] = []
    if let space = metadata.iccProfile.map(profileSpace), space != (layout.isColour ? "RGB " : "GRAY") {
      image.metadata.iccProfile = nil
      losses.append(
        "ICC profile left out: it is for '\(space)', the picture is \(layout.isColour ? "RGB" : "gray")".printable)
    }
    switch format {
    case .png:
      if image.metadata.iccProfile != nil {
        // PNG, section 11.3.2: one description of the colours.
        image.metadata.pngGamma = nil
        image.metadata.pngChromaticities = nil
        image.metadata.srgbIntent = nil
      }
    case .jpeg:
      image.fitToJPEG(&losses)
    }
    return (image, losses)
  }

  private mutating func fitToJPEG(_ losses: inout [String]) {
    let largestExif = 65_533 - 6
    let largestProfile = 255 * 65_519
    let srgbGamma: ClosedRange<UInt32> = 45_000...46_000

    if bitDepth == 16 {
      self = withBitDepth(8)
      losses.append("16-bit samples rounded to 8: JPEG holds no more")
    }
    if layout.hasAlpha {
      if !isOpaque { losses.append("alpha laid over white: JPEG has no transparency") }
      self = overWhite()
    }
    if let exif = metadata.exif, exif.count > largestExif {
      metadata.exif = nil
      losses.append("EXIF of \(exif.count) bytes left out: JPEG holds \(largestExif)")
    }
    if let profile = metadata.iccProfile, profile.count > largestProfile {
      metadata.iccProfile = nil
      losses.append("ICC profile of \(profile.count) bytes left out: JPEG holds \(largestProfile)")
    }
    if metadata.iccProfile == nil, let gamma = metadata.pngGamma, !srgbGamma.contains(gamma) {
      losses.append("PNG gamma \(gamma) left out: JPEG has no place for it, colours will look different")
    }
    if let density = metadata.pixelsPerMetre {
      let inches = [density.horizontal, density.vertical].map { $0 * 0.0254 }
      if !inches.allSatisfy({ (0.5..<65_535).contains($0) }) {
        metadata.pixelsPerMetre = nil
        losses.append("resolution left out: JPEG holds 1 to 65535 dots per inch")
      }
    }
  }
}

/// The kind of colours an ICC profile is for, such as "RGB " (ICC.1, section 7.2.6); "????" where it is too short to tell.
private func profileSpace(_ profile: [UInt8]) -> String {
  profile.count < 128 ? "????" : String(decoding: profile[16..<20], as: UTF8.self)
}
