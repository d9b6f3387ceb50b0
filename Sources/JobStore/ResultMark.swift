import Base
import Foundation

/// Says in a folder of results that a shared job is going to make some of them: claims are of processes, and such a job has none for hours.
///
/// A file `.grl-ID.job` with the path of the job's folder. It goes when the job is finished or cancelled, and is void where that folder has gone.
package enum ResultMark {
  private static let ending = ".job"

  private static func path(_ job: String, in folder: String) -> String { joined(folder, ".grl-\(job)\(ending)") }

  package static func put(_ plan: SharedPlan, at job: String, in folders: Set<String>) throws(StoreError) {
    for folder in folders {
      try DurableFile.write(Array(canonicalPath(job).utf8), to: path(plan.id, in: folder), isFlushed: false)
    }
  }

  package static func remove(_ plan: SharedPlan, from folders: Set<String>) {
    for folder in folders { unlink(path(plan.id, in: folder).systemPath) }
  }

  /// Folders of other shared jobs that are to make results in one of `folders`.
  package static func jobs(in folders: Set<String>, but own: String) -> Set<String> {
    var found = Set<String>()
    for folder in folders {
      let names: [String]
      do { names = try FileManager.default.contentsOfDirectory(atPath: folder) } catch { continue }
      for name in names where name.hasPrefix(".grl-") && name.hasSuffix(ending) && name != ".grl-\(own)\(ending)" {
        let mark = joined(folder, name)
        do throws(StoreError) {
          let job = String(decoding: try DurableFile.read(mark, limit: 1 << 16), as: UTF8.self)
          if SharedJob.isThere(job) { found.insert(job) } else { unlink(mark.systemPath) }
        } catch {
          continue
        }
      }
    }
    return found
  }
}

extension SharedJob {
  /// The lines of the manifest, one after the other: it may be long.
  package func readManifest(_ body: (ManifestLine) throws(StoreError) -> Void) throws(StoreError) {
    let file = open(manifest.systemPath, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw .system(path: manifest, code: errno) }
    defer { close(file) }
    let decoder = JSONDecoder()
    var (rest, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 20))
    while true {
      let count = buffer.withUnsafeMutableBytes { read(file, $0.baseAddress!, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw .system(path: manifest, code: errno) }
      if count == 0 { break }
      rest += buffer[..<count]
      var start = 0
      while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
        let line: ManifestLine
        do { line = try decoder.decode(ManifestLine.self, from: Data(rest[start..<end])) } catch {
          throw .refused(
            path: manifest, reason: "has a damaged line", advice: "plan the job again, into another folder")
        }
        try body(line)
        start = end + 1
      }
      rest.removeFirst(start)
    }
  }

  /// The folders that its results go to.
  package func resultFolders() throws(StoreError) -> Set<String> {
    var folders = Set<String>()
    try readManifest { folders.insert(parentFolder($0.output)) }
    return folders
  }
}
