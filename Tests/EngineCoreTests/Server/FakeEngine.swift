import Base
import EngineTransport
import EngineWire

/// Stands where the engine stands: remembers what it was asked and answers as a test needs it.
actor FakeEngine: EngineService {
  private(set) var asked: [Request] = []
  private(set) var cancelled: [Request] = []
  private(set) var shutDowns = 0
  private(set) var idle: Bool
  private var watchers: [AsyncStream<EngineEvent>.Continuation] = []
  private var held: [CheckedContinuation<Void, Never>] = []
  private var holdsPreviews = true
  private let shutDownSeconds: Double

  init(isIdle: Bool = false, shutDownSeconds: Double = 0) {
    idle = isIdle
    self.shutDownSeconds = shutDownSeconds
  }

  /// `plan` tells its progress; `preview` waits for `release`; `tryRegion` until it is cancelled; `listFolder` names the folder after its path;
  /// everything else is done.
  func answer(_ request: Request, from requester: Requester) async -> (reply: Reply, body: [UInt8]) {
    asked.append(request)
    switch request {
    case .listFolder(let path): return (.folder(FolderListing(path: path, entries: [], isCut: false)), [])
    case .jobPreview(_, let picture, let width, let height):
      let info = PixelsInfo(
        width: width, height: height, pictureWidth: width, pictureHeight: height,
        region: Rectangle(x: 0, y: 0, width: width, height: height))
      return (.pixels(info), .init(repeating: UInt8(truncatingIfNeeded: picture), count: info.byteCount))
    case .preview:
      if holdsPreviews { await withCheckedContinuation { held.append($0) } }
      return (.done, [])
    case .tryRegion:
      do {
        try await Task.sleep(for: .seconds(60))
        return (.done, [])
      } catch {
        cancelled.append(request)
        return (.failure(.init(.cancelled, "stopped")), [])
      }
    case .plan(_, let tellsProgress):
      if tellsProgress == true { requester.tell(.planning(files: 0, pictures: 1, count: 3)) }
      return (.done, [])
    case .submit: return (.submitted(job: "j1"), [])
    default: return (.done, [])
    }
  }

  func events() -> AsyncStream<EngineEvent> {
    let (stream, continuation) = AsyncStream.makeStream(of: EngineEvent.self)
    continuation.yield(.jobs([]))
    watchers.append(continuation)
    return stream
  }

  func info() -> EngineInfo {
    EngineInfo(
      version: WireProtocol.version, program: "0", host: "fake", processID: 1, threadCount: 1, budgetBytes: 1, home: "/"
    )
  }

  func isIdle() -> Bool { idle }

  func shutDown() async {
    shutDowns += 1
    do { try await Task.sleep(for: .seconds(shutDownSeconds)) } catch {}
    for watcher in watchers { watcher.finish() }
  }

  func setIdle(_ isIdle: Bool) { idle = isIdle }

  /// Answers all previews from now on.
  func release() {
    holdsPreviews = false
    for preview in held { preview.resume() }
    held = []
  }

  func tell(_ event: EngineEvent) { for watcher in watchers { watcher.yield(event) } }

  var watcherCount: Int { watchers.count }
}
