import ArgumentParser
import Imaging
import Restoration

struct ModelsImport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Check a weight file and install it for this user.",
    discussion: """
      Takes .safetensors, .pth and .ckpt files; nothing in them is run. Window, stripes and anchor factor are taken from the \
      file's metadata, its stored tables, its name among the published ones, or flags; nothing is guessed. The copy holds \
      what was settled.

      EXAMPLES
        grl models import sr_grl_small_c3x4.ckpt
        grl models import weights.pth --task sr --variant small --name sr4
        grl models import weights.pth --task denoise --window 16 --stripe 64,128 --anchor-factor 4
      """)

  @Argument(help: "The weight file.", completion: .file()) var file: String
  @Option(help: "Name to install it under (default: the file's name).") var name: String?
  @OptionGroup var options: ModelOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    try Interruption.holdingOff {
      let card = try ModelLibrary.standard().importModel(from: file, name: name, overrides: options.overrides)
      common.console().result("\(card.name): \(card.summary), installed as \(card.path)".printable)
    }
  }
}
