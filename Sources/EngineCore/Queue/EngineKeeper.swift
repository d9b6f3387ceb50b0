import EngineWire
import JobStore
import Tensors

/// Keeps the pictures of the engine's jobs: on a full disk it waits until there is room.
final class EngineKeeper: PictureKeeper {
  /// Seconds between two tries.
  private static let patience = 3.0

  private(set) var folder: JobFolder?
  let picture: Int
  private let gate: WorkGate
  private let bell: Bell
  private let onNews: (PictureNews) -> Void
  private var isHeld = false

  /// - Parameter bell: rung when it is worth trying again at once, or when the job was cancelled.
  init(_ folder: JobFolder, picture: Int, gate: WorkGate, bell: Bell, onNews: @escaping (PictureNews) -> Void) {
    self.folder = folder
    self.picture = picture
    self.gate = gate
    self.bell = bell
    self.onNews = onNews
  }

  func makeFolder() -> JobFolder? { folder }

  func isWorthAnotherTry(_ error: JobError) throws(CancellationError) -> Bool {
    if gate.isCancelled { throw CancellationError() }
    guard error.isDiskFull else {
      log("\(error)")
      return false
    }
    isHeld = true
    onNews(.held(reason: "\(error); goes on by itself when there is room"))
    bell.sleep(seconds: Self.patience)
    if gate.isCancelled { throw CancellationError() }
    return true
  }

  func giveUp() {
    log("nothing more is kept of this picture")
    folder = nil
  }

  func troubleIsOver() {
    if isHeld { onNews(.released) }
    isHeld = false
  }

  func noted(_ entry: JournalEntry) { onNews(.journal(entry)) }

  func log(_ text: String) { onNews(.log(.warning, text)) }
}
