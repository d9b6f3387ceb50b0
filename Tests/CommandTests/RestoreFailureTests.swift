import Foundation
import Imaging
import Testing

/// Each way to fail has its status and one line; no failure leaves a file.
@Suite struct RestoreFailureTests {
  private func expectFailure(
    _ arguments: [String], status: Int32, _ fragments: String..., without: String? = nil,
    in folder: TemporaryFolder
  ) async throws {
    let before = try folder.listing()
    let outcome = try await GRLProcess.run(["restore", "--task"] + arguments, in: folder)
    #expect(outcome.status == status, "\(arguments)")
    let line = outcome.oneErrorLine()
    for fragment in fragments { #expect(line.contains(fragment)) }
    if let without { #expect(!line.contains(without)) }
    #expect(outcome.output.isEmpty)
    #expect(try folder.listing() == before)
  }

  @Test("bad input: missing, unreadable, no picture, cut off, too large, region outside: status 3")
  func badInput() async throws {
    let folder = try TemporaryFolder()
    let image = try TestPicture.write(to: folder, "a.png")
    try folder.write("text.png", "this is not a picture")
    try folder.write("empty.png", "")
    try folder.bytes("a.png").prefix(200).write(to: folder.url.appending(path: "cut.png"))
    try folder.makeFolder("folder.png")
    #expect(image.width == 48)
    try await expectFailure(["denoise", "missing.png"], status: 3, "missing.png", "no such file", in: folder)
    try await expectFailure(["denoise", "text.png"], status: 3, "text.png", "not a picture of a format", in: folder)
    try await expectFailure(["denoise", "empty.png"], status: 3, "empty.png", in: folder)
    try await expectFailure(["denoise", "cut.png"], status: 3, "cut.png", "damaged", in: folder)
    try await expectFailure(["denoise", "folder.png"], status: 3, "folder.png", in: folder)
    try await expectFailure(
      ["denoise", "--max-pixels", "100", "a.png"], status: 3, "a.png", "--max-pixels", in: folder)
    try await expectFailure(["denoise", "--region", "40,30,20,20", "a.png"], status: 3, "a.png", "region", in: folder)
    try await expectFailure(["denoise", "-"], status: 3, "standard input", in: folder)
  }

  @Test(
    "a picture that is cut off: status 3 and the row, quiet or not; --damaged keep restores what is there",
    arguments: ["jpg", "png"])
  func cutOff(ending: String) async throws {
    let folder = try TemporaryFolder()
    let row = try TestPicture.cutOff(in: folder, "cut." + ending)
    #expect((8..<48).contains(row))
    let line = "grl: cut.\(ending): ends at row \(row) of 48, the rest is missing; "
    try await expectFailure(["denoise", "cut." + ending], status: 3, line, "--damaged keep", in: folder)
    try await expectFailure(["denoise", "-q", "cut." + ending], status: 3, line, in: folder)
    let kept = try await GRLProcess.run(
      ["restore", "--task", "denoise", "--variant", "tiny", "--damaged", "keep", "cut." + ending, "-o", "kept.png"],
      in: folder)
    #expect(kept.status == 0 && kept.errorText.contains("ends at row \(row) of 48; "), "\(kept.errorText)")
    #expect(!kept.errorText.contains("libjpeg") && !kept.errorText.contains("libpng"))
    let image = try TestPicture.read(folder, "kept.png")
    #expect((image.width, image.height) == (64, 48))
  }

  @Test("a file without read permission is named with the reason")
  func unreadable() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "a.png")
    let outcome = try await GRLProcess.shell(
      """
      chmod 000 a.png
      if [ $(id -u) -eq 0 ]; then run="setpriv --bounding-set=-all --inh-caps=-all"; fi
      $run "$GRL" restore --task denoise a.png
      """, in: folder)
    #expect(outcome.status == 3)
    #expect(outcome.oneErrorLine().contains("a.png: cannot be read: permission denied"))
  }

  @Test("no model fits, or the wrong one was named: status 4")
  func models() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "colour.png")
    try TestPicture.write(to: folder, "gray.png", layout: .gray)
    let denoiser = "denoise-color-tiny"
    // No model of these ships.
    try await expectFailure(
      ["sr", "--scale", "3", "--variant", "base", "colour.png"], status: 4, "colour.png", "models import",
      "sr-x3-tiny", without: denoiser, in: folder)
    try await expectFailure(
      ["defocus-deblur", "--variant", "base", "--right", "gray.png", "colour.png"], status: 4, "colour.png",
      "models import", in: folder)
    try await expectFailure(
      ["sr", "--scale", "3", "--model", denoiser, "colour.png"], status: 4, "colour.png", denoiser, in: folder)
    try await expectFailure(
      ["denoise", "--model", "nothing", "colour.png"], status: 4, "nothing", denoiser, in: folder)
    try await expectFailure(["denoise", "--variant", "base", "colour.png"], status: 4, "base", in: folder)
  }

  @Test("a budget too small for any tile: status 5, with the numbers")
  func memory() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "a.png")
    try await expectFailure(["denoise", "--memory", "1M", "a.png"], status: 5, "a.png", "1.00 MiB", in: folder)
  }

  @Test("a network whose output cannot be right: status 6 and no picture")
  func verification() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "a.png")
    // The bundled model with the bias of its last layer moved: every output is far too bright.
    var bytes = try Data(contentsOf: TestPicture.denoiser)
    let headerSize = Int(bytes.prefix(8).enumerated().reduce(0) { $0 | UInt64($1.element) << (8 * $1.offset) })
    let header = try #require(
      try JSONSerialization.jsonObject(with: bytes[8..<8 + headerSize]) as? [String: [String: Any]])
    let offsets = try #require(header["conv_last.bias"]?["data_offsets"] as? [Int])
    for index in stride(from: offsets[0], to: offsets[1], by: 2) {
      bytes.replaceSubrange(8 + headerSize + index..<8 + headerSize + index + 2, with: [0x00, 0x3C])  // 1 in float16
    }
    try bytes.write(to: folder.url.appending(path: "bright.safetensors"))
    try await expectFailure(
      ["denoise", "--model", "bright.safetensors", "a.png"], status: 6, "a.png", "cannot be right", in: folder)
  }

  @Test("if all pictures fail alike, that is the status")
  func allAlike() async throws {
    let folder = try TemporaryFolder()
    let outcome = try await GRLProcess.run(["restore", "--task", "denoise", "x.png", "y.png"], in: folder)
    #expect(outcome.status == 3)
    #expect(outcome.errorLines.count == 3)
  }

  @Test("a full disk leaves no file under the final name, and no other", arguments: ["out.png", "out.jpg"])
  func fullDisk(name: String) async throws {
    let folder = try TemporaryFolder()
    try TestPicture.writeCrop(to: folder, "a.png", side: 64)
    // A limit on file size stands for the full disk: `write` fails in the middle of the result. Its signal is ignored, as a
    // full disk sends none.
    let outcome = try await GRLProcess.shell(
      "trap '' XFSZ; ulimit -f 1; \"$GRL\" restore --task denoise a.png -o \(name) 2> >(cat >&2)", in: folder)
    #expect(outcome.status == 1)
    #expect(outcome.oneErrorLine().contains("\(name): cannot be written: file too large"))
    #expect(try folder.listing() == ["a.png"])
    let full = try await GRLProcess.shell("\"$GRL\" restore --task denoise a.png > /dev/full -o -", in: folder)
    #expect(full.status == 1)
    #expect(full.errorText.contains("no space left on device"))
  }

  @Test("memory that the system refuses is an error of one line, not a crash")
  func refusedMemory() async throws {
    let folder = try TemporaryFolder()
    let side = 1536  // needs 4 GB at once
    let samples = [UInt8](repeating: 128, count: side * side * 3)
    try ImageFile.write(
      Image(width: side, height: side, layout: .rgb, samples: .eight(samples)), to: folder.path("a.png"), format: .png)
    let outcome = try await GRLProcess.shell(
      "ulimit -v 2000000; \"$GRL\" restore --task denoise --tile none --memory 64G a.png -o b.png", in: folder)
    #expect(outcome.status == 5)
    #expect(outcome.oneErrorLine().contains("the system refused"))
    #expect(try folder.listing() == ["a.png"])
  }

  @Test("a reader that goes away while the picture is written is an error, not a crash")
  func closedPipe() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.writeCrop(to: folder, "a.png", side: 64)
    let outcome = try await GRLProcess.shell(
      "\"$GRL\" restore -q --task denoise a.png -o - | true; exit ${PIPESTATUS[0]}", in: folder)
    #expect(outcome.status == 1)
    #expect(outcome.oneErrorLine().contains("broken pipe"))
  }
}
