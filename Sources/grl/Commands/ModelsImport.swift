import ArgumentParser
import Imaging
import Restoration

struct ModelsImport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Check a weight file and install it for this user.",
    discussion: """
      Takes .safetensors, .pth and .ckpt files; nothing in them is run. The copy holds the settled configuration.

      EXAMPLES
        grl models import sr_grl_small_c3x4.ckpt
        grl models import weights.safetensors --name denoise-mine
      """)

  @Argument(help: "The weight file.", completion: .file()) var file: String
  @Option(help: "Name to install it under (default: the file's name).") var name: String?
  @OptionGroup var common: CommonOptions

  func run() throws {
    let card = try ModelLibrary.standard().importModel(from: file, name: name)
    common.console().result("\(card.name): \(card.task), installed as \(card.path)".printable)
  }
}
