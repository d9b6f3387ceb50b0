import ArgumentParser
import Base
import EngineCore
import Evaluation
import GRLModel
import Imaging
import Restoration
import Tensors

struct Models: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List, inspect, import and verify models.",
    discussion: """
      EXAMPLES
        grl models list
        grl models show denoise-color-tiny
        grl models import dn_grl_small_c3s25.ckpt --name denoise-25-small
        grl models verify
      """,
    subcommands: [ModelsList.self, ModelsShow.self, ModelsImport.self, ModelsVerify.self],
    defaultSubcommand: ModelsList.self)
}

struct ModelsList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the installed models.",
    discussion: """
      EXAMPLES
        grl models list
        grl models list --json | jq -r '.[].name'
      """)

  @Flag(help: "One JSON array instead of a table.") var json = false
  @OptionGroup var common: CommonOptions

  func run() throws {
    let console = common.console()
    let listing = ModelLibrary.standard().list()
    if json {
      console.result(jsonLine(listing.cards.map { ModelRecord($0) }))
    } else if listing.cards.isEmpty {
      console.note("no models are installed; import one with 'grl models import FILE'")
    } else {
      let rows = listing.cards.map { card in
        [card.name, card.summary, card.origin.rawValue, MemoryBudget.text(card.fileBytes)].map(\.printable)
      }
      for line in table([["NAME", "FOR", "FROM", "SIZE"]] + rows, leftAligned: [0, 1, 2]) { console.result(line) }
    }
    for problem in listing.problems { console.error(problem.description) }
    if !listing.problems.isEmpty { throw ExitCode(ExitStatus.modelProblem.rawValue) }
  }
}

/// A model as `--json` tells it: what its network is, what its file claims of itself, and what was measured on this machine.
struct ModelRecord: Encodable {
  /// Nothing of this was looked into here.
  struct Claimed: Encodable {
    let experimental: String?
    let sigmas: [Double]?
    let qualities: [Double]?
    let results: [ModelResult]
    let facts: [String: String]

    init(_ card: ModelCard) {
      experimental = card.experimental
      sigmas = card.sigmas.map { [$0.lowerBound, $0.upperBound] }
      qualities = card.qualities.map { [$0.lowerBound, $0.upperBound] }
      results = ModelResult.all(of: card)
      facts = Dictionary(card.facts.map { ($0.name, $0.text) }) { first, _ in first }
    }
  }

  struct Measured: Encodable {
    let sha256: String
    let parameters: Int
    /// Input pixels in float32 with all threads; nil before the first run.
    let pixelsPerSecond: Double?
  }

  let name: String
  let path: String
  let origin: String
  let bytes: Int
  let task: String
  let variant: String?
  let pictures: String
  let scale: Int
  let claimed: Claimed
  /// nil in a list.
  let measured: Measured?

  init(_ card: ModelCard, measured: Measured? = nil) {
    name = card.name
    path = card.path
    origin = card.origin.rawValue
    bytes = card.fileBytes
    task = card.task.rawValue
    variant = card.variant?.rawValue
    pictures = card.colourText
    scale = card.scale
    claimed = Claimed(card)
    self.measured = measured
  }
}

struct ModelsShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show what is known of a model: task, settings and where they come from, quality.",
    discussion: """
      EXAMPLES
        grl models show denoise-color-tiny
        grl models show weights.safetensors --json | jq .claimed
        grl models show weights.pth --task sr --variant small
      """)

  @Argument(help: "Name of an installed model, or a weight file.", completion: .models) var model: String
  @OptionGroup var options: ModelOptions
  @Flag(help: "One JSON object instead of text.") var json = false
  @OptionGroup var common: CommonOptions

  func run() throws {
    let console = common.console()
    let card = try ModelLibrary.standard().card(model, overrides: options.overrides)
    let parameters = GRL.parameters(of: card.configuration).reduce(0) { $0 + $1.shape.reduce(1, *) }
    if json {
      let speeds = SpeedProfile(
        path: StateFolder.path() + "/speeds.json", threadCount: MachineLimits.current.threadCount)
      let hash = try card.sha256()
      let measured = ModelRecord.Measured(
        sha256: hash, parameters: parameters,
        pixelsPerSecond: speeds.pixelsPerSecond(model: hash, precision: .float32))
      console.result(jsonLine(ModelRecord(card, measured: measured)))
      return
    }
    let facts = [
      ["name", card.name], ["for", card.summary], ["from", card.origin.rawValue], ["file", card.path],
      ["size", MemoryBudget.text(card.fileBytes)], ["sha256", try card.sha256()], ["parameters", "\(parameters)"],
    ]
    let settings = ConfigurationSetting.allCases.map { setting in
      [setting.rawValue, card.configuration.text(of: setting) + (card.sources[setting].map { " (\($0))" } ?? "")]
    }
    let results = ModelResult.all(of: card)
    // The table below tells more than the line.
    let told = card.facts.filter { $0.name != "quality" || results.isEmpty }.map { [$0.name, $0.text] }
    let verdict = ModelResult.verdict(results).map { [["verdict", "by what the file claims: \($0)"]] } ?? []
    for line in table((facts + settings + told + verdict).map { $0.map(\.printable) }, leftAligned: [0, 1]) {
      console.result(line)
    }
    guard !results.isEmpty else { return }
    console.result(
      "\nThe file claims, PSNR in dB; in brackets what this model has more. All published rows: grl evaluate")
    for line in table(ModelResult.table(results).map { $0.map(\.printable) }, leftAligned: [0, 1, 5]) {
      console.result(line)
    }
  }
}

struct ModelsImport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Check a weight file and install it for this user.",
    discussion: """
      Takes .safetensors, .pth and .ckpt files; nothing in them is run. Window, stripes and anchor factor are taken from the \
      file's metadata, its stored tables, its name among the published ones, or flags; nothing is guessed. The copy holds \
      what was settled. Then it is tried as 'grl models verify' does; a model that is not sound is installed and told.

      EXAMPLES
        grl models import sr_grl_small_c3x4.ckpt
        grl models import weights.pth --task sr --variant small --name sr4
        grl models import weights.pth --task denoise --window 16 --stripe 64,128 \\
          --anchor-factor 4
      """)

  @Argument(help: "The weight file.", completion: .file()) var file: String
  @Option(help: "Name to install it under (default: the file's name).") var name: String?
  @OptionGroup var options: ModelOptions
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var device: DeviceOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    let (console, library) = (common.console(), ModelLibrary.standard())
    var installed: ModelCard?
    try Interruption.holdingOff {
      installed = try library.importModel(from: file, name: name, overrides: options.overrides)
    }
    guard let card = installed else { return }
    console.result("\(card.name): \(card.summary), installed as \(card.path)".printable)
    do throws(RestorationError) {
      let lease = ThreadLease(threadCount: threads.count, gate: Interruption.gate)
      let trial = try ModelTrial(try library.load(card, kernels: device.chosenKernels, on: device.place), on: lease)
      console.result("\(card.name): sound; \(trial.summary)".printable)
    } catch {
      if error.kind == .cancelled { throw ExitCode(Interruption.exitCode) }
      let what = if case .notSound = error { "" } else { "\(card.name): not tried: " }
      console.note("\(what)\(error); it is installed all the same")
    }
  }
}

struct ModelsVerify: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Load models in full and have each restore a photograph whose original is known.",
    discussion: """
      Every tensor is read and checked against the network. Then a bundled photograph, damaged as the model's task has it and
      at a strength that the model was trained for, is restored. Sound means that the result is nearer to the original than
      the damaged picture, keeps its low frequencies and passes the checks of 'grl restore'. Otherwise the status is 6.

      EXAMPLES
        grl models verify
        grl models verify denoise-color-tiny weights.ckpt
      """)

  @Argument(help: "Names or weight files (default: all that are installed).", completion: .models)
  var models: [String] = []
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var device: DeviceOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    let console = common.console()
    threads.log(to: common.logger(console))
    let library = ModelLibrary.standard()
    let names = models.isEmpty ? library.list().cards.map(\.name) : models
    let lease = ThreadLease(threadCount: threads.count)
    var status = ExitStatus.done
    for problem in models.isEmpty ? library.list().problems : [] {
      console.error(problem.description)
      status = .modelProblem
    }
    for name in names {
      do throws(RestorationError) {
        let card = try library.card(name)
        let model = try library.load(card, kernels: device.chosenKernels, on: device.place)
        let trial = try ModelTrial(model, on: lease)
        console.result(
          "\(name): sound, sha256 \(try card.sha256()); \(trial.summary)".printable)
      } catch {
        console.error(error.description)
        if error.kind != .verification {
          status = .modelProblem
        } else if status == .done {
          status = .verificationFailed
        }
      }
    }
    if status != .done { throw ExitCode(status.rawValue) }
  }
}

extension ModelTrial {
  /// `noise of sigma 25: 20.37 dB, restored 29.37 dB`
  var summary: String { "\(damage): \(inputPSNR.fixed(2)) dB, restored \(restoredPSNR.fixed(2)) dB" }
}
