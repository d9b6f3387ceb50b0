import ArgumentParser
import Imaging

extension Metric.Quantity: ExpressibleByArgument {}
extension Metric.Convention: ExpressibleByArgument {}

struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure how far pictures are from a reference.",
    discussion: """
      Compares each picture with --reference or, without it, the others with the first. Numbers in papers depend on the \
      convention: matlab rounds luma and takes SSIM inside the picture, basicsr does not round, grl rounds to 8 bits and \
      pads SSIM with zeros. Only colours are measured, not alpha.

      EXAMPLES
        grl compare clean.png restored.png
        grl compare noisy.png restored.png --reference clean.png --metric psnr,ssim,mae
        grl compare hr.png sr.png --metric psnr-y,ssim-y --convention basicsr --shave 4 --json
        grl compare clean.png restored.png --fail-below psnr=30,ssim=0.85
      """)

  @Argument(help: ArgumentHelp("Pictures; - is standard input.", valueName: "picture"), completion: .file())
  var pictures: [String]
  @Option(help: "What the pictures should look like.", completion: .file()) var reference: String?
  @Option(
    help: "Any of psnr, psnr-y, ssim, ssim-y, mae with commas between (default: psnr,ssim).",
    transform: reading("any of psnr, psnr-y, ssim, ssim-y and mae with commas between", Self.quantities))
  var metric: [[Metric.Quantity]] = []
  @Option(help: "Whose rules hold for luma and SSIM.") var convention: Metric.Convention = .matlab
  @Option(help: "Pixels left out on each side (default: 0).", transform: number(in: 0...32_767)) var shave: Int?
  @Option(
    help: "End with status 1 if a picture is below: psnr=30, ssim=0.9 and so on, with commas between.",
    transform: reading("psnr=30 or any of psnr, psnr-y, ssim, ssim-y with a number, commas between", Bound.list))
  var failBelow: [[Bound]] = []
  @Flag(help: "One JSON object instead of a table.") var json = false
  @OptionGroup var limits: LimitOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if reference == nil && pictures.count < 2 {
      throw ValidationError("one picture is nothing to compare: name a second one or --reference")
    }
    if (pictures + [reference].compactMap { $0 }).filter({ $0 == "-" }).count > 1 {
      throw ValidationError("standard input can be read only once")
    }
  }

  func run() throws {
    let console = common.console()
    let bounds = failBelow.flatMap { $0 }
    var quantities = metric.isEmpty ? [.psnr, .ssim] : metric.flatMap { $0 }
    for bound in bounds where !quantities.contains(bound.quantity) { quantities.append(bound.quantity) }
    let metrics = quantities.map { Metric($0, convention: convention, shave: shave ?? 0) }

    let referencePath = reference ?? pictures[0]
    let referenceImage = try ImageFile.read(referencePath, limits: limits.image).image
    var rows: [ComparisonReport.Row] = []
    for path in reference == nil ? Array(pictures.dropFirst()) : pictures {
      let image = try ImageFile.read(path, limits: limits.image).image
      do {
        rows.append(.init(picture: path, values: try metrics.map { metric in try metric(image, referenceImage) }))
      } catch let error as MetricError {
        throw Failure(.badInput, "\(path): \(error)")
      }
    }

    let report = ComparisonReport(reference: referencePath, metrics: metrics, rows: rows)
    if json { console.result(jsonLine(report)) } else { report.lines.forEach { console.result($0) } }
    try report.check(bounds, console)
  }

  @Sendable private static func quantities(_ text: String) -> [Metric.Quantity]? {
    let quantities = text.split(separator: ",").map { Metric.Quantity(rawValue: String($0)) }
    return quantities.isEmpty || quantities.contains(nil) ? nil : quantities.compactMap { $0 }
  }
}

extension Compare {
  /// The least that a picture must reach.
  struct Bound: Sendable {
    let quantity: Metric.Quantity
    let least: Double

    /// Reads `psnr=30,ssim=0.9`; nil for anything else, and for `mae`, of which less is better.
    @Sendable static func list(_ text: String) -> [Bound]? {
      var bounds: [Bound] = []
      for part in text.split(separator: ",", omittingEmptySubsequences: false) {
        let sides = part.split(separator: "=", omittingEmptySubsequences: false)
        guard sides.count == 2, let quantity = Metric.Quantity(rawValue: String(sides[0])), quantity != .mae,
          let least = Double(sides[1]), least.isFinite
        else { return nil }
        bounds.append(Bound(quantity: quantity, least: least))
      }
      return bounds
    }
  }
}
