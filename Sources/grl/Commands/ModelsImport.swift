import ArgumentParser
import Base
import Imaging
import Restoration
import Tensors

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
        grl models import weights.pth --task denoise --window 16 --stripe 64,128 --anchor-factor 4
      """)

  @Argument(help: "The weight file.", completion: .file()) var file: String
  @Option(help: "Name to install it under (default: the file's name).") var name: String?
  @OptionGroup var options: ModelOptions
  @OptionGroup var threads: ThreadOptions
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
      let trial = try ModelTrial(try library.load(card), on: lease)
      console.result("\(card.name): sound; \(trial.summary)".printable)
    } catch {
      if error.category == .cancelled { throw ExitCode(Interruption.exitCode) }
      let what = if case .notSound = error { "" } else { "\(card.name): not tried: " }
      console.note("\(what)\(error); it is installed all the same")
    }
  }
}
