import EngineWire
import Restoration
import Tensors

extension Engine {
  /// Answers a query ahead of the queue, which waits for as long as a forward pass takes. One that is computed already, like a
  /// trial, is ended: a client that wants both answers asks one after the other.
  func attention(
    _ job: JobRequest, _ path: String, _ order: AttentionOrder, isOverview: Bool
  ) async throws(JobError) -> (Reply, [UInt8]) {
    var job = job
    (job.inputs, job.region, job.output, job.outputFolder) = ([path], nil, nil, nil)
    trialGate?.cancel()
    let own = WorkGate()
    trialGate = own
    trials += 1
    setGate()
    defer {
      trials -= 1
      if trialGate === own { trialGate = nil }
      if trials == 0 {
        setGate()
        pump()
      }
    }
    let asked = AttentionDesk.Order(
      job: job, path: path, order: order, threadCount: job.threadCount ?? configuration.threadCount,
      budgetBytes: max(1, (job.memoryBytes ?? configuration.budgetBytes) - runningBytes), gate: own)
    let attentionDesk = attentionDesk
    let result: Result<(Reply, [UInt8]), JobError> = await withTaskCancellationHandler {
      await attentionDesk.run { desk in
        Result { () throws(JobError) in
          if own.isCancelled { throw .cancelled }
          if isOverview { return (try desk.overview(asked), []) }
          return try desk.row(asked)
        }
      }
    } onCancel: {
      own.cancel()
    }
    return try result.get()
  }
}
