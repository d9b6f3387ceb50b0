import Tensors

extension Engine {
  /// Computes something ahead of the queue, which waits for as long as that takes: a trial, what the network looks at. An earlier one that
  /// still runs is ended, and so is this one when nobody waits for it any more: `work` heeds the gate.
  func aheadOfQueue<Value: Sendable>(
    _ work: (WorkGate) async -> Result<Value, JobError>
  ) async throws(JobError) -> Value {
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
    let result = await withTaskCancellationHandler {
      await work(own)
    } onCancel: {
      own.cancel()
    }
    return try result.get()
  }
}
