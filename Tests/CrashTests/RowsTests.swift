import Foundation
import Imaging
import Testing

/// Pictures over the memory budget, read and written by rows: the bytes of those that fit.
@Suite(.serialized, .timeLimit(.minutes(10))) struct RowsTests {
  // Without a model its noise would have to be known.
  private static let tiles = ["--task", "denoise", "--model", "denoise-test", "--tile", "16", "--overlap", "4"]
  private static let sign = "read and written by rows"

  private let folder: CrashFolder

  init() throws {
    folder = try CrashFolder()
    try folder.picture("a.png", width: 120, height: 1000)
  }

  private func restore(_ words: [String], _ environment: [String: String] = [:]) async throws -> Child.Outcome {
    try await Child(["restore"] + Self.tiles + words, folder.environment(environment)).outcome()
  }

  /// Less than the picture takes as a whole, and enough by rows: what a refusal names.
  private func need(_ words: [String]) async throws -> String {
    let refusal = try await restore(words + ["--memory", "8M"])
    #expect(refusal.status == 5, "\(refusal.errors)")
    return try #require(refusal.errors.firstMatch(of: /needs at least ([0-9.]+ [KMG]iB)/)?.1).filter { $0 != " " }
  }

  /// The result of the whole.
  private func expected() async throws -> Data {
    let whole = try await restore([folder.path("in/a.png"), "-o", folder.path("plain.png")])
    #expect(whole.status == 0 && !whole.errors.contains(Self.sign), "\(whole.errors)")
    return try folder.bytes("plain.png")
  }

  static let cases: [(input: String, output: String, options: [String])] = [
    ("a.png", "b.png", []), ("a.png", "b.tif", ["--compression", "lzw"]), ("a.tif", "b.tif", []),
    ("a.png", "b.png", ["--strength", "0.6", "--texture", "0.4", "--grain", "5"]),
    ("deep.tif", "b.png", ["--chroma-only"]), ("linear.tif", "b.tif", []),
    ("linear.tif", "b.png", ["--depth", "16"]),
    ("alpha.png", "b.png", ["--region", "8,100,100,800"]),
  ]

  /// The same picture in other forms.
  private func write(_ name: String) throws {
    let plain = try ImageFile.read(folder.path("in/a.png")).image
    switch name {
    case "a.tif": try ImageFile.write(plain, to: folder.path("in/" + name), format: .tiff)
    case "deep.tif": try ImageFile.write(plain.withBitDepth(16), to: folder.path("in/" + name), format: .tiff)
    case "linear.tif":
      var floats = plain.withBitDepth(32)
      floats.metadata.pngGamma = 100_000
      try ImageFile.write(floats, to: folder.path("in/" + name), format: .tiff)
    case "alpha.png":
      var values: [UInt16] = []
      for pixel in 0..<plain.width * plain.height { values += [12_000, 30_000, 25_000, UInt16(pixel % 65_536)] }
      let image = Image(width: plain.width, height: plain.height, layout: .rgbAlpha, samples: .sixteen(values))
      try ImageFile.write(image, to: folder.path("in/" + name), format: .png)
    default: break
    }
  }

  @Test("by rows the result has the bytes of the whole", arguments: cases.indices)
  func sameBytes(index: Int) async throws {
    let (input, output, options) = Self.cases[index]
    try write(input)
    let words = [folder.path("in/" + input), "-o", folder.path("out/" + output), "--overwrite"] + options
    let whole = try await restore(words)
    #expect(whole.status == 0 && !whole.errors.contains(Self.sign), "\(whole.errors)")
    let expected = try folder.bytes("out/" + output)
    let memory = try await need(words)
    try FileManager.default.removeItem(atPath: folder.path("out/" + output))
    let rows = try await restore(words + ["--memory", memory])
    #expect(rows.status == 0 && rows.errors.contains(Self.sign), "\(rows.errors)")
    #expect(try folder.bytes("out/" + output) == expected)
    #expect(try folder.names(in: "out") == [output] && folder.names(in: "state/grl/jobs") == [])
  }

  @Test(
    "killed at each step, --resume gives the same bytes and leaves nothing",
    arguments: ["tile-journaled:100", "tile-torn:9", "result-announced", "result-written", "picture-done"])
  func killed(step: String) async throws {
    let expected = try await expected()
    let words = [folder.path("in/a.png"), "--output-dir", folder.path("out")]
    let memory = try await need(words)
    let killed = try await restore(words + ["--memory", memory], ["GRL_CRASH_AT": step])
    #expect(killed.wasKilled, "\(killed.errors)")
    let resumed = try await restore(words + ["--memory", memory, "--resume"])
    #expect(resumed.status == 0 && resumed.errors.contains("resuming job"), "\(resumed.errors)")
    #expect(try folder.names(in: "out") == ["a_denoise.png"] && folder.names(in: "state/grl/jobs") == [])
    #expect(try folder.bytes("out/a_denoise.png") == expected)
  }

  @Test("shards of a divided picture and the joining work by rows")
  func divided() async throws {
    let expected = try await expected()
    let words = [folder.path("in/a.png"), "--output-dir", folder.path("out")]
    let memory = try await need(words)
    func run(_ words: [String]) async throws -> Child.Outcome {
      try await Child(words, folder.environment()).outcome()
    }
    let job = ["--job-dir", folder.path("job")]
    let plan = try await run(["plan"] + job + ["--shards", "3", "--memory", memory] + Self.tiles + words)
    #expect(plan.status == 0 && plan.errors.contains("1 of them in parts"), "\(plan.errors)")
    for shard in 1...3 {
      let work = try await run(["work"] + job + ["--shard", "\(shard)/3"])
      #expect(work.status == 0, "\(work.errors)")
    }
    let finish = try await run(["finish"] + job)
    #expect(finish.status == 0 && finish.errors.contains(Self.sign), "\(finish.errors)")
    #expect(try folder.bytes("out/a_denoise.png") == expected)
  }

  @Test(
    "what cannot be done by rows says why and what would do",
    arguments: [
      (["-o", "b.jpg"], "only PNG, TIFF and OpenEXR"), (["-o", "-"], "only PNG, TIFF and OpenEXR"),
      (["-o", "b.png", "--damaged", "keep"], "leave --damaged keep out"),
    ])
  func refused(words: [String], reason: String) async throws {
    let memory = try await need([folder.path("in/a.png"), "-o", folder.path("out/b.png")])
    let words = words.map { $0.hasPrefix("b.") ? folder.path("out/" + $0) : $0 }
    let refusal = try await restore([folder.path("in/a.png"), "--memory", memory] + words)
    #expect(refusal.status == 5 && refusal.errors.contains(reason), "\(refusal.errors)")
    #expect(refusal.errors.contains("raise --memory to") && refusal.errors.split(separator: "\n").count == 1)
    #expect(try folder.names(in: "out").isEmpty)
  }
}
