import Base
import EngineTransport
import EngineWire
import Imaging
import Tensors

extension Engine {
  /// A pass that waits for its turn or runs.
  struct Pass {
    let gate = WorkGate()
    let flag = CancelFlag()
  }

  /// Computes something ahead of the jobs, which wait for as long as that takes: a trial, what the network looks at. An earlier one
  /// of the same client is ended, and so is this one when nobody waits for it any more. Clients take turns.
  ///
  /// - Parameter work: heeds gate and flag.
  func aheadOfJobs<Value: Sendable>(
    _ requester: Requester, about path: String,
    _ work: @escaping @Sendable (WorkGate, CancelFlag) throws(JobError) -> Value
  ) async throws(JobError) -> Value {
    endPass(of: requester.number)
    let own = Pass()
    passes[requester.number] = own
    defer { if passes[requester.number]?.flag === own.flag { passes[requester.number] = nil } }
    // Whether the file system answers at all is asked for before anybody's jobs are held.
    _ = try await queues.headers.run(for: requester.number, about: path) { _ in fileExists(path) }
    passCount += 1
    setGate()
    defer {
      passCount -= 1
      if passCount == 0 {
        setGate()
        pump()
      }
    }
    let queue = queues.passes
    let result: Result<Value, JobError> = await withTaskCancellationHandler {
      do throws(JobError) {
        return .success(
          try await queue.run(for: requester.number, about: path, flag: own.flag) { (flag) throws(JobError) in
            if flag.isSet || own.gate.isCancelled { throw .cancelled }
            return try work(own.gate, flag)
          })
      } catch {
        return .failure(error)
      }
    } onCancel: {
      own.gate.cancel()
    }
    return try result.get()
  }

  /// Ends the pass that a client waits for, if any.
  func endPass(of client: Int) {
    guard let pass = passes[client] else { return }
    pass.gate.cancel()
    queues.passes.cancel(pass.flag)
  }
}

extension Engine {
  /// Answers a query ahead of the jobs. A client that wants two answers asks one after the other: the first would be ended.
  func attention(
    _ job: JobRequest, _ path: String, _ order: AttentionOrder, isOverview: Bool, _ requester: Requester
  ) async throws(JobError) -> (Reply, [UInt8]) {
    try await lookInto(job, path, requester) { (cache, asked) throws(JobError) in
      isOverview ? (try cache.overview(order, asked), []) : try cache.row(order, asked)
    }
  }

  /// Answers what rows do not tell; the same rules hold.
  func analysis(
    _ job: JobRequest, _ path: String, _ order: AnalysisOrder, _ requester: Requester
  ) async throws(JobError) -> (Reply, [UInt8]) {
    try await lookInto(job, path, requester) { (cache, asked) throws(JobError) in
      var last: ContinuousClock.Instant?
      var found = try cache.analysis(order, asked) { share, detail in
        let now = ContinuousClock.now
        if order.tellsProgress != true || last.map({ now - $0 < .milliseconds(100) }) ?? false { return }
        last = now
        requester.tell(.analysing(share: share, detail: detail))
      }
      found.maps = found.maps.map { $0.reduced(to: AnalysisReport.largestSide) }
      return (.analysis(found), found.body)
    }
  }

  private func lookInto(
    _ job: JobRequest, _ path: String, _ requester: Requester,
    _ body: @escaping @Sendable (AttentionCache, AttentionCache.Asked) throws(JobError) -> (Reply, [UInt8])
  ) async throws(JobError) -> (Reply, [UInt8]) {
    var job = job
    (job.inputs, job.region, job.output, job.outputFolder) = ([path], nil, nil, nil)
    let (request, attentionCache) = (job, attentionCache)
    let threadCount = job.threadCount ?? configuration.threadCount
    let budget = max(1, (job.memoryBytes ?? configuration.budgetBytes) - runningBytes)
    return try await aheadOfJobs(requester, about: path) { (gate, flag) throws(JobError) in
      let asked = AttentionCache.Asked(
        job: request, path: path, threadCount: threadCount, budgetBytes: budget, gate: gate, flag: flag)
      return try attentionCache.run { (cache) throws(JobError) in try body(cache, asked) }
    }
  }
}
