import Base
import EngineCore
import EngineWire
import Foundation
import Imaging
import JobStore
import Restoration
import Tensors
import TestSupport
import Testing

/// A folder of one test with a model, pictures and a state folder in it; gone when the test is over.
final class EngineFolder: Sendable {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.resolvingSymlinksInPath().appending(path: "grl-" + UUID().uuidString)
    for name in ["models", "state", "pictures", "out"] {
      try FileManager.default.createDirectory(at: url.appending(path: name), withIntermediateDirectories: true)
    }
    try TestModel.write(to: url.appending(path: "models"))
  }

  deinit {
    do { try FileManager.default.removeItem(at: url) } catch { print("note: \(url.path) stays behind: \(error)") }
  }

  func path(_ name: String) -> String { url.appending(path: name).path }
  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }
  func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: url.appending(path: name))) }

  var library: ModelLibrary {
    ModelLibrary(folders: [.init(path: path("models"), origin: .environment)], userFolder: path("models"))
  }
  var store: JobStore { JobStore(stateFolder: path("state"), owner: "a test") }

  func engine(budgetBytes: Int = 2 << 30, patience: Duration = .seconds(10)) -> Engine {
    Engine(
      EngineConfiguration(
        stateFolder: path("state"), home: path("pictures"), library: library, budgetBytes: budgetBytes,
        patience: patience, program: "test"))
  }

  /// Smooth waves with repeatable noise.
  @discardableResult
  func picture(
    _ name: String, width: Int = 80, height: Int = 60, layout: Image.Layout = .rgb, phase: Double = 0
  ) throws -> Image {
    var values: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        for channel in 0..<layout.channels {
          let wave = sin(Double(x) * 0.31 + phase + Double(channel)) * cos(Double(y) * 0.23 - phase)
          values.append(UInt8(128 + 80 * wave))
        }
      }
    }
    let image = Image(width: width, height: height, layout: layout, samples: .eight(values))
    try ImageFile.write(image, to: path("pictures/" + name), format: .png)
    return image
  }

  /// A job whose results go to `out`, in tiles of 16.
  func request(_ names: String..., existing: JobRequest.Existing = .refuse) -> JobRequest {
    var request = JobRequest(inputs: names.map { path("pictures/" + $0) }, task: "denoise")
    request.outputFolder = path("out")
    (request.tile, request.overlap) = (.side(16), 4)
    request.existing = existing
    return request
  }

  /// What an undisturbed run writes for a picture, by the library alone.
  func expected(_ name: String, _ request: JobRequest) throws -> [UInt8] {
    let settings = try JobSettings(request)
    let image = try ImageFile.read(path("pictures/" + name)).image
    let card = try settings.card(in: library, for: PictureShape(image))
    let restorer = Restorer(model: try library.load(card), threads: ThreadLease(threadCount: 1))
    let plan = try restorer.plan(for: PictureShape(image), request: settings.request, options: settings.options)
    var result = try restorer.restore(image, plan: plan).image
    result.metadata.provenance = settings.provenance([(card, try card.sha256())])
    return try ImageFile.encode(result, format: .png)
  }
}

extension Engine {
  /// Sends a request that must succeed.
  @discardableResult
  func ask(_ request: Request, sourceLocation: SourceLocation = #_sourceLocation) async -> Reply {
    let (reply, _) = await answer(request)
    if case .failure(let failure) = reply { Issue.record("\(failure.message)", sourceLocation: sourceLocation) }
    return reply
  }

  /// Sends a request that must fail.
  func refusal(_ request: Request, sourceLocation: SourceLocation = #_sourceLocation) async -> Reply.Failure? {
    guard case .failure(let failure) = await answer(request).reply else {
      Issue.record("not refused", sourceLocation: sourceLocation)
      return nil
    }
    #expect(failure.message.printable == failure.message, sourceLocation: sourceLocation)
    return failure
  }

  func submit(_ job: JobRequest, sourceLocation: SourceLocation = #_sourceLocation) async throws -> String {
    let reply = await ask(.submit(job), sourceLocation: sourceLocation)
    guard case .submitted(let id) = reply else { throw Unexpected(reply) }
    return id
  }

  /// The queue as a new client sees it.
  func queue() async -> [JobInfo] {
    for await event in await events() {
      if case .jobs(let jobs) = event { return jobs }
    }
    return []
  }

  /// What is told on `stream` until job `id` is done. That it fails, or five minutes are over, is an issue: no test waits for ever.
  static func heard(
    _ stream: AsyncStream<EngineEvent>, until id: String, sourceLocation: SourceLocation = #_sourceLocation
  ) async -> [EngineEvent] {
    let listening = Task {
      var events: [EngineEvent] = []
      for await event in stream {
        events.append(event)
        switch event {
        case .job(id, .done, _): return (events, true)
        case .job(id, .failed, _): return (events, false)
        // A client that is too slow gets the whole queue instead, as does one that looks at another engine's job.
        case .jobs(let jobs) where jobs.contains { $0.id == id && $0.state == .done }: return (events, true)
        default: break
        }
      }
      return (events, false)
    }
    let alarm = Task {
      try await Task.sleep(for: .seconds(300))
      listening.cancel()
    }
    let (events, isDone) = await listening.value
    alarm.cancel()
    if !isDone {
      Issue.record("job \(id) was never told to be done; last: \(events.suffix(3))", sourceLocation: sourceLocation)
    }
    return events
  }

  func job(_ id: String) async -> JobInfo? { await queue().first { $0.id == id } }

  /// Waits until the job is as wanted. A job that failed will not be, and ends the wait with its reason.
  @discardableResult
  func wait(
    for id: String, sourceLocation: SourceLocation = #_sourceLocation, until isWanted: (JobInfo) -> Bool
  ) async throws -> JobInfo {
    var last: JobInfo?
    do {
      try await eventually("job \(id) is as wanted", sourceLocation: sourceLocation) {
        last = await job(id)
        guard let last else { return false }
        if isWanted(last) { return true }
        if last.state == .failed { throw Unexpected(last.pictures.compactMap(\.reason) + [last.reason ?? "failed"]) }
        return false
      }
    } catch {
      Issue.record("job \(id) stayed so: \(String(describing: last))", sourceLocation: sourceLocation)
      throw error
    }
    return last!
  }
}
