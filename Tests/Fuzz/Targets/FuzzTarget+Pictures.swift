import Foundation
import Glibc
import Imaging

extension FuzzTarget {
  /// Small enough that time and memory over these limits can be told from time and memory within them.
  private static let limits = ImageLimits(
    pixels: 1 << 20, side: 1 << 16, fileBytes: 1 << 20, metadataBytes: 4 << 20, jpegScans: 100)
  /// Larger pictures are read and not written again: it would cost more than it tells.
  private static let mostWritten = 1 << 14

  /// - Parameter format: in which it is written again; nil takes one that loses nothing.
  static func picture(_ bytes: [UInt8], _ wanted: ImageFile.Format? = nil) throws(FuzzFinding) -> Verdict {
    let read = try accepted { () throws(ImageError) in try ImageFile.decode(bytes, path: "input", limits: limits) }
    if bytes.count % 4 == 0 { try requireSameFromFile(bytes, read?.image) }
    guard let read else { return .refused }
    for warning in read.warnings { try requireLine(warning) }
    try requireWithin(read.image.width, read.image.height)
    let format = wanted ?? (read.image.bitDepth == 32 ? .tiff : .png)
    if read.image.width * read.image.height <= mostWritten { try requireKept(read.image, format) }
    return .value
  }

  /// What was read can be written, and is the same when it is read again: to the sample, or, as a JPEG file, in its sides.
  private static func requireKept(_ image: Image, _ format: ImageFile.Format) throws(FuzzFinding) {
    let again: Image
    do {
      let file = try ImageFile.encode(image, format: format)
      again = try ImageFile.decode(file, path: "written").image
    } catch {
      throw FuzzFinding("what was read cannot be written and read again: \(error)")
    }
    try require(again.width == image.width && again.height == image.height, "written, it has other sides")
    guard format != .jpeg else { return }
    try require(isSame(again, image), "written, it is another picture")
  }

  /// A file is read piece by piece, and gives what its bytes give; its header says what the picture then is.
  private static func requireSameFromFile(_ bytes: [UInt8], _ image: Image?) throws(FuzzFinding) {
    let file = ScratchFile(bytes)
    defer { withExtendedLifetime(file) {} }
    let path = file.path
    let header = try accepted { () throws(ImageError) in try ImageFile.header(path, limits: limits) }
    let read = try accepted { () throws(ImageError) in try ImageFile.read(path, limits: limits) }
    try require((read == nil) == (image == nil), "file and bytes do not have the same verdict")
    guard let image, let read, let header else {
      return try require(image == nil, "the header of a picture that can be read cannot be read")
    }
    try require(isSame(read.image, image), "file and bytes are not the same picture")
    try require(
      header.layout == image.layout && header.bitDepth == image.bitDepth, "the header promises another kind of samples")
    // A PNG file may have the EXIF that turns it behind its samples.
    let (sides, promised) = ([image.width, image.height], [header.width, header.height])
    try require(
      header.format == .png ? sides.sorted() == promised.sorted() : sides == promised, "header and picture differ")
  }

  private static func isSame(_ one: Image, _ other: Image) -> Bool {
    guard one.width == other.width, one.height == other.height, one.layout == other.layout else { return false }
    return switch (one.samples, other.samples) {
    case (.eight(let one), .eight(let other)): one == other
    case (.sixteen(let one), .sixteen(let other)): one == other
    // Bit by bit: some floats are no numbers.
    case (.float(let one), .float(let other)): one.map(\.bitPattern) == other.map(\.bitPattern)
    default: false
    }
  }

  /// Colours of a profile, whatever it says, go to a screen and to the network and back.
  static func profile(_ bytes: [UInt8]) throws(FuzzFinding) -> Verdict {
    var verdict = Verdict.refused
    for layout in [Image.Layout.rgb, .gray] {
      var picture = Image(
        width: 4, height: 1, layout: layout, samples: .sixteen((0..<4 * UInt16(layout.channels)).map { $0 * 5000 }))
      picture.metadata.iccProfile = bytes
      let space = ColourSpace(picture.metadata, layout)
      guard !space.isSRGB else { continue }
      verdict = .value
      let shown = picture.inScreenColours
      try require(shown.width == 4 && shown.layout.isColour || space.toScreen() == nil, "the screen has other sides")
      if let colours = NetworkColours(picture.metadata, layout) {
        let again = colours.decoded(colours.coded(picture), bitDepth: 16)
        try require(again.layout == layout && again.bitDepth == 16, "back from the network it is another picture")
      }
      _ = space.profileBytes
    }
    var metadata = ImageMetadata()
    metadata.iccProfile = bytes
    _ = ColourSpace.highDynamicRange(metadata)
    return verdict
  }

  static func raw(_ bytes: [UInt8]) throws(FuzzFinding) -> Verdict {
    let file = ScratchFile(bytes)
    let read = try accepted { () throws(ImageError) in try RawFile.read(file.path, limits: limits) }
    withExtendedLifetime(file) {}
    guard let read else { return .refused }
    let header = read.header
    for text in read.warnings + [header.camera] { try requireLine(text) }
    try requireWithin(header.storedWidth, header.storedHeight)
    guard bytes.count % 8 == 0 else { return .value }  // Its tables cost more than all the rest.
    let mosaic = read.mosaicPicture()
    try require(mosaic.width == header.width && mosaic.height == header.height, "the mosaic has other sides")
    if header.width * header.height <= mostWritten { _ = header.roughPicture(mosaic) }
    return .value
  }

  private static func requireWithin(_ width: Int, _ height: Int) throws(FuzzFinding) {
    try require(
      width <= limits.side && height <= limits.side && width * height <= limits.pixels,
      "\(width) x \(height) is over the limit")
  }
}

/// A file for a library that opens files itself, without a name that could stay behind; it lives as long as the object.
final class ScratchFile {
  let path: String
  private let descriptor: Int32

  init(_ bytes: [UInt8]) {
    var template = Array("/tmp/grl-fuzz-XXXXXX".utf8CString)
    descriptor = mkstemp(&template)
    precondition(descriptor >= 0, "no temporary file can be made")
    template.withUnsafeBufferPointer { _ = unlink($0.baseAddress!) }
    path = "/proc/self/fd/\(descriptor)"
    precondition(write(descriptor, bytes, bytes.count) == bytes.count, "the temporary file cannot be written")
  }

  deinit { close(descriptor) }
}
