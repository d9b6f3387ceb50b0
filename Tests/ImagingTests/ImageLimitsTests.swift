import Base
import Foundation
import Imaging
import TestSupport
import Testing

@Suite("Limits")
struct ImageLimitsTests {
  @Test("too many pixels are refused from the header, with the numbers", arguments: ImageFile.Format.common)
  func pixels(format: ImageFile.Format) throws {
    let bytes = try ImageFile.encode(Pictures.shades(.rgb, width: 40, height: 30), format: format)
    let expected = ImageError.tooLarge(path: "x", width: 40, height: 30, limitPixels: 1_199, limitSide: 1_000_000)
    #expect(throws: expected) { try ImageFile.decode(bytes, path: "x", limits: ImageLimits(pixels: 1_199)) }
    #expect(throws: Never.self) { try ImageFile.decode(bytes, path: "x", limits: ImageLimits(pixels: 1_200)) }
  }

  @Test("too long a side is refused", arguments: ImageFile.Format.common)
  func side(format: ImageFile.Format) throws {
    let bytes = try ImageFile.encode(Pictures.shades(.rgb, width: 40, height: 30), format: format)
    #expect(throws: ImageError.self) { try ImageFile.decode(bytes, path: "x", limits: ImageLimits(side: 39)) }
    #expect(throws: Never.self) { try ImageFile.decode(bytes, path: "x", limits: ImageLimits(side: 40)) }
  }

  @Test("too large a file is refused before it is read")
  func fileBytes() throws {
    let path = TestData.fixtures.appending(path: "images/own/trailing_garbage.png").path
    let expected = ImageError.fileTooLarge(path: path, bytes: 9_552, limitBytes: 9_551)
    #expect(throws: expected) { try ImageFile.read(path, limits: ImageLimits(fileBytes: 9_551)) }
    #expect(throws: Never.self) { try ImageFile.read(path, limits: ImageLimits(fileBytes: 9_552)) }
    let device = ImageError.unreadable(path: "/dev/zero", reason: "it is not a regular file but a device")
    #expect(throws: device) { try ImageFile.read("/dev/zero", limits: ImageLimits(fileBytes: 1 << 20)) }
  }

  @Test("too much beside the picture is refused", arguments: ImageFile.Format.common)
  func metadataBytes(format: ImageFile.Format) throws {
    var image = Pictures.shades(.rgb)
    image.metadata.iccProfile = Pictures.profile(space: "RGB ", count: 600_000)
    if format == .png { image.metadata.exif = Pictures.exif(orientation: 1) + [UInt8](repeating: 1, count: 400_000) }
    let bytes = try ImageFile.encode(image, format: format)
    #expect(throws: Never.self) { try ImageFile.decode(bytes, path: "x") }
    let error = #expect(throws: ImageError.self) {
      try ImageFile.decode(bytes, path: "x", limits: ImageLimits(metadataBytes: 300_000))
    }
    #expect("\(try #require(error))".contains("limit"), "\(String(describing: error))")
  }

  @Test(
    "a JPEG of millions of empty markers is refused", .timeLimit(.minutes(5)),
    arguments: [0xE1, 0xFE] as [UInt8])
  func emptyMarkers(marker: UInt8) throws {
    let bytes = [0xFF, 0xD8] + [[UInt8]](repeating: [0xFF, marker, 0, 2], count: 2_000_000).joined()
    let error = #expect(throws: ImageError.self) { try ImageFile.decode(bytes, path: "x") }
    #expect("\(try #require(error))".contains("limit"))
  }

  @Test(
    "reading looks in every row whether it is still wanted, and ends where it is not",
    arguments: ImageFile.Format.common)
  func cancelled(format: ImageFile.Format) throws {
    let bytes = try ImageFile.encode(Pictures.shades(.rgb, width: 40, height: 300), format: format)
    let flag = CancelFlag()
    #expect(throws: Never.self) { try ImageFile.decode(bytes, path: "x", limits: .standard.heeding(flag)) }
    #expect(flag.lookCount >= 300)
    flag.set()
    for policy in DamagePolicy.allCases {
      #expect(throws: ImageError.cancelled(path: "x")) {
        try ImageFile.decode(bytes, path: "x", limits: .standard.heeding(flag), damaged: policy)
      }
    }
  }

  @Test("too many scans of a progressive JPEG are refused")
  func scans() throws {
    let path = TestData.fixtures.appending(path: "images/jpeg-decoder/partial_progressive.jpg").path
    #expect(throws: Never.self) { try ImageFile.read(path, damaged: .keep) }
    let error = #expect(throws: ImageError.self) {
      try ImageFile.read(path, limits: ImageLimits(jpegScans: 1), damaged: .keep)
    }
    #expect("\(try #require(error))".contains("scans"))
  }

  @Test("a JPEG of a few bytes that declares huge sides is refused from the header")
  func hopelesslyShort() throws {
    var bytes = try ImageFile.encode(Pictures.shades(.rgb), format: .jpeg)
    let frame = try #require(bytes.indices.first { bytes[$0...].starts(with: [0xFF, 0xC0]) })
    bytes.replaceSubrange(frame + 5..<frame + 9, with: [0x3A, 0x98, 0x3A, 0x98])  // 15000 x 15000, under the limit
    let error = #expect(throws: ImageError.self) { try ImageFile.decode(bytes, path: "x") }
    #expect("\(try #require(error))".contains("too short"))
  }

  @Test(
    "a legitimate blank picture, the shortest there is for its sides, is not taken for a cut one", arguments: [1, 95])
  func blankPicture(quality: Int) throws {
    let blank = Image(
      width: 3_000, height: 2_000, layout: .gray, samples: .eight([UInt8](repeating: 128, count: 6_000_000)))
    let bytes = try ImageFile.encode(blank, format: .jpeg, encoding: .init(quality: quality))
    #expect(try ImageFile.decode(bytes, path: "x").warnings == [])
  }
}
