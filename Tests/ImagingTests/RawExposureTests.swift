import Foundation
import Imaging
import TestSupport
import Testing

/// What camera raw files say of how they were taken, written into them and read from results by exiftool.
@Suite("exposure of raw files", .enabled(if: ExifTool.isThere, "no exiftool")) struct RawExposureTests {
  private static let given = [
    "ExposureTime": "0.004", "FNumber": "2.8", "ISO": "400", "FocalLength": "85", "Make": "Maker",
    "Model": "Maker Model 5",
    "DateTimeOriginal": "2026:11:30 12:34:50", "Artist": "Ada", "LensModel": "Lens 24-70", "ImageDescription": "A gate",
  ]

  /// Bytes of a raw file: one made here, a camera's, and public problem files, one of them turned.
  private static func bytes(_ name: String) throws -> [UInt8]? {
    if name == "made" {
      return DNG(width: 64, height: 48, filters: .rggb) { x, y, _ in 0.2 + 0.01 * Float(x + y) / 2 }.bytes
    }
    return try TestData.shared(name).map { try Array(Data(contentsOf: $0)) }
  }

  @Test(
    "exposure, time, camera and author arrive in every format that holds EXIF, and results stand upright",
    arguments: [
      "made", "data/raw/colorchart_canon_kissx4_1734x1156_rggb.dng", "cases/pictures/r00_plain.dng",
      "cases/pictures/r09_orient6.dng",
    ])
  func arrives(name: String) throws {
    guard let bytes = try Self.bytes(name) else { return }
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "shot.dng").path
      try Data(bytes).write(to: URL(filePath: path))
      try ExifTool.run(["-q", "-overwrite_original", "-n"] + Self.given.map { "-\($0)=\($1)" } + [path])
      let source = try ExifTool.tags(of: path)
      for (tag, value) in Self.given { #expect(source[tag] == value, "\(tag)") }
      let mosaic = try RawFile.read(path)
      let picture = mosaic.mosaicPicture().converted(to: .rgb)
      let finished = mosaic.header.finished(picture, transfer: .srgb, bitDepth: 16)
      for format in ImageFile.Format.written where format.holds.metadata.contains(.exif) {
        let result = folder.appending(path: "result.\(format.extensions[0])").path
        try ImageFile.write(finished, to: result, format: format)
        let tags = try ExifTool.tags(of: result)
        for (tag, value) in Self.given { #expect(tags[tag] == value, "\(format) \(tag)") }
        #expect(tags["Orientation"] ?? "1" == "1", "\(format)")
      }
    }
  }
}

/// exiftool, by another author, as the judge of metadata.
private enum ExifTool {
  static let isThere = FileManager.default.isExecutableFile(atPath: "/usr/bin/exiftool")

  @discardableResult static func run(_ words: [String]) throws -> String {
    let (process, output) = (Process(), Pipe())
    process.executableURL = URL(filePath: "/usr/bin/exiftool")
    process.arguments = words
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "exiftool \(words)")
    return text
  }

  /// Tags of a file by name, values as numbers.
  static func tags(of path: String) throws -> [String: String] {
    let lines = try run(["-s", "-n", "-EXIF:all", path]).split(separator: "\n")
    return Dictionary(
      lines.compactMap { line in
        let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
        return parts.count == 2 ? (parts[0], parts[1]) : nil
      }, uniquingKeysWith: { first, _ in first })
  }
}
