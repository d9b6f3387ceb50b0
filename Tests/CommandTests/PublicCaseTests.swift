import Foundation
import Imaging
import TestSupport
import Testing

/// The public problem pictures (`cases/pictures.tsv` of the shared folder), each with its verdict.
@Suite struct PublicCaseTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let id: String
    var task = "denoise"
    let file: String
    var status: Int32 = 0
    /// Words that standard error holds; nil: it holds none.
    var says: String?
    /// Of the result.
    var size = (width: 101, height: 75)
    var bitDepth = 8
    var layout = Image.Layout.rgb
    var testDescription: String { "\(id) \(file)" }
  }

  private static let thumbnail = "EXIF thumbnail left out"
  private static let plain = "CMYK without a profile converted to RGB by the plain formula"
  private static let converter = "develop it with a raw converter"

  static let cases: [Case] = [
    Case(id: "F01", file: "p01_rgb16.tif", bitDepth: 16),
    Case(id: "F01", file: "p01_float32.tif", says: "floats rounded to 16", bitDepth: 16),
    Case(id: "F01", file: "p01_rgb8_lzw.tif"),
    Case(id: "F02", file: "p02_cmyk/cmyk.tif", says: plain, size: (96, 72)),
    Case(id: "F04", file: "p03_cmyk_adobe.jpg", says: plain),
    Case(id: "F07", file: "p06_gama1_linear16.png", bitDepth: 16),
    Case(id: "F08", file: "p07_gama_chrm.png"),
    Case(id: "F10", file: "p09_exif_orient6.png", says: thumbnail, size: (75, 101)),
    Case(id: "F10", file: "p10_exif_orient5.jpg", says: thumbnail, size: (75, 101)),
    Case(id: "F11", file: "p10_exif_thumb.jpg", says: thumbnail),
    Case(id: "F13", file: "p12_gray_rgbicc.png", says: "the profile is left out", layout: .gray),
    Case(id: "F13", file: "p12_gray_rgbicc.jpg", says: "ICC profile left out", layout: .gray),
    Case(id: "F13", file: "p12_rgb_cmykicc.png", says: "the profile is left out"),
    Case(id: "F14", file: "p13_ga16.png", bitDepth: 16, layout: .grayAlpha),
    Case(id: "F16", file: "p14_12bit.jpg", status: 3, says: "precision 12"),
    Case(id: "F17", file: "p15_truncated.jpg", status: 3, says: "ends at row"),
    Case(id: "F17", file: "p15_truncated.png", status: 3, says: "ends at row"),
    Case(id: "F19", file: "p17_apng.png", says: "all frames of the animation but the first"),
    Case(id: "F20", file: "p18_maxval1023.pgm", bitDepth: 16, layout: .gray),
    Case(id: "F20", file: "p18.ppm"),
    Case(id: "F22", file: "p20_gray.png", layout: .gray),
    Case(id: "F22", file: "p20_grayrgb.png", says: "restored as gray"),
    Case(id: "F24", file: "p22.bmp"), Case(id: "F24", file: "p22.webp"),
    Case(id: "F24", file: "p22.gif", status: 3, says: "a GIF picture"),
    Case(id: "F24", file: "p22.jp2", status: 3, says: "a JPEG 2000 picture"),
    Case(id: "F24", file: "p22_empty.png", status: 3, says: "an empty file"),
    Case(id: "F24", file: "p22_text.png", status: 3, says: "text"),
    Case(id: "F26", file: "p24_30000x30000_1bit.png", status: 3, says: "--max-pixels"),
    Case(id: "F27", file: "p25_exif65k.jpg"),
    Case(id: "R02", task: "demosaic", file: "r02_linear.dng", status: 3, says: converter),
    Case(id: "R03", task: "demosaic", file: "r03_xtrans.dng", status: 3, says: converter),
    Case(id: "R07", task: "demosaic", file: "r07_float.dng", status: 3, says: converter),
    Case(
      id: "R04", task: "demosaic", file: "r04_hot.dng", says: "25 hot photosites replaced", size: (192, 128),
      bitDepth: 16),
    Case(
      id: "R09", task: "demosaic", file: "r09_orient6.dng", says: "EXIF camera, lens", size: (128, 192), bitDepth: 16),
    Case(id: "R10", file: "r10_denoise.dng", status: 3, says: "--task demosaic"),
  ]

  @Test(
    "F22: a gray picture is restored alike, with one channel or with three that are equal", .shared("cases/pictures"))
  func grayAlike() async throws {
    let pictures = try #require(TestData.shared("cases/pictures"))
    let folder = try TemporaryFolder()
    for name in ["p20_gray", "p20_grayrgb"] {
      let file = pictures.appending(path: name + ".png").path
      let outcome = try await GRLProcess.run(
        ["restore", "--task", "denoise", "--variant", "tiny", file, "-o", folder.path(name + ".png")], in: folder)
      #expect(outcome.status == 0, "\(outcome.errorText)")
    }
    let (gray, colour) = (try TestPicture.read(folder, "p20_gray.png"), try TestPicture.read(folder, "p20_grayrgb.png"))
    #expect(gray.layout == .gray && colour.layout == .rgb)
    #expect(gray.floats(.rgb) == colour.floats(.rgb))
  }

  @Test("each public case has its verdict", .shared("cases/pictures"), arguments: cases)
  func verdict(one: Case) async throws {
    let pictures = try #require(TestData.shared("cases/pictures"))
    let folder = try TemporaryFolder()
    let outcome = try await GRLProcess.run(
      [
        "restore", "--task", one.task, "--variant", "tiny", pictures.appending(path: one.file).path, "-o",
        folder.path("result.png"),
      ], in: folder)
    #expect(outcome.status == one.status, "\(outcome.errorText)")
    if let words = one.says { #expect(outcome.errorText.contains(words), "\(outcome.errorText)") }
    if one.says == nil { #expect(outcome.errors.isEmpty, "\(outcome.errorText)") }
    guard one.status == 0 else { return #expect(!folder.exists("result.png")) }
    let result = try TestPicture.read(folder, "result.png")
    #expect((result.width, result.height) == one.size && result.bitDepth == one.bitDepth && result.layout == one.layout)
  }
}
