import EngineTransport
import EngineWire
import Foundation
import JobStore

extension Engine {
  func index(of id: String) throws(JobError) -> Int {
    guard let index = jobs.firstIndex(where: { $0.id == id }) else { throw .store(.noSuchJob(id: id)) }
    return index
  }

  /// The job, if this engine may change it. A job that nobody works on is taken.
  func taken(_ id: String) async throws(JobError) -> Int {
    let found = try index(of: id)
    if jobs[found].isElsewhere { throw .store(.jobElsewhere(id: id, owner: store.holder(id) ?? "another process")) }
    guard jobs[found].folder == nil else { return found }
    let (folder, repairs) = try await inStore { (store) throws(StoreError) in
      var repairs: [String] = []
      return (try store.open(id) { repairs.append($0) }, repairs)
    }
    for repair in repairs { log(.warning, repair) }
    let now = try index(of: id)
    jobs[now].folder = folder
    return now
  }

  /// What `body` does in the store, after what was asked of it before.
  func inStore<Value: Sendable>(
    _ body: @escaping @Sendable (JobStore) throws(StoreError) -> Value
  ) async throws(JobError) -> Value {
    let store = store
    do { return try await storeWorker.run { () throws(StoreError) in try body(store) } } catch { throw .store(error) }
  }

  /// Changes a job as `entry` says, in the queue and in its journal, behind what was put there before.
  func note(_ entry: JournalEntry, in index: Int) {
    jobs[index].apply(entry)
    guard let folder = jobs[index].folder else { return }
    storeWorker.submit { [weak self] in
      do throws(StoreError) {
        try folder.append(entry)
      } catch {
        let text = "job \(folder.id): \(error); a restart would not know of its last change"
        Task { await self?.log(.warning, text) }
      }
    }
  }

  // MARK: Requests

  func submit(_ request: JobRequest, _ requester: Requester) async throws(JobError) -> String {
    try checkRoom()
    let budget = configuration.budgetBytes
    let outputs = try await queues.submissions.run(
      for: requester.number, about: request.inputs.first ?? ""
    ) { (flag) throws(JobError) in
      let settings = try JobSettings(request, budgetBytes: budget)
      let outputs = try OutputPlan(request, settings, onLook: JobPlanner.look(flag))
      let count = outputs.items.count + outputs.skipped.count
      guard count <= JobPlanner.mostPictures else {
        throw .tooManyPictures(count: count, limit: JobPlanner.mostPictures)
      }
      guard !outputs.items.isEmpty else { throw .badRequest("no picture is left to restore: every result exists") }
      try outputs.refuseExisting()
      try outputs.prepareFolders()
      return outputs
    }
    let folder = try await inStore { (store) throws(StoreError) in
      try store.create(
        request, pictures: outputs.items.map { StoredJob.Picture(input: $0.input, output: $0.output) },
        skipped: outputs.skipped.map { StoredJob.Picture(input: $0.input, output: $0.output) }, owner: .engine)
    }
    moveTrainings(behind: folder.record.rank)
    return try takeIn(folder)
  }

  /// - Throws: where no further job is taken.
  func checkRoom() throws(JobError) {
    guard !isShutDown else { throw .cancelled }
    guard jobs.filter({ !$0.isEnded }).count < JobStore.mostLive else {
      throw .badRequest("\(JobStore.mostLive) jobs wait already; let some end first")
    }
  }

  /// Puts a new job into the queue; its name.
  func takeIn(_ folder: JobFolder) throws(JobError) -> String {
    guard !isShutDown else { throw .cancelled }
    insert(QueuedJob(folder.record, folder: folder, isElsewhere: false))
    tellJobs()
    pump()
    return folder.id
  }

  func insert(_ job: QueuedJob) {
    var job = job
    if let sizes = pictureSizes[job.id] { job.pace.measured(sizes) }
    let place = jobs.firstIndex { ($0.record.rank, $0.id) > (job.record.rank, job.id) } ?? jobs.endIndex
    jobs.insert(job, at: place)
    measure(job)
  }

  func pause(_ id: String) async throws(JobError) {
    let index = try await taken(id)
    guard !jobs[index].isEnded else { throw state(of: index, wanted: "waiting or running") }
    if jobs[index].state == .paused && !jobs[index].isHeld { return }
    jobs[index].activity = running?.job == id ? .running : .none
    note(.state(.paused, reason: nil), in: index)
    tellState(of: jobs[index])
    // A training leaves, with its state: its memory and the threads are for others.
    if let running, running.job == id, running.isTraining { running.stop.set() }
    setGate()
  }

  func resume(_ id: String) async throws(JobError) {
    let index = try await taken(id)
    guard jobs[index].state == .paused else {
      if jobs[index].isEnded { throw state(of: index, wanted: "paused") }
      return
    }
    note(.state(.waiting, reason: nil), in: index)
    if jobs[index].isHeld {
      // Stays paused until there is room; the thread looks at once.
      running?.wakeUp.signal()
      return
    }
    jobs[index].activity = running?.job == id ? .running : .none
    tellState(of: jobs[index])
    setGate()
    pump()
  }

  func cancel(_ id: String) async throws(JobError) {
    let index = try await taken(id)
    if jobs[index].isEnded { throw state(of: index, wanted: "waiting, running or paused") }
    let unfinished = jobs[index].pictures(in: .waiting, .running)
    note(.state(.cancelled, reason: nil), in: index)
    jobs[index].activity = .none
    for number in unfinished { tellPicture(number, of: jobs[index]) }
    tellState(of: jobs[index])
    if running?.job == id {
      gate.cancel()
      running?.wakeUp.signal()
    } else {
      letGo(index)
    }
  }

  func retry(_ id: String) async throws(JobError) {
    let index = try await taken(id)
    guard jobs[index].isEnded, running?.job != id else { throw state(of: index, wanted: "failed or cancelled") }
    let again = jobs[index].pictures(in: .failed, .cancelled)
    guard !again.isEmpty else { throw .badRequest("job \(id): no picture failed or was cancelled") }
    note(.retry(pictures: again), in: index)
    jobs[index].activity = .none
    tellState(of: jobs[index])
    tellJobs()
    pump()
  }

  func move(_ id: String, picture place: Int, by distance: Int) throws(JobError) {
    let index = try index(of: id)
    let job = jobs[index]
    var order = job.record.order
    guard let number = job.number(at: place), job.state(of: number) == .waiting, job.folder != nil else {
      throw .badRequest("job \(id): no picture waits at place \(place)")
    }
    // Only among those that wait: places of the others are history.
    let waiting = order.indices.filter { job.state(of: order[$0]) == .waiting }
    guard let from = waiting.firstIndex(of: place) else { return }
    let to = min(max(0, from + max(-waiting.count, min(waiting.count, distance))), waiting.count - 1)
    var numbers = waiting.map { order[$0] }
    numbers.insert(numbers.remove(at: from), at: to)
    for (place, number) in zip(waiting, numbers) { order[place] = number }
    note(.order(pictures: order), in: index)
    tellJobs()
  }

  func moveJob(_ id: String, by distance: Int) throws(JobError) {
    let index = try index(of: id)
    guard [.waiting, .paused].contains(jobs[index].state), running?.job != id, jobs[index].folder != nil else {
      throw .badRequest("job \(id): only a job that waits can be moved")
    }
    let others = jobs.filter { $0.id != id && !$0.isEnded && !$0.isElsewhere }
    let from = others.firstIndex { ($0.record.rank, $0.id) > (jobs[index].record.rank, id) } ?? others.count
    let to = min(max(0, from + max(-others.count, min(others.count, distance))), others.count)
    guard to != from else { return }
    let before = to > 0 ? others[to - 1].record.rank : others[to].record.rank - 2
    let after = to < others.count ? others[to].record.rank : before + 2
    note(.rank((before + after) / 2), in: index)
    insert(jobs.remove(at: index))
    tellJobs()
    pump()
  }

  func remove(_ id: String) async throws(JobError) {
    let found = try index(of: id)
    guard jobs[found].isEnded, running?.job != id else { throw state(of: found, wanted: "ended") }
    if jobs[found].isElsewhere { throw .store(.jobElsewhere(id: id, owner: "another process")) }
    let folder = jobs[found].folder
    try await inStore { (store) throws(StoreError) in try store.remove(id, held: folder) }
    jobs.removeAll { $0.id == id }
    pictureSizes[id] = nil
    tellJobs()
  }

  func state(of index: Int, wanted: String) -> JobError {
    .jobState(id: jobs[index].id, state: jobs[index].state.rawValue, wanted: wanted)
  }
}
