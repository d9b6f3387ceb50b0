import ArgumentParser
import EngineWire
import GRLModel
import Restoration

/// What the user says about a weight file that does not tell all itself.
struct NetworkOptions: ParsableArguments {
  @Option(help: "Side of the attention window, for weights that do not tell.", transform: number(in: 1...256))
  var window: Int?
  @Option(
    help: "Stripe sides H,W in pixels, for weights that do not tell.", transform: reading("H,W in pixels", Self.stripe))
  var stripe: Stripe?
  @Option(help: "Anchor factor, for weights that do not tell.", transform: number(in: 1...64)) var anchorFactor: Int?

  /// As jobs carry it; nil where nothing was said.
  var settings: JobRequest.Network? {
    if window == nil && stripe == nil && anchorFactor == nil { return nil }
    return JobRequest.Network(
      window: window, stripeRows: stripe?.rows, stripeColumns: stripe?.columns, anchorFactor: anchorFactor)
  }

  func overrides(task: PublishedSettings.Task? = nil, variant: ModelVariant? = nil) -> ConfigurationOverrides {
    ConfigurationOverrides(
      window: window, stripe: stripe, anchorFactor: anchorFactor, task: task, variant: variant)
  }

  @Sendable private static func stripe(_ text: String) -> Stripe? {
    let sides = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    guard sides.count == 2, let rows = sides[0], let columns = sides[1], (1...4096).contains(rows),
      (1...4096).contains(columns)
    else { return nil }
    return Stripe(rows: rows, columns: columns)
  }
}

/// The same for verbs that are not told the task otherwise.
struct ModelOptions: ParsableArguments {
  @OptionGroup var network: NetworkOptions
  @Option(help: "Task that the weights are for, where they do not tell.") var task: RestorationTask?
  @Flag(help: "The weights take the two views of a dual-pixel sensor (defocus-deblur).") var dualPixel = false
  @Option(help: "Size of the network: with --task, its published settings hold.") var variant: ModelVariant?

  var overrides: ConfigurationOverrides {
    network.overrides(task: task?.published(isDualPixel: dualPixel), variant: variant)
  }
}
