import Base
import Foundation
import Glibc
import Restoration
import Workbench

/// A command line of this program that writes a file for the workbench, while the workbench goes on.
final class ExportRun {
  /// Readable when there is something to take.
  let descriptor: Int32

  private let file: String
  private let process = Process()
  private let errors = Pipe()
  private var text: [UInt8] = []

  /// Begins.
  ///
  /// - Throws: what the system says where no process can be started.
  init(_ arguments: [String], file: String) throws {
    self.file = file
    descriptor = errors.fileHandleForReading.fileDescriptor
    process.executableURL = URL(filePath: ModelLibrary.executablePath ?? "/proc/self/exe")
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = errors
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    try process.run()
  }

  /// Takes what is there; the outcome once the process has ended.
  func advance() -> Event? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count > 0 {
        text = (text + buffer[..<count]).suffix(1 << 16)
        continue
      }
      if count < 0 && (errno == EAGAIN || errno == EINTR) { return nil }
      break
    }
    process.waitUntilExit()
    if process.terminationStatus == 0 { return .exported(file: file, problem: nil) }
    let last = String(decoding: text, as: UTF8.self).split(separator: "\n").last.map(String.init)
    return .exported(file: file, problem: last?.printable ?? "grl ended with status \(process.terminationStatus)")
  }
}

/// The exports that are under way.
struct ExportRuns {
  private var runs: [ExportRun] = []

  var watched: [pollfd] { runs.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) } }

  /// Nil where it has begun.
  mutating func begin(_ arguments: [String], file: String) -> Event? {
    do {
      runs.append(try ExportRun(arguments, file: file))
      return nil
    } catch {
      return .exported(file: file, problem: "\(file): \(error)".printable)
    }
  }

  /// The outcomes of those that have ended.
  mutating func advance() -> [Event] {
    var outcomes: [Event] = []
    runs.removeAll { run in
      guard let outcome = run.advance() else { return false }
      outcomes.append(outcome)
      return true
    }
    return outcomes
  }
}
