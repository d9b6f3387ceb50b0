import ArgumentParser
import Base
import EngineCore
import Imaging
import Reports
import Restoration

extension Metric.Quantity: ExpressibleByArgument {}
extension Metric.Convention: ExpressibleByArgument {}
extension PictureFit: ExpressibleByArgument {}
extension DifferenceMap.Kind: ExpressibleByArgument {}
extension SheetLook.Background: ExpressibleByArgument {}

struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure how far pictures are from a reference, and draw where.",
    discussion: """
      With --reference, an undamaged picture, each of the others is measured against it. Without it, and without --metric, it is told what \
      changed from the first picture to each of the others: noise, blockiness and blur before and after, the largest and the mean change \
      in 8-bit levels; a damaged picture is no measure of quality. --metric without --reference measures against the first picture. \
      Numbers in papers depend on the convention: matlab rounds luma and takes SSIM inside the picture, basicsr does not round, grl rounds to 8 bits and \
      pads SSIM with zeros. Only colours are measured, not alpha. The measures blur, noise and blockiness look at one \
      picture alone. Pictures of different size are fitted to the reference, which is said on standard error.

      EXAMPLES
        grl compare noisy.png restored.png
        grl compare --reference clean.png restored.png
        grl compare noisy.png restored.png --reference clean.png \\
          --metric psnr,ssim,ms-ssim,gmsd
        grl compare hr.png sr.png --metric psnr-y,ssim-y --convention basicsr \\
          --shave 4 --json
        grl compare clean.png restored.png --fail-below psnr=30,ssim=0.85
        grl compare clean.png noisy.png restored.png --sheet sheet.png \\
          --diff difference.png
      """)

  static let names = Metric.Quantity.allCases.map(\.rawValue).joined(separator: ", ")

  @Argument(help: ArgumentHelp("Pictures; - is standard input.", valueName: "picture"), completion: .pictures)
  var pictures: [String]
  @Option(help: "What the pictures should look like.", completion: .pictures) var reference: String?
  @Option(
    help: ArgumentHelp("Any of \(Self.names) with commas between, or all (default: psnr,ssim).", valueName: "metrics"),
    transform: reading("any of \(Self.names) with commas between, or all", Self.quantities))
  var metric: [[Metric.Quantity]] = []
  @Option(help: "Whose rules hold for luma and SSIM.") var convention: Metric.Convention = .matlab
  @Option(help: "Pixels left out on each side (default: 0).", transform: number(in: 0...32_767)) var shave: Int?
  @Option(
    help: "Compare this part only: X,Y,WIDTH,HEIGHT in pixels of the reference.",
    transform: reading("X,Y,WIDTH,HEIGHT in whole pixels") { Rectangle($0) })
  var crop: Rectangle?
  @Option(help: "What to do with pictures of another size.") var fit: PictureFit = .auto
  @Option(
    help: "End with status 1 if a picture is below: psnr=30, ssim=0.9 and so on, with commas between.",
    transform: reading(
      "a measure of which more is better with a number: psnr=30,ssim=0.9", MetricBound.lists(least: true)))
  var failBelow: [[MetricBound]] = []
  @Option(
    help: "End with status 1 if a picture is above: gmsd=0.1, mae=0.02 and so on.",
    transform: reading(
      "a measure of which less is better with a number: gmsd=0.1,mae=0.02", MetricBound.lists(least: false)))
  var failAbove: [[MetricBound]] = []
  @Flag(help: "One JSON object instead of a table.") var json = false

  @Option(help: "Draw a contact sheet: whole pictures and the places that differ most.", completion: .file())
  var sheet: String?
  @Option(help: "Places on the sheet (default: 3).", transform: number(in: 0...12)) var crops: Int?
  @Option(help: "How much they are enlarged (default: 4, more for small pictures).", transform: number(in: 1...16))
  var zoom: Int?
  @Option(help: "Draw a map of the differences.", completion: .file()) var diff: String?
  @Option(help: "What the map shows.") var diffKind: DifferenceMap.Kind = .absolute
  @Option(
    help: "How much differences are enlarged, 0.1 to 255 (default: what fits them).",
    transform: reading("a number, 0.1 to 255") { Double($0).flatMap { (0.1...255).contains($0) ? $0 : nil } })
  var gain: Double?
  @Option(help: "Colour around the pictures on sheet and map.") var background: SheetLook.Background = .dark
  @Flag(help: "Replace a sheet or map that exists.") var overwrite = false
  @OptionGroup var budget: MemoryOptions
  @OptionGroup var limits: LimitOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if reference == nil && pictures.count < 2 {
      throw ValidationError("one picture is nothing to compare: name a second one or --reference")
    }
    if (pictures + [reference].compactMap { $0 }).filter({ $0 == "-" }).count > 1 {
      throw ValidationError("standard input can be read only once")
    }
    if sheet == nil && (crops != nil || zoom != nil) { throw ValidationError("--crops and --zoom go with --sheet") }
    if diff == nil && gain != nil { throw ValidationError("--gain goes with --diff") }
    if let sheet, sheet == diff { throw ValidationError("--sheet and --diff name one file; choose two") }
  }

  func run() throws {
    let console = common.console()
    for path in [sheet, diff].compactMap({ $0 }) { try checkDrawing(path) }
    let referencePath = reference ?? pictures[0]
    let names = reference == nil ? Array(pictures.dropFirst()) : pictures
    let fitted = try fit(names, to: referencePath)
    for note in fitted.notes { console.note(note) }
    let region = crop ?? fitted.common
    guard region.fits(width: fitted.common.width, height: fitted.common.height) else {
      throw Failure(
        .usage,
        "--crop \(region.text) does not lie in the "
          + "\(fitted.common.width) x \(fitted.common.height) pixels that are compared")
    }
    let part = fitted.part(region)

    let report = try measure(part, names: names, reference: referencePath, region: region)
    if json { console.result(jsonLine(report)) } else { report.lines.forEach { console.result($0) } }
    try draw(ComparisonPictures(report: report, fitted: part, names: names, look: SheetLook(background)))
    let misses = report.misses(bounds)
    for miss in misses { console.error(miss) }
    if !misses.isEmpty { throw ExitCode(ExitStatus.someFailed.rawValue) }
  }

  private func fit(_ names: [String], to reference: String) throws -> FittedPictures {
    let files = try ([reference] + names).map { try OpenedPicture($0, limits: limits.image) }
    let headers = files.map(\.header)
    let estimate = MemoryEstimate(
      comparing: Array(headers.dropFirst()), with: headers[0], quantities, fit: fit, crops: crop != nil,
      drawsDifference: diff != nil)
    try MemoryBudget.check(estimate, within: budget.budgetBytes)
    let decoded = try files.map { try $0.decoded().image }
    let (image, images) = (decoded[0], zip(names, decoded.dropFirst()).map { ($0, $1) })
    do throws(MetricError) {
      return try FittedPictures(reference: (reference, image), pictures: images, fit: fit)
    } catch {
      throw Failure(.badInput, "\(error)")
    }
  }

  /// Nothing was called a reference and no metric was asked for: the first picture may be as damaged as any.
  private var tellsChanges: Bool {
    reference == nil && metric.isEmpty && bounds.isEmpty && shave == nil && convention == .matlab
  }

  private var quantities: [Metric.Quantity] {
    if tellsChanges { return [.noise, .blockiness, .blur, .mae] }
    var quantities = metric.isEmpty ? [.psnr, .ssim] : metric.flatMap { $0 }
    for bound in bounds where !quantities.contains(bound.quantity) { quantities.append(bound.quantity) }
    return quantities
  }

  private var bounds: [MetricBound] { (failBelow + failAbove).flatMap { $0 } }

  private func measure(
    _ fitted: FittedPictures.Part, names: [String], reference: String, region: Rectangle
  ) throws(Failure) -> ComparisonReport {
    if tellsChanges {
      return ComparisonReport(
        reference: reference, region: region, metrics: [],
        rows: names.map { .init(picture: $0, values: []) }, referenceRow: nil,
        changes: fitted.pictures.map { PictureChange(from: fitted.reference, to: $0) })
    }
    let metrics = quantities.map { Metric($0, convention: convention, shave: shave ?? 0) }
    var rows: [ComparisonReport.Row] = []
    for (name, image) in zip(names, fitted.pictures) {
      do throws(MetricError) {
        var values: [Double?] = []
        for metric in metrics { values.append(try metric(image, fitted.reference)) }
        rows.append(.init(picture: name, values: values))
      } catch {
        throw Failure(.badInput, "\(name): \(error)")
      }
    }
    var own: ComparisonReport.Row?
    if quantities.contains(where: { !$0.needsReference }) {
      do throws(MetricError) {
        var values: [Double?] = []
        for metric in metrics { values.append(metric.quantity.needsReference ? nil : try metric(fitted.reference)) }
        own = .init(picture: reference == "-" ? "standard input" : reference, values: values)
      } catch {
        throw Failure(.badInput, "\(reference): \(error)")
      }
    }
    return ComparisonReport(reference: reference, region: region, metrics: metrics, rows: rows, referenceRow: own)
  }

  private func checkDrawing(_ path: String) throws {
    guard path != "-" else {
      throw Failure(.usage, "standard output is for the numbers: give --sheet and --diff a file")
    }
    let inputs = (pictures + [reference].compactMap { $0 }).map { Input(path: $0, subfolder: "", isFromFolder: false) }
    _ = try pictureFormat(of: path)
    let plan = try OutputPlan([inputs[0]], to: .file(path), existing: overwrite ? .replace : .refuse)
    try plan.refuseExisting()
    try plan.prepareFolders()
    if let taken = inputs.first(where: { $0.path != "-" && canonicalPath($0.path) == canonicalPath(path) }) {
      throw Failure(.usage, "\(path): would be written over a picture to compare (\(taken.path)); choose another name")
    }
  }

  private func draw(_ drawings: ComparisonPictures) throws {
    guard sheet != nil || diff != nil else { return }
    try Interruption.holdingOff {
      if let sheet {
        try ImageFile.write(
          drawings.sheet(crops: crops ?? 3, zoom: zoom), to: sheet, format: try pictureFormat(of: sheet),
          mayReplace: overwrite)
      }
      if let diff {
        try ImageFile.write(
          drawings.difference(diffKind, gain: gain), to: diff, format: try pictureFormat(of: diff),
          mayReplace: overwrite)
      }
    }
  }

  @Sendable private static func quantities(_ text: String) -> [Metric.Quantity]? {
    if text == "all" { return Metric.Quantity.allCases }
    let quantities = text.split(separator: ",").map { Metric.Quantity(rawValue: String($0)) }
    return quantities.isEmpty || quantities.contains(nil) ? nil : quantities.compactMap { $0 }
  }
}
