import ArgumentParser
import Base
import Imaging
import Restoration

/// Bounds on pictures that the user may move.
struct LimitOptions: ParsableArguments {
  @Option(
    help: "Largest picture that is read, in pixels: width times height (default: see grl limits).",
    transform: number(in: 1...4_294_836_225))
  var maxPixels: Int?

  var image: ImageLimits {
    var limits = ImageLimits.standard
    limits.takesStreams = true
    if let maxPixels { limits.pixels = maxPixels }
    return limits
  }
}

struct Limits: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the bounds on what is read, and on threads and memory.",
    discussion: """
      Pictures are checked from a file's header, before anything is allocated. Threads and memory are what restorations take \
      unless --threads and --memory say otherwise: the smallest of what the lines below them allow.

      EXAMPLES
        grl limits
        grl limits --json
      """)

  private struct Entry: Encodable {
    let name: String
    let value: Int
    let unit: String
    let meaning: String
  }

  @Flag(help: "One JSON array instead of a table.") var json = false
  @OptionGroup var common: CommonOptions

  func run() {
    let console = common.console()
    let limits = ImageLimits.standard
    var entries = [
      Entry(
        name: "picture.pixels", value: limits.pixels, unit: "pixels", meaning: "width times height (--max-pixels)"),
      Entry(name: "picture.side", value: limits.side, unit: "pixels", meaning: "width or height"),
      Entry(name: "picture.file", value: limits.fileBytes, unit: "bytes", meaning: "size of the file"),
      Entry(
        name: "picture.metadata", value: limits.metadataBytes, unit: "bytes", meaning: "profiles, EXIF and text"),
      Entry(
        name: "picture.scans", value: limits.jpegScans, unit: "scans", meaning: "passes of a progressive JPEG file"),
      Entry(name: "tile.side", value: TilePlan.smallestSide, unit: "pixels", meaning: "least tile (--tile)"),
    ]
    let machine = MachineLimits.current
    entries.append(
      Entry(
        name: "threads", value: machine.threadCount, unit: "threads",
        meaning: "by default (--threads), ruled by: \(machine.threadRule.origin)"))
    for bound in [machine.forcedThreads].compactMap({ $0 }) + machine.threads {
      entries.append(
        Entry(name: "threads.\(bound.name)", value: bound.value, unit: "threads", meaning: bound.origin.printable))
    }
    let ruler = machine.memoryRule.map { "3/4 of what is left, ruled by: \($0.origin)" } ?? "nothing tells what is left"
    entries.append(
      Entry(
        name: "memory", value: MemoryBudget.standard(within: machine), unit: "bytes",
        meaning: "by default (--memory), \(ruler)".printable))
    for bound in machine.memory {
      entries.append(
        Entry(
          name: "memory.\(bound.name)", value: bound.value, unit: "bytes", meaning: "left: \(bound.origin)".printable))
    }
    for complaint in machine.complaints { console.note(complaint) }
    if json {
      console.result(jsonLine(entries))
    } else {
      let rows = entries.map { [$0.name, "\($0.value)", $0.unit, $0.meaning] }
      for line in table(rows, leftAligned: [0, 2, 3]) { console.result(line) }
    }
  }
}
