import ArgumentParser
import Base
import Evaluation
import Imaging
import Restoration

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
