import Base
import EngineWire
import Foundation

/// Writes the folder of a shared job, which appears whole or not at all.
package final class SharedJobWriter {
  private let folder: String
  private let hidden: String
  private let descriptor: Int32
  private var lines: [UInt8] = []
  private var isDone = false

  /// - Parameter folder: that is not there yet, or is empty.
  package init(_ folder: String) throws(StoreError) {
    let target = canonicalPath(folder)
    self.folder = target
    if fileExists(target), !isFolder(target) || rmdir(target.systemPath) != 0 {
      throw .refused(
        path: folder, reason: "is there already and not an empty folder",
        advice: "give --job-dir another name, or see grl jobs show \(folder)")
    }
    hidden = joined(
      parentFolder(target), ".grl-\(String(UInt64.random(in: .min ... .max), radix: 36)).plan")
    guard mkdir(hidden.systemPath, 0o777) == 0 else { throw .system(path: parentFolder(target), code: errno) }
    let manifest = hidden + "/manifest"
    descriptor = open(manifest.systemPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0, mkdir((hidden + "/shards").systemPath, 0o777) == 0 else {
      throw .system(path: manifest, code: errno)
    }
  }

  deinit {
    close(descriptor)
    if !isDone {
      // What is left of a plan that could not be made is nobody's.
      do { try FileManager.default.removeItem(atPath: hidden) } catch {}
    }
  }

  package func add(_ line: ManifestLine) throws(StoreError) {
    lines += Array(jsonLine(line).utf8) + [UInt8(ascii: "\n")]
    if lines.count > 1 << 16 { try write() }
  }

  private func write() throws(StoreError) {
    try DurableFile.write(lines, to: descriptor, path: folder + "/manifest")
    lines.removeAll(keepingCapacity: true)
  }

  /// - Parameter number: from 1; 0 for the pictures that are joined at last.
  package func addShard(_ number: Int, _ pictures: [StoredJob.Picture], _ plan: SharedPlan) throws(StoreError) {
    let path = hidden + "/shards/" + SharedJob.name(number)
    guard mkdir(path.systemPath, 0o777) == 0 else { throw .system(path: path, code: errno) }
    let job = StoredJob(
      id: plan.id + "-" + SharedJob.name(number), created: plan.created, owner: .shared, request: plan.request,
      pictures: pictures, skipped: [])
    try job.write(to: path + "/job.json")
  }

  /// Gives the folder its name.
  package func finish(_ plan: SharedPlan) throws(StoreError) {
    try write()
    guard fsync(descriptor) == 0 else { throw .system(path: folder + "/manifest", code: errno) }
    try DurableFile.write(Array(jsonLine(plan).utf8) + [UInt8(ascii: "\n")], to: hidden + "/plan.json")
    guard rename(hidden.systemPath, folder.systemPath) == 0 else { throw .system(path: folder, code: errno) }
    isDone = true
    _ = WholeFile.flush(parentFolder(folder))
  }
}
