import Base
import Checkpoints
import Foundation
import GRLModel
import GRLTraining
import Restoration
import TestSupport
import Tensors
import Testing

import Trainer

/// Trainings of a network so small that they take seconds.
@Suite struct TrainingRunTests {
  static let base = GRLConfiguration(
    embeddingWidth: 16, depths: [1, 1], windowSize: 8, stripeRows: .pixels(8), stripeColumns: .pixels(16),
    anchorFactor: 4)

  static func settings(steps: Int, seed: UInt64 = 1) -> TrainingSettings {
    var preset = TrainingPreset.named(.denoise, .tiny)!
    preset.damage = .noise(sigma: 25...25)
    preset.phases = [
      TrainingPreset.Phase(until: 0.5, patch: 16, batch: 3, windowSize: 8, stripe: Stripe(rows: 8, columns: 16)),
      TrainingPreset.Phase(until: 1, patch: 24, batch: 2, windowSize: 8, stripe: Stripe(rows: 8, columns: 24)),
    ]
    preset.rate = 4e-3
    return TrainingSettings(preset, limit: .steps(steps), seed: seed, isFromModel: false)
  }

  static func data(_ preset: TrainingPreset) throws -> TrainingData {
    let picture = try StoredPicture.sample("kitten", in: TestData.packageRoot)
    return try TrainingData(.photographs(PhotoLibrary([picture])), for: preset)
  }

  /// A run from first weights, or from a state.
  static func run(
    _ settings: TrainingSettings, state: TrainingState? = nil, statePath: String? = nil, threads: Int = 2,
    _ tell: @escaping (TrainingEvent) -> Void = { _ in }
  ) throws -> TrainingRun {
    try TrainingRun(
      settings, data: try data(settings.preset), from: InitialWeights.checkpoint(base, seed: settings.seed), base: base,
      state: state, statePath: statePath, threads: ThreadLease(threadCount: threads), loaderThreads: threads - 1,
      tell: tell)
  }

  @Test("a network learns: held-out pictures get better, the loss falls, phases come in turn")
  func learns() throws {
    let events = Locked<[TrainingEvent]>([])
    let run = try Self.run(Self.settings(steps: 160)) { event in events.withLock { $0.append(event) } }
    try run.run()
    #expect(run.isOver && run.record.step == 160)
    let (patches, results) = (run.record.patches, run.record.results)
    #expect(patches == 80 * 3 + 80 * 2)
    let (first, last) = (results.first!.results[0], results.last!.results[0])
    #expect(first.name == "pictures" && first.inputPSNR! > 19 && first.inputPSNR! < 22)
    #expect(last.psnr > last.inputPSNR! + 2, "\(first) \(last)")
    #expect(last.psnr > first.psnr + 1)
    var phases: [Int] = []
    var losses: [Double] = []
    for event in events.withLock({ $0 }) {
      switch event {
      case .phase(let phase): phases.append(phase.patch)
      case .progress(let progress): losses.append(progress.loss)
      case .steppedBack(_, let reason): Issue.record("stepped back: \(reason)")
      default: break
      }
    }
    #expect(phases == [16, 24])
    #expect(losses.count == 8 && losses.last! < 0.75 * losses.first!)
  }

  @Test("a training that begins with a model begins no worse than what comes in")
  func lowered() throws {
    var settings = Self.settings(steps: 1)
    settings = TrainingSettings(settings.preset, limit: .steps(1), isFromModel: true)
    var start = InitialWeights.checkpoint(Self.base, seed: 1).tensors
    // A model for something else: it adds a half to every value.
    start["conv_last.bias"] = StoredTensor(shape: [3], values: [0.5, 0.5, 0.5])
    let factors = Locked<[Double]>([])
    let run = try TrainingRun(
      settings, data: try Self.data(settings.preset), from: Checkpoint(path: "", tensors: start), base: Self.base,
      statePath: nil, threads: ThreadLease(threadCount: 2)
    ) { event in
      if case .lowered(let factor) = event { factors.withLock { $0.append(factor) } }
    }
    try run.run()
    #expect(factors.withLock { $0 } == [0.5, 0.25, 0])
    let measured = run.record.results.filter { $0.step == 0 }.map(\.results[0])
    #expect(measured.count == 4 && measured[0].psnr < measured[0].inputPSNR! - 5)
    #expect(abs(measured[3].psnr - measured[3].inputPSNR!) < 1e-6)
  }

  @Test("the same bytes for one thread and many, and after an end in the middle of either phase")
  func sameBytes() throws {
    let folder = try TrainingFolder()
    func weights(_ run: TrainingRun) -> [String: StoredTensor] { run.averaged.tensors }
    let settings = Self.settings(steps: 12)
    let whole = try Self.run(settings, threads: 1)
    try whole.run()
    let wide = try Self.run(settings, threads: 16)
    try wide.run()
    #expect(weights(whole) == weights(wide))
    for end in [3, 8] {
      let path = folder.path + "/\(end).state"
      let first = try Self.run(settings, statePath: path)
      try first.run(last: end)
      #expect(first.record.step == end)
      let second = try Self.run(settings, state: try TrainingState(contentsOf: path), statePath: path)
      #expect(second.record.step == end)
      try second.run()
      #expect(weights(second) == weights(whole), "after \(end) steps")
    }
  }

  @Test("a flag that is set ends it after a whole step, with a state")
  func cancelled() throws {
    let folder = try TrainingFolder()
    let path = folder.path + "/own.state"
    let cancel = CancelFlag()
    let run = try Self.run(Self.settings(steps: 100_000), statePath: path) { event in
      if case .progress = event { cancel.set() }
    }
    try run.run(isCancelled: { cancel.isSet })
    #expect(run.record.step == 20 && !run.isOver)
    #expect(try TrainingState(contentsOf: path).record.step == 20)
  }

  @Test("states of other trainings, and files that are none, are refused with what differs")
  func otherStates() throws {
    let folder = try TrainingFolder()
    let path = folder.path + "/own.state"
    let run = try Self.run(Self.settings(steps: 2), statePath: path)
    try run.run()
    let state = try TrainingState(contentsOf: path)
    #expect(throws: TrainingStateError.self) { try Self.run(Self.settings(steps: 2, seed: 2), state: state) }
    let model = folder.path + "/model.safetensors"
    try TrainedModel(run, startedFrom: nil, dataNote: "one picture", pictures: 1).write(to: model)
    #expect(throws: TrainingStateError.self) { try TrainingState(contentsOf: model) }
    #expect(throws: TrainingStateError.self) { try TrainingState(contentsOf: folder.path + "/none") }
  }

  @Test("what memory left of each picture is kept with the state, so that a resumed training cuts them alike")
  func keptPixels() throws {
    let folder = try TrainingFolder()
    let path = folder.path + "/own.state"
    let settings = Self.settings(steps: 1)
    let picture = try StoredPicture.sample("kitten", in: TestData.packageRoot)
    let data = try TrainingData(
      .photographs(PhotoLibrary([picture], pixelsPerPicture: 12_345)), for: settings.preset)
    let run = try TrainingRun(
      settings, data: data, from: InitialWeights.checkpoint(Self.base, seed: 1), base: Self.base, statePath: path,
      threads: ThreadLease(threadCount: 1), tell: { _ in })
    try run.run()
    #expect(try TrainingState(contentsOf: path).record.pixelsPerPicture == 12_345)
  }

  @Test("the model file is one like those that are bundled")
  func modelFile() throws {
    let folder = try TrainingFolder()
    let run = try Self.run(Self.settings(steps: 3))
    try run.run()
    let path = folder.path + "/model.safetensors"
    try TrainedModel(run, startedFrom: "base \"1\".safetensors", dataNote: "pictures of a test", pictures: 1).write(
      to: path)
    let checkpoint = try Checkpoint(contentsOf: path)
    let configuration = try GRLConfiguration(json: checkpoint.metadata["config"]!)
    #expect(configuration == run.configuration && configuration.stripeColumns == .pixels(24))
    _ = try GRL(checkpoint, configuration: configuration, on: PlainDevice())
    for (name, tensor) in run.averaged.tensors {
      let stored = checkpoint.tensors[name]!
      #expect(stored.elementType == .float16)
      #expect(zip(stored.floats(), tensor.floats()).allSatisfy { abs($0 - $1) <= 1e-3 * max(1, abs($1)) })
    }
    let card = try ModelLibrary.standard().card(path)
    #expect(card.task == .denoise && card.sigmas == 25...25)
  }

  @Test("a state that cannot be written is said, and the training goes on")
  func unwritable() throws {
    let failures = Locked<[String]>([])
    let run = try Self.run(Self.settings(steps: 2), statePath: "/nowhere/at/all.state") { event in
      if case .saved(_, let failure?) = event { failures.withLock { $0.append(failure) } }
    }
    try run.run()
    #expect(run.isOver)
    #expect(failures.withLock { $0 }.count == 1)
    #expect(failures.withLock { $0 }[0].hasPrefix("/nowhere/at/all.state: "))
  }

  @Test("weights that break are put back, at half the rate")
  func stepsBack() throws {
    var settings = Self.settings(steps: 80)
    settings.preset.rate = 1e6
    settings.optimiser.kind = .adamw
    let back = Locked(0)
    let run = try Self.run(settings) { event in
      if case .steppedBack = event { back.withLock { $0 += 1 } }
    }
    try run.run()
    #expect(back.withLock { $0 } > 0 && run.record.stepsBack == back.withLock { $0 })
    #expect(run.record.rateScale < 1)
    #expect(run.averaged.tensors.values.allSatisfy { $0.floats().allSatisfy(\.isFinite) })
  }
}
