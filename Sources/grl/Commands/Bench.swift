import ArgumentParser
import Base
import Checkpoints
import CPUDevice
import Imaging
import GRLModel
import GRLTraining
import Restoration
import Tensors
import Trainer
import VulkanDevice

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure how fast the network is on this machine.",
    discussion: """
      Times the forward pass alone, on a generated picture, after one pass that is not counted, and tells which operators and \
      parts of the network take how much of it; with --training whole steps of a training, gradients and AdamW, on patches of --size. With --model the weights are that model's; otherwise the published \
      configuration of --task and --variant runs with generated weights. --compare runs the same network through another \
      engine, which --python must have, its passes between ours, and prints how many times as fast ours is.

      EXAMPLES
        grl bench --size 256 --threads 2
        grl bench --model denoise-color-tiny --size 256x384 --runs 9 --json
        grl bench --task sr --scale 4 --variant base --size 128 --isa avx2
        grl bench --size 128 --precision bf16
        grl bench --formats
        grl bench --size 128 --compare openvino --compare onnxruntime \\
          --python ~/venv/bin/python
        grl bench --training --size 32 --batch 8 --runs 20 \\
          --compare pytorch-training --python ~/venv/bin/python
      """)

  @Option(help: "Name of an installed model, or a weight file.", completion: .models) var model: String?
  @Option(help: "Task of the published configuration.") var task: RestorationTask = .denoise
  @Option(help: "Size of the published configuration.") var variant: ModelVariant = .tiny
  @Option(help: "sr: enlargement 2, 3 or 4 (default: 2).") var scale: Int?
  @Option(
    help: "Pixels of the picture: N for N x N, or WIDTHxHEIGHT (default: 256).",
    transform: reading("N or WIDTHxHEIGHT, sides 1 to 65535") { PictureSize($0) })
  var size: PictureSize?
  @Flag(help: "Steps of a training in place of passes (sizes by default: the first ones of grl train).") var training =
    false
  @Flag(help: "Encoding and decoding of a picture in each format (6000x4000 unless --size says otherwise).")
  var formats = false
  @Option(help: "training: patches of a step.", transform: number(in: 1...4096)) var batch: Int?
  @Option(help: "training: side of the attention windows.", transform: number(in: 4...128)) var window: Int?
  @Option(
    help: "training: rows and columns of the stripes, R,C.",
    transform: reading("two sizes with a comma between, 4 to 512") { Train.stripe($0) })
  var stripe: Stripe?
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var device: DeviceOptions
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
    try device.check(precision)
    if model != nil && scale != nil {
      throw ValidationError("--scale goes with a published configuration, not with --model")
    }
    if formats && (training || model != nil || isa != nil || !compare.isEmpty) {
      throw ValidationError("--formats times no network: it goes with --size and --json alone")
    }
    if !training && (batch != nil || window != nil || stripe != nil) {
      throw ValidationError("--batch, --window and --stripe go with --training")
    }
    if training && (precision != .float32 || device.kernels == .blas) {
      throw ValidationError("--training computes in float32 with own kernels; leave --precision and --kernels out")
    }
    if training, let size, size.width != size.height {
      throw ValidationError("--training takes square patches: --size N")
    }
    if let other = compare.first(where: { $0.isTraining != training }) {
      throw ValidationError(
        training
          ? "--compare \(other.rawValue) restores only; with --training there are pytorch-training and pytorch-training-bf16"
          : "--compare \(other.rawValue) goes with --training")
    }
    if python != nil && compare.isEmpty { throw ValidationError("--python goes with --compare ENGINE") }
    if isa != nil && device.device.map({ DeviceChoice($0) != .cpu }) == true {
      throw ValidationError("--isa goes with the processor, not with --device")
    }
    if training && device.device.map({ DeviceChoice($0) != .cpu }) == true {
      throw ValidationError("--training computes on the processor; leave --device out")
    }
    if isa != nil && device.kernels == .blas {
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
    if training { return try runTraining(console) }
    if formats { return try runFormats(console) }
    let (name, configuration, checkpoint) = try chosenWeights()
    let device = try chosenDevice()
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
    let card = device as? VulkanDevice
    func measuredPeak() throws -> Double { try card?.measuredSpeed().operations ?? instructionSet.peakRate(on: lease) }
    var peakRate = try measuredPeak()
    // Operators are told apart on a card by waiting for each, which costs time of its own: once, then without.
    if card != nil { _ = session.restore(picture, profile: profile) }
    for run in 1...runs {
      console.progress("bench", done: Double(run - 1) / Double(runs), detail: "\(run - 1)/\(runs) runs")
      let started = ContinuousClock.now
      if card == nil { _ = session.restore(picture, profile: profile) } else { _ = try session.restore(picture) }
      seconds.append((ContinuousClock.now - started).seconds)
      try comparison?.runAll()
    }
    peakRate = max(peakRate, try measuredPeak())
    if let fault = session.fault { throw RestorationError.device(.fault(fault)) }
    console.endProgress()

    var report = BenchReport(
      network: name, size: size, threads: lease.threadCount, device: device,
      instructionSet: card == nil ? instructionSet.rawValue : "vulkan", profiledPasses: card == nil ? runs : 1,
      seconds: seconds, profile: profile,
      peakRate: peakRate, peakBytes: try Machine.peakResidentBytes(), machine: Machine.description)
    report.peers = try comparison?.end(ours: report.medianSeconds) ?? []
    if json { console.result(jsonLine(report)) } else { report.lines.forEach { console.result($0.printable) } }
  }

  private func runFormats(_ console: Console) throws {
    let bench = FormatBench(size: size ?? PictureSize(width: 6000, height: 4000))
    let report = try bench.run { name, share in console.progress("bench", done: share, detail: name) }
    console.endProgress()
    if json { console.result(jsonLine(report)) } else { report.lines.forEach { console.result($0.printable) } }
  }

  private func runTraining(_ console: Console) throws {
    let (name, base, checkpoint) = try chosenWeights()
    let card = try model.map { try ModelLibrary.standard().card($0) }
    guard let preset = TrainingPreset.named(card?.task ?? task, variant, scale: scale) else {
      throw Failure(.usage, "no network is trained for \(task) \(variant) at that scale")
    }
    var phase = preset.phases[0]
    if let size { phase.patch = size.width }
    if let batch { phase.batch = batch }
    if let window { phase.windowSize = window }
    if let stripe { phase.stripe = stripe }
    let configuration = preset.configuration(phase, base: base)
    do { _ = try configuration.validated() } catch {
      throw Failure(.usage, "window \(phase.windowSize), stripes \(phase.stripe): \(error)")
    }
    let steps = runs ?? 20
    let bench = TrainingBench(
      name: name, configuration: configuration,
      checkpoint: card == nil ? InitialWeights.checkpoint(configuration, seed: 1) : checkpoint, phase: phase,
      device: isa.map { CPUDevice($0) } ?? CPUDevice(), instructionSet: isa ?? .best,
      threads: ThreadLease(threadCount: threads.count))
    let comparison = try compare.isEmpty ? nil : BenchComparison(compare, python: python ?? "python3")
    defer { comparison?.removeFolder() }
    let report = try bench.run(steps: steps, peers: comparison) { done in
      console.progress("bench", done: Double(done) / Double(steps), detail: "\(done)/\(steps) steps")
    }
    console.endProgress()
    if json { console.result(jsonLine(report)) } else { report.lines.forEach { console.result($0.printable) } }
  }

  private func chosenDevice() throws -> any Device {
    if let isa { return CPUDevice(precision, instructionSet: isa) }
    do throws(DeviceError) {
      return try precision.device(by: device.chosenKernels, on: device.place)
    } catch {
      throw RestorationError.device(error)
    }
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
