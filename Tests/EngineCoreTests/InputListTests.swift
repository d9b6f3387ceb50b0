import Base
import EngineCore
import Foundation
import Imaging
import TestSupport
import Testing

/// What a folder stands for, and which results follow.
@Suite("Names and folders", .timeLimit(.minutes(1))) struct InputListTests {
  private func plan(
    _ folder: EngineFolder, to destination: String? = "out", existing: OutputPlan.Existing = .refuse,
    name: String = OutputName.standard, isRecursive: Bool = false
  ) throws -> OutputPlan {
    let found = try InputList.expand([folder.path("pictures")], isRecursive: isRecursive, excluding: nil)
    let rule = try OutputName(name, values: ["task": "denoise"])
    return try OutputPlan(
      found.inputs, to: destination.map { .folder(folder.path($0), rule) } ?? .besideInputs(rule), existing: existing,
      passedOver: found.passedOver)
  }

  private func names(_ paths: [String]) -> [String] { paths.map { URL(filePath: $0).lastPathComponent } }

  @Test("a folder stands for what is called a picture and for what is one; the rest is told with its kind")
  func kinds() throws {
    let folder = try EngineFolder()
    for name in ["a.png", "B.PNG"] { try folder.picture(name) }
    let jpeg = try ImageFile.encode(try ImageFile.read(folder.path("pictures/a.png")).image, format: .jpeg)
    for name in ["c.jfif", "d.JPE", "noending", "e.jpg_original"] {
      try Data(jpeg).write(to: URL(filePath: folder.path("pictures/" + name)))
    }
    for (name, text) in [
      ("f.nef", "II*\0abcd"), ("f.tif", "II*\0abcd"), ("g.gif", "GIF89a"), ("notes.txt", "words"), ("h.gif", "GIF89a"),
      (".i.gif", "GIF89a"),
    ] {
      try Data(text.utf8).write(to: URL(filePath: folder.path("pictures/" + name)))
    }
    try Data("no picture, but called one".utf8).write(to: URL(filePath: folder.path("pictures/j.png")))
    try FileManager.default.createDirectory(atPath: folder.path("pictures/k"), withIntermediateDirectories: true)
    try #require(mkfifo(folder.path("pictures/l.png"), 0o600) == 0)
    try #require(symlink("/dev/zero", folder.path("pictures/z.png")) == 0)
    let plan = try plan(folder)
    // One that is called a picture and is none fails by itself: it may be a damaged one.
    #expect(
      names(plan.items.map(\.input)) == [
        "B.PNG", "a.png", "c.jfif", "d.JPE", "e.jpg_original", "f.tif", "j.png", "noending",
      ])
    #expect(names(plan.passedOver.map(\.path)) == ["f.nef", "g.gif", "h.gif", "k", "l.png", "notes.txt", "z.png"])
    #expect(
      PassedOver.summary(plan.passedOver)
        == "7 passed over: a GIF picture (2), a camera raw picture (1), a device (1), "
        + "a folder; --recursive looks into it (1), a named pipe (1), text (1)")
    #expect(PassedOver.summary([]) == nil)
  }

  @Test("a folder without pictures says what it holds instead")
  func nothing() throws {
    let folder = try EngineFolder()
    try Data("words".utf8).write(to: URL(filePath: folder.path("pictures/a.txt")))
    #expect {
      try plan(folder)
    } throws: {
      "\($0)".contains("no pictures in this folder, 1 passed over: text (1); add --recursive")
    }
  }

  @Test("two names that differ only in how an accent is written are two pictures with two results")
  func twins() throws {
    let folder = try EngineFolder()
    let twins = ["\u{e9}t\u{e9}", "e\u{301}te\u{301}"]
    for name in twins { try folder.picture(name + ".png") }
    for existing in [OutputPlan.Existing.refuse, .rename] {
      let plan = try plan(folder, existing: existing)
      #expect(plan.items.count == 2 && plan.passedOver.isEmpty)
      #expect(
        Set(plan.items.map { Array($0.output.utf8) })
          == Set(twins.map { Array((folder.path("out") + "/" + $0 + "_denoise.png").utf8) }))
    }
    // Both named: neither is the other's result.
    #expect(try plan(folder, to: nil).items.count == 2)
  }

  @Test("a name that is no UTF-8 is a picture as any other, and its result has the same bytes in its name")
  func latin() throws {
    let folder = try EngineFolder()
    try folder.picture("a.png")
    let latin = Array((folder.path("pictures") + "/x").utf8) + [0xE9] + Array(".png".utf8)
    try #require(rename(folder.path("pictures/a.png"), latin.map { CChar(bitPattern: $0) } + [0]) == 0)
    let plan = try plan(folder)
    let item = try #require(plan.items.first)
    #expect(plan.items.count == 1 && plan.passedOver.isEmpty)
    #expect(item.input.systemPath.map { UInt8(bitPattern: $0) } == latin + [0])
    #expect(
      item.output.systemPath.map { UInt8(bitPattern: $0) }
        == Array((folder.path("out") + "/x").utf8) + [0xE9] + Array("_denoise.png".utf8) + [0])
    #expect(try ImageFile.read(item.input).image.width > 0)
    #expect(fileExists(item.input))
  }

  @Test("the bytes of a name survive as text, whatever they are, and text is left as it is")
  func nameBytes() {
    var random = SplitMix64(state: 3)
    for length in 0..<200 {
      // Lead and continuation bytes, and among them the characters that stand for bytes themselves.
      var bytes = (0..<length % 20).map { _ in UInt8(truncatingIfNeeded: random.next() | 0x80) }.filter { $0 != 0 }
      if length % 7 == 0 { bytes += Array("\u{10FFE9}\u{e9}\u{10FFFF}".utf8) }
      let text = String(fileName: bytes)
      #expect(text.systemPath.map { UInt8(bitPattern: $0) } == bytes + [0])
      #expect(!text.unicodeScalars.contains("\u{FFFD}") || bytes.contains(0xEF))
    }
    #expect(String(fileName: "e\u{301}t\u{e9} \u{1F600}".utf8) == "e\u{301}t\u{e9} \u{1F600}")
    #expect(String(fileName: [0x78, 0xE9]).printable == "x\\xE9")
  }

  @Test("results of an earlier run are known wherever this run's go")
  func earlierResults() throws {
    let folder = try EngineFolder()
    for name in ["a.png", "a_denoise.png", "b_denoise.png"] { try folder.picture(name) }
    // b_denoise.png is nobody's result: there is no b.
    for destination in ["out", nil] {
      let plan = try plan(folder, to: destination)
      #expect(names(plan.items.map(\.input)) == ["a.png", "b_denoise.png"])
      #expect(names(plan.passedOver.map(\.path)) == ["a_denoise.png"])
      #expect(plan.passedOver.map(\.reason) == ["the result of an earlier run"])
    }
  }

  @Test("a result whose name would be too long is refused before anything is made", arguments: [243, 244])
  func longNames(length: Int) throws {
    let folder = try EngineFolder()
    let stem = String(repeating: "n", count: length)
    try folder.picture(stem + ".png")
    // "_denoise.png" has 12 bytes, the file system takes 255.
    if length == 243 {
      #expect(try plan(folder).items.count == 1)
    } else {
      let output = folder.path("out/" + stem + "_denoise.png")
      #expect {
        try plan(folder)
      } throws: {
        guard case .nameTooLong(output, 256, 255)? = $0 as? JobError else { return false }
        return "\($0)".contains("256 bytes, 255 are the most here; choose a shorter one with --name")
      }
      #expect(try plan(folder, name: "{task}.png").items.count == 1)
    }
  }
}
