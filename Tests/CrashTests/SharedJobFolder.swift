import Foundation
import JobStore
import Testing

/// A job that several processes share, with the results of an undisturbed `grl restore` to compare with.
final class SharedJobFolder {
  let folder: CrashFolder
  /// By name of the result.
  let expected: [String: Data]
  static let options = ["--task", "denoise", "--tile", "16", "--overlap", "4"]

  /// - Parameter large: one picture that is more than a shard, of this height.
  init(small: Int = 4, large: Int? = 300) async throws {
    folder = try CrashFolder()
    var names = (0..<small).map { "p\($0).png" }
    for (place, name) in names.enumerated() { try folder.picture(name, width: 40 + place, height: 30 + 2 * place) }
    if let large {
      names.append("large.png")
      try folder.picture("large.png", width: 90, height: large)
    }
    expected = try await folder.expected(names)
  }

  var job: String { folder.path("job") }

  @discardableResult
  func run(_ words: [String], _ environment: [String: String] = [:]) async throws -> Child.Outcome {
    try await Child(words, folder.environment(environment)).outcome()
  }

  func plan(shards: Int, _ more: [String] = []) async throws -> Child.Outcome {
    try await run(
      ["plan", "--job-dir", job, "--shards", "\(shards)", "--output-dir", folder.path("out")] + Self.options + more
        + [folder.path("in")])
  }

  func work(_ shard: String, _ more: [String] = [], _ environment: [String: String] = [:]) async throws -> Child.Outcome
  {
    try await run(["work", "--job-dir", job, "--shard", shard] + more, environment)
  }

  func finish() async throws -> Child.Outcome { try await run(["finish", "--job-dir", job]) }

  func check(_ comment: Comment = "") throws {
    let out = try folder.names(in: "out")
    #expect(out == expected.keys.sorted(), comment)
    for (name, bytes) in expected { #expect(try folder.bytes("out/" + name) == bytes, comment) }
  }

  /// The lines of all shards' journals that tell of finished tiles, as shard, picture and tile.
  func tiles() throws -> [String] {
    var tiles: [String] = []
    for shard in try folder.names(in: "job/shards") {
      // A shard that has not begun has none, and one that is taken at this moment another name.
      guard let bytes = try? folder.bytes("job/shards/\(shard)/journal") else { continue }
      let (entries, _) = Journal.read(Array(bytes))
      for case .tile(let picture, let tile, _, _) in entries { tiles.append("\(shard) \(picture) \(tile)") }
    }
    return tiles
  }
}
