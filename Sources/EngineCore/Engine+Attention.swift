import EngineTransport
import EngineWire

extension Engine {
  /// Answers a query ahead of the jobs. A client that wants two answers asks one after the other: the first would be ended.
  func attention(
    _ job: JobRequest, _ path: String, _ order: AttentionOrder, isOverview: Bool, _ asker: Asker
  ) async throws(JobError) -> (Reply, [UInt8]) {
    var job = job
    (job.inputs, job.region, job.output, job.outputFolder) = ([path], nil, nil, nil)
    let (jobOrder, attentionDesk) = (job, attentionDesk)
    let threadCount = job.threadCount ?? configuration.threadCount
    let budget = max(1, (job.memoryBytes ?? configuration.budgetBytes) - runningBytes)
    return try await aheadOfJobs(asker, about: path) { (gate, flag) throws(JobError) in
      let asked = AttentionDesk.Order(
        job: jobOrder, path: path, order: order, threadCount: threadCount, budgetBytes: budget, gate: gate, flag: flag)
      return try attentionDesk.run { (desk) throws(JobError) in
        isOverview ? (try desk.overview(asked), []) : try desk.row(asked)
      }
    }
  }
}
