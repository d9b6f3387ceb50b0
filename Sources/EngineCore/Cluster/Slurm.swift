import Base
import Foundation

/// The commands of a Slurm cluster.
package enum Slurm {
  /// Seconds after which a command that does not answer is ended.
  private static let patience = 60.0

  /// Whether this machine has them.
  package static var isThere: Bool {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
    return folders.contains { access("\($0)/sbatch", X_OK) == 0 }
  }

  /// What a command printed.
  ///
  /// - Throws: `scheduler`: what it said on standard error, that it is not there, or that it does not answer.
  package static func run(_ words: [String]) throws(JobError) -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = words
    let (output, errors) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError) = (output, errors)
    process.standardInput = FileHandle.nullDevice
    do { try process.run() } catch {
      throw .scheduler("\(words[0]): cannot be started (\(error.localizedDescription))")
    }
    let watch = DispatchWorkItem { process.terminate() }
    DispatchQueue.global().asyncAfter(deadline: .now() + patience, execute: watch)
    let text = output.fileHandleForReading.readDataToEndOfFile()
    let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    watch.cancel()
    guard process.terminationReason == .exit else {
      throw .scheduler(
        "\(words[0]): no answer within \(Int(patience)) s; see whether the cluster's controller is up (scontrol ping)")
    }
    guard process.terminationStatus == 0 else {
      let line =
        complaint.split(separator: "\n").last.map(String.init) ?? "it ended with status \(process.terminationStatus)"
      throw .scheduler("\(words[0]): \(line); is this a machine of a Slurm cluster?")
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The largest index of an array and one: `MaxArraySize` of the cluster.
  package static func maxArraySize() throws(JobError) -> Int {
    let lines = try run(["scontrol", "show", "config"]).split(separator: "\n")
    guard
      let line = lines.first(where: { $0.hasPrefix("MaxArraySize") }),
      let size = line.split(separator: "=").last.flatMap({ Int($0.trimmingCharacters(in: .whitespaces)) }), size > 1
    else {
      throw .scheduler("scontrol show config does not tell MaxArraySize: this cluster has no job arrays")
    }
    return size
  }

  /// A task of an array as the queue has it.
  package struct Task: Sendable {
    /// In lower case: `pending`, `running`.
    let state: String
    let node: String

    package init(state: String, node: String) { (self.state, self.node) = (state, node) }
  }

  /// The tasks of these jobs that the queue knows, by `JOB_INDEX`, or `JOB` for one that is no array; nil where it cannot be asked.
  package static func queue(_ jobs: [String]) -> [String: Task]? {
    guard !jobs.isEmpty else { return [:] }
    let text: String
    do throws(JobError) {
      text = try run(["squeue", "--noheader", "--array", "--format=%i|%T|%N", "--jobs=" + jobs.joined(separator: ",")])
    } catch {
      // What the queue has forgotten is an error to it.
      return error.description.contains("Invalid job id") ? [:] : nil
    }
    var tasks: [String: Task] = [:]
    for line in text.split(separator: "\n") {
      let cells = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
      if cells.count == 3 { tasks[cells[0]] = Task(state: cells[1].lowercased(), node: cells[2]) }
    }
    return tasks
  }
}
