import EngineWire
import JobStore
import Tensors

/// Keeps the pictures of the engine's jobs: on a full disk it waits until there is room.
final class EnginePictureJournal: PictureJournal {
  /// Seconds between two tries.
  private static let patience = 3.0

  private(set) var folder: JobFolder?
  let picture: Int
  private let gate: WorkGate
  private let wakeUp: WakeUp
  private let onEvent: (PictureEvent) -> Void
  private var isHeld = false

  /// - Parameter wakeUp: signalled when it is worth trying again at once, or when the job was cancelled.
  init(_ folder: JobFolder, picture: Int, gate: WorkGate, wakeUp: WakeUp, onEvent: @escaping (PictureEvent) -> Void) {
    self.folder = folder
    self.picture = picture
    self.gate = gate
    self.wakeUp = wakeUp
    self.onEvent = onEvent
  }

  func makeFolder() -> JobFolder? { folder }

  func shouldRetry(_ error: JobError) throws(CancellationError) -> Bool {
    if gate.isCancelled { throw CancellationError() }
    guard error.isDiskFull else {
      log("\(error)")
      return false
    }
    isHeld = true
    onEvent(.held(reason: "\(error); goes on by itself when there is room"))
    wakeUp.sleep(seconds: Self.patience)
    if gate.isCancelled { throw CancellationError() }
    return true
  }

  func giveUp() {
    log("nothing more is kept of this picture")
    folder = nil
  }

  func recovered() {
    if isHeld { onEvent(.released) }
    isHeld = false
  }

  func noted(_ entry: JournalEntry) { onEvent(.journal(entry)) }

  func log(_ text: String) { onEvent(.log(.warning, text)) }
}
