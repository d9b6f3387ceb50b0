import Base
import EngineWire
import Foundation
import JobStore
import Restoration

// How long jobs take: the pixels of their pictures, measured beside the work, and the pace of this job or of others like it.

extension Engine {
  /// Headers that are read at one go, so that no client waits long behind them.
  private static let headersAtOnce = 100

  /// Finds out what the pictures of a job have in pixels, once for each job.
  func measure(_ job: QueuedJob) {
    guard !job.isTraining, !job.isEnded, pictureSizes[job.id] == nil else { return }
    pictureSizes[job.id] = []
    let (id, request, paths) = (job.id, job.request, job.record.job.pictures.map(\.input))
    Task {
      let settings: JobSettings
      do throws(JobError) { settings = try JobSettings(request, budgetBytes: configuration.budgetBytes) } catch {
        return
      }
      var sizes: [Int?] = []
      for start in stride(from: 0, to: paths.count, by: Self.headersAtOnce) {
        let some = Array(paths[start..<min(start + Self.headersAtOnce, paths.count)])
        do throws(JobError) {
          sizes += try await queues.headers.run(for: 0, about: some[0]) { _ in some.map { settings.pixels(of: $0) } }
        } catch {
          sizes += some.map { _ in nil }
        }
        measured(sizes, of: id)
      }
      guard let first = paths.first, paces[request.work] == nil else { return }
      let (models, speeds) = (models, speeds)
      do throws(JobError) {
        let pace = try await queues.models.run(for: 0, about: first) { _ in settings.pace(of: first, models, speeds) }
        expect(pace, of: id)
      } catch { return }
    }
  }

  private func measured(_ sizes: [Int?], of id: String) {
    pictureSizes[id] = sizes
    guard let index = jobs.firstIndex(where: { $0.id == id }) else { return }
    jobs[index].pace.measured(sizes)
  }

  private func expect(_ pace: Double?, of id: String) {
    guard let pace, let index = jobs.firstIndex(where: { $0.id == id }) else { return }
    jobs[index].pace.expectedPace = pace
  }

  /// The same with how far the job and the queue are.
  func placed(_ progress: EngineWire.Progress, in job: QueuedJob) -> EngineWire.Progress {
    var progress = progress
    progress.time = (Date().timeIntervalSince1970 * 1000).rounded() / 1000
    progress.estimate = job.estimate
    let live = jobs.filter { $0.id == job.id || ($0.isReady && $0.current == nil) }
    progress.queue = JobEstimate(live.map(expected), pixels: live.map(\.pace.pixels))
    return progress
  }

  /// A job's estimate; of one that has not begun by what others like it took.
  private func expected(_ job: QueuedJob) -> JobEstimate {
    if job.isTraining, job.trained == nil, let minutes = job.record.job.training?.minutes {
      return JobEstimate(settled: 0, count: 1, fraction: 0, secondsRemaining: minutes * 60)
    }
    guard job.pace.expectedPace == nil, let pace = paces[job.request.work] else { return job.estimate }
    var job = job
    job.pace.expectedPace = pace
    return job.estimate
  }
}

extension JobSettings {
  /// Pixels of the picture at `path` that are restored, by its header; 0 where it cannot be read, so that nothing is expected of it.
  package func pixels(of path: String) -> Int {
    do throws(JobError) {
      let shape = try SourcePicture.shape(path, self).shape
      return options.region.map { $0.width * $0.height } ?? shape.width * shape.height
    } catch {
      return 0
    }
  }

  /// Seconds a pixel that the model of the picture at `path` took on this machine; nil where that is not known.
  package func pace(of path: String, _ models: ModelCatalogue, _ speeds: SpeedProfile) -> Double? {
    do {
      let (shape, settings) = try SourcePicture.shape(path, self)
      let card = try models.card(settings, for: shape)
      return speeds.pixelsPerSecond(model: try models.hash(card), precision: options.precision).map { 1 / $0 }
    } catch {
      return nil
    }
  }
}
