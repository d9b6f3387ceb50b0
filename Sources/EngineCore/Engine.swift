import EngineWire
import Foundation
import Restoration
import Tensors

/// The engine: a queue of jobs and everything a client asks about pictures and models.
///
/// ```
/// requests ─▶ Engine (actor: who waits, who runs; never blocks)
///               ├─ clerk    thread: folders, headers, job folders
///               ├─ planner  thread: models, plans
///               ├─ desk     thread: decodes and scales pictures
///               ├─ trial    thread: a region ahead of the queue
///               ├─ shelf    thread: pictures side by side; two more measure them
///               ├─ attentionDesk  thread: what the network looks at, with the last tile's activations
///               └─ compute  thread: the pictures of the queue, one after the other
/// ```
///
/// Jobs that an earlier engine left behind go on as soon as one is made.
public actor Engine: EngineService {
  let configuration: EngineConfiguration
  let models: ModelCatalogue
  let speeds: SpeedBook
  let store: JobStore

  let clerk = WorkerThread()
  let planner: OwnThread<JobPlanner>
  let desk: OwnThread<PictureDesk>
  /// Gives way to everything else, so that the machine stays responsive; the pool's threads inherit that.
  let compute: OwnThread<PictureRunner>
  let trial = WorkerThread(niceness: 5)
  let shelf: OwnThread<ComparisonShelf>
  /// Whole pictures take seconds to be measured; a part in sight shall not wait for them.
  let measurer = WorkerThread(niceness: 3)
  let partMeasurer = WorkerThread(niceness: 2)
  let attentionDesk: OwnThread<AttentionDesk>
  /// Lent to queue, trial and attention desk alike: a queue that is held leaves its threads to what runs ahead of it.
  let pool = ThreadPool()
  var toldShortage: ThreadPool.Shortage?
  /// Of the queue.
  let gate = WorkGate()
  /// The computing thread is held: whatever ends the process now is not the running picture's doing.
  var isHeldBack = false

  /// By rank; ended ones included.
  var jobs: [QueuedJob] = []
  var running: RunningPicture?
  /// Of the running picture's plan; 0 before it is planned.
  var runningBytes = 0
  var runningBudget = 0
  var usage = ProcessUsage()
  /// The trial that runs, if any.
  var trialGate: WorkGate?
  var trials = 0
  var watchers: [Int: AsyncStream<EngineEvent>.Continuation] = [:]
  var missed: Set<Int> = []
  var nextWatcher = 0
  /// The last lines of the log: what happened before anybody watched.
  var lines: [LogLine] = []
  /// What other processes' jobs looked like at the last look.
  var signs: [String: StoreSign] = [:]
  var isShutDown = false
  private var loading: Task<Void, Never>?
  private var looking: Task<Void, Never>?

  public init(_ configuration: EngineConfiguration) {
    // Writing beyond a limit on the size of files shall be an error of `write`, as a full disk is.
    signal(SIGXFSZ, SIG_IGN)
    self.configuration = configuration
    let models = ModelCatalogue(library: configuration.library)
    let speeds = SpeedBook(
      path: configuration.stateFolder + "/speeds.json", threadCount: configuration.threadCount)
    let (pool, gate) = (pool, gate)
    self.models = models
    self.speeds = speeds
    store = JobStore(stateFolder: configuration.stateFolder, owner: "the engine")
    planner = OwnThread {
      JobPlanner(
        models: models, speeds: speeds, budgetBytes: configuration.budgetBytes, threadCount: configuration.threadCount)
    }
    desk = OwnThread { PictureDesk() }
    shelf = OwnThread { ComparisonShelf() }
    attentionDesk = OwnThread(niceness: 5) { AttentionDesk(models: models, pool: pool) }
    let log = EnginePlace(socket: "", stateFolder: configuration.stateFolder).log
    compute = OwnThread(niceness: 5) {
      PictureRunner(models: models, speeds: speeds, pool: pool, gate: gate, program: "the engine", deathLog: log)
    }
    Task { await self.begin() }
  }

  public func info() -> EngineInfo {
    EngineInfo(
      version: WireProtocol.version, program: configuration.program, host: Self.host, processID: Int(getpid()),
      threadCount: configuration.threadCount, budgetBytes: configuration.budgetBytes, home: configuration.home)
  }

  public func answer(_ request: Request) async -> (reply: Reply, body: [UInt8]) {
    await begin()
    do throws(JobError) {
      return try await reply(to: request)
    } catch {
      return (Reply(error), [])
    }
  }

  private func reply(to request: Request) async throws(JobError) -> (Reply, [UInt8]) {
    switch request {
    case .hello, .watch, .ping:
      throw .badRequest("hello, watch and ping are the connection's own business")
    case .listFolder(let path):
      let path = resolved(path)
      return (.folder(try await clerk.run { () throws(JobError) in try FolderReader.list(path) }), [])
    case .inspect(let path):
      let path = resolved(path)
      return (.picture(try await clerk.run { () throws(JobError) in try PictureInfo(path: path) }), [])
    case .preview(let path, let region, let width, let height):
      return try await preview(resolved(path), region, try Self.box(width, height, pictures: 1))
    case .listModels:
      let (models, speeds) = (models, speeds)
      let (list, problems) = await planner.run { _ in models.list(speeds: speeds) }
      for problem in problems { log(.warning, problem) }
      return (.models(list), [])
    case .plan(let job):
      let job = resolved(job)
      return (.plan(await planner.run { $0.plan(job) }), [])
    case .submit(let job): return (.submitted(job: try await submit(resolved(job))), [])
    case .pause(let id): try await pause(id)
    case .resume(let id): try await resume(id)
    case .cancel(let id): try await cancel(id)
    case .retry(let id): try await retry(id)
    case .move(let id, let place, let distance): try move(id, picture: place, by: distance)
    case .moveJob(let id, let distance): try moveJob(id, by: distance)
    case .remove(let id): try await remove(id)
    case .jobPreview(let id, let place, let width, let height):
      return try await jobPreview(id, place, try Self.box(width, height, pictures: 1))
    case .tryRegion(let job, let path, let region, let width, let height):
      let box = try Self.box(width, height, pictures: 2)
      return try await tryRegion(resolved(job), resolved(path), region, box)
    case .attention(let job, let path, let order):
      return try await attention(resolved(job), resolved(path), order, isOverview: false)
    case .attentionOverview(let job, let path, let order):
      return try await attention(resolved(job), resolved(path), order, isOverview: true)
    case .stopTrying: trialGate?.cancel()
    case .compare(let request): return try await compare(request)
    case .shutDown: await shutDown()
    }
    return (.done, [])
  }

  func preview(
    _ path: String, _ region: Rectangle?, _ box: (width: Int, height: Int)
  ) async throws(JobError) -> (Reply, [UInt8]) {
    let (info, pixels) = try await desk.run { (desk) throws(JobError) in
      try desk.preview(path, region: region, within: box)
    }
    return (.pixels(info), pixels)
  }

  /// Nothing runs, nothing waits, and nothing is in flight.
  public func isIdle() async -> Bool {
    await begin()
    return running == nil && trialGate == nil && !jobs.contains { $0.state == .waiting && $0.folder != nil }
  }

  /// Takes up what is on disk, once.
  func begin() async {
    if loading == nil {
      loading = Task { await self.takeUp() }
      looking = Task { [weak self] in
        while !Task.isCancelled {
          do { try await Task.sleep(for: .milliseconds(1500)) } catch { return }
          await self?.look()
        }
      }
    }
    await loading?.value
  }

  public func shutDown() async {
    guard !isShutDown else { return }
    isShutDown = true
    looking?.cancel()
    // An end in good order, also where the thread does not come to it in time.
    noteRunning { .left(picture: $0) }
    gate.cancel()
    trialGate?.cancel()
    running?.bell.ring()
    // The computing thread falls through within milliseconds, unless it is writing a picture; whoever kills it then loses
    // no more than with `kill -9`.
    let end = ContinuousClock.now + .milliseconds(450)
    while running != nil || trialGate != nil, ContinuousClock.now < end {
      do { try await Task.sleep(for: .milliseconds(5)) } catch { break }
    }
    await clerk.run {}
    for index in jobs.indices { jobs[index].folder = nil }
    for watcher in watchers.values { watcher.finish() }
    watchers = [:]
  }

  private static let host = ProcessInfo.processInfo.hostName
}
