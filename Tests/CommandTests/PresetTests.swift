import EngineWire
import Foundation
import TestSupport
import Testing
import grl

@Suite struct PresetTests {
  private static func preset(_ text: String, _ name: String = "mine") throws -> JobPreset {
    try JobPreset(Array(text.utf8), file: "/p/\(name).preset")
  }

  @Test(
    "those that are shipped say what they are for, and are read as they are written",
    arguments: ["scan", "phone", "web", "archive"])
  func shipped(name: String) throws {
    let file = TestData.packageRoot.appending(path: "Presets/\(name).preset")
    let preset = try JobPreset([UInt8](try Data(contentsOf: file)), file: file.path)
    #expect(preset.name == name && !preset.about.isEmpty)
    #expect(preset.words(beside: [:]).first == "--task")
    #expect(try Self.preset(preset.fileText, name) == preset)
    let job = try RestoreArguments.job(preset.words(beside: [:]) + ["a.png"])
    var same = preset.job(task: "denoise")
    same.inputs = ["a.png"]
    #expect(job == same)
  }

  @Test("every option of a job survives a preset, but those of single pictures")
  func everyOption() throws {
    for job in CommandLineTests.jobs {
      var wanted = job
      (wanted.inputs, wanted.right, wanted.region, wanted.output) = ([], nil, nil, nil)
      // A name with a line feed or blanks at its ends has no place in a line.
      let preset = JobPreset(name: "all", wanted)
      #expect(try Self.preset(preset.fileText, "all") == preset)
      #expect(preset.job(task: "denoise") == wanted)
    }
  }

  static let faults: [(String, Int, String)] = [
    ("task = denoise\nstrength 0.5", 2, "expected 'option = value'"),
    ("# a comment\n\ncolour = red", 3, "'colour' is no option of a preset"),
    ("task = cook", 1, "task: 'cook' where denoise, sr"),
    ("strength = 2", 1, "strength: '2' where 0 to 1.5 is allowed"),
    ("strength = 1\nstrength = 0.5", 2, "strength: given a second time"),
    ("overwrite = yes", 1, "overwrite: 'yes' where on is allowed"),
    ("overwrite = on\nskip-existing = on", 2, "skip-existing: given a second time"),
    ("output = a.png", 1, "'output' is no option"),
    ("right = a.png", 1, "'right' is no option"),
    ("about = " + String(repeating: "x", count: 1100), 1, "a line of 1108 bytes, over the limit of 1024"),
    (String(repeating: "#\n", count: 10_000), 0, "20000 bytes, over the limit of 16384"),
    ("evil\u{1B}[2J = 1", 1, "'evil\\u{1B}[2J' is no option"),
  ]

  @Test("what is wrong with a file is told with the line", arguments: faults)
  func tellsLine(text: String, line: Int, problem: String) {
    let error = #expect(throws: PresetError.self) { try Self.preset(text) }
    #expect(error?.line == line && error?.description.contains(problem) == true, "\(error?.description ?? "")")
    #expect(error?.description.hasPrefix(line > 0 ? "/p/mine.preset:\(line): " : "/p/mine.preset: ") == true)
  }

  @Test("bytes that are no text, and names that are none, are refused")
  func refuses() {
    #expect(throws: PresetError.self) { try JobPreset([0x61, 0xFF, 0x3D], file: "a.preset") }
    for name in ["", ".hidden", "a b", "-x", String(repeating: "a", count: 65), "e\u{301}"] {
      #expect(!JobPreset.isName(name), "\(name)")
      #expect(throws: PresetError.self) { try Self.preset("task = sr", name) }
    }
    #expect(JobPreset.isName("Night_2-b.old"))
  }

  @Test("whatever the bytes: a preset that is written as it was read, or one line that says why not")
  func mutations() throws {
    var random = SplitMix64(state: 29)
    let seed = Array(
      "# scan\nabout = a b\ntask = denoise\nstrength = 0.8\nfit = 20x30\noverwrite = on\nname = {stem}.png\n".utf8)
    for _ in 0..<500 {
      var bytes = seed
      for _ in 0...random.next() % 4 {
        let place = Int(random.next() % UInt64(bytes.count))
        switch random.next() % 3 {
        case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
        case 1: bytes.remove(at: place)
        default: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
        }
      }
      do throws(PresetError) {
        let preset = try JobPreset(bytes, file: "a.preset")
        #expect(try JobPreset(Array(preset.fileText.utf8), file: "a.preset") == preset)
      } catch {
        #expect(error.description.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
      }
    }
  }

  @Test("what is given beside a preset counts more, and takes away what it contradicts")
  func overrides() async throws {
    let folder = try TemporaryFolder()
    try folder.makeFolder("grl/presets")
    try folder.write(
      "grl/presets/mine.preset",
      "task = denoise\nnoise = photo\nmodel = some\nstrength = 0.5\nfit = 800x600\nskip-existing = on\noutput-dir = out\n"
    )
    func job(_ words: String...) throws -> JobRequest {
      try RestoreArguments.job(
        expanding: ["restore"] + words, ["XDG_CONFIG_HOME": folder.url.path, "HOME": folder.url.path])
    }
    let plain = try job("--preset", "mine", "a.png")
    #expect((plain.task, plain.noise, plain.strength, plain.fit?.width) == ("denoise", "photo", 0.5, 800))
    #expect((plain.existing, plain.outputFolder, plain.model) == (.skip, "out", "some"))
    #expect(try job("a.png", "--strength=0.7", "--preset=mine").strength == 0.7)
    #expect(try job("--preset", "mine", "--overwrite", "a.png").existing == .replace)
    let wide = try job("--preset", "mine", "--width", "99", "a.png")
    #expect(wide.width == 99 && wide.fit == nil && wide.strength == 0.5)
    let jpeg = try job("--task", "jpeg", "--preset", "mine", "a.jpg")
    #expect((jpeg.task, jpeg.noise, jpeg.model, jpeg.strength) == ("jpeg", nil, nil, 0.5))
    let named = try job("--preset", "mine", "-o", "x.png", "a.png")
    #expect(named.output == "x.png" && named.outputFolder == nil)
    // What stands behind `--` is no option.
    #expect(try job("--task", "denoise", "--", "--preset", "mine").inputs == ["--preset", "mine"])
  }

  @Test("grl presets lists the shipped and the user's; a file that cannot be used says why where it is asked for")
  func lists() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "a.png", width: 16, height: 16)
    let outcome = try await GRLProcess.shell(
      """
      mkdir -p $XDG_CONFIG_HOME/grl/presets
      printf 'about = none of it\\ntask = denoise\\nvariant = tiny\\nstrength = 0\\n' > $XDG_CONFIG_HOME/grl/presets/none.preset
      printf 'task = cook\\n' > $XDG_CONFIG_HOME/grl/presets/bad.preset
      mkfifo $XDG_CONFIG_HOME/grl/presets/pipe.preset
      $GRL presets && $GRL presets none && $GRL restore --preset none a.png -o b.png
      $GRL restore --preset bad a.png
      $GRL restore --preset pipe a.png
      $GRL restore --preset nothing a.png
      """, in: folder)
    let lines = outcome.outputLines
    for name in ["archive", "bad", "none", "phone", "pipe", "scan", "web"] {
      #expect(lines.contains { $0.hasPrefix(name) }, "\(name)")
    }
    #expect(lines.contains { $0.hasPrefix("none") && $0.hasSuffix("--task denoise --variant tiny --strength 0") })
    #expect(lines.contains("strength = 0") && lines.contains { $0.contains("a.png -> b.png: denoise-color-tiny") })
    #expect(outcome.errorText.contains("bad.preset:1: task: 'cook' where denoise, sr"))
    #expect(outcome.errorText.contains("pipe.preset: it is not a regular file but a named pipe"))
    #expect(outcome.errorText.contains("there is no preset 'nothing'; there are archive, bad, none, phone"))
    #expect(outcome.status == 2)
    #expect(
      TestPicture.values(try TestPicture.read(folder, "b.png"))
        == TestPicture.values(try TestPicture.read(folder, "a.png")))
  }
}
