import ArgumentParser
import Imaging
import GRLModel
import Restoration
import Tensors

struct ModelsVerify: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Load models in full and run each on a small picture.",
    discussion: """
      Every tensor is read and checked against the network, and one forward pass must give finite values.

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
      do {
        let card = try library.card(name)
        let model = try library.load(card)
        guard try isFinite(model.network, on: lease) else {
          console.error("\(name): the network's output is not finite; get the file anew or import another one")
          if status == .done { status = .verificationFailed }
          continue
        }
        console.result("\(name): sound, sha256 \(try card.sha256())".printable)
      } catch {
        console.error(error.description)
        status = .modelProblem
      }
    }
    if status != .done { throw ExitCode(status.rawValue) }
  }

  /// Runs the network on a 32 x 32 ramp.
  private func isFinite(_ network: GRL, on threads: ThreadLease) throws(RestorationError) -> Bool {
    let side = 32
    let channels = network.configuration.inputChannels
    let ramp = Tensor(
      shape: Shape(height: side, width: side, channels: channels),
      values: (0..<side * side * channels).map { Float($0 / channels % side + $0 / channels / side) / Float(2 * side) })
    do {
      let session = try GRLSession(
        network: network, height: side, width: side, threads: threads)
      return try session.restore(ramp).values.allSatisfy(\.isFinite)
    } catch let refusal as OutOfMemory {
      throw .outOfMemory(refusal)
    } catch {
      throw .cancelled
    }
  }
}
