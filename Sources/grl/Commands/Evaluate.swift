import ArgumentParser
import Base
import EngineWire
import Evaluation
import Foundation
import GRLModel
import Imaging
import Restoration
import Tensors

extension EvaluationProtocol: ExpressibleByArgument {}
extension EvaluationTable.Format: ExpressibleByArgument {}

struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure a model on a test set as papers do, and print a table like theirs.",
    discussion: """
      Good pictures are damaged by the paper's rules, restored, measured, and averaged; published numbers stand beside ours \
      where set and damage are the same. A folder that holds folders input and target is measured as it is, pair by pair. A folder whose name and number of pictures are those of a standard set counts as \
      that set. Results are kept picture by picture: an interrupted evaluation goes on when the same command is run again, \
      and a repeated one computes nothing. Without --model, the installed model that fits best is measured. With several, \
      all stand in one table, and the lead over published rows is that of the first.

      EXAMPLES
        grl evaluate --task denoise --sigma 25 --dataset testsets/CBSD68
        grl evaluate --task denoise --sigma 15,25,50 --dataset CBSD68 \\
          --dataset McMaster --format markdown -o table.md
        grl evaluate --task sr --scale 4 --dataset testsets/Set5 \\
          --model my-model.safetensors
        grl evaluate --task jpeg --dataset CBSD68 --model jpeg-color-tiny \\
          --model my-model.safetensors
        grl evaluate --task jpeg --dataset testsets/Classic5 --baseline-only
        grl evaluate --task denoise --dataset testsets/PolyU_real_noise
        grl evaluate --task denoise --sigma 25 --dataset photographs --limit 3
      """)

  @Option(help: "The task.") var task: RestorationTask
  @Option(help: ArgumentHelp("Folder of good pictures; may be repeated.", valueName: "folder"), completion: .directory)
  var dataset: [String] = []
  @Option(help: "Name of the set, where the folder has another.") var set: String?
  @Option(
    help: "denoise: noise levels with commas between (default: 15,25,50).",
    transform: reading("whole numbers with commas between, 0 to 255", Self.numbers(in: 0...255)))
  var sigma: [[Int]] = []
  @Option(
    help: "denoise: kind of noise that a model is chosen for; without it, white or what the set's own pictures measure."
  )
  var noise: NoiseKind?
  @Option(
    help: "sr: enlargements with commas between: 2, 3, 4 (default: all).",
    transform: reading("2, 3 or 4 with commas between", Self.numbers(in: 2...4)))
  var scale: [[Int]] = []
  @Option(
    help: "jpeg: qualities with commas between (default: 10,20,30,40).",
    transform: reading("whole numbers with commas between, 1 to 100", Self.numbers(in: 1...100)))
  var quality: [[Int]] = []
  @Flag(help: "defocus-deblur: both views of a dual-pixel sensor.") var dualPixel = false
  @Flag(help: "denoise, jpeg: turn colour pictures gray first.") var gray = false
  @Option(help: "Whose rules hold for noise and luma: the paper's, KAIR's or SwinIR's.") var rules: EvaluationProtocol =
    .grl

  @Option(help: "Name of an installed model, or a weight file; may be repeated.", completion: .models)
  var model: [String] = []
  @Option(help: "Size of the model.") var variant: ModelVariant?
  @OptionGroup var network: NetworkOptions
  @Flag(help: "Measure the damaged input only.") var baselineOnly = false
  @Option(
    help: "Tile side in pixels, 'none' for the whole picture, or 'auto' (default).",
    transform: reading("auto, none or a number of pixels") { TileChoice($0) })
  var tile: TileChoice?
  @Option(help: "Pixels that neighbouring tiles share (default: as published).", transform: number(in: 0...32_768))
  var overlap: Int?
  @OptionGroup var budget: MemoryOptions
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var device: DeviceOptions

  @Option(help: "Only so many pictures of each set: a quick look, not a result.", transform: number(in: 1...1_000_000))
  var limit: Int?
  @Option(help: "How the table is written.") var format: EvaluationTable.Format = .text
  @Option(
    name: [.customShort("o"), .long], help: "File for the table; - is standard output (default).", completion: .file())
  var output: String?
  @Flag(help: "Replace the table if it exists.") var overwrite = false
  @Flag(help: "Forget results that were kept, and measure again.") var again = false
  @OptionGroup var limits: LimitOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if dataset.isEmpty { throw ValidationError("no test set: give --dataset FOLDER") }
    try task.refuse("--sigma", !sigma.isEmpty, unless: .denoise)
    try task.refuse("--noise", noise != nil, unless: .denoise)
    try task.refuse("--scale", !scale.isEmpty, unless: .superResolution)
    try task.refuse("--quality", !quality.isEmpty, unless: .jpeg)
    try task.refuse("--gray", gray, unless: .denoise, .jpeg)
    try task.refuse("--dual-pixel", dualPixel, unless: .defocusDeblur)
    if set != nil && dataset.count > 1 { throw ValidationError("--set names one set: give one --dataset") }
    if baselineOnly && (!model.isEmpty || variant != nil) {
      throw ValidationError("--baseline-only measures no model: leave --model and --variant out")
    }
    if model.isEmpty && (network.window != nil || network.stripe != nil || network.anchorFactor != nil) {
      throw ValidationError("--window, --stripe and --anchor-factor go with --model FILE")
    }
  }

  func run() throws {
    let console = common.console(showsProgress: true)
    if let output, output != "-" { try checkOutput(output) }
    let sets = try chosenSets()
    let models = try chosenModels()
    Interruption.watch()
    let logger = common.logger(console)
    threads.log(to: logger, memory: budget.memory)
    var run = EvaluationRun(
      sets, models: models, limit: limit, takesGray: gray, options: options,
      threads: ThreadLease(threadCount: threads.count, gate: Interruption.gate), isFresh: again,
      imageLimits: limits.image,
      listener: EvaluationListener(
        progress: { console.progress($0, done: $1, detail: $2) }, endProgress: { console.endProgress() },
        measured: { logger.info("measured", metadata: ["picture": "\($0)", "psnr": "\($1.fixed(2))"]) },
        failed: { console.error($0) }, isCancelled: { Interruption.isRequested }))
    let blocks = try Self.blocks(&run, console)

    let text = EvaluationTable(blocks: blocks, command: commandLine).text(format)
    if let output, output != "-" {
      try WholeFile.write(Array(text.utf8), to: output, mayReplace: overwrite)
    } else {
      writeToStandardOutput(Array(text.utf8))
    }
    if run.failedCount > 0 { throw ExitCode(ExitStatus.someFailed.rawValue) }
  }

  /// A function of its own: with the `catch` in `run` the compiler (Swift 6.3.1) never comes to an end.
  private static func blocks(_ run: inout EvaluationRun, _ console: Console) throws -> [EvaluationBlock] {
    do throws(EvaluationError) {
      return try run.run()
    } catch {
      guard case .interrupted = error else { throw error }
      console.error(error.description)
      throw ExitCode(Interruption.exitCode)
    }
  }

  private func chosenSets() throws(EvaluationError) -> [(set: TestSet, setting: EvaluationSetting)] {
    var sets: [(set: TestSet, setting: EvaluationSetting)] = []
    for folder in dataset {
      for level in try levels(folder) {
        let setting = setting(level)
        sets.append((try TestSet(folder, for: setting, named: set), setting))
      }
    }
    return sets
  }

  /// Nil for the baseline alone.
  private func chosenModels() throws -> EvaluatedModels? {
    if baselineOnly { return nil }
    let library = ModelLibrary.standard()
    return EvaluatedModels(
      library: library, named: try model.map { try card(of: $0, in: library) }, variant: variant)
  }

  private func setting(_ level: Int?) -> EvaluationSetting {
    EvaluationSetting(task: task, level: level, isDualPixel: dualPixel, rules: rules, noise: noise)
  }

  /// What was named; otherwise the levels of papers, or of pairs the one that they have: none, or the enlargement.
  private func levels(_ folder: String) throws(EvaluationError) -> [Int?] {
    let named = (sigma + scale + quality).flatMap { $0 }
    guard named.isEmpty else { return named }
    let published = EvaluationSetting.publishedLevels(task)
    let found = try TestSet(folder, for: setting(published[0]), named: set)
    guard found.isPaired, published != [nil] else { return published }
    guard task == .superResolution else { return [nil] }
    guard let pair = found.pictures.first, let input = pair.input else { return published }
    do throws(ImageError) {
      let (small, large) = (
        try ImageFile.header(input, limits: limits.image), try ImageFile.header(pair.clean, limits: limits.image)
      )
      return published.filter {
        $0.map { small.width == large.width / $0 && small.height == large.height / $0 } ?? false
      }
    } catch {
      return published  // Told when it is this picture's turn.
    }
  }

  private var options: RestorationOptions {
    var options = RestorationOptions()
    options.blending = .average
    if let tile { options.tile = tile }
    options.overlap = overlap
    (options.kernels, options.place) = (device.chosenKernels, device.place)
    if let memory = budget.memory { options.memoryBytes = memory }
    return options
  }

  /// What to type to see the table again, folders by their names alone.
  private var commandLine: String {
    let words = CommandLine.arguments.dropFirst().map { $0.contains("/") ? lastComponent($0) : $0 }
    return ShellLine.text(["grl"] + words)
  }

  private func card(of model: String, in library: ModelLibrary) throws(RestorationError) -> ModelCard {
    let published = task.published(isDualPixel: dualPixel)
    do {
      return try library.card(
        model, overrides: network.overrides(task: variant == nil ? nil : published, variant: variant))
    } catch .modelTaskUnknown {
      return try library.card(model, overrides: network.overrides(task: published, variant: variant))
    }
  }

  private func checkOutput(_ path: String) throws(Failure) {
    if isFolder(path) { throw Failure(.usage, "\(path): is a folder; name a file for the table") }
    if fileExists(path) && !overwrite {
      throw Failure(.usage, "\(path): exists; give --overwrite to replace it, or another name")
    }
    guard isFolder(parentFolder(path)) else {
      throw Failure(.usage, "\(path): the folder \(parentFolder(path)) does not exist; create it first")
    }
  }

  private static func numbers(in range: ClosedRange<Int>) -> @Sendable (String) -> [Int]? {
    { text in
      let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
      return numbers.allSatisfy { $0.map(range.contains) == true } ? numbers.compactMap { $0 } : nil
    }
  }
}
