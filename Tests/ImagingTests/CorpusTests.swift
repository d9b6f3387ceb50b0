import Base
import Foundation
import Glibc
import Imaging
import Restoration
import TestSupport
import Testing

/// Odd, broken and hostile files against the verdicts of libpng 1.6.39 and libjpeg-turbo 2.1.5, recorded in `files.tsv`.
@Suite("Corpus of odd, broken and hostile pictures")
struct CorpusTests {
  @Test("every bundled file gets the recorded verdict")
  func bundledFiles() async {
    await #expect(processExitsWith: .success) { try Corpus.check(TestData.fixtures.appending(path: "images")) }
  }

  @Test("every file of the large corpus gets the recorded verdict", .shared("data/badimages"))
  func sharedFiles() async {
    await #expect(processExitsWith: .success) { try Corpus.check(#require(TestData.shared("data/badimages"))) }
  }
}

/// A folder of files with their verdicts. Checked in a process of its own, so that a crash is a failed test and memory is
/// measured without other tests.
private enum Corpus {
  struct Entry {
    let path: String
    let verdict: String
    /// CMYK is decoded to RGB, and the recorded hash is of four components.
    let isCMYK: Bool
    let message: String
    let samplesHash: String

    /// The library's word was about a chunk of text or a palette of suggestions, which are skipped unseen (checksums are looked at), or about
    /// a profile that it knows and frowns at: it is read all the same.
    var isHarmless: Bool {
      let words = ["tEXt", "zTXt", "iTXt", "sPLT", "iCCP: known incorrect sRGB profile"]
      return verdict == "warn" && words.contains { message.hasPrefix($0) }
    }

    init(line: Substring) throws {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      try #require(fields.count == 10, "\(line)")
      (path, verdict, message, samplesHash) = (fields[0], fields[3], fields[7], fields[8])
      isCMYK = fields[4] == "jpeg" && fields[5].contains(" n4 ")
    }
  }

  /// Decodes all files of `folder` one by one; records an issue for each that disagrees with its row in `files.tsv`, takes
  /// a second of processor time, or 256 MB of memory.
  static func check(_ folder: URL) throws {
    let table = try String(contentsOf: folder.appending(path: "files.tsv"), encoding: .utf8)
    let lines = table.split(separator: "\n").dropFirst()
    try #require(lines.count > 400)
    for line in lines {
      let entry = try Entry(line: line)
      let before = try residentBytes(peak: false)
      try resetPeak()
      let start = clock()
      check(entry, folder.appending(path: entry.path).path)
      let seconds = Double(clock() - start) / Double(CLOCKS_PER_SEC)
      let growth = try residentBytes(peak: true) - before
      #expect(seconds < 1, "\(entry.path)")
      #expect(growth < 256 << 20, "\(entry.path)")
    }
  }

  private static func check(_ entry: Entry, _ path: String) {
    do {
      let decoded = try ImageFile.read(path)
      let comment: Comment = "\(entry.path): \(entry.message): \(decoded.warnings)"
      // The table knows PNG and JPEG only; the other formats have one of their own (`FormatTests`).
      if decoded.format != .png && decoded.format != .jpeg {
        return #expect(entry.verdict == "unknown" && decoded.faults.isEmpty, comment)
      }
      #expect(entry.verdict == "ok" || entry.verdict == "warn", comment)
      if !entry.isHarmless { #expect(decoded.faults.isEmpty == (entry.verdict == "ok"), comment) }
      if !entry.isCMYK { #expect(SHA256.hex(storedBytes(decoded)).prefix(16) == entry.samplesHash, comment) }
    } catch {
      #expect(entry.verdict != "ok", "\(error)")
      if case .notAnImage = error { return #expect(entry.verdict == "unknown", "\(error)") }
      if case .tooLarge = error { return #expect(entry.verdict == "big" || entry.verdict == "error", "\(error)") }
      #expect(entry.verdict != "unknown" && entry.verdict != "big", "\(error)")
    }
  }

  /// Samples before they were turned upright, 16 bits with the high byte first.
  private static func storedBytes(_ decoded: ImageFile.Decoded) -> [UInt8] {
    let inverse: Orientation =
      switch decoded.orientation {
      case .rotatedLeft: .rotatedRight
      case .rotatedRight: .rotatedLeft
      default: decoded.orientation
      }
    switch decoded.image.upright(from: inverse).samples {
    case .eight(let values): return values
    case .sixteen(let values): return values.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
    case .float: return []  // neither PNG nor JPEG has them
    }
  }

  /// Memory of this process, now or at its peak since `resetPeak`.
  private static func residentBytes(peak: Bool) throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix(peak ? "VmHWM" : "VmRSS") })
    return try #require(Int(line.split(whereSeparator: \.isWhitespace)[1])) << 10
  }

  /// proc(5): writing 5 to clear_refs sets the peak to the present size.
  private static func resetPeak() throws {
    try "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
  }
}
