import EngineTransport
import EngineWire

extension Engine {
  /// Answers a query ahead of the jobs. A client that wants two answers asks one after the other: the first would be ended.
  func attention(
    _ job: JobRequest, _ path: String, _ order: AttentionOrder, isOverview: Bool, _ requester: Requester
  ) async throws(JobError) -> (Reply, [UInt8]) {
    var job = job
    (job.inputs, job.region, job.output, job.outputFolder) = ([path], nil, nil, nil)
    let (jobOrder, attentionCache) = (job, attentionCache)
    let threadCount = job.threadCount ?? configuration.threadCount
    let budget = max(1, (job.memoryBytes ?? configuration.budgetBytes) - runningBytes)
    return try await aheadOfJobs(requester, about: path) { (gate, flag) throws(JobError) in
      let asked = AttentionCache.Order(
        job: jobOrder, path: path, order: order, threadCount: threadCount, budgetBytes: budget, gate: gate, flag: flag)
      return try attentionCache.run { (cache) throws(JobError) in
        isOverview ? (try cache.overview(asked), []) : try cache.row(asked)
      }
    }
  }
}
