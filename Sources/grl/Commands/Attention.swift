import ArgumentParser
import Base
import EngineCore
import EngineWire
import GRLModel
import Imaging
import Reports
import Restoration
import Tensors

extension HeatScale: ExpressibleByArgument {}

struct Attention: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "See what the network looks at from one pixel of a picture.",
    discussion: """
      Blocks and stages count from 0; without --stage and --block it is the last block. Kinds: window (the square window), stripe \
      (the anchored stripe, both factors multiplied), anchors and gather (each factor alone), overview (all blocks and heads), \
      scales (the same query at half scale), reach (how far each stage looks), channels (channel attention of GRL-B).
      Results by the ending of -o, which may be given several times: .png a map, .npy the weights, .json and .csv numbers, \
      .md and .html a report of everything. Without -o the numbers are printed.

      EXAMPLES
        grl attention facade.png --task denoise --at 212,148
        grl attention facade.png --task denoise --at 212,148 --kind stripe \\
          --stage 2 --block 3 --head 1 -o map.png
        grl attention facade.png --task denoise --at 212,148 --kind overview \\
          -o sheet.png -o numbers.csv
        grl attention facade.png --task denoise --at 212,148 --kind window \\
          --no-bias -o row.npy
        grl attention facade.png --task denoise --at 212,148 -o report.html
      """)

  enum Kind: String, ExpressibleByArgument, CaseIterable {
    case window, stripe, anchors, gather, overview, scales, reach, channels

    /// Of one block; nil for what looks at several.
    var rows: AttentionKind? { AttentionKind(rawValue: rawValue) }
  }

  @Argument(help: ArgumentHelp("A picture; - is standard input.", valueName: "image"), completion: .pictures)
  var image: String
  @Option(
    help: ArgumentHelp("The query pixel: X,Y from the top left.", valueName: "x,y"),
    transform: reading("X,Y in whole pixels", Attention.point))
  var at: QueryPoint
  @Option(help: "What to look at.") var kind: Kind = .stripe
  @Option(help: "Stage, from 0 (default: the last).", transform: number(in: 0...999)) var stage: Int?
  @Option(help: "Block of the stage, from 0 (default: the last).", transform: number(in: 0...999)) var block: Int?
  @Option(
    help: "Head, from 0, or 'mean' of all (default).", transform: reading("a number from 0, or mean", HeadChoice.init))
  var head: HeadChoice = .mean
  @Flag(help: "Leave the position bias out of the scores.") var noBias = false
  @Flag(help: "Leave the temperature out of the scores.") var noTemperature = false

  @Option(
    name: [.customShort("o"), .long],
    help: "A result, its kind by the ending: .png .npy .json .csv .md .html; - is a PNG on standard output.",
    completion: .file())
  var output: [String] = []
  @Flag(help: "Draw the map alone, not over the picture.") var alone = false
  @Option(help: "How colours grow with weights.") var scaling: HeatScale = .sqrt
  @Option(help: "Behind maps and letters.") var background: SheetLook.Background = .dark
  @Flag(help: "Print one JSON object.") var json = false
  @Flag(help: "Replace results that exist.") var overwrite = false

  @OptionGroup var wanted: TaskOptions
  @OptionGroup var budget: MemoryOptions
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var limits: LimitOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if head != .mean && [.overview, .reach, .channels].contains(kind) {
      throw ValidationError("--head goes with one kind of row; \(kind.rawValue) shows all heads")
    }
    if (stage != nil || block != nil) && [.overview, .reach].contains(kind) {
      throw ValidationError("--stage and --block go with one block; \(kind.rawValue) shows all")
    }
    for path in output { _ = try AttentionResult(path, kind) }
    if Set(output).count < output.count { throw ValidationError("-o names one file twice") }
  }

  func run() throws {
    let results = try output.map { try AttentionResult($0, kind, mayReplace: overwrite) }
    for result in results where result.path != "-" && !overwrite && fileExists(result.path) {
      throw Failure(.usage, "\(result.path.printable): exists already; give another name or --overwrite")
    }
    Interruption.watch()
    let console = common.console(showsProgress: true)
    threads.log(to: common.logger(console), memory: budget.memory)
    var settings = try JobSettings(job)
    settings.limits.takesStreams = true
    let picture = try InspectedPicture(
      image, settings, ModelCatalogue(library: ModelLibrary.standard()),
      threads: ThreadLease(threadCount: threads.count, gate: Interruption.gate))
    for warning in picture.source.warnings { console.note("\(image): \(warning)") }
    let inspection = Inspection(self, picture, console)
    do {
      try inspection.run(results)
    } catch JobError.cancelled {
      throw ExitCode(Interruption.exitCode)
    }
  }

  private var job: JobRequest {
    var job = wanted.job([image])
    (job.memoryBytes, job.threadCount, job.maxPixels) = (budget.memory, threads.threads, limits.maxPixels)
    job.kernels = threads.kernels?.rawValue
    return job
  }

  @Sendable private static func point(_ text: String) -> QueryPoint? {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let x = parts[0], let y = parts[1], abs(x) < 1 << 30, abs(y) < 1 << 30 else { return nil }
    return QueryPoint(x: x, y: y)
  }
}

struct QueryPoint: Hashable, Sendable {
  let x: Int
  let y: Int
}

enum HeadChoice: Hashable, Sendable {
  case mean
  case number(Int)

  @Sendable init?(_ text: String) {
    if text == "mean" {
      self = .mean
    } else if let number = Int(text), (0...999).contains(number) {
      self = .number(number)
    } else {
      return nil
    }
  }

  var index: Int? { if case .number(let number) = self { number } else { nil } }
}
