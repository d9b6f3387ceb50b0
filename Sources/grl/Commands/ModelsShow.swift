import ArgumentParser
import Base
import EngineCore
import Evaluation
import GRLModel
import Imaging
import Restoration

struct ModelsShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show what is known of a model: task, settings and where they come from, quality.",
    discussion: """
      EXAMPLES
        grl models show denoise-color-tiny
        grl models show weights.safetensors --json | jq .claimed
        grl models show weights.pth --task sr --variant small
      """)

  @Argument(help: "Name of an installed model, or a weight file.", completion: .file()) var model: String
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
