import Base
import EngineWire
import Foundation
import Imaging

extension Engine {
  /// Events that wait for a slow client, at most; then it gets the whole queue again.
  private static let mostWaiting = 4096
  /// Places of tiles in one list of jobs, those of running pictures not counted.
  private static let mostTiles = 20_000

  /// Lines of the log that a new client gets, at most.
  private static let mostLines = 100

  public func events() async -> AsyncStream<EngineEvent> {
    await begin()
    let (stream, continuation) = AsyncStream.makeStream(
      of: EngineEvent.self, bufferingPolicy: .bufferingOldest(Self.mostWaiting))
    guard !isShutDown else {
      continuation.finish()
      return stream
    }
    nextWatcher += 1
    let watcher = nextWatcher
    watchers[watcher] = continuation
    continuation.onTermination = { [weak self] _ in Task { await self?.forget(watcher) } }
    continuation.yield(.jobs(jobInfos()))
    for line in lines { continuation.yield(.log(line)) }
    return stream
  }

  private func forget(_ watcher: Int) {
    watchers[watcher] = nil
    missed.remove(watcher)
  }

  /// The whole queue, as clients see it.
  func jobInfos() -> [JobInfo] {
    var tilesLeft = Self.mostTiles
    return jobs.map { $0.info(tilesLeft: &tilesLeft) } + clusters
  }

  func tell(_ event: EngineEvent) {
    // A client that missed events gets the whole queue, which includes this one unless it is a line of the log.
    for (watcher, continuation) in watchers where !missed.contains(watcher) {
      guard case .dropped = continuation.yield(event) else { continue }
      missed.insert(watcher)
      Task { await catchUp(watcher) }
    }
  }

  /// Sends a slow client the whole queue once it has room again, even if nothing else happens.
  private func catchUp(_ watcher: Int) async {
    while let continuation = watchers[watcher] {
      if case .enqueued = continuation.yield(.jobs(jobInfos())) {
        missed.remove(watcher)
        return
      }
      do { try await Task.sleep(for: .milliseconds(100)) } catch { return }
    }
  }

  /// The last lines of the log.
  package func logged() -> [LogLine] { lines }

  func tellJobs() { tell(.jobs(jobInfos())) }

  func tellState(of job: QueuedJob) { tell(.job(job: job.id, state: job.state, reason: job.reason?.printable)) }

  func tellPicture(_ number: Int, of job: QueuedJob) {
    tell(.picture(job: job.id, picture: job.place(of: number), job.progress(number)))
  }

  func log(_ level: LogLine.Level, _ text: String) {
    let time = (Date().timeIntervalSince1970 * 1000).rounded() / 1000
    let line = LogLine(time: time, level: level, text: text.printable)
    lines.append(line)
    if lines.count > Self.mostLines { lines.removeFirst(lines.count - Self.mostLines) }
    tell(.log(line))
  }
}
