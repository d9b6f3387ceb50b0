import EngineWire
import Foundation
import JobStore

/// What changes when another process does something to a job.
struct JobFingerprint: Hashable, Sendable {
  let journalBytes: Int?
  let isHeld: Bool
}

extension Engine {
  /// Takes up the jobs that are on disk: those that an engine left behind go on, the others are shown.
  func takeUp() async {
    let store = store
    let _: Void = await storeWorker.run { _ = store.clean() }
    await look()
  }

  /// Looks for jobs that other processes made, changed, left or removed.
  func look() async {
    guard !isShutDown else { return }
    let (store, fingerprints) = (store, fingerprints)
    let own = Set(jobs.filter { $0.folder != nil }.map(\.id))
    let seen = await storeWorker.run { Self.look(at: store, own: own, fingerprints) }
    guard !isShutDown else { return }
    self.fingerprints = seen.fingerprints
    var isChanged = false
    for problem in seen.problems { log(.warning, problem) }
    for job in seen.changed {
      let id = job.record.job.id
      // Meanwhile it may have become this engine's own.
      if jobs.contains(where: { $0.id == id && $0.folder != nil }) { continue }
      // What it ended itself it knows better: on disk there are no places of tiles.
      if !job.isHeld, job.record.isEnded, jobs.contains(where: { $0.id == id && $0.state == job.record.state }) {
        continue
      }
      for repair in job.repairs { log(.warning, repair) }
      jobs.removeAll { $0.id == id }
      insert(QueuedJob(job.record, folder: job.folder, isElsewhere: job.isHeld))
      isChanged = true
    }
    let gone = jobs.filter { $0.folder == nil && !seen.ids.contains($0.id) }.map(\.id)
    if !gone.isEmpty {
      jobs.removeAll { gone.contains($0.id) }
      for id in gone { pictureSizes[id] = nil }
      isChanged = true
    }
    if isChanged { tellJobs() }
    let isFreed = await lookAtClaims()
    if isChanged || isFreed { pump() }
  }

  /// Looks whether other processes have ended with the results that jobs here wait for.
  ///
  /// - Returns: whether one has.
  private func lookAtClaims() async -> Bool {
    let claimed = jobs.flatMap { job in
      job.claimed.keys.map { (id: job.id, number: $0, output: job.record.job.pictures[$0].output) }
    }
    guard !claimed.isEmpty else { return false }
    let free: [(id: String, number: Int, output: String)]
    do throws(JobError) {
      free = try await queues.claims.run(for: 0, about: claimed[0].output) { _ in
        claimed.filter { ResultClaim.holder(of: $0.output) == nil }
      }
    } catch {
      return false
    }
    for (id, number, _) in free {
      guard let index = jobs.firstIndex(where: { $0.id == id }) else { continue }
      jobs[index].claimed[number] = nil
      if case .blocked(reason: .some) = jobs[index].activity, jobs[index].state == .waiting {
        jobs[index].activity = .none
        tellState(of: jobs[index])
      }
    }
    return !free.isEmpty
  }

  private struct Seen: Sendable {
    struct Job: Sendable {
      let record: JobRecord
      let isHeld: Bool
      var folder: JobFolder?
      var repairs: [String] = []
    }
    var ids: Set<String> = []
    var fingerprints: [String: JobFingerprint] = [:]
    var changed: [Job] = []
    var problems: [String] = []
  }

  /// On the store's thread.
  private static func look(at store: JobStore, own: Set<String>, _ fingerprints: [String: JobFingerprint]) -> Seen {
    var seen = Seen()
    for id in store.ids() {
      seen.ids.insert(id)
      if own.contains(id) { continue }
      let fingerprint = JobFingerprint(journalBytes: store.journalBytes(id), isHeld: store.holder(id) != nil)
      seen.fingerprints[id] = fingerprint
      if fingerprints[id] == fingerprint { continue }
      do throws(StoreError) {
        let snapshot = try store.snapshot(id)
        var job = Seen.Job(record: snapshot.record, isHeld: snapshot.holder != nil)
        if !job.isHeld && !snapshot.record.isEnded && snapshot.record.job.owner == .engine {
          do throws(StoreError) {
            job.folder = try store.open(id) { job.repairs.append($0) }
            if let folder = job.folder {
              job = Seen.Job(record: folder.record, isHeld: false, folder: folder, repairs: job.repairs)
            }
          } catch .jobElsewhere {
            job = Seen.Job(record: snapshot.record, isHeld: true)
          }
        }
        seen.changed.append(job)
      } catch .noSuchJob {
        seen.ids.remove(id)
      } catch {
        seen.problems.append(error.description)
      }
    }
    return seen
  }
}
