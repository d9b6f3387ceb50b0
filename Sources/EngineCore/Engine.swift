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
///               └─ compute  thread: the pictures of the queue, one after the other
/// ```
public actor Engine: EngineService {
  let configuration: EngineConfiguration
  let models: ModelCatalogue
  let speeds: SpeedBook
  let clerk = WorkerThread()
  let planner: OwnThread<JobPlanner>
  let desk: OwnThread<PictureDesk>

  public init(_ configuration: EngineConfiguration) {
    // Writing beyond a limit on the size of files shall be an error of `write`, as a full disk is.
    signal(SIGXFSZ, SIG_IGN)
    self.configuration = configuration
    let models = ModelCatalogue(library: configuration.library)
    let speeds = SpeedBook(
      path: configuration.stateFolder + "/speeds.json", threadCount: configuration.threadCount)
    self.models = models
    self.speeds = speeds
    planner = OwnThread {
      JobPlanner(
        models: models, speeds: speeds, budgetBytes: configuration.budgetBytes, threadCount: configuration.threadCount)
    }
    desk = OwnThread { PictureDesk() }
  }

  public func info() -> EngineInfo {
    EngineInfo(
      version: WireProtocol.version, program: configuration.program, host: ProcessInfo.processInfo.hostName,
      processID: Int(getpid()), threadCount: configuration.threadCount, budgetBytes: configuration.budgetBytes,
      home: configuration.home)
  }

  public func answer(_ request: Request) async -> (reply: Reply, body: [UInt8]) {
    do throws(JobError) {
      return try await reply(to: request)
    } catch {
      return (Reply(error), [])
    }
  }

  private func reply(to request: Request) async throws(JobError) -> (Reply, [UInt8]) {
    switch request {
    case .hello, .watch:
      throw .badRequest("hello and watch are the connection's own business")
    case .listFolder(let path):
      let path = resolved(path)
      return (.folder(try await clerk.run { () throws(JobError) in try FolderReader.list(path) }), [])
    case .inspect(let path):
      let path = resolved(path)
      return (.picture(try await clerk.run { () throws(JobError) in try PictureInfo(path: path) }), [])
    case .preview(let path, let region, let width, let height):
      let path = resolved(path)
      let box = try Self.box(width, height, pictures: 1)
      let (info, pixels) = try await desk.run { (desk) throws(JobError) in
        try desk.preview(path, region: region, within: box)
      }
      return (.pixels(info), pixels)
    case .listModels:
      let (models, speeds) = (models, speeds)
      let (list, problems) = await planner.run { _ in models.list(speeds: speeds) }
      for problem in problems { log(.warning, problem) }
      return (.models(list), [])
    case .plan(let job):
      let job = resolved(job)
      return (.plan(await planner.run { $0.plan(job) }), [])
    default:
      throw .badRequest("not built yet")
    }
  }

  func log(_ level: LogLine.Level, _ text: String) {}

  public func events() -> AsyncStream<EngineEvent> {
    AsyncStream { $0.yield(.jobs([])) }
  }

  public func isIdle() -> Bool { true }

  public func shutDown() {}

  // MARK: Paths

  /// What a client calls a path: "" and `~` are home, what is not absolute begins there.
  func resolved(_ path: String) -> String {
    let home = configuration.home
    if path.isEmpty || path == "~" { return home }
    if path.hasPrefix("~/") { return joined(home, String(path.dropFirst(2))) }
    return path.hasPrefix("/") ? path : joined(home, path)
  }

  /// The same for every path in a job. A model with a slash or a known ending is a file.
  func resolved(_ job: JobRequest) -> JobRequest {
    var job = job
    job.inputs = job.inputs.map(resolved)
    job.right = job.right.map(resolved)
    job.output = job.output.map(resolved)
    job.outputFolder = job.outputFolder.map(resolved)
    job.model = job.model.map { $0.contains("/") ? resolved($0) : $0 }
    return job
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
