import Foundation
import Glibc
import Imaging

extension FuzzTarget {
  /// Small enough that time and memory over these limits can be told from time and memory within them.
  private static let limits = ImageLimits(
    pixels: 1 << 20, side: 1 << 16, fileBytes: 1 << 20, metadataBytes: 4 << 20, jpegScans: 100)
  /// Larger pictures are read and not written again: it would cost more than it tells.
  private static let mostWritten = 1 << 14

  static func picture(_ bytes: [UInt8], _ format: ImageFile.Format) throws(FuzzFinding) -> Verdict {
    let read = try accepted { () throws(ImageError) in try ImageFile.decode(bytes, path: "input", limits: limits) }
    guard let read else { return .refused }
    for warning in read.warnings { try requireLine(warning) }
    try requireWithin(read.image.width, read.image.height)
    if read.image.width * read.image.height <= mostWritten { try requireKept(read.image, format) }
    return .value
  }

  /// What was read can be written, and is the same when it is read again: a PNG file to the sample, a JPEG file in its sides.
  private static func requireKept(_ image: Image, _ format: ImageFile.Format) throws(FuzzFinding) {
    let again: Image
    do {
      let file = try ImageFile.encode(image, format: format)
      again = try ImageFile.decode(file, path: "written").image
    } catch {
      throw FuzzFinding("what was read cannot be written and read again: \(error)")
    }
    try require(again.width == image.width && again.height == image.height, "written, it has other sides")
    guard format == .png else { return }
    let isSame =
      switch (again.samples, image.samples) {
      case (.eight(let now), .eight(let before)): now == before
      case (.sixteen(let now), .sixteen(let before)): now == before
      default: false
      }
    try require(isSame && again.layout == image.layout, "written, it is another picture")
  }

  static func raw(_ bytes: [UInt8]) throws(FuzzFinding) -> Verdict {
    let plain = try accepted { () throws(ImageError) in
      try UncompressedFile.decode(bytes, path: "input", limits: limits)
    }
    if let plain = plain ?? nil { try requireWithin(plain.width, plain.height) }

    ScratchFile.shared.write(bytes)
    let read = try accepted { () throws(ImageError) in
      try RawFile.read(ScratchFile.shared.path, limits: limits)
    }
    guard let read else { return plain ?? nil == nil ? .refused : .value }
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

/// A file for a library that opens files itself: in memory, and without a name that could stay behind.
private final class ScratchFile: Sendable {
  static let shared = ScratchFile()
  let path: String
  private let descriptor: Int32

  private init() {
    var template = Array("/tmp/grl-fuzz-XXXXXX".utf8CString)
    descriptor = mkstemp(&template)
    precondition(descriptor >= 0, "no temporary file can be made")
    template.withUnsafeBufferPointer { _ = unlink($0.baseAddress!) }
    path = "/proc/self/fd/\(descriptor)"
  }

  func write(_ bytes: [UInt8]) {
    let isWritten = ftruncate(descriptor, 0) == 0 && pwrite(descriptor, bytes, bytes.count, 0) == bytes.count
    precondition(isWritten, "the temporary file cannot be written")
  }
}
