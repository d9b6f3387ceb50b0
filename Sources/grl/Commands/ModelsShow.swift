import ArgumentParser
import Imaging
import GRLModel
import Restoration

struct ModelsShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show what is known of a model: task, configuration, training, measured quality.",
    discussion: """
      EXAMPLES
        grl models show denoise-color-tiny
        grl models show weights.safetensors --json
      """)

  @Argument(help: "Name of an installed model, or a weight file.", completion: .file()) var model: String
  @Flag(help: "One JSON object instead of text.") var json = false
  @OptionGroup var common: CommonOptions

  func run() throws {
    let console = common.console()
    let card = try ModelLibrary.standard().card(model)
    if json {
      console.result(jsonLine(ModelRecord(card)))
      return
    }
    let rows =
      [
        ["name", card.name], ["file", card.path], ["size", MemoryBudget.text(card.fileBytes)],
        ["from", card.origin.rawValue], ["task", "\(card.task) (\(card.task.title))"],
        ["variant", card.variant?.rawValue ?? "-"], ["pictures", card.colourText], ["level", card.levelText],
      ] + card.configuration.rows + card.facts.map { [$0.name, $0.text] }
    for line in table(rows.map { $0.map(\.printable) }, leftAligned: [0, 1]) { console.result(line) }
  }
}

extension GRLConfiguration {
  /// Name and value of what decides the computation, in the paper's words.
  fileprivate var rows: [[String]] {
    func text(_ extent: StripeExtent) -> String {
      switch extent {
      case .pixels(let side): "\(side) px"
      case .groups(let count): "1/\(count) of the picture"
      }
    }
    return [
      ["channels", "\(inputChannels) in, \(outputChannels) out"], ["width", "\(embeddingWidth)"],
      ["blocks", depths.map(String.init).joined(separator: "+")],
      ["heads", "\(windowHeads) window, \(stripeHeads) stripe"], ["window", "\(windowSize) px"],
      ["stripes", "\(text(stripeRows)) x \(text(stripeColumns))\(shiftsStripes ? ", shifted" : "")"],
      ["anchors", "one for \(anchorFactor) x \(anchorFactor) px"],
      ["upsampler", upsampler == .none ? "none" : "\(upsampler.rawValue) x\(upscale)"],
      ["parameters", "\(GRL.parameters(of: self).reduce(0) { $0 + $1.shape.reduce(1, *) })"],
    ]
  }
}
