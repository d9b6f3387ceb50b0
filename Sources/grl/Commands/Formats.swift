import ArgumentParser
import Base
import EngineCore
import Imaging

struct Formats: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the formats of picture files that are read and written.",
    discussion: """
      A file is read as what its first bytes say, whatever its name. The format of a result follows its name's ending, or \\
      --format. HEIC, AVIF, JPEG XL and OpenEXR need a library that may be missing on this machine; then the line says which. Camera \\
      raw files are read by --task demosaic.

      EXAMPLES
        grl formats
        grl formats --json
      """)

  private struct Entry: Encodable {
    let format: String
    let name: String
    let extensions: [String]
    let reads: Bool
    let writes: Bool
    /// Of what is written: bits of a sample; 32 are floats.
    let bits: [Int]
    let alpha: Bool
    let metadata: [String]
    /// Why it is not read, or not written.
    let reason: String?

    init(_ format: ImageFile.Format) {
      self.format = format.rawValue
      name = format.name
      extensions = format.extensions
      let (against, writing) = (format.reasonAgainstReading, format.reasonAgainstWriting)
      (reads, writes) = (against == nil, writing == nil)
      reason = against ?? writing
      bits = format.holds.depths
      alpha = format.holds.layouts.contains(.rgbAlpha)
      metadata = format.holds.metadata.map(\.rawValue).sorted()
    }

    var row: [String] {
      [
        name, extensions.joined(separator: " "), reads ? "read" : "-", writes ? "written" : "-",
        bits.map { $0 == 32 ? "float" : String($0) }.joined(separator: " "), alpha ? "alpha" : "-",
        reason ?? metadata.joined(separator: ", "),
      ]
    }
  }

  @Flag(help: "One JSON array instead of a table.") var json = false
  @OptionGroup var common: CommonOptions

  func run() {
    let console = common.console()
    let entries = ImageFile.Format.allCases.map(Entry.init)
    if json {
      console.result(jsonLine(entries))
    } else {
      for line in table(entries.map(\.row), leftAligned: Set(0..<7)) { console.result(line) }
    }
  }
}
