import Foundation
import Testing

/// Arguments that cannot work: status 2, one line that says what is allowed, and nothing computed or written.
@Suite struct UsageErrorTests {
  static let cases: [([String], String)] = [
    (["frobnicate"], "frobnicate"),
    (["--frobnicate"], "--frobnicate"),
    (["restore"], "input"),
    (["restore", "a.png"], "--task"),
    (["restore", "--task", "cook", "a.png"], "denoise, sr, jpeg"),
    (["restore", "--task", "denoise"], "input"),
    (["restore", "--task", "sr", "a.png"], "--scale"),
    (["restore", "--task", "sr", "--scale", "5", "a.png"], "2, 3 or 4"),
    (["restore", "--task", "denoise", "--sigma", "300", "a.png"], "0 to 255"),
    (["restore", "--task", "jpeg", "--quality", "0", "a.png"], "1 to 100"),
    (["restore", "--task", "jpeg", "--sigma", "5", "a.png"], "--sigma does not apply"),
    (["restore", "--task", "denoise", "--right", "b.png", "a.png"], "--right does not apply"),
    (["restore", "--task", "denoise", "--tile", "huge", "a.png"], "auto, none"),
    (["restore", "--task", "denoise", "--overlap", "-3", "a.png"], "--overlap"),
    (["restore", "--task", "denoise", "--memory", "lots", "a.png"], "4G"),
    (["restore", "--task", "denoise", "--threads", "0", "a.png"], "1 to 1024"),
    (["restore", "--task", "denoise", "--precision", "f16", "a.png"], "bf16"),
    (["restore", "--task", "denoise", "--region", "1,2,3", "a.png"], "X,Y,WIDTH,HEIGHT"),
    (["restore", "--task", "denoise", "--events", "xml", "a.png"], "ndjson"),
    (["restore", "--task", "denoise", "--depth", "12", "a.png"], "16"),
    (["restore", "--task", "denoise", "--skip-existing", "--overwrite", "a.png"], "exclude each other"),
    (["restore", "--task", "denoise", "-o", "x.png", "--output-dir", "d", "a.png"], "exclude each other"),
    (["restore", "--task", "denoise", "-o", "x.png", "--name", "y.png", "a.png"], "exclude each other"),
    (["restore", "--task", "defocus-deblur", "--right", "b.png", "-o", "b.png", "a.png"], "to read"),
    (["restore", "--task", "denoise", "--window", "8", "a.png"], "--model"),
    (["restore", "--task", "denoise", "--region", "-1,0,5,5", "a.png"], "--region"),
    (["restore", "--task", "denoise", "--region=-1,0,5,5", "a.png"], "X,Y,WIDTH,HEIGHT"),
    (["restore", "--task", "denoise", "-", "-"], "standard input"),
    (["restore", "--task", "denoise", ""], "no name"),
    (["restore", "--task", "denoise", "-o", "x.gif", "a.png"], ".png, .jpg"),
    (["restore", "--task", "denoise", "-o", "x.heic", "a.png"], "AVIF"),
    (["restore", "--task", "denoise", "--format", "gif", "a.png"], "tiff"),
    (["restore", "--task", "denoise", "--quality-out", "0", "a.png"], "100"),
    (["restore", "--task", "denoise", "-o", "x.png", "a.png", "b.png"], "--output-dir"),
    (["restore", "--task", "denoise", "-o", ".", "a.png"], "--output-dir"),
    (["restore", "--task", "denoise", "-o", "a.png", "a.png"], "to read"),
    (["restore", "--task", "denoise", "-o", "./a.png", "a.png"], "to read"),
    (["restore", "--task", "denoise", "--name", "{stem}.png", "a.png"], "to read"),
    (["restore", "--task", "denoise", "--name", "{colour}.png", "a.png"], "{stem}"),
    (["restore", "--task", "denoise", "--name", "{stem", "a.png"], "'}'"),
    (["restore", "--task", "denoise", "--name", "x/{stem}.png", "a.png"], "--output-dir"),
    (["restore", "--task", "denoise", "--name", "{stem}", "a.png"], ".png, .jpg"),
    (["restore", "--task", "denoise", "--name", "x.png", "a.png", "b.png"], "both a.png and b.png"),
    (["restore", "--task", "denoise", "--output-dir", "out", "a.png", "sub/a.png"], "both a.png and sub/a.png"),
    (["restore", "--task", "denoise", "a.png", "a.png"], "both a.png and a.png"),
    (["restore", "--task", "denoise", "--events", "ndjson", "-o", "-", "a.png"], "--events"),
    (["restore", "--task", "denoise", "--task", "sr", "a.png"], "--task is given twice, as 'denoise' and as 'sr'"),
    (
      ["restore", "--task", "denoise", "--sigma=5", "a.png", "--sigma", "50"],
      "--sigma is given twice, as '5' and as '50'"
    ),
    (["restore", "--task", "denoise", "-o", "b.png", "--output=c.png", "a.png"], "as 'b.png' and as 'c.png'"),
    (
      ["degrade", "--task", "denoise", "--sigma", "5", "--sigma", "9", "a.png", "-o", "x.png"], "--sigma is given twice"
    ),
    (["restore", "--task", "denoise", "--strength", "1.6", "a.png"], "0 to 1.5"),
    (["restore", "--task", "denoise", "--texture", "2", "a.png"], "0 to 1"),
    (["restore", "--task", "denoise", "--grain", "nan", "a.png"], "0 to 50"),
    (["restore", "--task", "denoise", "--fit", "80x", "a.png"], "WIDTHxHEIGHT"),
    (
      ["restore", "--task", "denoise", "--fit", "80x80", "--width", "9", "a.png"],
      "--width and --fit exclude each other"
    ),
    (["restore", "--task", "denoise", "--max-megapixels", "0", "a.png"], "a number above 0"),
    (
      ["restore", "--task", "denoise", "--width", "30000", "--height", "30000", "a.png"],
      "30000 x 30000, 900.0 megapixels, over the limit of 256 megapixels"
    ),
    (
      ["restore", "--task", "denoise", "--width", "70000", "-o", "x.jpg", "a.png"],
      "65500 pixels a side that JPEG holds"
    ),
    (["compare"], "picture"),
    (["compare", "a.png"], "--reference"),
    (["compare", "a.png", "b.png", "--metric", "beauty"], "psnr"),
    (["compare", "a.png", "b.png", "--convention", "mine"], "matlab"),
    (["compare", "a.png", "b.png", "--shave", "-1"], "--shave"),
    (["compare", "a.png", "b.png", "--fail-below", "psnr"], "psnr=30"),
    (["compare", "a.png", "b.png", "--fail-below", "mae=1"], "psnr"),
    (["degrade", "a.png", "-o", "x.png"], "--task"),
    (["degrade", "--task", "denoise", "a.png", "-o", "x.png"], "--sigma"),
    (["degrade", "--task", "sr", "--scale", "7", "a.png", "-o", "x.png"], "scale 7 is outside 2...4"),
    (["degrade", "--task", "jpeg", "--quality", "10", "--sigma", "3", "a.png", "-o", "x.png"], "--sigma"),
    (["degrade", "--task", "denoise", "--sigma", "25", "a.png"], "--output"),
    (["degrade", "--task", "denoise", "--sigma", "25", "a.png", "-o", "a.png"], "to read"),
    (["models", "show"], "model"),
    (["models", "import"], "file"),
    (["bench", "--size", "0"], "65535"),
    (["bench", "--runs", "none"], "1 to 1000"),
    (["bench", "--batch", "4"], "--training"),
    (["bench", "--training", "--size", "32x48"], "--size N"),
    (["bench", "--training", "--precision", "bf16"], "float32"),
    (["bench", "--training", "--compare", "openvino"], "pytorch-training"),
    (["bench", "--compare", "pytorch-training"], "--training"),
    (["completions"], "shell"),
    (["completions", "tcsh"], "bash"),
    (["limits", "x"], "x"),
    (["paths", "x"], "x"),
  ]

  @Test("is refused in one line with status 2", arguments: cases)
  func refused(arguments: [String], fragment: String) async throws {
    let folder = try TemporaryFolder()
    try folder.makeFolder("sub")
    for name in ["a.png", "b.png", "sub/a.png"] { try TestPicture.write(to: folder, name) }
    let before = try folder.listing()
    let outcome = try await GRLProcess.run(arguments, in: folder)
    #expect(outcome.status == 2)
    // Whoever asked for events gets this one.
    #expect(outcome.output.isEmpty != arguments.contains("ndjson"), "\(outcome.outputText)")
    #expect(outcome.oneErrorLine().contains(fragment))
    #expect(try folder.listing() == before)
  }

  @Test("names with control characters are spelt out")
  func controlCharacters() async throws {
    let folder = try TemporaryFolder()
    let outcome = try await GRLProcess.run(
      ["restore", "--task", "denoise", "evil\u{1B}[2J\n\u{202E}name.png", "-o", "x\u{7}.gif"], in: folder)
    #expect(outcome.status == 2)
    #expect(outcome.oneErrorLine().contains("x\\u{7}.gif"))
    let missing = try await GRLProcess.run(
      ["restore", "--task", "denoise", "evil\u{1B}[2J\n\u{202E}name.png"], in: folder)
    #expect(missing.status == 3)
    #expect(missing.oneErrorLine().contains("evil\\u{1"))
    #expect(!missing.errorText.unicodeScalars.contains("\u{202E}"))
  }

  @Test("an existing result is refused before any work, all of them counted")
  func existing() async throws {
    let folder = try TemporaryFolder()
    for name in ["a.png", "b.png"] {
      try TestPicture.write(to: folder, name)
      try folder.write(name.replacing(".png", with: "_denoise.png"), "kept")
    }
    let outcome = try await GRLProcess.run(["restore", "--task", "denoise", "a.png", "b.png"], in: folder)
    #expect(outcome.status == 2)
    #expect(outcome.oneErrorLine().contains("a_denoise.png: exists already (and 1 more)"))
    #expect(try folder.bytes("a_denoise.png") == Data("kept".utf8))
  }

  @Test("a folder that cannot be written to is found before any work")
  func unwritableFolder() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "a.png")
    try folder.write("file", "not a folder")
    // The kernel's own folders refuse even root; a file is no folder for anybody.
    for place in ["file/below", "/proc/below"] {
      let outcome = try await GRLProcess.run(
        ["restore", "--task", "denoise", "--output-dir", place, "a.png"], in: folder)
      #expect(outcome.status == 2)
      #expect(outcome.oneErrorLine().contains(place))
    }
    let named = try await GRLProcess.run(["restore", "--task", "denoise", "-o", "/proc/x.png", "a.png"], in: folder)
    #expect(named.status == 2)
    #expect(named.oneErrorLine().contains("/proc"))
  }

  @Test("a folder without write permission is refused")
  func readOnlyFolder() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "a.png")
    // Permissions do not bind root, unless it gives its capabilities away.
    let outcome = try await GRLProcess.shell(
      """
      mkdir out; chmod 555 out
      if [ $(id -u) -eq 0 ]; then run="setpriv --bounding-set=-all --inh-caps=-all"; fi
      $run "$GRL" restore --task denoise --output-dir out a.png
      """, in: folder)
    #expect(outcome.status == 2)
    #expect(outcome.oneErrorLine().contains("out: cannot write"))
  }
}
