import ArgumentParser
import Base
import EngineCore
import EngineWire
import Imaging
import Restoration
import Tensors

struct Restore: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Restore pictures: remove noise, enlarge, clean up JPEG, demosaic, deblur.",
    discussion: """
      The model is chosen by task, level and picture (gray or colour) unless --model names one. A folder stands for the PNG \
      and JPEG files in it. Without -o, --output-dir or --name the result lies beside its picture as STEM_TASK.png; - reads \
      the picture from standard input and writes it to standard output.

      EXAMPLES
        grl restore --task denoise photo.png
        grl restore --task denoise --sigma 25 photo.png -o clean.png
        grl restore --task denoise --noise photo night.jpg
        grl restore --task sr --scale 4 --memory 2G small.png
        grl restore --task jpeg --recursive album --output-dir restored
        grl restore --task demosaic --cfa grbg mosaic.png
        grl restore --task defocus-deblur --right right.png left.png
        grl restore --task denoise - < noisy.png > clean.png
        grl restore --task denoise --events ndjson *.png | jq .event
      """)

  enum EventFormat: String, ExpressibleByArgument, CaseIterable { case ndjson }

  @Argument(help: ArgumentHelp("Pictures and folders; - is standard input.", valueName: "input"), completion: .file())
  var inputs: [String]

  @Option(help: "What is wrong with the pictures.") var task: RestorationTask
  @Option(help: "denoise: level of the noise, 0 to 255; without it a blind model.") var sigma: Double?
  @Option(help: "denoise: gaussian (white noise) or photo (of cameras, JPEG); without it what the picture measures.")
  var noise: NoiseKind?
  @Option(help: "sr: enlargement 2, 3 or 4; real-sr: 4.") var scale: Int?
  @Option(help: "jpeg: quality the picture was saved with, 1 to 100; without it a blind model.") var quality: Int?
  @Option(help: "demosaic: colours of the mosaic's first 2 x 2 pixels.") var cfa: ColourFilterArray = .rggb
  @Flag(help: "demosaic of camera raw files: store linear light in 16 bits in place of sRGB.") var linear = false
  @Option(help: "defocus-deblur: right view of a dual-pixel sensor; the input is the left one.", completion: .file())
  var right: String?

  @Option(help: "Name of an installed model, or a weight file.", completion: .file()) var model: String?
  @Option(help: "Size of the model.") var variant: ModelVariant?
  @OptionGroup var network: NetworkOptions
  @Option(
    help: "Tile side in pixels, 'none' for the whole picture, or 'auto' (default).",
    transform: reading("auto, none or a number of pixels") { TileChoice($0) })
  var tile: TileChoice?
  @Option(
    help: "Pixels that neighbouring tiles share (default: as published for the task).",
    transform: number(in: 0...32_768))
  var overlap: Int?
  @Option(
    help: "Memory to stay within: 4G, 512M (default: three quarters of what is free; 4G at most with --tile auto).",
    transform: reading("a size such as 4G, 512M or 1000000000") { MemoryBudget.bytes($0) })
  var memory: Int?
  @OptionGroup var threads: ThreadOptions
  @Option(help: "float32; exact: convolutions without shortcuts; bf16: faster where the processor has it.")
  var precision: PrecisionChoice = .float32
  @Option(
    help: "Restore this part only: X,Y,WIDTH,HEIGHT in pixels.",
    transform: reading("X,Y,WIDTH,HEIGHT in whole pixels") { Rectangle($0) })
  var region: Rectangle?
  @Flag(help: "Restore each picture without tiles too and say what tiling changed: twice the time, more memory.")
  var verify = false
  @Option(help: "Picture of what tiling changed, a PNG file; implies --verify.", completion: .file())
  var verifyMap: String?
  @Flag(help: "Mean over the eight flips and rotations: eight times slower, slightly better.") var ensemble = false

  @Option(
    name: [.customShort("o"), .long], help: "Result of a single picture; - is standard output.", completion: .file())
  var output: String?
  @Option(help: "Folder for the results, made if need be.", completion: .directory) var outputDir: String?
  @Option(
    help:
      "Names of the results, with {stem} {input} {ext} {task} {scale} {sigma} {quality} (default: \(OutputName.standard))."
  )
  var name: String?
  @Flag(help: "Look into folders of folders; --output-dir keeps the tree.") var recursive = false
  @Flag(help: "Leave out pictures whose result exists.") var skipExisting = false
  @Flag(help: "Replace results that exist.") var overwrite = false
  @Flag(help: "Give a result whose name is taken another one: STEM_TASK-2.png.") var renameExisting = false
  @Flag(help: "Go on where an interrupted run with the same pictures and options stopped.") var resume = false
  @Option(help: "Bits of a sample in the result.") var depth: OutputDepth = .keep
  @Option(help: "EXIF and resolution of the picture; colour profiles always stay.") var metadata: MetadataPolicy = .keep
  @Option(help: "Tell progress on standard output, one JSON object a line.") var events: EventFormat?
  @Option(help: "Pictures that are damaged or cut off: refuse (status 3), or keep what is there.")
  var damaged: DamagePolicy = .refuse
  @OptionGroup var limits: LimitOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    try threads.check(precision)
    if skipExisting && overwrite { throw ValidationError("--skip-existing and --overwrite exclude each other") }
    if renameExisting && (skipExisting || overwrite) {
      throw ValidationError("--rename-existing excludes --skip-existing and --overwrite")
    }
    if output != nil && outputDir != nil { throw ValidationError("-o and --output-dir exclude each other") }
    if output != nil && name != nil { throw ValidationError("-o and --name exclude each other") }
    if inputs.contains("") { throw ValidationError("an input has no name; is a variable of the shell empty?") }
    if inputs.filter({ $0 == "-" }).count > 1 { throw ValidationError("standard input can be read only once") }
    if right != nil && (inputs.count != 1 || isFolder(inputs[0])) {
      throw ValidationError("--right goes with exactly one picture, the left view")
    }
    if model == nil && (network.window != nil || network.stripe != nil || network.anchorFactor != nil) {
      throw ValidationError("--window, --stripe and --anchor-factor go with --model FILE")
    }
    if let verifyMap {
      guard inputs.count == 1 && !isFolder(inputs[0]) else {
        throw ValidationError("--verify-map goes with exactly one picture")
      }
      guard fileExtension(verifyMap).lowercased() == "png" else {
        throw ValidationError("--verify-map: '\(verifyMap)' must end in .png")
      }
    }
    if right == "-" { throw ValidationError("--right must name a file") }
  }

  func run() throws {
    let job = jobRequest
    var settings = try JobSettings(job)
    settings.limits.takesStreams = true
    let console = common.console(showsProgress: events == nil)
    let logger = common.logger(console)
    threads.log(to: logger, memory: memory)
    let around = RestorationBatch.Surroundings(
      console: console, events: events.map { _ in EventStream(console: console) }, logger: logger,
      threadCount: threads.count)
    let models = ModelCatalogue(library: ModelLibrary.standard())

    if let verifyMap { try checkMap(verifyMap) }
    var batch: RestorationBatch
    if resume, let interrupted = around.store.interrupted(like: job.absolute) {
      let folder = try around.store.open(interrupted) { console.note($0) }
      batch = try RestorationBatch(resuming: folder, in: around)
    } else {
      let plan = try OutputPlan(job, settings)
      try plan.refuseExisting()
      try plan.prepareFolders()
      if events != nil && plan.items.contains(where: { $0.output == "-" }) {
        throw Failure(.usage, "--events: standard output takes either the picture or the events; give -o FILE")
      }
      if resume { console.note("no interrupted run with these pictures and options; beginning anew") }
      batch = RestorationBatch(job, settings, plan, in: around)
    }
    (batch.verifies, batch.verificationMap) = (verify || verifyMap != nil, verifyMap)
    if settings.model != nil { try batch.checkModel(models) }
    let status = batch.run(models)
    if status != ExitStatus.done.rawValue { throw ExitCode(status) }
  }

  private func checkMap(_ path: String) throws(Failure) {
    if fileExists(path) && !overwrite {
      throw Failure(.usage, "\(path): exists; give --overwrite to replace it, or another name")
    }
    guard isFolder(parentFolder(path)) else {
      throw Failure(.usage, "\(path): the folder \(parentFolder(path)) does not exist; create it first")
    }
    if let output, canonicalPath(output) == canonicalPath(path) {
      throw Failure(.usage, "\(path): is the result already; choose another name for --verify-map")
    }
  }

  fileprivate var jobRequest: JobRequest {
    var job = JobRequest(inputs: inputs, task: task.rawValue)
    job.isRecursive = recursive
    job.right = right
    (job.sigma, job.quality, job.scale, job.filters) = (sigma, quality, scale, cfa.rawValue)
    (job.noise, job.transfer) = (noise?.rawValue, linear ? "linear" : nil)
    (job.model, job.variant, job.network) = (model, variant?.rawValue, network.settings)
    switch tile {
    case nil, .automatic?: job.tile = .automatic
    case .whole?: job.tile = .whole
    case .side(let side)?: job.tile = .side(side)
    }
    (job.overlap, job.memoryBytes, job.threadCount) = (overlap, memory, threads.threads)
    job.region = region.map { Rectangle(x: $0.x, y: $0.y, width: $0.width, height: $0.height) }
    job.maxPixels = limits.maxPixels
    job.precision = precision == .float32 ? nil : precision.rawValue
    job.damaged = damaged == .refuse ? nil : damaged.rawValue
    (job.depth, job.metadata, job.usesSelfEnsemble) = (depth.rawValue, metadata.rawValue, ensemble)
    (job.output, job.outputFolder) = (output, outputDir)
    if let name { job.name = name }
    job.existing = skipExisting ? .skip : overwrite ? .replace : renameExisting ? .rename : .refuse
    return job
  }
}

/// How `grl restore` reads its arguments, for whoever writes them.
package enum RestoreArguments {
  /// The job that `words` ask for; throws the parser's error where they ask for none.
  package static func job(_ words: [String]) throws -> JobRequest { try Restore.parse(words).jobRequest }
}
