import Foundation
import Imaging
import Testing

/// What is told while the work goes on: events for programs, a bar for people.
@Suite struct ProgressTests {
  @Test("--events ndjson: each line an object, in order, progress rising to the end")
  func events() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "a.png", width: 96, height: 80)
    try folder.write("broken\u{7}.png", "this is not a picture")
    let outcome = try await GRLProcess.run(
      [
        "restore", "--task", "denoise", "--noise", "gaussian", "--tile", "64", "--events", "ndjson", "a.png",
        "broken\u{7}.png",
      ], in: folder)
    #expect(outcome.status == 1)
    let events = try EventSchema().events(outcome.outputLines)
    let names = events.compactMap { $0["event"] as? String }
    #expect(names.filter { $0 != "progress" } == ["start", "picture", "done", "failed", "end"])
    #expect(events[0]["pictures"] as? Int == 2)
    #expect(events[1]["tiles"] as? Int == 4)
    #expect(events[1]["model"] as? String == "denoise-color-small")
    #expect(events[1]["reason"] as? String == "tile as asked")
    let fractions = events.filter { $0["event"] as? String == "progress" }.compactMap { $0["fraction"] as? Double }
    #expect(!fractions.isEmpty)
    #expect(fractions == fractions.sorted() && fractions.allSatisfy { $0 > 0 && $0 <= 1 })
    let done = try #require(events.first { $0["event"] as? String == "done" })
    #expect(done["output"] as? String == folder.url.path + "/a_denoise.png" && done["seamScore"] is Double)
    let failed = try #require(events.first { $0["event"] as? String == "failed" })
    #expect(failed["input"] as? String == folder.url.path + "/broken\u{7}.png" && failed["status"] as? Int == 3)
    #expect(failed["code"] as? String == "not-a-picture")
    #expect(Set(events.compactMap { $0["job"] as? String }).count == 1 && events.allSatisfy { $0["v"] as? Int == 2 })
    let whole = events.compactMap { $0["jobFraction"] as? Double }
    #expect(whole == whole.sorted() && whole.last == 0.5 || whole.last == 1, "\(whole)")
    #expect(events[1]["task"] as? String == "denoise" && (events[1]["modelHash"] as? String)?.count == 64)
    let end = try #require(events.last)
    #expect(end["done"] as? Int == 1 && end["failed"] as? Int == 1 && end["status"] as? Int == 1)
  }

  @Test(
    "what is refused before anything begins is an event too, by its code",
    arguments: [
      (["restore", "--task", "denoise", "--events", "ndjson", "a.png"], 2, "exists"),
      (["restore", "--task", "denoise", "--events", "ndjson", "--frobnicate", "a.png"], 2, "usage"),
      (["restore", "--task", "paint", "--events=ndjson", "a.png"], 2, "usage"),
      (
        ["restore", "--task", "denoise", "--events", "ndjson", "--model", "nosuch", "--overwrite", "a.png"], 4, "model"
      ),
      (["restore", "--task", "denoise", "--events", "ndjson", "."], 3, "no-pictures"),
      (["train", "--task", "denoise", "--events", "ndjson"], 2, "usage"),
      (["jobs", "watch", "nosuch", "--events", "ndjson"], 2, "no-such-job"),
    ])
  func refusals(words: [String], status: Int, code: String) async throws {
    let folder = try TemporaryFolder()
    if words.last == "a.png" {
      try TestPicture.write(to: folder, "a.png")
      try TestPicture.write(to: folder, "a_denoise.png")
    }
    let outcome = try await GRLProcess.run(words, in: folder)
    let events = try EventSchema().events(outcome.outputLines)
    #expect(outcome.status == Int32(status) && events.count == 1, "\(outcome.outputText) \(outcome.errorText)")
    #expect(events.first?["event"] as? String == "error" && events.first?["code"] as? String == code, "\(events)")
    #expect(events.first?["status"] as? Int == status)
    // The words for people stay where they were.
    #expect(outcome.errorText == "grl: \(events.first?["reason"] as? String ?? "")\n")
  }

  @Test("the schema refuses what is no event of version 2")
  func schema() throws {
    let schema = try EventSchema()
    let end: [String: Any] = [
      "v": 2, "time": 1.5, "job": "j1", "event": "end", "done": 1, "failed": 0, "skipped": 0, "status": 0, "seconds": 2,
    ]
    #expect(schema.faults(end) == [])
    for (key, value) in [("v", 1), ("status", 300), ("job", "No Name"), ("event", "ended"), ("more", 1)]
      as [(String, Any)]
    {
      var event = end
      event[key] = value
      #expect(!schema.faults(event).isEmpty, "\(key)")
    }
  }

  @Test("-q prints errors and nothing else")
  func quiet() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "a.png")
    try folder.write("b.png", "no picture")
    let outcome = try await GRLProcess.run(["restore", "-q", "--task", "denoise", "a.png", "b.png"], in: folder)
    #expect(outcome.status == 1 && outcome.output.isEmpty)
    #expect(outcome.errorLines.count == 1 && outcome.errorText.contains("b.png: not a picture"))
  }

  @Test("events tell of a picture that is cut off with status and row, or what was kept of it")
  func cutOff() async throws {
    let folder = try TemporaryFolder()
    let row = try TestPicture.cutOff(in: folder, "cut.jpg")
    func last(_ arguments: String...) async throws -> [[String: Any]] {
      let outcome = try await GRLProcess.run(
        ["restore", "--task", "denoise", "--variant", "tiny", "--events", "ndjson", "cut.jpg"] + arguments, in: folder)
      return try EventSchema().events(outcome.outputLines.suffix(2))
    }
    let failed = try await last()
    #expect(failed[0]["event"] as? String == "failed" && failed[0]["status"] as? Int == 3)
    #expect((failed[0]["reason"] as? String)?.hasPrefix("cut.jpg: ends at row \(row) of 48, ") == true)
    #expect(failed[1]["status"] as? Int == 3)
    #expect(failed[0]["code"] as? String == "cut-off")
    let kept = try await last("--damaged", "keep")
    #expect(kept[0]["event"] as? String == "done" && kept[1]["status"] as? Int == 0)
    #expect((kept[0]["notes"] as? [String])?.contains { $0.hasPrefix("ends at row \(row) of 48; ") } == true)
  }

  @Test(
    "a terminal of any width sees a bar of plain ASCII that never wraps and is gone at the end",
    arguments: [80, 40, 12])
  func bar(columns: Int) async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "a picture with a löng näme 画.png", width: 224, height: 160)
    // `script` gives the program a terminal for all three streams.
    let outcome = try await GRLProcess.shell(
      """
      script -qefc "stty cols \(columns); \\"$GRL\\" restore --task denoise --threads 1 'a picture with a löng näme 画.png'" \
      /dev/null < /dev/null
      """, in: folder)
    #expect(outcome.status == 0)
    let text = outcome.outputText
    let drawn = text.split(separator: "\r", omittingEmptySubsequences: true).filter {
      $0.contains("%") && !$0.contains("->")
    }
    #expect(drawn.count > 1)
    #expect(drawn.allSatisfy { line in line.utf8.allSatisfy { (32..<127).contains($0) } && line.count < columns })
    if columns == 80 { #expect(drawn.contains { $0.contains("[#") && $0.contains(" left") }) }
    // The last thing drawn over the bar is blanks; then comes the result on a line of its own.
    let result = try #require(text.range(of: "a picture with a löng näme 画.png -> "))
    #expect(text[..<result.lowerBound].hasSuffix(" \r"))
  }

  @Test(
    "of several pictures the bar is the job's: place, share, time left and when it is over, then the picture's own share"
  )
  func wholeBar() async throws {
    let folder = try TemporaryFolder()
    for name in ["a.png", "b.png", "c.png"] { try TestPicture.write(to: folder, name, width: 224, height: 160) }
    let outcome = try await GRLProcess.shell(
      """
      script -qefc "stty cols 100; \\"$GRL\\" restore --task denoise --threads 1 a.png b.png c.png" /dev/null < /dev/null
      """, in: folder)
    #expect(outcome.status == 0)
    let drawn = outcome.outputText.split(separator: "\r").map(String.init)
    let bar = /[123]\/3 \[#*-*\] +\d+ %  \d+:\d\d left, until \d\d:\d\d  [abc]\.png \d+ % */
    #expect(drawn.contains { $0.wholeMatch(of: bar) != nil }, "\(drawn.suffix(5))")
  }

  @Test("without a terminal no bar is drawn", arguments: [false, true])
  func noTerminal(isQuiet: Bool) async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "a.png")
    let outcome = try await GRLProcess.run(
      ["restore", "--task", "denoise", "a.png"] + (isQuiet ? ["-q"] : []), in: folder)
    #expect(outcome.status == 0)
    #expect(outcome.errors.isEmpty)
    #expect(!outcome.outputText.contains("\r"))
  }
}
