import Foundation
import Testing

/// The verbs that only tell: paths, limits, models, bench.
@Suite struct InformationTests {
  @Test("limits and paths print a table, or JSON with the same entries", arguments: ["limits", "paths"])
  func tables(verb: String) async throws {
    let folder = try TemporaryFolder()
    let text = try await GRLProcess.run([verb], in: folder)
    let json = try await GRLProcess.run([verb, "--json"], in: folder)
    #expect(text.status == 0 && json.status == 0)
    #expect(text.errors.isEmpty && json.errors.isEmpty)
    let entries = try #require(try JSONSerialization.jsonObject(with: json.output) as? [[String: Any]])
    #expect(entries.count == text.outputLines.count && entries.count >= 3)
  }

  @Test("limits are those that pictures are held to")
  func limitsHold() async throws {
    let folder = try TemporaryFolder()
    let outcome = try await GRLProcess.run(["limits"], in: folder)
    #expect(outcome.outputText.contains("256000000"))
  }

  @Test("paths follow XDG_DATA_HOME and GRL_MODELS")
  func pathsFollowEnvironment() async throws {
    let folder = try TemporaryFolder()
    let standard = try await GRLProcess.run(["paths"], in: folder)
    #expect(standard.outputText.contains(folder.home.appending(path: "XDG_DATA_HOME").path))
    let moved = try await GRLProcess.run(["paths"], in: folder, environment: ["GRL_MODELS": "/one:/two"])
    #expect(moved.outputText.contains("/one") && moved.outputText.contains("/two"))
  }

  @Test("the bundled model is listed and shown, as text and as JSON")
  func models() async throws {
    let folder = try TemporaryFolder()
    let list = try await GRLProcess.run(["models", "list"], in: folder)
    #expect(list.status == 0)
    #expect(list.outputText.contains(/denoise-color-tiny +denoise, colour, sigma 0 to 55, tiny +bundled/))
    let json = try await GRLProcess.run(["models", "list", "--json"], in: folder)
    let records = try #require(try JSONSerialization.jsonObject(with: json.output) as? [[String: Any]])
    #expect(records.contains { $0["name"] as? String == "denoise-color-tiny" && $0["task"] as? String == "denoise" })
    let shown = try await GRLProcess.run(["models", "show", "denoise-color-tiny"], in: folder)
    #expect(shown.status == 0)
    for fact in [
      /window +8 \(the file's metadata\)/, /stripes +16,16/, /parameters +880227/, /licence +MIT/,
      /sha256 +[0-9a-f]{64}\n/,
      /verdict +by what the file claims: better than its input everywhere; .* dB below GRL-T\n/,
      /set +level +input +this +gain +published\n/,
      /CBSD68 +25 +20\.53 +30\.98 +\+10\.45 +DnCNN 31\.24 \(-0\.26\), GRL-T 31\.66 \(-0\.68\)\n/,
    ] {
      #expect(shown.outputText.contains(fact))
    }
    let missing = try await GRLProcess.run(["models", "show", "nothing"], in: folder)
    #expect(missing.status == 4)
    #expect(missing.oneErrorLine().contains("denoise-color-tiny"))
  }

  @Test("a card says where a model is no better than its input, and what it does not know")
  func poorModel() async throws {
    let folder = try TemporaryFolder()
    let results = [
      "psnr": #"{"Set12/25": 20.0, "Set12/50": 15.5, "BSD68/25": 28.6}"#,
      "psnr_input": #"{"Set12/25": 20.34, "Set12/50": 15.4}"#,
    ]
    try TransparentNetwork.write(
      to: folder.url, "poor", task: "dn", TransparentNetwork.configuration(inputChannels: 1, outputChannels: 1),
      metadata: results)
    let shown = try await GRLProcess.run(["models", "show", "poor.safetensors"], in: folder).outputText
    #expect(
      shown.contains(
        /verdict +by what the file claims: NOT better than its input on Set12 25; not below BM3D; .* dB below DnCNN;/))
    #expect(shown.contains("\nThe file claims, PSNR in dB;"))
    #expect(shown.contains(/BSD68 +25 +28\.60 +BM3D 28\.57 \(\+0\.03\), DnCNN 29\.23 \(-0\.63\), GRL-T 29\.43/))
    #expect(shown.contains(/Set12 +25 +20\.34 +20\.00 +-0\.34 +DnCNN 30\.44/))
    let json = try await GRLProcess.run(["models", "show", "poor.safetensors", "--json"], in: folder)
    let record = try #require(try JSONSerialization.jsonObject(with: json.output) as? [String: Any])
    let claimed = try #require(record["claimed"] as? [String: Any])
    let rows = try #require(claimed["results"] as? [[String: Any]])
    #expect(rows.map { $0["psnr"] as? Double } == [28.6, 20, 15.5])
    #expect(rows.map { $0["inputPSNR"] as? Double } == [nil, 20.34, 15.4])
    #expect(rows.map { ($0["published"] as? [Any])?.count } == [3, 2, 2])
    try TransparentNetwork.write(
      to: folder.url, "fair", task: "db_motion", TransparentNetwork.configuration(),
      metadata: ["psnr": #"{"own": 25.1}"#, "psnr_input": #"{"own": 25.0}"#])
    let fair = try await GRLProcess.run(["models", "show", "fair.safetensors"], in: folder).outputText
    #expect(fair.contains(/verdict +by what the file claims: less than 0\.2 dB better than its input on own\n/))
  }

  @Test("JSON tells what a file claims from what was measured here: the speed once a picture was restored")
  func claimedAndMeasured() async throws {
    let folder = try TemporaryFolder()
    // Large enough for its speed to be worth remembering.
    try TestPicture.write(to: folder, "a.png", width: 256, height: 256)
    func record(_ arguments: String...) async throws -> [String: Any] {
      let shown = try await GRLProcess.run(["models"] + arguments + ["--json"], in: folder)
      let json = try JSONSerialization.jsonObject(with: shown.output)
      let listed = (json as? [[String: Any]])?.first { $0["name"] as? String == "motion-deblur-tiny" }
      return try #require(listed ?? json as? [String: Any])
    }
    let before = try await record("show", "motion-deblur-tiny")
    let claimed = try #require(before["claimed"] as? [String: Any])
    #expect((claimed["results"] as? [Any])?.isEmpty == false && claimed["experimental"] is String)
    #expect(claimed["facts"] is [String: String])
    for name in ["results", "facts", "sigmas", "experimental"] { #expect(before[name] == nil, "\(name)") }
    let found = try #require(before["measured"] as? [String: Any])
    #expect((found["sha256"] as? String)?.count == 64 && found["parameters"] as? Int == 880_227)
    #expect(found["pixelsPerSecond"] == nil)
    let listed = try await record("list")
    #expect(listed["claimed"] as? NSDictionary == claimed as NSDictionary && listed["measured"] == nil)
    let restored = try await GRLProcess.run(["restore", "--task", "motion-deblur", "--ensemble", "a.png"], in: folder)
    #expect(restored.status == 0, "\(restored.errorText)")
    let after = try #require(try await record("show", "motion-deblur-tiny")["measured"] as? [String: Any])
    #expect((after["pixelsPerSecond"] as? Double).map { $0 > 0 } == true)
  }

  @Test("a weight file is imported under a name, verified, and refused a second time")
  func importing() async throws {
    let folder = try TemporaryFolder()
    try folder.copy(TestPicture.denoiser, as: "weights.safetensors")
    let imported = try await GRLProcess.run(["models", "import", "weights.safetensors", "--name", "mine"], in: folder)
    #expect(imported.status == 0, "\(imported.errorText)")
    #expect(
      imported.outputText.hasPrefix("mine: denoise, colour, sigma 0 to 55, tiny, installed as \(folder.home.path)"))
    #expect(imported.outputText.contains(/\nmine: sound; noise of sigma 25: .* dB, restored .* dB\n/))
    #expect(
      try await GRLProcess.run(["models", "list"], in: folder).outputText.contains(/mine +denoise, colour.*user/))
    let verified = try await GRLProcess.run(["models", "verify", "mine", "denoise-color-tiny"], in: folder)
    #expect(verified.status == 0)
    #expect(
      verified.outputLines.count == 2
        && verified.outputText.contains(/mine: sound, sha256 [0-9a-f]{64}; noise of sigma 25: .* dB, restored .* dB\n/))
    let again = try await GRLProcess.run(["models", "import", "weights.safetensors", "--name", "mine"], in: folder)
    #expect(again.status == 4)
    #expect(again.oneErrorLine().contains("mine"))
  }

  @Test("a file that is no model is refused with status 4 by every verb that takes one")
  func brokenModel() async throws {
    let folder = try TemporaryFolder()
    try folder.write("broken.safetensors", "this is not a model")
    try Data(contentsOf: TestPicture.denoiser).dropLast(1000).write(to: folder.url.appending(path: "cut.safetensors"))
    try TestPicture.write(to: folder, "a.png")
    for file in ["broken.safetensors", "cut.safetensors", "missing.safetensors"] {
      for arguments in [
        ["models", "show", file], ["models", "import", file], ["models", "verify", file], ["bench", "--model", file],
        ["restore", "--task", "denoise", "--model", file, "a.png"],
      ] {
        let outcome = try await GRLProcess.run(arguments, in: folder)
        #expect(outcome.status == 4, "\(arguments)")
        #expect(outcome.oneErrorLine().contains(file))
      }
    }
    #expect(!folder.exists("a_denoise.png"))
    #expect(try await GRLProcess.run(["models", "list"], in: folder).outputText.contains("denoise-color-tiny"))
  }

  @Test("weights that are whole but restore nothing are not sound: status 6")
  func notSound() async throws {
    let folder = try TemporaryFolder()
    try TransparentNetwork.write(to: folder.url, "still", task: "dn", TransparentNetwork.configuration())
    let verified = try await GRLProcess.run(["models", "verify", "still.safetensors"], in: folder)
    #expect(verified.status == 6 && verified.outputText.isEmpty)
    #expect(verified.oneErrorLine().contains(/still: not sound: .* dB better than its input, .* noise of sigma 25/))
    let imported = try await GRLProcess.run(["models", "import", "still.safetensors"], in: folder)
    #expect(imported.status == 0 && imported.outputLines.count == 1)
    #expect(imported.oneErrorLine().contains(/still: not sound: .*; it is installed all the same/))
  }

  @Test("metadata that contradict the network are refused by every verb, and the field is named: status 4")
  func contradiction() async throws {
    let folder = try TemporaryFolder()
    try TransparentNetwork.write(
      to: folder.url, "odd", task: "dn", TransparentNetwork.configuration(),
      metadata: ["colour": #"{"order": "BGR"}"#])
    try TestPicture.write(to: folder, "a.png")
    for arguments in [
      ["models", "show", "odd.safetensors"], ["models", "import", "odd.safetensors"],
      ["models", "verify", "odd.safetensors"],
      ["restore", "--task", "denoise", "--model", "odd.safetensors", "a.png"],
    ] {
      let outcome = try await GRLProcess.run(arguments, in: folder)
      #expect(outcome.status == 4, "\(arguments)")
      #expect(outcome.oneErrorLine().contains("odd.safetensors: colour.order: BGR, allowed is RGB"))
    }
    #expect(!folder.exists("a_denoise.png"))
  }

  @Test("bench reports what it timed, in text and in JSON")
  func bench() async throws {
    let folder = try TemporaryFolder()
    let arguments = ["bench", "--model", "denoise-color-tiny", "--size", "40x32", "--runs", "3", "--threads", "2"]
    let text = try await GRLProcess.run(arguments, in: folder)
    #expect(text.status == 0)
    #expect(text.errors.isEmpty)
    #expect(text.outputText.contains("40 x 32 px, 2 threads"))
    let json = try await GRLProcess.run(arguments + ["--json"], in: folder)
    let report = try #require(try JSONSerialization.jsonObject(with: json.output) as? [String: Any])
    let seconds = try #require(report["seconds"] as? [Double])
    #expect(seconds.count == 3 && seconds.allSatisfy { $0 > 0 })
    #expect(report["medianSeconds"] as? Double == seconds.sorted()[1])
    #expect(try #require(report["peakBytes"] as? Int) > 1 << 20)
    #expect(try #require(report["gigaflop"] as? Double) > 0.1 && report["peers"] as? [String] == [])
    let operators = try #require(report["operators"] as? [[String: Any]])
    let parts = try #require(report["parts"] as? [[String: Any]])
    #expect(operators.compactMap { $0["name"] as? String }.contains("stripe attention"))
    #expect(parts.compactMap { $0["name"] as? String }.contains("stage 0"))
    let time = operators.reduce(0) { $0 + ($1["shareOfTime"] as? Double ?? 0) }
    #expect(abs(time - 1) < 1e-6)
  }

  @Test("bench times steps of a training, with other patches in each")
  func benchTraining() async throws {
    let arguments = ["bench", "--training", "--size", "16", "--batch", "2", "--runs", "3", "--threads", "2"]
    let folder = try TemporaryFolder()
    let text = try await GRLProcess.run(arguments, in: folder)
    #expect(
      text.status == 0 && text.outputText.contains("2 patches of 16 x 16, windows of 8, stripes 16 x 16, 2 threads"))
    let json = try await GRLProcess.run(arguments + ["--json", "--window", "16", "--stripe", "16,32"], in: folder)
    let report = try #require(try JSONSerialization.jsonObject(with: json.output) as? [String: Any])
    let losses = try #require(report["losses"] as? [Double])
    #expect(losses.count == 4 && Set(losses).count == 4 && losses.allSatisfy { (0.01...0.2).contains($0) })
    #expect(report["windowSize"] as? Int == 16 && report["stripe"] as? [Int] == [16, 32])
    let (median, gigaflop) = (report["medianSeconds"] as? Double ?? 0, report["gigaflop"] as? Double ?? 0)
    let (share, peak) = (report["shareOfPeak"] as? Double ?? 0, report["peakGigaflops"] as? Double ?? 0)
    #expect(gigaflop > 1 && abs(share - gigaflop / median / peak) < 1e-9)
  }

  @Test("bench says with which arithmetic, and what is wrong with another engine", arguments: ["exact", "bf16"])
  func benchPrecision(precision: String) async throws {
    let folder = try TemporaryFolder()
    let arguments = ["bench", "--model", "denoise-color-tiny", "--size", "16", "--runs", "1", "--precision", precision]
    let text = try await GRLProcess.run(arguments, in: folder)
    #expect(text.status == 0 && text.outputText.contains(" \(precision)"))
    let alone = try await GRLProcess.run(["bench", "--python", "python3"], in: folder)
    #expect(alone.status == 2 && alone.oneErrorLine().contains("--compare"))
    let missing = try await GRLProcess.run(
      arguments + ["--compare", "openvino", "--python", "no-such-python"], in: folder)
    #expect(missing.status == 1 && missing.oneErrorLine().contains("openvino"))
  }
}
