import Base
import EngineWire
import Glibc
import Imaging
import JobStore
import Restoration
import Tensors
import Trainer

/// What the computing thread sends to the engine, in order.
enum RunEvent: Sendable {
  /// A line of the job's journal, written or about to be.
  case journal(JournalEntry)
  case planned(SeenPicture, estimateBytes: Int, budgetBytes: Int)
  /// What a training takes of the memory.
  case estimated(bytes: Int, budgetBytes: Int)
  case trained(TrainingProgress, TrainingPreset.Phase)
  case progress(RestorationProgress)
  case tileBegan(Int)
  case tileFinished(Int)
  case held(String)
  case released
  case log(LogLine.Level, String)
  case ended(Result<Void, JobError>)
}

/// The picture that is being restored, or the training that runs.
final class RunningPicture: Sendable {
  let job: String
  let number: Int
  let isTraining: Bool
  /// Ends a training behind its step.
  let stop = CancelFlag()
  /// Set before `stop` where the training is to end with what it has come to.
  let keep = CancelFlag()
  /// Signalled when a wait for room on a disk shall end.
  let wakeUp = WakeUp()
  private let painted = Locked<JobCanvas?>(nil)

  init(job: String, number: Int, isTraining: Bool) {
    self.job = job
    self.number = number
    self.isTraining = isTraining
  }

  /// How the picture looks now; nil before it is planned.
  var canvas: JobCanvas? { painted.withLock { $0 } }

  func begin(_ canvas: JobCanvas) { painted.withLock { $0 = canvas } }
}

/// Hands events on to the engine, progress at most five times a second, and paints the canvas.
///
/// Lives on the computing thread.
final class RunReporter {
  private let picture: RunningPicture
  let send: (RunEvent) -> Void
  private var lastProgress: ContinuousClock.Instant?

  init(_ picture: RunningPicture, send: @escaping (RunEvent) -> Void) {
    self.picture = picture
    self.send = send
  }

  func pass(_ event: PictureEvent) {
    switch event {
    case .journal(let entry): send(.journal(entry))
    case .planned(let plan, let model, let image, _, let step):
      picture.begin(image.map { JobCanvas($0, scale: model.scale) } ?? JobCanvas(blank: plan.input, scale: model.scale))
      send(
        .planned(
          SeenPicture(plan, model, step), estimateBytes: plan.estimate.totalBytes, budgetBytes: plan.options.budgetBytes
        ))
    case .progress(let progress):
      let now = ContinuousClock.now
      if let lastProgress, now - lastProgress < .milliseconds(200) { return }
      lastProgress = now
      send(.progress(progress))
    case .tile(.began(let index)):
      send(.tileBegan(index))
    case .tile(.finished(let index, let place, let pixels, _)):
      picture.canvas?.paint(pixels, at: place)
      send(.tileFinished(index))
    case .held(let reason): send(.held(reason))
    case .released: send(.released)
    case .log(let level, let text): send(.log(level, text))
    }
  }
}

extension SeenPicture {
  init(_ plan: RestorationPlan, _ model: ModelCard, _ step: JobStep?) {
    self.init(
      step: step, model: model.name, width: plan.input.width, height: plan.input.height,
      tiles: (0..<plan.tiles.tileCount).map { plan.place(ofTile: $0) }, tilesPerRow: plan.tiles.tilesPerRow,
      overlap: plan.tiles.overlap, notes: plan.notes)
  }
}

/// What this process takes of the machine.
struct ProcessUsage {
  private var lastTime = ContinuousClock.now
  private var lastSeconds = ProcessUsage.processorSeconds

  /// Share of processors used since the last call: 200 is two. The first call measures from the start.
  mutating func cpuPercent() -> Double {
    let (now, seconds) = (ContinuousClock.now, Self.processorSeconds)
    let elapsed = (now - lastTime).seconds
    defer { (lastTime, lastSeconds) = (now, seconds) }
    return elapsed > 0 ? ((seconds - lastSeconds) / elapsed * 1000).rounded() / 10 : 0
  }

  /// Resident memory; 0 where the system does not tell.
  static var residentBytes: Int {
    let bytes: [UInt8]
    do { bytes = try RegularFile.read("/proc/self/statm", limit: 4096) } catch { return 0 }
    let fields = String(decoding: bytes, as: UTF8.self).split(separator: " ")
    return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))) : 0
  }

  private static var processorSeconds: Double { clockSeconds(CLOCK_PROCESS_CPUTIME_ID) }
}
