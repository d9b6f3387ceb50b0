import Base
import Dispatch
import EngineCore
import Glibc

/// Whether the file systems that a command line names answer. One that does not (a dead mount) would hold a verb for ever, and
/// nothing but a thread of its own can find out.
enum FileSystems {
  private static let patienceSeconds = 10

  /// Paths that are looked at one after the other.
  private final class Look: Sendable {
    let paths: [String]
    let answered = Locked(0)
    let isOver = DispatchSemaphore(value: 0)

    init(_ paths: [String]) { self.paths = paths }

    func run() {
      for path in paths {
        _ = fileExists(path) && isFolder(path)
        answered.withLock { $0 += 1 }
      }
      isOver.signal()
    }
  }

  /// Looks at each word, and at what stands behind `=` in an option, as if it was a path: what is none costs nothing. Without a
  /// thread to spare nothing is looked at.
  ///
  /// - Throws: `JobError.noAnswer` for the first that has not answered for 10 s.
  static func awaitAnswers(_ words: [String]) throws(JobError) {
    // With a host the paths are those of another machine.
    guard !words.contains(where: { $0 == "--host" || $0.hasPrefix("--host=") }) else { return }
    let paths = words.compactMap { word -> String? in
      guard word.hasPrefix("-") else { return word }
      return word.firstIndex(of: "=").map { String(word[word.index(after: $0)...]) }
    }
    guard !paths.isEmpty, let look = begin(Look(paths)) else { return }
    var (seen, seconds) = (0, 0)
    while look.isOver.wait(timeout: .now() + .seconds(1)) == .timedOut {
      let now = look.answered.withLock { $0 }
      (seen, seconds) = now == seen ? (seen, seconds + 1) : (now, 0)
      if seconds >= patienceSeconds {
        throw .noAnswer(path: paths[min(now, paths.count - 1)], seconds: patienceSeconds)
      }
    }
  }

  /// nil where the system gives no thread.
  private static func begin(_ look: Look) -> Look? {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    pthread_attr_setstacksize(&attributes, 1 << 18)
    var thread = pthread_t()
    let context = Unmanaged.passRetained(look)
    let status = pthread_create(
      &thread, &attributes,
      { context in
        Unmanaged<Look>.fromOpaque(context!).takeRetainedValue().run()
        return nil
      }, context.toOpaque())
    guard status == 0 else {
      context.release()
      return nil
    }
    return look
  }
}
