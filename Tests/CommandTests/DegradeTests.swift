import Foundation
import Imaging
import Testing

@Suite struct DegradeTests {
  @Test("noise has the deviation asked for and depends on nothing but the seed")
  func noise() async throws {
    let folder = try TemporaryFolder()
    let clean = try TestPicture.write(to: folder, "clean.png", width: 160, height: 120)
    for (name, seed) in [("a.png", "7"), ("b.png", "7"), ("c.png", "8")] {
      let outcome = try await GRLProcess.run(
        ["degrade", "--task", "denoise", "--sigma", "10", "--seed", seed, "clean.png", "-o", name], in: folder)
      #expect(outcome.status == 0)
      #expect(outcome.output.isEmpty && outcome.errors.isEmpty)
    }
    #expect(try folder.bytes("a.png") == folder.bytes("b.png"))
    #expect(try folder.bytes("a.png") != folder.bytes("c.png"))
    // The waves keep 38 levels from black and white, so hardly any noise is clipped: PSNR of sigma 10 is 28.13 dB.
    #expect(abs(TestPicture.psnr(clean, try TestPicture.read(folder, "a.png")) - 28.13) < 0.1)
  }

  @Test("each task makes a picture of the size and kind that its restoration takes")
  func sizes() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "clean.png", width: 50, height: 41)
    let cases: [([String], Int, Int, Image.Layout)] = [
      (["denoise", "--sigma", "25"], 50, 41, .rgb),
      (["sr", "--scale", "2"], 25, 20, .rgb),
      (["sr", "--scale", "3"], 16, 13, .rgb),
      (["sr", "--scale", "4"], 12, 10, .rgb),
      (["jpeg", "--quality", "10"], 50, 41, .rgb),
      (["demosaic"], 50, 41, .gray),
      (["demosaic", "--cfa", "gbrg"], 50, 41, .gray),
      (["motion-deblur", "--length", "9", "--angle", "30"], 50, 41, .rgb),
      (["defocus-deblur", "--radius", "3"], 50, 41, .rgb),
      (["real-sr", "--seed", "3"], 12, 10, .rgb),
    ]
    for (options, width, height, layout) in cases {
      let outcome = try await GRLProcess.run(
        ["degrade", "--overwrite", "clean.png", "-o", "out.png", "--task"] + options, in: folder)
      #expect(outcome.status == 0, "\(options): \(outcome.errorText)")
      let image = try TestPicture.read(folder, "out.png")
      #expect((image.width, image.height) == (width, height), "\(options)")
      #expect(image.layout == layout, "\(options)")
    }
  }

  @Test("a mosaic holds the sample of the colour behind each pixel")
  func mosaic() async throws {
    let folder = try TemporaryFolder()
    let clean = TestPicture.values(try TestPicture.write(to: folder, "clean.png", width: 6, height: 4))
    for (pattern, colours) in [
      ("rggb", [0, 1, 1, 2]), ("bggr", [2, 1, 1, 0]), ("grbg", [1, 0, 2, 1]), ("gbrg", [1, 2, 0, 1]),
    ] {
      _ = try await GRLProcess.run(
        ["degrade", "--task", "demosaic", "--cfa", pattern, "clean.png", "-o", "mosaic.png", "--overwrite"], in: folder)
      let expected = (0..<24).map { pixel -> Int in
        let (x, y) = (pixel % 6, pixel / 6)
        return clean[pixel * 3 + colours[y % 2 * 2 + x % 2]]
      }
      #expect(TestPicture.values(try TestPicture.read(folder, "mosaic.png")) == expected)
    }
  }

  @Test("a JPEG result of the task jpeg is compressed once, with the quality asked for")
  func jpegFile() async throws {
    let folder = try TemporaryFolder()
    let clean = try TestPicture.write(to: folder, "clean.png")
    for name in ["out.jpg", "out.png"] {
      let outcome = try await GRLProcess.run(
        ["degrade", "--task", "jpeg", "--quality", "10", "clean.png", "-o", name], in: folder)
      #expect(outcome.status == 0)
    }
    let decoded = try TestPicture.read(folder, "out.jpg")
    #expect(TestPicture.values(decoded) == TestPicture.values(try TestPicture.read(folder, "out.png")))
    #expect(TestPicture.psnr(decoded, clean) < 35)
  }

  @Test("a dual-pixel pair has two views that differ, and their files must differ too")
  func dualPixel() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "sharp.png")
    let arguments = ["degrade", "--task", "defocus-deblur", "--radius", "4", "sharp.png", "-o", "left.png", "--right"]
    #expect(try await GRLProcess.run(arguments + ["right.png"], in: folder).status == 0)
    #expect(try folder.bytes("left.png") != folder.bytes("right.png"))
    let same = try await GRLProcess.run(arguments + ["./left.png", "--overwrite"], in: folder)
    #expect(same.status == 2)
    #expect(same.oneErrorLine().contains("choose two"))
  }

  @Test("16 bits and alpha stay, and standard streams carry a picture each way")
  func depthAndStreams() async throws {
    let folder = try TemporaryFolder()
    let clean = try TestPicture.write(to: folder, "clean.png", layout: .rgbAlpha, bitDepth: 16)
    let outcome = try await GRLProcess.run(
      ["degrade", "--task", "denoise", "--sigma", "0", "-", "-o", "-"], in: folder,
      input: folder.url.appending(path: "clean.png"))
    #expect(outcome.status == 0)
    let copy = try ImageFile.decode([UInt8](outcome.output), path: "standard output").image
    #expect(copy.layout == .rgbAlpha && copy.bitDepth == 16)
    #expect(TestPicture.values(copy) == TestPicture.values(clean))
  }

  @Test("a picture that cannot be damaged so ends with status 3")
  func badInput() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "gray.png", layout: .gray)
    try TestPicture.write(to: folder, "tiny.png", width: 2, height: 2)
    for (arguments, fragment) in [
      (["demosaic", "gray.png"], "gray.png: a mosaic"),
      (["sr", "--scale", "4", "tiny.png"], "tiny.png: a picture of 2 x 2"),
      (["real-sr", "missing.png"], "missing.png"),
    ] {
      let outcome = try await GRLProcess.run(["degrade", "-o", "out.png", "--task"] + arguments, in: folder)
      #expect(outcome.status == 3)
      #expect(outcome.oneErrorLine().contains(fragment))
      #expect(!folder.exists("out.png"))
    }
  }
}
