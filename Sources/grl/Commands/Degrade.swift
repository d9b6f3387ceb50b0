import ArgumentParser
import Base
import EngineCore
import Imaging
import Restoration

struct Degrade: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Damage a good picture in a known way, to test restoration.",
    discussion: """
      The same options give the same bytes. Colours are damaged, alpha is not; a mosaic has none.

      EXAMPLES
        grl degrade --task denoise --sigma 25 --seed 1 clean.png -o noisy.png
        grl degrade --task sr --scale 4 large.png -o small.png
        grl degrade --task jpeg --quality 10 clean.png -o blocky.jpg
        grl degrade --task demosaic --cfa rggb clean.png -o mosaic.png
        grl degrade --task motion-deblur --length 12 --angle 30 sharp.png \\
          -o shaken.png
        grl degrade --task defocus-deblur --radius 4 sharp.png -o left.png \\
          --right right.png
        grl degrade --task real-sr --seed 7 large.png -o found.png
      """)

  @Argument(help: ArgumentHelp("A good picture; - is standard input.", valueName: "input"), completion: .pictures)
  var input: String
  @Option(name: [.customShort("o"), .long], help: "The damaged picture; - is standard output.", completion: .file())
  var output: String
  @Option(help: "The task that the damage is for.") var task: RestorationTask
  @Option(help: "denoise: standard deviation of the noise in 8-bit levels, 0 to 255.") var sigma: Double?
  @Option(
    help: "denoise, real-sr: where the random numbers start (default: 0).", transform: number(in: 0...4_294_967_295))
  var seed: Int?
  @Option(help: "sr: how many times smaller: 2, 3 or 4.") var scale: Int?
  @Option(help: "jpeg: quality, 1 to 100.") var quality: Int?
  @Option(help: "demosaic: colours of the mosaic's first 2 x 2 pixels (default: rggb).") var cfa: ColourFilterArray?
  @Option(help: "motion-deblur: length of the shake in pixels, 0 to 256.") var length: Double?
  @Option(help: "motion-deblur: its direction in degrees, counter-clockwise from the right (default: 0).")
  var angle: Double?
  @Option(help: "defocus-deblur: radius of the blur disc in pixels, 0.5 to 64.") var radius: Double?
  @Option(
    help: "defocus-deblur: write the two views of a dual-pixel sensor, the right one here.", completion: .file())
  var right: String?
  @Flag(help: "Replace results that exist.") var overwrite = false
  @OptionGroup var budget: MemoryOptions
  @OptionGroup var limits: LimitOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    let damage = try Damage(self)
    let inputs = [Input(path: input, subfolder: "", isFromFolder: false)]
    for path in [output, right].compactMap({ $0 }) {
      let plan = try OutputPlan(inputs, to: .file(path), existing: overwrite ? .replace : .refuse)
      try plan.refuseExisting()
      try plan.prepareFolders()
    }
    if let right, canonicalPath(right) == canonicalPath(output) {
      throw Failure(.usage, "\(right): --right and -o name one file; choose two")
    }
    let outputs = [output, right].compactMap { $0 }
    let formats = try outputs.map { path in path == "-" ? .png : try pictureFormat(of: path) }
    // A JPEG file of that quality is the damage itself; damaging before would do it twice.
    let isDoneByFile = task == .jpeg && formats[0] == .jpeg
    let file = try OpenedPicture(input, limits: limits.image)
    try check(file.header, damage, formats, isDoneByFile: isDoneByFile)
    let decoded = try file.decoded()
    let console = common.console()
    for note in decoded.warnings { console.note("\(input): \(note)") }

    let results = isDoneByFile ? [decoded.image] : try damage.apply(to: decoded.image, path: input)
    try Interruption.holdingOff {
      for (path, (format, result)) in zip(outputs, zip(formats, results)) {
        // The damage of JPEG halves the colours' resolution, as libjpeg does.
        let encoding =
          isDoneByFile ? ImageFile.Encoding(quality: quality ?? 95, chroma: .half) : ImageFile.Encoding()
        let notes = try ImageFile.write(result, to: path, format: format, encoding: encoding, mayReplace: overwrite)
        for note in notes { console.note("\(path): \(note)") }
      }
    }
  }

  /// Refuses what is over the budget, by the header.
  private func check(
    _ header: ImageFile.Header, _ damage: Damage, _ formats: [ImageFile.Format], isDoneByFile: Bool
  ) throws(Failure) {
    let shape = PictureShape(header)
    var estimate =
      isDoneByFile
      ? MemoryEstimate(pictures: header.decodingBytes) : damage.estimate(shape, decodingBytes: header.decodingBytes)
    // A format that does not hold the picture as it is gets a copy.
    let fits = formats.allSatisfy {
      $0.holds.depths.contains(shape.bitDepth) && $0.holds.layouts.contains(shape.layout)
    }
    if !fits {
      estimate.pictures += shape.byteCount
    }
    do { try MemoryBudget.check(estimate, within: budget.budgetBytes) } catch {
      throw Failure(libraryError: error, picture: input) ?? Failure(.overMemoryBudget, "\(error)")
    }
  }
}
