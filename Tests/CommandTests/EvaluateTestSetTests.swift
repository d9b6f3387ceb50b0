import Foundation
import TestSupport
import Testing

/// The known numbers of the papers' test sets, where the sets are at hand (they are no part of the project).
@Suite struct EvaluateTestSetTests {
  private func baselines(
    _ set: String, _ arguments: [String]
  ) async throws -> [(level: Int?, measured: [String: Double], published: (String) -> Double?)]? {
    guard let folder = TestData.shared("data/testsets/\(set)") else { return nil }
    let scratch = try TemporaryFolder()
    let blocks = try await EvaluateReport.run(
      arguments + ["--dataset", folder.path, "--baseline-only"], in: scratch)
    return try blocks.map { block in
      #expect(block.isResult && block.set == set)
      return (block.level, try block.row("baseline").values, { block.published($0)?.values["psnr"] })
    }
  }

  @Test("bicubic on Set5: 33.66, 30.39 and 28.42 dB")
  func set5() async throws {
    guard let found = try await baselines("Set5", ["--task", "sr", "--scale", "2,3,4"]) else { return }
    for (row, known) in zip(found, [33.66, 30.39, 28.42]) {
      #expect(abs(try #require(row.measured["psnr"]) - known) <= 0.02, "x\(row.level ?? 0)")
    }
    #expect(found[2].published("GRL-T") == 32.56)
  }

  @Test("JPEG on Classic5: 27.82, 30.12, 31.48 and 32.43 dB")
  func classic5() async throws {
    guard let found = try await baselines("Classic5", ["--task", "jpeg"]) else { return }
    for (row, known) in zip(found, [27.82, 30.12, 31.48, 32.43]) {
      #expect(abs(try #require(row.measured["psnr"]) - known) <= 0.05, "quality \(row.level ?? 0)")
      #expect(row.published("JPEG") == known)
    }
  }

  @Test("Malvar's interpolation on McMaster: 34.43 dB")
  func mcMaster() async throws {
    guard let found = try await baselines("McMaster", ["--task", "demosaic"]) else { return }
    #expect(abs(try #require(found[0].measured["psnr"]) - 34.43) <= 0.05)
    #expect(found[0].published("GRL-S") == 40.22)
  }

  /// Each line of numbers in the data file, and each number of it in the tables it was quoted from.
  @Test("quoted numbers are those of the sources")
  func quotedNumbers() throws {
    let file = TestData.packageRoot.appending(path: "Sources/grl/Evaluation/PublishedResults+Text.swift")
    let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
      .filter { $0.contains(" | ") && !$0.contains("#") }
    #expect(lines.count == 208)
    let numbers = lines.map { $0.split(separator: "|").dropFirst().flatMap { $0.split(separator: " ") } }
    #expect(numbers.allSatisfy { $0.allSatisfy { $0 == "-" || Double($0) != nil } })
    guard let tables = TestData.shared("paper-tables.md") else { return }
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
