import Checkpoints
import Foundation
import TestSupport
import Testing

/// Every good, odd, broken and hostile file in the project; those of `../shared` in `SharedCorpusTests`.
@Suite(.serialized) struct CorpusTests {
  static let golden = TestData.fixtures.appending(path: "checkpoints/golden")
  static let bad = TestData.fixtures.appending(path: "checkpoints/bad")

  struct Index: Decodable {
    struct Good: Decodable { let expected: String }
    struct Hostile: Decodable { let why: String }
    let good: [String: Good]
    let hostile: [String: Hostile]
  }

  static func index(_ folder: URL) throws -> Index {
    try JSONDecoder().decode(Index.self, from: Data(contentsOf: folder.appending(path: "index.json")))
  }

  @Test("good checkpoints deliver the expected names, shapes, types and bytes")
  func good() throws { try Self.expectGood(in: Self.golden) }

  static func expectGood(in folder: URL) throws {
    let good = try index(folder).good
    #expect(good.count >= 3)
    for (name, entry) in good where name != "legacy.pth" {
      let checkpoint = try Checkpoint(contentsOf: folder.appending(path: name).path)
      let expected = try Checkpoint(contentsOf: folder.appending(path: entry.expected).path)
      #expect(Set(checkpoint.tensors.keys) == Set(expected.tensors.keys), "\(name)")
      for (key, tensor) in expected.tensors { #expect(checkpoint.tensors[key] == tensor, "\(name): \(key)") }
    }
  }

  @Test("a Lightning checkpoint keeps the shapes of its derived tables")
  func derivedShapes() throws {
    let checkpoint = try Checkpoint(contentsOf: Self.golden.appending(path: "lightning.ckpt").path)
    #expect(checkpoint.derivedShapes["table_w"] == [1, 15, 15, 2])
    #expect(checkpoint.derivedShapes["index_w"] == [64, 64])
    #expect(checkpoint.tensors["best_iter"] == nil && checkpoint.tensors["table_w"] == nil)
  }

  /// Sound containers whose content does not fit the network.
  static let refusedByTheNetwork: Set = ["nan_weights.pth", "wrong_shape.pth", "missing_tensor.pth"]

  @Test("hostile checkpoints are refused quickly, without running anything")
  func hostile() throws { try Self.expectHostile(in: Self.golden) }

  static func expectHostile(in folder: URL) throws {
    let hostile = try index(folder).hostile.filter { !refusedByTheNetwork.contains($0.key) }
    #expect(hostile.count >= 5)
    for (name, entry) in hostile { try expectRefusal(folder.appending(path: name), entry.why) }
    try expectNoPayloadRan()
  }

  @Test("sound files with unfit content are refused where the network takes its weights")
  func unfit() throws {
    let sound = try Checkpoint(contentsOf: Self.golden.appending(path: "lightning.expected.safetensors").path).tensors
    let (key, tensor) = try #require(sound.min { $0.key < $1.key })
    var (notFinite, reshaped, fewer) = (sound, sound, sound)
    notFinite[key] = StoredTensor(
      shape: tensor.shape, values: tensor.floats().enumerated().map { $0 == 0 ? .nan : $1 })
    reshaped[key] = StoredTensor(shape: tensor.shape + [1], values: tensor.floats())
    fewer[key] = nil
    for (tensors, problem) in [(notFinite, "not finite"), (reshaped, "shape"), (fewer, "missing")] {
      let problems = try Self.problems(Checkpoint(path: "unfit", tensors: tensors), wanted: sound)
      #expect(problems.count == 1 && problems[0].contains(key) && problems[0].contains(problem), "\(problems)")
    }
  }

  /// What a network that wants the tensors `wanted` says of `checkpoint`.
  static func problems(_ checkpoint: Checkpoint, wanted: [String: StoredTensor]) throws -> [String] {
    let scope = WeightScope(checkpoint)
    for (key, tensor) in wanted { _ = scope.floats(key, tensor.shape) }
    let error = try #require(#expect(throws: CheckpointError.self) { try scope.finish() })
    guard case .mismatch(_, let problems) = error else { throw Unexpected(error) }
    return problems.map { "\($0)" }
  }

  @Test("files written before PyTorch 1.6 are refused with advice")
  func legacy() throws {
    let magic: [UInt8] = [0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E]
    let error = #expect(throws: CheckpointError.self) { try Checkpoint(bytes: magic + [0x80, 0x02], path: "old.pth") }
    #expect(error == .legacyTorch(path: "old.pth"))
    #expect("\(try #require(error))".contains("recent PyTorch"))
  }

  @Test("every file of the corpus gets the recorded verdict, in under a second and 256 MB")
  func verdicts() throws { try Self.expectVerdicts(in: Self.bad) }

  static func expectVerdicts(in folder: URL) throws {
    let table = try String(contentsOf: folder.appending(path: "files.tsv"), encoding: .utf8)
    let rows = table.split(separator: "\n").dropFirst().map {
      $0.split(separator: "\t", omittingEmptySubsequences: false)
    }
    #expect(rows.count >= 50)
    let before = try peakMemory()
    for row in rows {
      let file = folder.appending(path: String(row[0]))
      let expected = row[3]
      if expected.hasPrefix("load") && !expected.hasPrefix("load or refuse") {
        try expectLoad(file, reportsNonFinite: expected.contains("non-finite"))
      } else if expected.contains("or load") || expected.hasPrefix("load or refuse") {
        try expectVerdict(file)
      } else {
        try expectRefusal(file, String(row[4]))
      }
    }
    #expect(try peakMemory() - before < 256 << 20)
    try expectNoPayloadRan()
  }

  /// The values that every loadable file of the corpus holds, by tensor count and name.
  static func expectLoad(_ file: URL, reportsNonFinite: Bool) throws {
    let checkpoint = try Checkpoint(contentsOf: file.path)
    let name = file.lastPathComponent
    if reportsNonFinite {
      let scope = WeightScope(checkpoint)
      for (key, tensor) in checkpoint.tensors { _ = scope.floats(key, tensor.shape) }
      let error = #expect(throws: CheckpointError.self) { try scope.finish() }
      #expect("\(try #require(error))".contains("not finite"))
    } else if name == "metadata_string.safetensors" {
      #expect(checkpoint.tensors.count == 2 && !checkpoint.metadata.isEmpty)
    } else if let tensor = checkpoint.tensors["w"], file.pathExtension == "pth" {
      #expect(checkpoint.tensors.count == 1, "\(name)")
      #expect(tensor.shape == [2, 2], "\(name)")
      let values: [Float]
      switch name {
      case "valid_transposed_view.pth": values = [1, 3, 2, 4]
      case "valid_half.pth": values = [1, 1, 1, 1]
      default: values = [1, 2, 3, 4]
      }
      #expect(tensor.floats() == values, "\(name)")
    } else {
      #expect(file.pathExtension == "safetensors" && checkpoint.tensors.count == 2, "\(name)")
    }
  }

  static func expectRefusal(_ file: URL, _ why: String) throws {
    let error = try expectVerdict(file)
    #expect(error != nil, "\(file.lastPathComponent) was loaded: \(why)")
  }

  /// Opens `file` within the time allowed (of this thread alone, so that a busy machine does not count); checks the message of
  /// a refusal.
  @discardableResult
  static func expectVerdict(_ file: URL) throws -> CheckpointError? {
    var verdict: CheckpointError?
    let start = threadSeconds()
    do throws(CheckpointError) { _ = try Checkpoint(contentsOf: file.path) } catch { verdict = error }
    let seconds = threadSeconds() - start
    #expect(seconds < 1, "\(file.lastPathComponent) took \(seconds) s")
    if let verdict {
      let message = "\(verdict)"
      #expect(message.contains(file.lastPathComponent) && message.contains(":"), "\(message)")
      #expect(!message.unicodeScalars.contains { $0.properties.generalCategory == .control }, "\(message)")
    }
    return verdict
  }

  static func expectNoPayloadRan() throws {
    for name in ["GRL_CANARY", "PWNED_BY_CHECKPOINT"] {
      for folder in [".", "..", "../.."] {
        #expect(!FileManager.default.fileExists(atPath: "\(folder)/\(name)"), "a payload was run")
      }
    }
  }

  /// Time that this thread has computed so far.
  static func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  /// The process's largest resident size so far, in bytes.
  static func peakMemory() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
    return try #require(Int(line.split(whereSeparator: { $0 == " " || $0 == "\t" })[1])) * 1024
  }
}

/// The larger corpora, where they lie beside the project.
@Suite(.serialized) struct SharedCorpusTests {
  @Test(
    "good, hostile and unfit checkpoints, every kind of file that PyTorch has written", .shared("golden/checkpoints"))
  func golden() throws {
    let folder = try #require(TestData.shared("golden/checkpoints"))
    try CorpusTests.expectGood(in: folder)
    try CorpusTests.expectHostile(in: folder)
    let wanted = try Checkpoint(contentsOf: folder.appending(path: "plain.expected.safetensors").path).tensors
    for name in CorpusTests.refusedByTheNetwork {
      let checkpoint = try Checkpoint(contentsOf: folder.appending(path: name).path)
      let problems = try CorpusTests.problems(checkpoint, wanted: wanted)
      #expect(problems.count == (name == "nan_weights.pth" ? 2 : 1), "\(name): \(problems)")
    }
    let path = folder.appending(path: "legacy.pth").path
    #expect(throws: CheckpointError.legacyTorch(path: path)) { try Checkpoint(contentsOf: path) }
  }

  @Test("every file of the large corpus gets the recorded verdict", .shared("data/badcheckpoints"))
  func verdicts() throws {
    try CorpusTests.expectVerdicts(in: #require(TestData.shared("data/badcheckpoints")))
  }
}
