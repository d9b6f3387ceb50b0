import EngineWire
import Restoration
import Tensors

extension Engine {
  /// Answers a query ahead of the queue. A client that wants two answers asks one after the other: the first would be ended.
  func attention(
    _ job: JobRequest, _ path: String, _ order: AttentionOrder, isOverview: Bool
  ) async throws(JobError) -> (Reply, [UInt8]) {
    var job = job
    (job.inputs, job.region, job.output, job.outputFolder) = ([path], nil, nil, nil)
    let (jobOrder, attentionDesk) = (job, attentionDesk)
    let threadCount = job.threadCount ?? configuration.threadCount
    let budget = max(1, (job.memoryBytes ?? configuration.budgetBytes) - runningBytes)
    return try await aheadOfQueue { gate in
      await attentionDesk.run { desk in
        Result { () throws(JobError) in
          if gate.isCancelled { throw .cancelled }
          let asked = AttentionDesk.Order(
            job: jobOrder, path: path, order: order, threadCount: threadCount, budgetBytes: budget, gate: gate)
          return isOverview ? (try desk.overview(asked), []) : try desk.row(asked)
        }
      }
    }
  }
}
