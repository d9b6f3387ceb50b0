import Base
import EngineTransport
import EngineWire
import Foundation
import JobStore
import Restoration
import Tensors

/// The engine: a queue of jobs and everything a client asks about pictures and models.
///
/// ```
/// requests ─▶ Engine (actor: who waits, who runs; never blocks)
///               ├─ queues   a few threads for each kind of request: headers, folders, previews, plans, comparisons,
///               │           passes ahead of the jobs, and the pictures of the jobs, one after the other
///               └─ storeWorker  thread: job folders
/// ```
///
/// Jobs that an earlier engine left behind go on as soon as one is made.
public actor Engine: EngineService {
  let configuration: EngineConfiguration
  let models: ModelCatalogue
  let speeds: SpeedProfile
  let store: JobStore

  package nonisolated let queues: RequestQueues
  let storeWorker = WorkerThread()
  let planner: JobPlanner
  let previewCache = PreviewCache()
  let comparisonCache = Exclusive { ComparisonCache() }
  let trialCache: TrialCache
  let attentionCache: Exclusive<AttentionCache>
  /// Computes the pictures of jobs; another one where the last was left behind in a file system that does not answer.
  var runner: Exclusive<PictureRunner>
  /// Of jobs and passes alike: jobs that are held leave their threads to what runs ahead of them.
  let pool = ThreadPool()
  var reportedShortage: ThreadPool.Shortage?
  /// Of the jobs.
  var gate: WorkGate
  /// The computing thread is held: whatever ends the process now is not the running picture's doing.
  var isHeldBack = false

  /// By rank; ended ones included.
  var jobs: [QueuedJob] = []
  var running: RunningPicture? {
    didSet { isComputing.withLock { $0 = running != nil } }
  }
  private let isComputing = Locked(false)
  /// Of the running picture's plan; 0 before it is planned.
  var runningBytes = 0
  var runningBudget = 0
  var usage = ProcessUsage()
  /// Seconds a pixel that this engine's jobs took, by what they were asked to do.
  var paces: [JobRequest: Double] = [:]
  /// By job: pixels of its pictures, as far as they were measured.
  var pictureSizes: [String: [Int?]] = [:]
  /// By client: what is computed ahead of the jobs.
  var passes: [Int: Pass] = [:]
  /// Passes that wait for their turn or run, those included that are being ended: jobs are held as long as there are any.
  var passCount = 0
  /// Jobs that clusters work on, as they were seen last, and what is wrong with those that cannot be read.
  var clusters: [JobInfo] = []
  var clusterProblems: Set<String> = []
  let clusterJobs: ClusterJobs
  var watchers: [Int: AsyncStream<EngineEvent>.Continuation] = [:]
  var missed: Set<Int> = []
  var nextWatcher = 0
  /// The last lines of the log: what happened before anybody watched.
  var lines: [LogLine] = []
  /// What other processes' jobs looked like at the last look.
  var fingerprints: [String: JobFingerprint] = [:]
  var isShutDown = false
  /// Where an engine that crashes says why.
  let crashLog: String
  private let makeRunner: @Sendable (WorkGate) -> Exclusive<PictureRunner>
  private var loading: Task<Void, Never>?
  private var looking: Task<Void, Never>?
  private var lookingAtClusters: Task<Void, Never>?

  public init(_ configuration: EngineConfiguration) {
    // Writing beyond a limit on the size of files shall be an error of `write`, as a full disk is.
    signal(SIGXFSZ, SIG_IGN)
    self.configuration = configuration
    queues = RequestQueues(patience: configuration.patience)
    let models = ModelCatalogue(library: configuration.library)
    let speeds = SpeedProfile(
      path: configuration.stateFolder + "/speeds.json", threadCount: configuration.threadCount)
    let (pool, gate) = (pool, WorkGate())
    self.gate = gate
    self.models = models
    self.speeds = speeds
    store = JobStore(stateFolder: configuration.stateFolder, owner: "the engine")
    clusterJobs = ClusterJobs(stateFolder: configuration.stateFolder)
    planner = JobPlanner(
      models: models, speeds: speeds, budgetBytes: configuration.budgetBytes, threadCount: configuration.threadCount,
      isBusy: { [isComputing] in isComputing.withLock { $0 } })
    trialCache = TrialCache(budgetBytes: configuration.budgetBytes)
    attentionCache = Exclusive { AttentionCache(models: models, pool: pool) }
    let log = EnginePlace(socket: "", stateFolder: configuration.stateFolder).log
    crashLog = log
    makeRunner = { gate in
      Exclusive {
        PictureRunner(models: models, speeds: speeds, pool: pool, gate: gate, program: "the engine", crashLog: log)
      }
    }
    runner = makeRunner(gate)
    Task { await self.begin() }
  }

  public func info() -> EngineInfo {
    EngineInfo(
      version: WireProtocol.version, program: configuration.program, host: Self.host, processID: Int(getpid()),
      threadCount: configuration.threadCount, budgetBytes: configuration.budgetBytes, home: configuration.home,
      hasSlurm: Slurm.isThere)
  }

  public func answer(_ request: Request, from requester: Requester) async -> (reply: Reply, body: [UInt8]) {
    await begin()
    do throws(JobError) {
      return try await reply(to: request, requester)
    } catch {
      return (Reply(error), [])
    }
  }

  private func reply(to request: Request, _ requester: Requester) async throws(JobError) -> (Reply, [UInt8]) {
    if let reply = try await clusterReply(to: request, requester) { return reply }
    switch request {
    case .hello, .watch, .ping:
      throw .badRequest("hello, watch and ping are the connection's own business")
    case .listFolder(let path):
      let path = resolved(path)
      let listing = try await queues.folders.run(for: requester.number, about: path) { (flag) throws(JobError) in
        try FolderReader.list(path, flag)
      }
      return (.folder(listing), [])
    case .inspect(let path):
      let path = resolved(path)
      let info = try await queues.headers.run(for: requester.number, about: path) { (flag) throws(JobError) in
        try PictureInfo(path: path, limits: .standard.heeding(flag))
      }
      return (.picture(info), [])
    case .preview(let path, let region, let width, let height):
      return try await preview(resolved(path), region, try Self.box(width, height, pictures: 1), requester)
    case .listModels:
      let (models, speeds) = (models, speeds)
      let (list, problems) = try await queues.models.run(for: requester.number, about: models.library.userFolder) { _ in
        models.list(speeds: speeds)
      }
      for problem in problems { log(.warning, problem) }
      return (.models(list), [])
    case .plan(let job, let tellsProgress):
      return (.plan(try await plan(resolved(job), tellsProgress: tellsProgress == true, requester)), [])
    case .submit(let job): return (.submitted(job: try await submit(resolved(job), requester)), [])
    case .submitToCluster(let job, let order):
      return (.submitted(job: try await submit(resolved(job), to: order, requester)), [])
    case .planTraining(let training): return (.trainingPlan(try await planTraining(resolved(training), requester)), [])
    case .train(let training): return (.submitted(job: try await train(resolved(training), requester)), [])
    case .keep(let id): try await keep(id)
    case .pause(let id): try await pause(id)
    case .resume(let id): try await resume(id)
    case .cancel(let id): try await cancel(id)
    case .retry(let id): try await retry(id)
    case .move(let id, let place, let distance): try move(id, picture: place, by: distance)
    case .moveJob(let id, let distance): try moveJob(id, by: distance)
    case .remove(let id): try await remove(id)
    case .jobPreview(let id, let place, let width, let height):
      return try await jobPreview(id, place, try Self.box(width, height, pictures: 1), requester)
    case .tryRegion(let job, let path, let region, let width, let height):
      let box = try Self.box(width, height, pictures: 2)
      return try await tryRegion(resolved(job), resolved(path), region, box, requester)
    case .attention(let job, let path, let order):
      return try await attention(resolved(job), resolved(path), order, isOverview: false, requester)
    case .attentionOverview(let job, let path, let order):
      return try await attention(resolved(job), resolved(path), order, isOverview: true, requester)
    case .analysis(let job, let path, let order):
      return try await analysis(resolved(job), resolved(path), order, requester)
    case .stopTrying: endPass(of: requester.number)
    case .compare(let request): return try await compare(request, requester)
    case .shutDown: await shutDown()
    }
    return (.done, [])
  }

  func preview(
    _ path: String, _ region: Rectangle?, _ box: (width: Int, height: Int), _ requester: Requester
  ) async throws(JobError) -> (Reply, [UInt8]) {
    let previewCache = previewCache
    let budget = max(0, configuration.budgetBytes - runningBytes)
    let work = try await queues.headers.run(for: requester.number, about: path) { (_) throws(JobError) in
      try previewCache.work(path, region: region)
    }
    let queue = work <= RequestQueues.fewPixels ? queues.previews : queues.largePreviews
    let (info, pixels) = try await queue.run(for: requester.number, about: path) { (flag) throws(JobError) in
      try previewCache.preview(path, region: region, within: box, budgetBytes: budget, flag)
    }
    return (.pixels(info), pixels)
  }

  private func plan(_ job: JobRequest, tellsProgress: Bool, _ requester: Requester) async throws(JobError) -> JobPlan {
    let planner = planner
    return try await queues.plans.run(for: requester.number, about: job.inputs.first ?? "") { (flag) throws(JobError) in
      guard tellsProgress else { return try planner.plan(job, flag) }
      // Short plans tell nothing.
      var last = ContinuousClock.now
      return try planner.plan(job, flag) { progress in
        let now = ContinuousClock.now
        guard now - last >= .milliseconds(500) else { return }
        last = now
        switch progress {
        case .searching(let files): requester.tell(.planning(files: files, pictures: 0, count: 0))
        case .planning(let done, let count): requester.tell(.planning(files: 0, pictures: done, count: count))
        }
      }
    }
  }

  /// Nothing runs, nothing waits, and nothing is in flight.
  public func isIdle() async -> Bool {
    await begin()
    return running == nil && passes.isEmpty && passCount == 0
      && !jobs.contains { $0.state == .waiting && $0.folder != nil }
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
      lookingAtClusters = Task { [weak self] in
        while !Task.isCancelled {
          await self?.lookAtClusters()
          do { try await Task.sleep(for: .seconds(ClusterJobs.pace)) } catch { return }
        }
      }
    }
    await loading?.value
  }

  /// Leaves the running picture's thread behind; what it holds is not used again, and nothing more is computed there.
  func leaveRunnerBehind() {
    gate.cancel()
    gate = WorkGate()
    runner = makeRunner(gate)
  }

  public func shutDown() async {
    guard !isShutDown else { return }
    isShutDown = true
    looking?.cancel()
    lookingAtClusters?.cancel()
    // An end in good order, also where the thread does not come to it in time.
    noteRunning { .left(picture: $0) }
    for client in passes.keys { endPass(of: client) }
    if let running, running.isTraining {
      // It keeps its last step, where that does not take long.
      running.stop.set()
      await waitForRunning(.milliseconds(300))
    }
    gate.cancel()
    running?.wakeUp.signal()
    // The computing thread falls through within milliseconds, unless it is writing a picture; whoever kills it then loses
    // no more than with `kill -9`.
    await waitForRunning(.milliseconds(450))
    await storeWorker.run {}
    for index in jobs.indices { jobs[index].folder = nil }
    for watcher in watchers.values { watcher.finish() }
    watchers = [:]
  }

  private func waitForRunning(_ patience: Duration) async {
    let end = ContinuousClock.now + patience
    while running != nil || passCount > 0, ContinuousClock.now < end {
      do { try await Task.sleep(for: .milliseconds(5)) } catch { return }
    }
  }

  private static let host = ProcessInfo.processInfo.hostName
}

extension Engine {
  /// What a client calls a path: "" and `~` are home, what is not absolute begins there.
  func resolved(_ path: String) -> String {
    let home = configuration.home
    if path.isEmpty || path == "~" { return home }
    if path.hasPrefix("~/") { return joined(home, String(path.dropFirst(2))) }
    return path.hasPrefix("/") ? path : joined(home, path)
  }

  /// The same for every path in a job. A model with a slash in it is a file.
  func resolved(_ job: JobRequest) -> JobRequest {
    var job = job
    job.inputs = job.inputs.map(resolved)
    job.right = job.right.map(resolved)
    job.output = job.output.map(resolved)
    job.outputFolder = job.outputFolder.map(resolved)
    job.model = job.model.map { $0.contains("/") ? resolved($0) : $0 }
    return job
  }

  /// The same for every path in a training. An output without a slash is a name.
  func resolved(_ training: TrainingRequest) -> TrainingRequest {
    var training = training
    training.data = training.data.map(resolved)
    training.bursts = training.bursts.map(resolved)
    training.model = training.model.map { $0.contains("/") ? resolved($0) : $0 }
    if training.output.contains("/") { training.output = resolved(training.output) }
    return training
  }

  /// A size to scale to whose pixels fit into one answer.
  static func box(_ width: Int, _ height: Int, pictures: Int) throws(JobError) -> (width: Int, height: Int) {
    let limit = (WireProtocol.frameLimit - (1 << 16)) / (3 * pictures)
    guard (1...65_535).contains(width), (1...65_535).contains(height), width * height <= limit else {
      throw .badRequest("a preview of \(width) x \(height) pixels: give sides from 1 whose product is at most \(limit)")
    }
    return (width, height)
  }
}
