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
      The model is chosen by task, level and picture (gray or colour) unless --model names one. A folder stands for the \
      pictures in it. Without -o, --output-dir or --name the result lies beside its picture as STEM_TASK.png; - reads \
      the picture from standard input and writes it to standard output.

      EXAMPLES
        grl restore --task denoise photo.png
        grl restore --task denoise --sigma 25 photo.png -o clean.png
        grl restore --task denoise --noise photo night.jpg
        grl restore --task sr --scale 4 --memory 2G small.png
        grl restore --task jpeg --recursive album --output-dir restored
        grl restore --task demosaic --cfa grbg mosaic.png
        grl restore --task denoise,sr --scale 2 small.png
        grl restore --task demosaic,denoise --exposure 0.5 IMG_1234.dng
        grl restore --task defocus-deblur --right right.png left.png
        grl restore --preset scan print.png
        grl restore --task denoise --strength 0.7 --texture 0.3 photo.png
        grl restore --task sr --scale 4 --fit 3840x2160 small.png
        grl restore --task denoise - < noisy.png > clean.png
        grl restore --task denoise --events ndjson *.png | jq .event
        grl restore --task denoise --queue album
      """)

  enum EventFormat: String, ExpressibleByArgument, CaseIterable { case ndjson }

  @Argument(help: ArgumentHelp("Pictures and folders; - is standard input.", valueName: "input"), completion: .pictures)
  var inputs: [String]

  @Option(help: "Named set of options, see grl presets; what is given beside it counts more.", completion: .presets)
  var preset: String?
  @OptionGroup var wanted: TaskOptions
  @Flag(.transfer, "linear") var linear = false
  @Option(.exposure) var exposure: String?
  @Option(.overlap) var overlap: String?
  @Option(.memory) var memory: String?
  @OptionGroup var threads: ThreadOptions
  @Option(.precision) var precision: String?
  @Option(.region) var region: String?
  @Flag(help: "Restore each picture without tiles too and say what tiling changed: twice the time, more memory.")
  var verify = false
  @Option(help: "Picture of what tiling changed, a PNG file; implies --verify.", completion: .file())
  var verifyMap: String?
  @Flag(.ensemble) var ensemble = false
  @OptionGroup var finish: FinishOptions

  @Option(.output) var output: String?
  @Option(.folder) var outputDir: String?
  @Option(.fileName) var name: String?
  @Flag(.subfolders) var recursive = false
  @Flag(.existing, "skip") var skipExisting = false
  @Flag(.existing, "replace") var overwrite = false
  @Flag(.existing, "rename") var renameExisting = false
  @Flag(help: "Hand the pictures to the engine and return at once with the job's name; see grl jobs.") var queue = false
  @Flag(help: "Go on where an interrupted run with the same pictures and options stopped.") var resume = false
  @Option(.depth) var depth: String?
  @Option(.metadata) var metadata: String?
  @Option(.format) var format: String?
  @Option(.qualityOut) var qualityOut: String?
  @Option(.chroma) var chroma: String?
  @Option(.compression) var compression: String?
  @Option(help: "Tell progress on standard output, one JSON object a line.") var events: EventFormat?
  @Option(.damaged) var damaged: String?
  @OptionGroup var limits: LimitOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    try threads.check(precision.flatMap { PrecisionChoice(rawValue: $0) } ?? .float32)
    if skipExisting && overwrite { throw ValidationError("--skip-existing and --overwrite exclude each other") }
    if renameExisting && (skipExisting || overwrite) {
      throw ValidationError("--rename-existing excludes --skip-existing and --overwrite")
    }
    if output != nil && outputDir != nil { throw ValidationError("-o and --output-dir exclude each other") }
    if output != nil && name != nil { throw ValidationError("-o and --name exclude each other") }
    if inputs.contains("") { throw ValidationError("an input has no name; is a variable of the shell empty?") }
    if inputs.filter({ $0 == "-" }).count > 1 { throw ValidationError("standard input can be read only once") }
    if wanted.right != nil && (inputs.count != 1 || isFolder(inputs[0])) {
      throw ValidationError("--right goes with exactly one picture, the left view")
    }
    if let verifyMap {
      guard inputs.count == 1 && !isFolder(inputs[0]) else {
        throw ValidationError("--verify-map goes with exactly one picture")
      }
      guard fileExtension(verifyMap).lowercased() == "png" else {
        throw ValidationError("--verify-map: '\(verifyMap)' must end in .png")
      }
    }
    if (verify || verifyMap != nil) && wanted.task.contains(",") {
      throw ValidationError("--verify goes with a single task: verify the steps one by one")
    }
    if queue {
      guard !inputs.contains("-") && output != "-" else {
        throw ValidationError("--queue: the engine reads and writes files; leave - out")
      }
      guard !resume && events == nil && !verify && verifyMap == nil else {
        throw ValidationError(
          "--queue: the engine goes on by itself, and grl jobs tells how; leave --resume, --events and --verify out")
      }
    }
    if wanted.right == "-" { throw ValidationError("--right must name a file") }
  }

  func run() throws {
    let job = jobRequest
    var settings = try JobSettings(job)
    settings.limits.takesStreams = true
    let console = common.console(showsProgress: events == nil)
    let logger = common.logger(console)
    threads.log(to: logger, memory: job.memoryBytes)
    let around = RestorationBatch.Surroundings(
      console: console, tellsEvents: events != nil, logger: logger, threadCount: threads.count)
    let models = ModelCatalogue(library: ModelLibrary.standard())

    if queue { return try handOver(job, settings, console) }
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

  /// Queues the job in the engine of this user, which is started if need be; prints the job's name.
  private func handOver(_ job: JobRequest, _ settings: JobSettings, _ console: Console) throws {
    let plan = try OutputPlan(job, settings)
    for item in plan.skipped { console.note("\(item.output): exists already, left as it is") }
    guard !plan.items.isEmpty else { return console.note("nothing is left to restore") }
    guard case .submitted(let id) = try RunningEngine.ask(.submit(job.fromHere)) else {
      throw Failure(.engineLost, "the engine did not say whether it took the job; see grl jobs")
    }
    console.result(id)
    console.note("queued; grl jobs watch \(id) shows how it goes, and screen 3 of the workbench")
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
    var job = wanted.job(inputs)
    job.take(
      [
        (.transfer, linear ? "linear" : nil), (.exposure, exposure), (.overlap, overlap), (.memory, memory),
        (.precision, precision),
        (.region, region), (.ensemble, ensemble ? "on" : nil), (.output, output), (.folder, outputDir),
        (.fileName, name),
        (.subfolders, recursive ? "on" : nil),
        (.existing, skipExisting ? "skip" : overwrite ? "replace" : renameExisting ? "rename" : nil), (.depth, depth),
        (.metadata, metadata), (.damaged, damaged), (.format, format), (.qualityOut, qualityOut), (.chroma, chroma),
        (.compression, compression),
      ] + finish.values)
    (job.threadCount, job.kernels, job.maxPixels) = (threads.threads, threads.kernels?.rawValue, limits.maxPixels)
    job.device = threads.device
    return job
  }
}

/// How `grl restore` reads its arguments, for whoever writes them.
package enum RestoreArguments {
  /// The job that `words` ask for; throws the parser's error where they ask for none.
  package static func job(_ words: [String]) throws -> JobRequest { try Restore.parse(words).jobRequest }

  /// The same with the `--preset` of a whole command line, `restore` first.
  package static func job(expanding words: [String], _ environment: [String: String]) throws -> JobRequest {
    try job(Array(PresetFiles(environment).expanded(words).dropFirst()))
  }
}
