import Foundation
import Imaging
import Testing

/// `grl train` with the smallest steps that a real network takes.
@Suite struct TrainTests {
  private static let small = ["--patch", "16", "--batch", "1", "--threads", "2"]

  /// A folder `photos` with two pictures.
  private static func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(at: folder.url.appending(path: "photos"), withIntermediateDirectories: true)
    for name in ["photos/a.png", "photos/b.png"] { try TestPicture.write(to: folder, name, width: 72, height: 64) }
    return folder
  }

  private static func arguments(_ steps: Int, _ more: [String] = []) -> [String] {
    [
      "train", "--task", "denoise", "--from", "denoise-color-tiny", "--data", "photos", "--steps", "\(steps)", "-o",
      "own.safetensors",
    ]
      + small + more
  }

  @Test("a model goes on to learn, tells how it goes, and its file restores pictures")
  func fineTuning() async throws {
    let folder = try Self.folder()
    let outcome = try await GRLProcess.run(Self.arguments(3, ["--events", "ndjson"]), in: folder)
    #expect(outcome.status == 0, "\(outcome.errorText)")
    let events = try EventSchema().events(outcome.outputLines)
    let names = events.compactMap { $0["event"] as? String }
    #expect(names == ["start", "measured", "phase", "saved", "measured", "done"])
    #expect(events.last?["step"] as? Int == 3)
    #expect(!FileManager.default.fileExists(atPath: folder.url.appending(path: "own.safetensors.training").path))

    let shown = try await GRLProcess.run(["models", "show", "./own.safetensors"], in: folder)
    #expect(shown.status == 0 && shown.outputText.contains("3 iterations"), "\(shown.errorText)")
    let restored = try await GRLProcess.run(
      ["restore", "--task", "denoise", "--model", "own.safetensors", "photos/a.png", "-o", "out.png"], in: folder)
    #expect(restored.status == 0, "\(restored.errorText)")
    #expect(try TestPicture.read(folder, "out.png").width == 72)
  }

  @Test("a network of another task begins with what a model has learned")
  func otherTask() async throws {
    let folder = try Self.folder()
    let outcome = try await GRLProcess.run(
      [
        "train", "--task", "jpeg", "--init", "denoise-color-tiny", "--data", "photos", "--steps",
        "1", "-o", "own.safetensors",
      ] + Self.small, in: folder)
    #expect(outcome.status == 0, "\(outcome.errorText)")
    #expect(outcome.errorText.contains("tensors taken over, 0 of them widened"))
    let shown = try await GRLProcess.run(["models", "show", "./own.safetensors"], in: folder)
    #expect(shown.outputText.contains("jpeg"), "\(shown.outputText)")
  }

  @Test("what was stopped goes on to the same bytes, also after kill -9", .timeLimit(.minutes(5)))
  func resumed() async throws {
    let folder = try Self.folder()
    let whole = try await GRLProcess.run(Self.arguments(80), in: folder)
    #expect(whole.status == 0, "\(whole.errorText)")
    let bytes = try folder.bytes("own.safetensors")
    try FileManager.default.removeItem(at: folder.url.appending(path: "own.safetensors"))

    // A shell sends the signals: here, threads may be busy with other tests for longer than a training takes.
    func stop(_ signal: String, after event: String, _ more: String) async throws -> GRLProcess.Outcome {
      let words = Self.arguments(80).joined(separator: " ")
      return try await GRLProcess.shell(
        """
        $GRL \(words) \(more) --events ndjson > events & pid=$!
        until grep -q '"event":"\(event)"' events || ! kill -0 $pid; do sleep 0.01; done
        kill -\(signal) $pid; wait $pid
        """, in: folder)
    }
    let state = folder.url.appending(path: "own.safetensors.training")
    let stopped = try await stop("TERM", after: "progress", "")
    #expect(stopped.status == 143 && stopped.errorText.contains("--resume to go on"), "\(stopped.errorText)")
    #expect(FileManager.default.fileExists(atPath: state.path))

    let again = try await GRLProcess.run(Self.arguments(80), in: folder)
    #expect(again.status == 2 && again.errorText.contains("--resume"), "\(again.errorText)")
    let other = try await GRLProcess.run(Self.arguments(81, ["--resume"]), in: folder)
    #expect(other.status == 2 && other.errorText.contains("another training"), "\(other.errorText)")

    let killed = try await stop("KILL", after: "phase", "--resume")
    #expect(killed.status == 137)
    let last = try await GRLProcess.run(Self.arguments(80, ["--resume"]), in: folder)
    #expect(last.status == 0, "\(last.errorText)")
    #expect(try folder.bytes("own.safetensors") == bytes)
    #expect(!FileManager.default.fileExists(atPath: state.path))
  }

  @Test("what cannot be trained on is refused with what to do next, and leaves nothing behind")
  func refusals() async throws {
    let folder = try Self.folder()
    try FileManager.default.createDirectory(at: folder.url.appending(path: "empty"), withIntermediateDirectories: true)
    try FileManager.default.createDirectory(at: folder.url.appending(path: "broken"), withIntermediateDirectories: true)
    try Data("no picture".utf8).write(to: folder.url.appending(path: "broken/a.png"))
    let common = ["train", "--steps", "1", "-o", "own.safetensors"] + Self.small
    let cases: [(arguments: [String], status: Int32, words: [String])] = [
      (["--task", "denoise", "--data", "empty"], 3, ["empty: no pictures", "PNG, JPEG"]),
      (["--task", "denoise", "--data", "nowhere"], 3, ["nowhere"]),
      (["--task", "denoise", "--data", "broken"], 3, ["1 could not be read"]),
      (["--task", "denoise", "--data", "photos", "--patch", "512"], 3, ["512", "--patch"]),
      (["--task", "jpeg", "--from", "denoise-color-tiny", "--data", "photos"], 4, ["denoise", "--from"]),
      (["--task", "denoise", "--from", "none-such", "--data", "photos"], 4, ["none-such"]),
      (["--task", "denoise", "--init", "none-such", "--data", "photos"], 4, ["none-such"]),
      (
        ["--task", "denoise", "--init", "sr-x2-tiny", "--from", "denoise-color-tiny", "--data", "photos"], 2,
        ["--from", "--init", "one of them"]
      ),
      (["--task", "denoise", "--data", "photos", "--scale", "2"], 2, ["--scale does not apply"]),
      (["--task", "denoise", "--data", "photos", "--minutes", "1"], 2, ["--minutes N or --steps N"]),
      (["--task", "denoise"], 2, ["--data FOLDER"]),
      (["--task", "denoise", "--data", "photos", "--resume"], 3, ["no state to go on from"]),
      (["--task", "denoise", "--data", "photos", "--memory", "64M"], 5, ["raise --memory"]),
      (["--task", "denoise", "--data", "photos", "--window", "7"], 2, ["window"]),
      (
        ["--task", "denoise", "--from", "denoise-color-tiny", "--gray", "--data", "photos"], 2,
        ["gives 3 channels, not 1"]
      ),
      (["--task", "sr", "--from", "sr-x2-tiny", "--scale", "3", "--data", "photos"], 2, ["enlarges x2, not x3"]),
      (
        ["--task", "defocus-deblur", "--from", "defocus-deblur-tiny", "--dual-pixel", "--data", "photos"], 2,
        ["takes 3 channels, not 6"]
      ),
      (["--task", "denoise", "--data", "photos", "--kernels", "blas"], 2, ["--kernels"]),
      (["--task", "denoise", "--data", "photos", "-o", "nowhere/own.safetensors"], 3, ["no such folder"]),
    ]
    for (arguments, status, words) in cases {
      let outcome = try await GRLProcess.run(common + arguments, in: folder)
      #expect(outcome.status == status, "\(arguments): \(outcome.errorText)")
      for word in words { #expect(outcome.errorText.contains(word), "\(arguments): \(outcome.errorText)") }
      #expect(outcome.outputText.isEmpty)
    }
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted() == ["broken", "empty", "photos"])
    try Data("mine".utf8).write(to: folder.url.appending(path: "own.safetensors"))
    let outcome = try await GRLProcess.run(Self.arguments(1), in: folder)
    #expect(outcome.status == 2 && outcome.errorText.contains("--overwrite"))
    #expect(try folder.bytes("own.safetensors") == Data("mine".utf8))
  }

  @Test("where a file grows too large, state and model are said and not there, as on a full disk")
  func fullDisk() async throws {
    let folder = try Self.folder()
    let words = Self.arguments(2).joined(separator: " ")
    let outcome = try await GRLProcess.shell("ulimit -f 1000; $GRL \(words)", in: folder)
    #expect(outcome.status == 1)
    #expect(outcome.errorText.contains("own.safetensors.training: ") && outcome.errorText.contains("cannot be resumed"))
    #expect(outcome.errorText.split(separator: "\n").last?.hasPrefix("grl: own.safetensors: ") == true)
    #expect(try folder.listing() == ["photos/a.png", "photos/b.png"])
  }

  @Test("gradients are right on this machine")
  func check() async throws {
    let outcome = try await GRLProcess.run(["train", "--check"], in: TemporaryFolder())
    #expect(outcome.status == 0, "\(outcome.outputText)")
    let lines = outcome.outputText.split(separator: "\n").dropFirst()
    #expect(lines.count >= 7 && lines.allSatisfy { $0.hasSuffix("right") })
  }
}
