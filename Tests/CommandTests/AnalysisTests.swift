import Foundation
import FoundationXML
import Imaging
import TestSupport
import Testing

/// `grl attention` on whole pictures, by trying and by gradients; its numbers are held in InspectionTests.
@Suite("grl attention: analyses", .timeLimit(.minutes(10))) struct AnalysisTests {
  private func run(_ arguments: String, in folder: TemporaryFolder) async throws -> GRLProcess.Outcome {
    try await GRLProcess.run(
      ["attention", "a.png", "--task", "denoise", "--model", "denoise-color-tiny"]
        + arguments.split(separator: " ").map(String.init), in: folder)
  }

  @Test(
    "each kind writes a picture, its numbers and, where it has maps, an array",
    arguments: [
      ("maps", "--region 8,8,16,16", [9, 48, 64]), ("maps --part window --head 1", "", [9, 48, 64]),
      ("region --region 8,8,16,16", "", [1, 48, 64]), ("cross-scale", "--at 20,20", [2, 24, 32]),
      ("spectrum --head 0", "--at 20,20", nil), ("features --channel 3", "--at 20,20", [3, 48, 64]),
      ("rollout --stage 1", "--at 20,20", [1, 48, 64]), ("heads --span 16", "--at 20,20", nil),
      ("effect --span 32 --square 16", "--at 20,20", nil), ("attribution --span 32 --steps 2", "--at 20,20", nil),
      ("field --span 32", "--at 20,20", nil), ("models --against denoise-color-small --part window", "--at 20,20", nil),
      ("models --against-tile 32", "--at 20,20", nil),
    ] as [(String, String, [Int]?)])
  func kinds(kind: String, place: String, shape: [Int]?) async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "a.png", width: 64, height: 48)
    let array = kind.hasPrefix("spectrum") || kind.hasPrefix("heads") ? "" : " -o b.npy"
    let outcome = try await run("--kind \(kind) \(place) -o b.png -o b.csv -o b.json\(array)", in: folder)
    try #require(outcome.status == 0, "\(outcome.errorText)")
    let picture = try ImageFile.read(folder.url.appending(path: "b.png").path).image
    #expect(picture.width >= 400 && picture.height > 100)
    let json = try JSONSerialization.jsonObject(with: Data(folder.bytes("b.json"))) as? [String: Any]
    #expect(json?["model"] as? String == "denoise-color-tiny" && (json?["tables"] as? [[[String]]])?.isEmpty == false)
    #expect(try String(decoding: folder.bytes("b.csv"), as: UTF8.self).split(separator: "\n").count > 1)
    if let shape {
      let header = try String(decoding: folder.bytes("b.npy").prefix(128), as: UTF8.self)
      #expect(header.contains("'shape': (\(shape.map { "\($0)" }.joined(separator: ", ")))"), "\(header)")
    }
    let told = try await run("--kind \(kind) \(place)", in: folder)
    #expect(told.status == 0 && told.outputLines.count > 2 && told.outputLines[0].hasPrefix("a.png: "))
    #expect(told.outputLines.allSatisfy { $0.count <= 110 }, "\(told.outputText)")
  }

  @Test(
    "a drawing is well-formed SVG with its letters as text, a page holds it and the tables",
    arguments: ["dark", "light"])
  func drawings(background: String) async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "a<&>.png", width: 64, height: 48)
    func draw(_ words: String) async throws {
      let outcome = try await GRLProcess.run(
        ["attention", "a<&>.png", "--task", "denoise", "--model", "denoise-color-tiny", "--background", background]
          + words.split(separator: " ").map(String.init), in: folder)
      try #require(outcome.status == 0, "\(outcome.errorText)")
    }
    try await draw("--kind maps -o m.svg -o m.html -o m.png")
    try await draw("--at 20,20 --kind stripe -o s.svg")
    try await draw("--at 20,20 --kind spectrum -o c.svg")
    for name in ["m.svg", "s.svg", "c.svg"] {
      let bytes = try Data(folder.bytes(name))
      let reader = XMLParser(data: bytes)
      #expect(reader.parse(), "\(name): \(reader.parserError.map { "\($0)" } ?? "")")
      let text = String(decoding: bytes, as: UTF8.self)
      #expect(text.contains(">a&lt;&amp;&gt;.png") && text.contains("data:image/png;base64,"))
      #expect(text.contains("<text ") && (name == "m.svg" || text.contains(name == "c.svg" ? "<polyline " : "<rect ")))
    }
    let picture = try ImageFile.read(folder.url.appending(path: "m.png").path).image
    let drawing = try String(decoding: folder.bytes("m.svg"), as: UTF8.self)
    #expect(drawing.contains("viewBox=\"0 0 \(picture.width) \(picture.height)\""))
    let page = try String(decoding: folder.bytes("m.html"), as: UTF8.self)
    #expect(page.contains("<svg ") && page.contains("<td>entropy, bit</td>") && page.contains("beyond the cell"))
  }

  @Test("a model beside itself is the same; beside another or in other tiles it differs") func models() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "a.png", width: 96, height: 64)
    func told(_ words: String) async throws -> [String: String] {
      let outcome = try await run("--kind models --at 40,30 \(words) --json", in: folder)
      let json = try JSONSerialization.jsonObject(with: Data(outcome.output)) as? [String: Any]
      let tables = try #require(json?["tables"] as? [[[String]]])
      return Dictionary(tables.joined().map { ($0[0], $0[$0.count - 1]) }, uniquingKeysWith: { $1 })
    }
    let same = try await told("--against denoise-color-tiny")
    #expect(same["weight that lies elsewhere"] == "0.0 %" && same["correlation where both see"] == "1.000")
    #expect(same["entropy, bit"] == "0.00")
    let other = try await told("--against denoise-color-small")
    #expect(other["correlation where both see"] != "1.000" && other["weight that lies elsewhere"] != "0.0 %")
    let tile = try await told("--against-tile 48")
    #expect(tile["weight that lies elsewhere"] != "0.0 %")
  }

  @Test("a head is worth what the result loses without it") func worth() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "a.png", width: 64, height: 48)
    try TestPicture.write(to: folder, "small.png", width: 32, height: 48)
    let told = try await run("--kind heads --at 20,20 --span 16 --reference a.png", in: folder)
    #expect(told.status == 0 && told.outputText.contains("worth, dB") && told.outputText.contains("all heads"))
    #expect(told.outputLines.count { $0.contains(" head ") } >= 64, "\(told.outputText)")
    let refused = try await run("--kind heads --at 20,20 --reference small.png", in: folder)
    #expect(refused.status == 2 && refused.oneErrorLine().contains("is 32 x 48, the result would be 64 x 48"))
  }

  @Test(
    "what cannot be asked is refused in one line",
    arguments: [
      ("--kind spectrum", "--at X,Y is missing"), ("--kind region", "--kind region needs --region"),
      ("--kind maps --region 60,40,16,16", "does not lie within the picture"),
      ("--kind region --region 60,40,16,16", "does not lie within the picture"),
      ("--kind spectrum --at 64,0", "lies outside the picture"), ("--kind maps --stage 9", "there is no stage 9"),
      ("--kind maps --head 7", "there is no head 7"), ("--kind maps -o a.md", "a report in Markdown is of one pixel"),
      ("--kind features --at 1,1 --channel 64", "channels 0 to 63"),
      ("--kind spectrum --at 1,1 -o a.npy", "has no map"), ("--kind effect --at 1,1 --span 8", "16 to 4096"),
      ("--kind attribution --at 1,1 --threads 1 --memory 40M", "give a smaller --span or more --memory"),
      ("--kind field --at 1,1 --threads 1 --memory 40M", "the memory budget is 40"),
      ("--kind models --at 1,1", "needs --against MODEL"), ("--kind maps --against x", "go with --kind models"),
      ("--kind models --at 1,1 --against-tile 3", "--against-tile 3: give"),
    ])
  func refused(arguments: String, reason: String) async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "a.png", width: 64, height: 48)
    let outcome = try await run(arguments, in: folder)
    #expect(outcome.status == 2 || outcome.status == 3, "\(outcome.errorText)")
    #expect(outcome.errorText.contains(reason), "\(outcome.errorText)")
    #expect(try folder.listing() == ["a.png"])
  }

  @Test("an effect map that was interrupted goes on with what it measured") func resumes() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "a.png", width: 128, height: 128)
    let words = "attention a.png --task denoise --model denoise-color-tiny --kind effect --at 60,60 --square 2 -o e.npy"
    func parts() throws -> [String] { try folder.listing().filter { $0.hasSuffix(".part") } }
    func written() throws -> Date? {
      try parts().first.map { name in
        try folder.url.appending(path: name).resourceValues(forKeys: [.contentModificationDateKey])
          .contentModificationDate
      } ?? nil
    }
    /// Ctrl-C once something more has been measured.
    func interrupted() async throws -> GRLProcess.Outcome {
      let running = try GRLProcess.start(
        executable: URL(filePath: "/usr/bin/env"),
        ["--default-signal=INT", GRLProcess.binary.path] + words.split(separator: " ").map(String.init), in: folder)
      let before = try written()
      repeat { try await Task.sleep(for: .milliseconds(200)) } while try written() == before
      running.send(SIGINT)
      return try await running.outcome()
    }
    let first = try await interrupted()
    #expect(first.status == 130 && first.errorText.contains("4096 passes of"), "\(first.errorText)")
    let kept = try parts()
    #expect(kept.count == 1 && kept[0].hasPrefix("e.npy."))
    let second = try await interrupted()
    #expect(second.status == 130, "\(second.errorText)")
    #expect(second.errorText.isEmpty || second.errorText.contains("of 4096 squares were there"), "\(second.errorText)")
    #expect(try parts() == kept)
  }

  @Test("a page goes through the paper's claims with a picture", arguments: ["html", "md"]) func claims(ending: String)
    async throws
  {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "a.png", width: 48, height: 40)
    let outcome = try await run("--report page.\(ending) --span 16", in: folder)
    #expect(outcome.status == 0, "\(outcome.errorText)")
    let page = try String(contentsOf: folder.url.appending(path: "page.\(ending)"), encoding: .utf8)
    for words in [
      "from (24, 20) of a.png", "Pixels resemble pixels of the smaller picture", "lies along stripes",
      "A few anchors are enough", "what changes without each head", "energy kept by rank", "anisotropy",
    ] { #expect(page.contains(words), "\(words)") }
    #expect(!page.contains("Left out"))
    if ending == "md" {
      let figures = try FileManager.default.contentsOfDirectory(
        atPath: folder.url.appending(path: "page.md_files").path)
      #expect(figures.count == 8, "\(figures)")
    }
    let again = try await run("--report page.\(ending)", in: folder)
    #expect(again.status == 2 && again.errorText.contains("exists already"))
    let wrong = try await run("--report page.png", in: folder)
    #expect(wrong.status == 2 && wrong.errorText.contains(".html or .md"))
  }
}
