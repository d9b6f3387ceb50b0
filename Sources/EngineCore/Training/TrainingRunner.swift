import Base
import EngineWire
import Imaging
import JobStore
import Restoration
import Tensors
import Trainer

/// Trains the network of one job, from its data to its model file.
///
/// Lives on the thread that computes.
struct TrainingRunner: Sendable {
  let planner: TrainingPlanner
  let pool: ThreadPool
  let gate: WorkGate
  /// What this process is called in messages, and its log.
  let program: String
  let crashLog: String?

  /// Goes on from the state in the job's folder, where there is one.
  ///
  /// - Parameters:
  ///   - request: as it was queued.
  ///   - picture: its flags end the run behind a step.
  /// - Throws: `cancelled` where it ended before its end; the state is that of the last whole step then, unless the gate was cancelled.
  func run(
    _ request: TrainingRequest, _ picture: RunningPicture, journal: EnginePictureJournal,
    send: @escaping (RunEvent) -> Void
  ) throws(JobError) {
    let output = request.output
    guard let folder = journal.folder else { return }
    let claim: ResultClaim?
    do { claim = try ResultClaim.take(output, program: program) } catch { throw JobError(error, path: output) }
    defer { claim?.release() }
    let mayReplace = request.replaces == true || journal.found?.isWriting == true
    if !mayReplace && fileExists(output) { throw .resultExists(path: output, others: 0) }
    let name = lastComponent(output)
    try journal.checkDeaths(at: name, program: program, crashLog: crashLog) { send(.log(.warning, "\(name): \($0)")) }
    try journal.put(.attempt(picture: journal.picture, process: .current))
    CrashPoint.passTrap(name)

    let order = try TrainingOrder(request)
    let budget = request.memoryBytes ?? planner.budgetBytes
    let threads = ThreadLease(threadCount: request.threadCount ?? planner.threadCount, of: pool, gate: gate)
    let reporter = TrainingReporter(picture, journal, claim, send)
    let (prepared, run, pictures) = try JobError.training {
      let prepared = try order.prepared(in: planner.library)
      let state = state(folder.stateFile) { send(.log(.warning, "\(name): \($0)")) }
      var limits = planner.dataLimits(request, budgetBytes: budget, picture.stop)
      limits.pixelsPerPicture = state?.record.pixelsPerPicture
      let (data, pictures) = try prepared.data(limits: limits)
      for line in data.refused.prefix(5) { send(.log(.warning, "\(name): passed over: \(line)")) }
      let run = try prepared.run(
        on: data, state: state, statePath: folder.stateFile, threads: threads, pace: pace(prepared.settings.limit),
        tell: { reporter.tell($0) })
      let estimate = MemoryEstimate(pictures: try run.memoryBytes() + data.bytes)
      send(.estimated(bytes: estimate.totalBytes, budgetBytes: budget))
      try MemoryBudget.check(estimate, within: budget, advice: TrainingPlanner.advice)
      return (prepared, run, pictures)
    }
    // One that is to be kept as it is does no further step.
    let last = journal.found?.isKept == true ? run.record.step : .max
    try JobError.training { try run.run(last: last, isCancelled: { picture.stop.isSet }) }
    guard run.isOver || picture.keep.isSetUncounted || journal.found?.isKept == true else { throw .cancelled }

    if run.record.results.last?.step != run.record.step { try JobError.training { try run.measure() } }
    if journal.found?.isWriting != true { try journal.put(.writing(picture: journal.picture)) }
    CrashPoint.resultAnnounced.pass()
    try write(prepared.model(run, pictures: pictures), to: output, mayReplace: mayReplace, journal)
    CrashPoint.resultWritten.pass()
    try journal.put(
      .done(
        picture: journal.picture, seconds: (run.record.seconds * 1000).rounded() / 1000, seamScore: nil,
        notes: notes(run)))
    CrashPoint.pictureDone.pass()
    journal.folder?.removeState()
  }

  /// One that is damaged is void, as a tile is.
  private func state(_ path: String, onFault: (String) -> Void) -> TrainingState? {
    guard fileExists(path) else { return nil }
    do throws(TrainingStateError) { return try TrainingState(contentsOf: path) } catch {
      onFault("\(error); the training begins anew")
      return nil
    }
  }

  /// A curve of twenty measurements, which take their time too.
  private func pace(_ limit: TrainingSettings.Limit) -> TrainingRun.Pace {
    var pace = TrainingRun.Pace()
    pace.telling = 0.5
    pace.measuring = if case .seconds(let seconds) = limit { min(max(seconds / 20, 20), 300) } else { 60 }
    return pace
  }

  private func write(
    _ model: TrainedModel, to output: String, mayReplace: Bool, _ journal: EnginePictureJournal
  ) throws(JobError) {
    while true {
      do throws(ImageError) {
        try model.write(to: output, mayReplace: mayReplace)
        return journal.recovered()
      } catch .exists {
        throw .resultExists(path: output, others: 0)
      } catch {
        guard try journal.retries(.image(error)) else { throw .image(error) }
      }
    }
  }

  private func notes(_ run: TrainingRun) -> [String] {
    func text(_ value: Double) -> String { value.fixed(2) }
    var notes = ["\(run.record.step) steps"]
    for result in run.results {
      let first = run.record.results.first?.results.first { $0.name == result.name }
      let before = first.map { ", \(text($0.psnr)) at the beginning" } ?? ""
      let input = result.inputPSNR.map { ", input \(text($0))" } ?? ""
      notes.append("held-out \(result.name): \(text(result.psnr)) dB\(before)\(input)")
    }
    if run.record.stepsBack > 0 { notes.append("put back \(run.record.stepsBack) times, since the loss jumped") }
    return notes
  }
}

/// Puts what a run tells into the journal, and hands it on to the engine.
///
/// Lives on the computing thread.
private final class TrainingReporter {
  private let picture: RunningPicture
  private let journal: EnginePictureJournal
  private let claim: ResultClaim?
  private let send: (RunEvent) -> Void
  private var phase: TrainingPreset.Phase?
  /// Share and seconds when the curve of losses got its last point.
  private var last = (share: -1.0, seconds: -Double.infinity)
  private var hasFailedCrops = false

  init(
    _ picture: RunningPicture, _ journal: EnginePictureJournal, _ claim: ResultClaim?,
    _ send: @escaping (RunEvent) -> Void
  ) {
    (self.picture, self.journal, self.claim, self.send) = (picture, journal, claim, send)
  }

  func tell(_ event: TrainingEvent) {
    claim?.touch()
    switch event {
    case .phase(let phase): self.phase = phase
    case .progress(let progress):
      guard let phase, progress.loss.isFinite, progress.psnr.isFinite else { return }
      send(.trained(progress, phase))
      // 160 points of a short training, one a minute of a long one.
      guard progress.share - last.share >= 1.0 / 160 || progress.seconds - last.seconds >= 60 else { return }
      last = (progress.share, progress.seconds)
      put(.learned(picture: journal.picture, step: progress.step, loss: progress.loss, heldOut: nil, input: nil))
    case .sample(let sample): keep(sample)
    case .measured(let step, let results):
      guard let result = results.first(where: { $0.name == "pictures" }) ?? results.first else { return }
      put(
        .learned(
          picture: journal.picture, step: step, loss: nil, heldOut: result.psnr, input: result.inputPSNR))
    case .lowered(let factor):
      send(.log(.info, "the last layer begins at \(factor.fixed(2)) of what it was"))
    case .steppedBack(let step, let reason):
      send(.log(.warning, "\(reason): the training is back at step \(step), at half the rate"))
    case .saved(let step, nil):
      put(.saved(picture: journal.picture, step: step))
      CrashPoint.trainingSaved.pass()
    case .saved(_, let failure?):
      send(.log(.warning, "\(failure); the training goes on, but cannot be resumed from here"))
    }
  }

  private func put(_ entry: JournalEntry) {
    // Cancelled while it waited for room on the disk.
    do throws(JobError) { try journal.put(entry) } catch { picture.stop.set() }
  }

  private func keep(_ sample: HeldOutSample) {
    guard let folder = journal.folder else { return }
    let size = sample.target.shape
    for (name, tensor) in zip(JobFolder.crops, [sample.restored, sample.input, sample.target]) {
      do throws(ImageError) {
        _ = try ImageFile.write(
          tensor.shown(width: size.width, height: size.height), to: joined(folder.path, name), format: .png)
      } catch {
        if !hasFailedCrops { send(.log(.warning, "\(error); the crops of this training are not shown")) }
        hasFailedCrops = true
      }
    }
  }
}

extension Tensor {
  /// As a picture of that size, a whole fraction of which it has: its pixels repeated. Of two views the first.
  fileprivate func shown(width: Int, height: Int) -> Image {
    let channels = shape.channels == 1 ? 1 : 3
    var colour: [Float] = []
    colour.reserveCapacity(width * height * channels)
    for y in 0..<height {
      for x in 0..<width {
        let pixel = (y * shape.height / height * shape.width + x * shape.width / width) * shape.channels
        colour += values[pixel..<pixel + channels]
      }
    }
    return Image(width: width, height: height, colour: colour, bitDepth: 8)
  }
}
