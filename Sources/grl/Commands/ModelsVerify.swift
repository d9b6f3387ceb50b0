import ArgumentParser
import Base
import Imaging
import Restoration
import Tensors

struct ModelsVerify: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Load models in full and have each restore a photograph whose original is known.",
    discussion: """
      Every tensor is read and checked against the network. Then a bundled photograph, damaged as the model's task has it and
      at a strength that the model was trained for, is restored. Sound means that the result is nearer to the original than
      the damaged picture, keeps its low frequencies and passes the checks of 'grl restore'. Otherwise the status is 6.

      EXAMPLES
        grl models verify
        grl models verify denoise-color-tiny weights.ckpt
      """)

  @Argument(help: "Names or weight files (default: all that are installed).", completion: .file())
  var models: [String] = []
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    let console = common.console()
    threads.log(to: common.logger(console))
    let library = ModelLibrary.standard()
    let names = models.isEmpty ? library.list().cards.map(\.name) : models
    let lease = ThreadLease(threadCount: threads.count)
    var status = ExitStatus.done
    for problem in models.isEmpty ? library.list().problems : [] {
      console.error(problem.description)
      status = .modelProblem
    }
    for name in names {
      do throws(RestorationError) {
        let card = try library.card(name)
        let model = try library.load(card)
        let trial = try ModelTrial(model, on: lease)
        console.result(
          "\(name): sound, sha256 \(try card.sha256()); \(trial.summary)".printable)
      } catch {
        console.error(error.description)
        if error.category != .verification {
          status = .modelProblem
        } else if status == .done {
          status = .verificationFailed
        }
      }
    }
    if status != .done { throw ExitCode(status.rawValue) }
  }
}

extension ModelTrial {
  /// `noise of sigma 25: 20.37 dB, restored 29.37 dB`
  var summary: String { "\(damage): \(inputPSNR.fixed(2)) dB, restored \(restoredPSNR.fixed(2)) dB" }
}
