import Foundation
import TestSupport
import Testing

/// The known numbers of the papers' test sets, where the sets are at hand (they are no part of the project), and of a small set
/// of our own with numbers that other programs computed.
@Suite struct EvaluateTestSetTests {
  private func baselines(
    _ set: String, _ arguments: [String]
  ) async throws -> [(level: Int?, measured: [String: Double], published: (String) -> Double?)] {
    let folder = try #require(TestData.shared("data/testsets/\(set)"))
    let scratch = try TemporaryFolder()
    let blocks = try await EvaluateReport.run(
      arguments + ["--dataset", folder.path, "--baseline-only"], in: scratch)
    return try blocks.map { block in
      #expect(block.isResult && block.set == set)
      return (block.level, try block.row("baseline").values, { block.published($0)?.values["psnr"] })
    }
  }

  /// A row of `Tests/Fixtures/protocol/values.json`, which `generate.py` beside it computes with NumPy, SciPy and Pillow.
  struct Row: Decodable, CustomTestStringConvertible {
    let rules: String
    let task: [String]
    let values: [String: Double]
    var testDescription: String { "\(task.joined(separator: " ")), \(rules)" }
  }
  private static let small = TestData.fixtures.appending(path: "protocol")
  static let rows: [Row] = {
    do {
      return try JSONDecoder().decode([Row].self, from: Data(contentsOf: small.appending(path: "values.json")))
    } catch {
      fatalError("values.json: \(error)")
    }
  }()

  @Test("test input and measures of every task under all rules: the independent numbers", arguments: rows)
  func smallSet(row: Row) async throws {
    let scratch = try TemporaryFolder()
    let blocks = try await EvaluateReport.run(
      ["--task"] + row.task + ["--dataset", Self.small.path, "--rules", row.rules, "--baseline-only"], in: scratch)
    let block = try #require(blocks.first)
    #expect(block.measuredCount == 2 && row.values.count == 3)
    // Malvar's interpolation ends on halves of a level, which a last bit rounds the other way.
    let tolerance = row.task == ["demosaic"] ? 0.02 : 1e-3
    for (measure, wanted) in row.values {
      let found = try #require(try block.row("baseline").values[measure])
      #expect(abs(found - wanted) < tolerance, "\(measure): \(found), \(wanted)")
    }
  }

  @Test("bicubic on Set5: 33.66, 30.39 and 28.42 dB", .shared("data/testsets/Set5"))
  func set5() async throws {
    let found = try await baselines("Set5", ["--task", "sr", "--scale", "2,3,4"])
    try #require(found.count == 3)
    for (row, known) in zip(found, [33.66, 30.39, 28.42]) {
      #expect(abs(try #require(row.measured["psnr"]) - known) <= 0.02, "x\(row.level ?? 0)")
    }
    #expect(found[2].published("GRL-T") == 32.56)
  }

  @Test("JPEG on Classic5: 27.82, 30.12, 31.48 and 32.43 dB", .shared("data/testsets/Classic5"))
  func classic5() async throws {
    let found = try await baselines("Classic5", ["--task", "jpeg"])
    try #require(found.count == 4)
    for (row, known) in zip(found, [27.82, 30.12, 31.48, 32.43]) {
      #expect(abs(try #require(row.measured["psnr"]) - known) <= 0.05, "quality \(row.level ?? 0)")
      #expect(row.published("JPEG") == known)
    }
  }

  @Test("noise of sigma 25 on CBSD68, sides cut to multiples of 8: 20.53 dB", .shared("data/testsets/CBSD68"))
  func cbsd68() async throws {
    let found = try await baselines("CBSD68", ["--task", "denoise", "--sigma", "25"])
    #expect(abs(try #require(found[0].measured["psnr"]) - 20.53) <= 0.01)
    #expect(found[0].published("GRL-T") == 31.66)
  }

  @Test("Malvar's interpolation on McMaster: 34.43 dB", .shared("data/testsets/McMaster"))
  func mcMaster() async throws {
    let found = try await baselines("McMaster", ["--task", "demosaic"])
    #expect(abs(try #require(found[0].measured["psnr"]) - 34.43) <= 0.05)
    #expect(found[0].published("GRL-S") == 40.22)
  }

  /// Each line of numbers in the data file, and each number of it in the tables it was quoted from.
  @Test("quoted numbers are those of the sources")
  func quotedNumbers() throws {
    let file = TestData.packageRoot.appending(path: "Sources/Evaluation/published-results.txt")
    let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
      .filter { $0.contains(" | ") && !$0.contains("#") }
    #expect(lines.count == 208)
    let numbers = lines.map { $0.split(separator: "|").dropFirst().flatMap { $0.split(separator: " ") } }
    #expect(numbers.allSatisfy { $0.allSatisfy { $0 == "-" || Double($0) != nil } })
    let tables = TestData.fixtures.appending(path: "published/paper-tables.md")
    let words = try String(contentsOf: tables, encoding: .utf8).map { $0.isNumber || $0 == "." ? $0 : " " }
    let quoted = Set(
      String(words).split(separator: " ").map { word in
        String(word.reversed().drop { $0 == "." }.reversed())
      })
    for number in Set(numbers.joined()) where number != "-" {
      #expect(quoted.contains(String(number)), "\(number)")
    }
  }
}
