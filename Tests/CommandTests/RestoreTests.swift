import Foundation
import GRLModel
import Imaging
import Testing

@Suite struct RestoreTests {
  @Test("the demonstration: noise is added, the bundled model takes more than 3 dB of it away")
  func demonstration() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.writeCrop(to: folder, "clean.png", side: 96)
    let degraded = try await GRLProcess.run(
      ["degrade", "--task", "denoise", "--sigma", "25", "--seed", "1", "clean.png", "-o", "noisy.png"], in: folder)
    #expect(degraded.status == 0)
    let restored = try await GRLProcess.run(
      ["restore", "--task", "denoise", "noisy.png", "-o", "restored.png"], in: folder)
    #expect(restored.status == 0)
    #expect(restored.errors.isEmpty)
    #expect(restored.outputLines.count == 1)
    #expect(restored.outputText.hasPrefix("noisy.png -> restored.png: denoise-color-small, 1 tile of 96 x 96"))

    let clean = try TestPicture.read(folder, "clean.png")
    let before = TestPicture.psnr(try TestPicture.read(folder, "noisy.png"), clean)
    let after = TestPicture.psnr(try TestPicture.read(folder, "restored.png"), clean)
    #expect(after > before + 3, "\(before) dB before, \(after) dB after")
    let compared = try await GRLProcess.run(
      ["compare", "noisy.png", "restored.png", "--reference", "clean.png", "--metric", "psnr", "--json"], in: folder)
    let report = try #require(try JSONSerialization.jsonObject(with: compared.output) as? [String: Any])
    let pictures = try #require(report["pictures"] as? [[String: Any]])
    let told = pictures.compactMap { ($0["metrics"] as? [String: Double])?["psnr"] }
    #expect(told.count == 2 && abs(told[0] - before) < 1e-9 && abs(told[1] - after) < 1e-9)
  }

  @Test("the result is the same bytes for any number of threads, through files and through standard streams")
  func sameBytes() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "a.png")
    for threads in ["1", "2", "3"] {
      let outcome = try await GRLProcess.run(
        ["restore", "--task", "denoise", "--threads", threads, "--tile", "32", "a.png", "-o", "\(threads).png"],
        in: folder)
      #expect(outcome.status == 0)
    }
    let piped = try await GRLProcess.run(
      ["restore", "--task", "denoise", "--tile", "32", "-"], in: folder, input: folder.url.appending(path: "a.png"))
    #expect(piped.status == 0)
    #expect(try folder.bytes("1.png") == folder.bytes("2.png"))
    #expect(try folder.bytes("1.png") == folder.bytes("3.png"))
    #expect(try folder.bytes("1.png") == piped.output)
    #expect(piped.errorText.hasPrefix("grl: - -> -: denoise-color-small"))
  }

  @Test("OpenBLAS gives the same picture to a level, or its absence is told; what contradicts the choice is refused")
  func blas() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "a.png", width: 24, height: 16)
    for kernels in ["own", "blas"] {
      let outcome = try await GRLProcess.run(
        ["restore", "--task", "denoise", "--variant", "tiny", "--kernels", kernels, "a.png", "-o", "\(kernels).png"],
        in: folder)
      if kernels == "blas", (try? OpenBLAS()) == nil {
        #expect(outcome.status == 2 && outcome.errorText.contains("libopenblas0"))
        return
      }
      #expect(outcome.status == 0)
    }
    let own = try TestPicture.read(folder, "own.png")
    #expect(TestPicture.psnr(try TestPicture.read(folder, "blas.png"), own) > 48)
    let contradiction = try await GRLProcess.run(["bench", "--kernels", "blas", "--isa", "scalar"], in: folder)
    #expect(contradiction.status == 2 && contradiction.errorText.contains("--isa goes with own kernels"))
    let rounded = try await GRLProcess.run(
      ["restore", "--task", "denoise", "--kernels", "blas", "--precision", "bf16", "a.png"], in: folder)
    #expect(rounded.status == 2 && rounded.errorText.contains("--kernels blas computes in float32"))
  }

  @Test("beside a picture on standard output nothing else is printed there")
  func pictureAmongOthers() async throws {
    let folder = try TemporaryFolder()
    for name in ["a.png", "b.png"] { try TestPicture.write(to: folder, name, width: 16, height: 16) }
    let outcome = try await GRLProcess.run(
      ["restore", "--task", "denoise", "--", "b.png", "-"], in: folder, input: folder.url.appending(path: "a.png"))
    #expect(outcome.status == 0)
    #expect(try ImageFile.decode([UInt8](outcome.output), path: "standard output").image.width == 16)
    #expect(outcome.output.prefix(4) == Data([0x89, 0x50, 0x4E, 0x47]))
    #expect(folder.exists("b_denoise.png"))
    #expect(outcome.errorLines.count == 3)
  }

  @Test("-q says nothing, -v says which model and tiles were chosen, on standard error")
  func quietAndVerbose() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "a.png")
    try TestPicture.write(to: folder, "b.png")
    let quiet = try await GRLProcess.run(["restore", "-q", "--task", "denoise", "a.png", "b.png"], in: folder)
    #expect(quiet.status == 0)
    #expect(quiet.errors.isEmpty)
    let verbose = try await GRLProcess.run(
      ["restore", "-v", "--task", "denoise", "--variant", "tiny", "--overwrite", "a.png"], in: folder)
    #expect(verbose.errorText.contains("grl: info: ") && verbose.errorText.contains("denoise-color-tiny"))
    #expect(verbose.outputLines.count == 1)
  }

  @Test("names of results follow --name, with folder and task filled in")
  func names() async throws {
    let folder = try TemporaryFolder()
    try folder.makeFolder("in")
    try TestPicture.write(to: folder, "in/a.b.png")
    try TestPicture.write(to: folder, "in/photo.JPG.png")
    try TestPicture.write(to: folder, "c.jpg")
    let outcome = try await GRLProcess.run(
      [
        "restore", "--task", "denoise", "--output-dir", "new/out", "--name", "{task}-{stem}.{ext}", "in/a.b.png",
        "c.jpg",
      ], in: folder)
    #expect(outcome.status == 0)
    #expect(
      try folder.listing() == [
        "c.jpg", "in/a.b.png", "in/photo.JPG.png", "new/out/denoise-a.b.png", "new/out/denoise-c.png",
      ])
    let beside = try await GRLProcess.run(["restore", "--task", "denoise", "in/a.b.png"], in: folder)
    #expect(beside.status == 0 && folder.exists("in/a.b_denoise.png"))
    try TestPicture.write(to: folder, "c.png")
    let twins = try await GRLProcess.run(
      ["restore", "--task", "denoise", "--name", "{input}.png", "c.jpg", "c.png"], in: folder)
    #expect(twins.status == 0 && folder.exists("c.jpg.png") && folder.exists("c.png.png"))
    let jpeg = try await GRLProcess.run(
      ["restore", "--task", "denoise", "--name", "{stem}-{sigma}.jpg", "--sigma", "12.5", "c.jpg"], in: folder)
    #expect(jpeg.status == 0)
    #expect(try folder.bytes("c-12.5.jpg").prefix(2) == Data([0xFF, 0xD8]))
  }

  @Test("--skip-existing leaves results alone, --overwrite replaces them")
  func existing() async throws {
    let folder = try TemporaryFolder()
    for name in ["a.png", "b.png"] { try TestPicture.write(to: folder, name) }
    try folder.write("a_denoise.png", "kept")
    let skipped = try await GRLProcess.run(
      ["restore", "--task", "denoise", "--skip-existing", "a.png", "b.png"], in: folder)
    #expect(skipped.status == 0)
    #expect(try folder.bytes("a_denoise.png") == Data("kept".utf8))
    #expect(folder.exists("b_denoise.png"))
    #expect(skipped.errorText.contains("1 done, 0 failed, 1 skipped"))
    #expect(skipped.outputLines.count == 1)
    let replaced = try await GRLProcess.run(["restore", "--task", "denoise", "--overwrite", "a.png"], in: folder)
    #expect(replaced.status == 0)
    #expect(try TestPicture.read(folder, "a_denoise.png").width == 48)
  }

  @Test("a folder stands for its pictures; --recursive keeps the tree and passes over what is no picture")
  func folders() async throws {
    let folder = try TemporaryFolder()
    for name in ["album/2019/may", "album/.hidden", "album/empty"] { try folder.makeFolder(name) }
    for name in ["album/b.png", "album/2019/a.png", "album/2019/may/a.jpg", "album/.hidden/x.png", "album/.y.png"] {
      try TestPicture.write(to: folder, name, width: 16, height: 16)
    }
    try folder.write("album/notes.txt", "not a picture")
    let arguments = ["restore", "--task", "denoise", "album", "--output-dir"]
    let flat = try await GRLProcess.run(arguments + ["flat"], in: folder)
    #expect(flat.status == 0)
    #expect(try folder.listing().filter { $0.hasPrefix("flat") } == ["flat/b_denoise.png"])
    // The results lie inside the folder, and a second run must not take them for pictures.
    let first = try await GRLProcess.run(arguments + ["album/out", "--recursive"], in: folder)
    #expect(first.status == 0)
    let results = ["album/out/2019/a_denoise.png", "album/out/2019/may/a_denoise.png", "album/out/b_denoise.png"]
    #expect(try folder.listing().filter { $0.hasPrefix("album/out") } == results)
    let second = try await GRLProcess.run(arguments + ["album/out", "--recursive", "--skip-existing"], in: folder)
    #expect(second.status == 0)
    #expect(second.errorText.contains("0 done, 0 failed, 3 skipped"))
    #expect(try folder.listing().filter { $0.hasPrefix("album/out") } == results)
    let beside = try await GRLProcess.run(["restore", "--task", "denoise", "album"], in: folder)
    let again = try await GRLProcess.run(["restore", "--task", "denoise", "album", "--overwrite"], in: folder)
    #expect(beside.status == 0 && again.status == 0)
    #expect(!folder.exists("album/b_denoise_denoise.png"))
    let none = try await GRLProcess.run(["restore", "--task", "denoise", "album/empty"], in: folder)
    #expect(none.status == 3)
    #expect(none.oneErrorLine().contains("no pictures"))
  }

  @Test("one bad file does not stop the others: status 1, each failure in one line")
  func batchGoesOn() async throws {
    let folder = try TemporaryFolder()
    for name in ["a.png", "z.png"] { try TestPicture.write(to: folder, name, width: 16, height: 16) }
    try folder.write("broken.png", "this is not a picture")
    let outcome = try await GRLProcess.run(
      ["restore", "--task", "denoise", "a.png", "broken.png", "missing.png", "z.png"], in: folder)
    #expect(outcome.status == 1)
    #expect(folder.exists("a_denoise.png") && folder.exists("z_denoise.png") && !folder.exists("broken_denoise.png"))
    #expect(outcome.outputLines.count == 2)
    #expect(outcome.errorLines.count == 3)
    #expect(outcome.errorLines[0].hasPrefix("grl: broken.png: not a picture of a format"))
    #expect(outcome.errorLines[1].hasPrefix("grl: missing.png: cannot be read: no such file"))
    #expect(outcome.errorLines[2].hasPrefix("grl: 2 done, 2 failed, 0 skipped"))
  }

  @Test("16 bits, alpha and a region reach the result")
  func kinds() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "deep.png", layout: .rgbAlpha, bitDepth: 16)
    let kept = try await GRLProcess.run(["restore", "--task", "denoise", "deep.png", "-o", "kept.png"], in: folder)
    #expect(kept.status == 0)
    let image = try TestPicture.read(folder, "kept.png")
    #expect(image.bitDepth == 16 && image.layout == .rgbAlpha)
    let part = try await GRLProcess.run(
      ["restore", "--task", "denoise", "--depth", "8", "--region", "8,4,20,10", "deep.png", "-o", "part.png"],
      in: folder)
    #expect(part.status == 0)
    let region = try TestPicture.read(folder, "part.png")
    #expect((region.width, region.height, region.bitDepth) == (20, 10, 8))
  }

  @Test("names say which model made a result, where one is named")
  func modelNames() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "a.png")
    let named = try await GRLProcess.run(
      [
        "restore", "--task", "denoise", "--model", "denoise-color-tiny", "--name", "{stem}_{model}.{ext}", "a.png",
      ], in: folder)
    #expect(named.status == 0 && folder.exists("a_denoise-color-tiny.png"), "\(named.errorText)")
    let sized = try await GRLProcess.run(
      ["restore", "--task", "denoise", "--variant", "tiny", "--name", "{stem}_{variant}.png", "a.png"], in: folder)
    #expect(sized.status == 0 && folder.exists("a_tiny.png"), "\(sized.errorText)")
    let unknown = try await GRLProcess.run(
      ["restore", "--task", "denoise", "--name", "{stem}_{model}.png", "a.png"], in: folder)
    #expect(unknown.status == 2 && unknown.oneErrorLine().contains("{model} is not known here; known are {stem}"))
    #expect(unknown.errorText.contains("with --model it is"))
  }
}
