import ArgumentParser
import Base
import EngineCore
import EngineWire
import GRLModel
import Imaging
import Inspection
import Reports
import Restoration
import Tensors

extension HeatScale: ExpressibleByArgument {}

struct Attention: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "See what the network looks at.",
    discussion: """
      Blocks and stages count from 0; without --stage and --block it is the last block.
      From one pixel (--at): window (the square window), stripe (the anchored stripe, both factors multiplied), anchors and gather \
      (each factor alone), overview (all blocks and heads), scales (the same query at half scale), reach (how far each stage \
      looks), channels (channel attention of GRL-B), models (this model and --against another one, or --against-tile).
      Of every pixel: maps (entropy, distance, weight beyond the window, anisotropy and direction, heaviest key, head that \
      dominates), region (the mean row of --region).
      The paper's claims: cross-scale (pixels against those of the smaller picture), spectrum (are anchors enough?).
      Features: features (principal components as colours, similarity to --at), rollout (weights through all blocks).
      By trying: heads (what each head is worth), effect (which parts of the picture restore a patch), attribution (the same by \
      integrated gradients), field (effective receptive field).
      Results by the ending of -o, which may be given several times: .png and .svg a map, .npy the weights, .json and .csv numbers, \
      .html (and of one pixel .md) a page. Without -o the numbers are printed.

      EXAMPLES
        grl attention facade.png --task denoise --at 212,148
        grl attention facade.png --task denoise --at 212,148 --kind stripe \\
          --stage 2 --block 3 --head 1 -o map.png
        grl attention facade.png --task denoise --at 212,148 --kind overview \\
          -o sheet.png -o numbers.csv
        grl attention facade.png --task denoise --at 212,148 --kind window \\
          --no-bias -o row.npy
        grl attention facade.png --task denoise --at 212,148 -o report.html
        grl attention facade.png --task denoise --report claims.html
        grl attention facade.png --task denoise --kind maps -o maps.png \\
          -o maps.npy
        grl attention facade.png --task denoise --kind spectrum --at 212,148
        grl attention facade.png --task denoise --kind heads \\
          --reference clean.png
        grl attention facade.png --task denoise --kind effect --at 212,148 \\
          -o effect.png
      """)

  enum Kind: String, ExpressibleByArgument, CaseIterable {
    case window, stripe, anchors, gather, overview, scales, reach, channels
    case maps, region
    case crossScale = "cross-scale"
    case spectrum, features, rollout, models, heads, effect, attribution, field

    /// Of one block; nil for what looks at several.
    var rows: AttentionKind? { AttentionKind(rawValue: rawValue) }

    /// What no row tells; nil for rows.
    var analysis: AnalysisKind? { AnalysisKind(rawValue: rawValue) }
    var isAnalysis: Bool { analysis != nil }

    /// Whether it asks from one pixel.
    var needsQuery: Bool {
      switch self {
      case .maps, .region, .heads: false
      default: true
      }
    }
  }

  enum Part: String, ExpressibleByArgument, CaseIterable { case window, stripe }

  @Argument(help: ArgumentHelp("A picture; - is standard input.", valueName: "image"), completion: .pictures)
  var image: String
  @Option(
    help: ArgumentHelp("The query pixel: X,Y from the top left.", valueName: "x,y"),
    transform: reading("X,Y in whole pixels", Attention.point))
  var at: QueryPoint?
  @Option(help: "What to look at.") var kind: Kind = .stripe
  @Option(help: "Stage, from 0 (default: the last).", transform: number(in: 0...999)) var stage: Int?
  @Option(help: "Block of the stage, from 0 (default: the last).", transform: number(in: 0...999)) var block: Int?
  @Option(
    help: "Head, from 0, or 'mean' of all (default).", transform: reading("a number from 0, or mean", HeadChoice.init))
  var head: HeadChoice = .mean
  @Option(help: "maps and region: which attention.") var part: Part = .stripe
  @Option(
    help: ArgumentHelp("maps, heads, region: a part of the picture.", valueName: "x,y,w,h"),
    transform: reading("X,Y,WIDTH,HEIGHT in whole pixels", { Rectangle($0) }))
  var region: Rectangle?
  @Option(
    help: ArgumentHelp("models: the second model, a name or a weight file.", valueName: "model"), completion: .models)
  var against: String?
  @Option(help: ArgumentHelp("models: the second one's tile, as --tile.", valueName: "tile")) var againstTile: String?
  @Option(help: "heads: the undamaged picture, to tell what a head is worth.", completion: .file())
  var reference: String?
  @Option(
    help: "effect, attribution, field, heads: side of the part around --at that goes through the network, in pixels.",
    transform: number(in: 16...4096))
  var span = 128
  @Option(help: "effect, attribution: side of the restored patch, in input pixels.", transform: number(in: 1...512))
  var patch = 8
  @Option(help: "effect: side of the squares that are taken away.", transform: number(in: 1...512)) var square = 8
  @Option(help: "attribution: steps from the blurred picture.", transform: number(in: 2...4096)) var steps = 32
  @Option(help: "features: one channel besides.", transform: number(in: 0...4095)) var channel: Int?
  @Flag(help: "Leave the position bias out of the scores.") var noBias = false
  @Flag(help: "Leave the temperature out of the scores.") var noTemperature = false

  @Option(
    name: [.customShort("o"), .long],
    help: "A result, its kind by the ending: .png .svg .npy .json .csv .md .html; - is a PNG on standard output.",
    completion: .file())
  var output: [String] = []
  @Option(
    help: "A page, .html or .md, that goes through the paper's claims with this picture and model; --at is the middle.",
    completion: .file())
  var report: String?
  @Flag(help: "Draw the map alone, not over the picture.") var alone = false
  @Option(help: "How colours grow with weights.") var scaling: HeatScale = .sqrt
  @Option(help: "Behind maps and letters.") var background: SheetLook.Background = .dark
  @Flag(help: "Print one JSON object.") var json = false
  @Flag(help: "Replace results that exist.") var overwrite = false

  @OptionGroup var wanted: TaskOptions
  @OptionGroup var budget: MemoryOptions
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var device: DeviceOptions
  @OptionGroup var limits: LimitOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if head != .mean && [.overview, .reach, .channels].contains(kind) {
      throw ValidationError("--head goes with one kind of row; \(kind.rawValue) shows all heads")
    }
    if (stage != nil || block != nil) && [.overview, .reach].contains(kind) {
      throw ValidationError("--stage and --block go with one block; \(kind.rawValue) shows all")
    }
    if let report {
      let result = try AttentionResult(report, .stripe)
      guard result.format == .html || result.format == .md else {
        throw ValidationError("--report \(report.printable): give a name that ends in .html or .md")
      }
      guard output.isEmpty, kind == .stripe, !json else {
        throw ValidationError("--report is a page of its own: leave --kind, -o and --json out")
      }
    }
    if at == nil && kind.needsQuery && report == nil {
      throw ValidationError("--at X,Y is missing: \(kind.rawValue) asks from one pixel")
    }
    if kind == .models && against == nil && againstTile == nil {
      throw ValidationError("--kind models needs --against MODEL, --against-tile SIDE or both")
    }
    if kind != .models && (against != nil || againstTile != nil) {
      throw ValidationError("--against and --against-tile go with --kind models")
    }
    if kind == .region && region == nil { throw ValidationError("--kind region needs --region X,Y,W,H") }
    for path in output { _ = try AttentionResult(path, kind) }
    if Set(output).count < output.count { throw ValidationError("-o names one file twice") }
  }

  func run() throws {
    let results = try output.map { try AttentionResult($0, kind, mayReplace: overwrite) }
    for result in try results + (report.map { [try AttentionResult($0, kind)] } ?? [])
    where result.path != "-" && !overwrite && fileExists(result.path) {
      throw Failure(.usage, "\(result.path.printable): exists already; give another name or --overwrite")
    }
    Interruption.watch()
    let console = common.console(showsProgress: true)
    threads.log(to: common.logger(console), memory: budget.memory)
    let picture = try inspected(job)
    for warning in picture.source.warnings { console.note("\(image): \(warning)") }
    do {
      if let kind = kind.analysis {
        let order = order(kind)
        let second = try job.second(of: order).map { try inspected($0) }
        let found = try PictureAnalysis(order, picture, PictureAnalysis.Watch(self, console), second: second).run()
        try write(found, of: picture, results, console)
      } else {
        try Inspection(self, picture, console).run(results)
      }
    } catch JobError.cancelled {
      throw ExitCode(Interruption.exitCode)
    }
  }

  /// The picture, read and planned.
  private func inspected(_ job: JobRequest) throws -> InspectedPicture {
    var settings = try JobSettings(job)
    settings.limits.takesStreams = true
    return try InspectedPicture(
      image, settings, ModelCatalogue(library: ModelLibrary.standard()),
      threads: ThreadLease(threadCount: threads.count, gate: Interruption.gate),
      features: kind.isAnalysis || report != nil ? WholeBlock.peakFeatures : 0,
      pixelBytes: PictureAnalysis.pixelBytes(report == nil ? kind.analysis : .maps))
  }

  private func order(_ kind: AnalysisKind) -> AnalysisOrder {
    var order = AnalysisOrder(kind, x: at?.x, y: at?.y, stage: stage, block: block)
    (order.head, order.isOfWindow) = (head.index, part == .window)
    (order.hasBias, order.hasTemperature) = (!noBias, !noTemperature)
    (order.region, order.reference, order.other, order.otherTile) = (region, reference, against, againstTile)
    (order.span, order.patch, order.square, order.steps, order.channel) = (span, patch, square, steps, channel)
    return order
  }

  private func write(
    _ found: AnalysisReport, of picture: InspectedPicture, _ results: [AttentionResult], _ console: Console
  ) throws {
    let model = picture.restorer.model.card.name
    let look = HeatLook(background, scaling: scaling, isAlone: alone)
    let shown = alone ? nil : picture.source.shown
    for result in results {
      switch result.format {
      case .png: try result.write(found.drawing(over: shown, look).image)
      case .svg: try result.write(found.drawing(over: shown, look).svg(found.title))
      case .html: try result.write(found.html(over: shown, look))
      case .npy:
        guard let bytes = found.numPy else {
          throw Failure(.usage, "\(result.path.printable): \(kind.rawValue) has no map; give .png, .json or .csv")
        }
        try result.write(bytes)
      case .json: try result.write(found.json(picture: image, model: model) + "\n")
      case .csv: try result.write(found.csv)
      case .md: break
      }
    }
    console.endProgress()
    if json {
      console.result(found.json(picture: image, model: model))
    } else if results.isEmpty {
      found.lines.forEach { console.result($0.printable) }
    }
  }

  /// The picture as it is named in sentences.
  var name: String { image == "-" ? "standard input" : image.printable }

  private var job: JobRequest {
    var job = wanted.job([image])
    (job.memoryBytes, job.threadCount, job.maxPixels) = (budget.memory, threads.threads, limits.maxPixels)
    (job.kernels, job.device) = (device.kernels?.rawValue, device.device)
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
