import ArgumentParser
import Base
import Checkpoints
import CPUDevice
import Imaging
import GRLModel
import Restoration
import Tensors

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure how fast the network is on this machine.",
    discussion: """
      Times the forward pass alone, on a generated picture, after one pass that is not counted, and tells which operators and \
      parts of the network take how much of it. With --model the weights are that model's; otherwise the published \
      configuration of --task and --variant runs with generated weights. --compare runs the same network through another \
      engine, which --python must have, its passes between ours, and prints how many times as fast ours is.

      EXAMPLES
        grl bench --size 256 --threads 2
        grl bench --model denoise-color-tiny --size 256x384 --runs 9 --json
        grl bench --task sr --scale 4 --variant base --size 128 --isa avx2
        grl bench --size 128 --precision bf16
        grl bench --size 128 --compare openvino --compare onnxruntime --python ~/venv/bin/python
      """)

  @Option(help: "Name of an installed model, or a weight file.", completion: .file()) var model: String?
  @Option(help: "Task of the published configuration.") var task: RestorationTask = .denoise
  @Option(help: "Size of the published configuration.") var variant: ModelVariant = .tiny
  @Option(help: "sr: enlargement 2, 3 or 4 (default: 2).") var scale: Int?
  @Option(
    help: "Pixels of the picture: N for N x N, or WIDTHxHEIGHT (default: 256).",
    transform: reading("N or WIDTHxHEIGHT, sides 1 to 65535") { PictureSize($0) })
  var size: PictureSize?
  @OptionGroup var threads: ThreadOptions
  @Option(help: "Passes that are timed (default: 5).", transform: number(in: 1...1000)) var runs: Int?
  @Option(help: "Instruction set (default: the best this machine has).") var isa: InstructionSet?
  @Option(help: "float32; exact: convolutions without shortcuts; bf16: faster where the processor has it.")
  var precision: PrecisionChoice = .float32
  @Option(help: "Run another engine beside ours; may be given several times.") var compare: [PeerProcess.Engine] = []
  @Option(help: "Python that has that engine, PyTorch and safetensors (default: python3).", completion: .file())
  var python: String?
  @Flag(help: "One JSON object instead of text.") var json = false
  @OptionGroup var common: CommonOptions

  func validate() throws {
    try threads.check(precision)
    if model != nil && scale != nil {
      throw ValidationError("--scale goes with a published configuration, not with --model")
    }
    if python != nil && compare.isEmpty { throw ValidationError("--python goes with --compare ENGINE") }
    if isa != nil && threads.kernels == .blas {
      throw ValidationError("--isa goes with own kernels, not with --kernels blas")
    }
    if let isa, !InstructionSet.available.contains(isa) {
      let names = InstructionSet.available.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--isa \(isa.rawValue): this machine has \(names)")
    }
  }

  func run() throws {
    let console = common.console(showsProgress: true)
    threads.log(to: common.logger(console))
    let (name, configuration, checkpoint) = try chosenWeights()
    let device: any Device = isa.map { CPUDevice(precision, instructionSet: $0) } ?? precision.device
    let instructionSet = isa ?? .best
    let network = try GRL(checkpoint, configuration: configuration, on: device)
    let lease = ThreadLease(threadCount: threads.count)
    let (size, runs) = (size ?? PictureSize(width: 256, height: 256), runs ?? 5)
    let session = try GRLSession(network: network, height: size.height, width: size.width, threads: lease)
    let picture = size.generatedPicture(channels: configuration.inputChannels)

    let (profile, warm) = (Profile(), Profile())
    let started = ContinuousClock.now
    let output = session.restore(picture, profile: warm)
    console.progress(
      "bench", done: 0, detail: "first pass \((ContinuousClock.now - started).seconds.fixed(2)) s; starting")
    let comparison = try compare.isEmpty ? nil : BenchComparison(compare, python: python ?? "python3")
    defer { comparison?.removeFolder() }
    try comparison?.start(checkpoint, configuration, picture, size, threads: lease.threadCount, ours: output)

    var seconds: [Double] = []
    var peakRate = instructionSet.peakRate(on: lease)
    for run in 1...runs {
      console.progress("bench", done: Double(run - 1) / Double(runs), detail: "\(run - 1)/\(runs) runs")
      let started = ContinuousClock.now
      _ = session.restore(picture, profile: profile)
      seconds.append((ContinuousClock.now - started).seconds)
      try comparison?.runAll()
    }
    peakRate = max(peakRate, instructionSet.peakRate(on: lease))
    console.endProgress()

    var report = BenchReport(
      network: name, size: size, threads: lease.threadCount, device: device, instructionSet: instructionSet,
      seconds: seconds, profile: profile,
      peakRate: peakRate, peakBytes: try Machine.peakResidentBytes(), machine: Machine.description)
    report.peers = try comparison?.end(ours: report.medianSeconds) ?? []
    if json { console.result(jsonLine(report)) } else { report.lines.forEach { console.result($0.printable) } }
  }

  private func chosenWeights() throws -> (name: String, GRLConfiguration, Checkpoint) {
    if let model {
      let card = try ModelLibrary.standard().card(model)
      return (card.name, card.configuration, try Checkpoint(contentsOf: card.path))
    }
    let published = PublishedSettings.all.filter { $0.inputChannels == 3 && $0.task == task.published() }
    let wantedScale = scale ?? published.first?.upscale ?? 1
    guard let row = published.first(where: { $0.variant == variant && $0.upscale == wantedScale })
    else {
      let names = published.map(\.name).joined(separator: ", ")
      throw Failure(.usage, "no published configuration is \(task) \(variant) x\(wantedScale); there are: \(names)")
    }
    return ("published \(row.name)", row.configuration, GeneratedWeights.checkpoint(row.configuration, seed: 1))
  }
}
