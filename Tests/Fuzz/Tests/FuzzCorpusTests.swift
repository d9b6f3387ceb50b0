import Foundation
import FuzzTargets
import TestSupport
import Testing

/// Every file of every corpus of the fuzz targets once, in a build without sanitizers: what was mended stays mended.
@Suite struct FuzzCorpusTests {
  @Test("every file of a corpus gives a value or a typed error", arguments: FuzzTarget.allCases)
  func corpus(target: FuzzTarget) async {
    await #expect(processExitsWith: .success) { [target] in try Self.readAll(target) }
  }

  /// In a process of its own, so that a trap is a failed test of this corpus.
  private static func readAll(_ target: FuzzTarget) throws {
    var verdicts: [FuzzTarget.Verdict: Int] = [:]
    for folder in target.folders {
      let files = try files(in: folder)
      #expect(!files.isEmpty, "\(folder) is empty")
      for file in files {
        let bytes = try Array(Data(contentsOf: file))
        do throws(FuzzFinding) {
          verdicts[try target.run(bytes), default: 0] += 1
          _ = try target.run(target.repaired(bytes))
        } catch { Issue.record("\(target), \(file.lastPathComponent): \(error)") }
      }
    }
    #expect(verdicts[.value, default: 0] >= 5, "\(target): \(verdicts)")
    #expect(verdicts[.refused, default: 0] >= 1, "\(target): \(verdicts)")
  }

  @Test("each target has a corpus of its own, of small files, and all together stay small")
  func sizes() throws {
    var total = 0
    for target in FuzzTarget.allCases {
      let files = try Self.files(in: target.folders[0])
      #expect(files.count >= 5, "\(target)")
      for file in files {
        let count = try Data(contentsOf: file).count
        #expect(count <= target.longest, "\(target), \(file.lastPathComponent): \(count) bytes are never tried")
        total += count
      }
    }
    #expect(total < 1_500_000)
  }

  @Test("repairs leave a sound file alone", arguments: FuzzTarget.allCases)
  func soundFiles(target: FuzzTarget) throws {
    for file in try Self.files(in: target.folders[0]) {
      let bytes = try Array(Data(contentsOf: file))
      guard try target.run(bytes) == .value else { continue }
      #expect(target.repaired(bytes) == bytes, "\(target), \(file.lastPathComponent)")
    }
  }

  /// Places are those of a checksum or a length; negative ones count from the end.
  @Test(
    "repairs make wrong checksums and lengths right",
    arguments: [
      (FuzzTarget.png, "gray_transparent.png", 29), (.checkpoint, "archive.pth", -189),
      (.checkpoint, "configured.safetensors", 0),
      (.tar, "names.tar", 149), (.wire, "answer_jobs.frames", 0), (.journal, "line_tile.journal", 3),
    ])
  func wrongNumbers(target: FuzzTarget, name: String, place: Int) throws {
    let file = TestData.packageRoot.appending(path: "\(target.folders[0])/\(name)")
    let sound = try Array(Data(contentsOf: file))
    var wrong = sound
    wrong[place < 0 ? wrong.count + place : place] ^= 1
    #expect(try target.run(wrong) == .refused)
    #expect(target.repaired(wrong) == sound)
    #expect(try target.run(sound) == .value)
  }

  private static func files(in folder: String) throws -> [URL] {
    let folder = TestData.packageRoot.appending(path: folder)
    return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: [.isRegularFileKey])
      .filter { try $0.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true }
      .sorted { $0.path < $1.path }
  }
}
