import Base
import EngineWire
import Foundation

/// The jobs of this user on this machine: one folder each under `$XDG_STATE_HOME/grl/jobs`.
///
/// Any number of processes may use it at once; a job's lock says who works on it.
package struct JobStore: Sendable {
  /// Ended jobs beyond this many, and those that ended longer ago, are forgotten.
  package static let mostEnded = 100
  package static let longestSeconds = 30.0 * 86_400
  /// Jobs that are not ended, at most.
  package static let mostLive = 200

  package let folder: String
  /// Who this process is, for the locks' messages.
  private let owner: String

  /// - Parameters:
  ///   - stateFolder: `$XDG_STATE_HOME/grl`.
  ///   - owner: a few words, such as `grl restore`.
  package init(stateFolder: String, owner: String) {
    folder = stateFolder + "/jobs"
    self.owner = "\(owner), process \(getpid())"
  }

  /// A job as anybody may see it.
  package struct Snapshot: Sendable {
    package let record: JobRecord
    /// Who holds its lock; nil where nobody does.
    package let holder: String?
  }

  /// Makes the folder of a new job and takes its lock before anybody can see it.
  ///
  /// - Parameter id: its name, made by `newID`.
  package func create(
    _ request: JobRequest, training: TrainingRequest? = nil, pictures: [StoredJob.Picture],
    skipped: [StoredJob.Picture] = [], owner: StoredJob.Owner, id: String = newID()
  ) throws(StoreError) -> JobFolder {
    try DurableFile.makeFolder(folder)
    let hidden = "\(folder)/.new-\(id)"
    guard mkdir(hidden, 0o700) == 0 else { throw .system(path: hidden, code: errno) }
    do throws(StoreError) {
      let job = StoredJob(
        id: id, created: (Date().timeIntervalSince1970 * 1000).rounded() / 1000, owner: owner, request: request,
        training: training, pictures: pictures, skipped: skipped)
      try job.write(to: hidden + "/job.json")
      guard let lock = try FileLock(hidden + "/lock", owner: self.owner) else {
        throw .jobElsewhere(id: id, owner: "another process")
      }
      guard rename(hidden, path(id)) == 0 else { throw .system(path: path(id), code: errno) }
      _ = WholeFile.flush(folder)
      CrashPoint.jobCreated.pass()
      return try JobFolder(path: path(id), lock: lock, onRepair: { _ in })
    } catch {
      Self.removeTree(hidden)
      throw error
    }
  }

  /// Takes a job to work on.
  ///
  /// - Throws: `noSuchJob`, `jobElsewhere`, `damaged`, `system`.
  package func open(_ id: String, onRepair: (String) -> Void = { _ in }) throws(StoreError) -> JobFolder {
    guard Self.isID(id), isFolder(path(id)) else { throw .noSuchJob(id: id) }
    guard let lock = try FileLock(path(id) + "/lock", owner: owner) else {
      throw .jobElsewhere(id: id, owner: FileLock.holder(path(id) + "/lock") ?? "another process")
    }
    let job = try JobFolder(path: path(id), lock: lock, onRepair: onRepair)
    // A process works on one picture at a time. If it died behind that one's end, nobody comes to the picture again.
    let record = job.record
    if let picture = record.lastAttempt, record.job.pictures.indices.contains(picture) {
      ResultClaim.tidy(record.job.pictures[picture].output)
    }
    return job
  }

  /// The newest job that somebody began with the same pictures and options and nobody works on; nil where there is none.
  ///
  /// What becomes of results that exist, threads and memory may differ: they do not change a result.
  package func interrupted(like request: JobRequest) -> String? {
    // Bytes, since names that differ in how an accent is written are two files.
    func essence(_ request: JobRequest) -> Data? {
      var request = request
      (request.existing, request.threadCount, request.memoryBytes) = (.refuse, nil, nil)
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      do { return try encoder.encode(request) } catch { return nil }
    }
    let wanted = essence(request)
    let jobs = list().jobs.filter { $0.holder == nil && !$0.record.isEnded && essence($0.record.job.request) == wanted }
    return jobs.max { $0.record.job.created < $1.record.job.created }?.record.job.id
  }

  /// Looks at a job without taking it.
  package func snapshot(_ id: String) throws(StoreError) -> Snapshot {
    guard Self.isID(id), isFolder(path(id)) else { throw .noSuchJob(id: id) }
    let record = try JobFolder.read(path(id)).record
    return Snapshot(record: record, holder: FileLock.holder(path(id) + "/lock"))
  }

  /// Names of all jobs, oldest first.
  package func ids() -> [String] {
    guard isFolder(folder) else { return [] }
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder).filter(Self.isID).sorted()
    } catch {
      return []
    }
  }

  /// All jobs by rank, and a line for each folder that is none.
  package func list() -> (jobs: [Snapshot], problems: [String]) {
    var (jobs, problems): ([Snapshot], [String]) = ([], [])
    for id in ids() {
      do throws(StoreError) {
        jobs.append(try snapshot(id))
      } catch .noSuchJob {
        continue  // Removed while we looked.
      } catch {
        problems.append(error.description)
      }
    }
    jobs.sort { ($0.record.rank, $0.record.job.id) < ($1.record.rank, $1.record.job.id) }
    return (jobs, problems)
  }

  /// Size of a job's journal, as a sign that something happened; nil where there is none.
  package func journalBytes(_ id: String) -> Int? {
    var status = stat()
    return stat(path(id) + "/journal", &status) == 0 ? Int(status.st_size) : nil
  }

  /// Who works on a job; nil where nobody does.
  package func holder(_ id: String) -> String? { FileLock.holder(path(id) + "/lock") }

  /// Forgets a job. Its lock must be free or `held`.
  package func remove(_ id: String, held: JobFolder? = nil) throws(StoreError) {
    guard Self.isID(id), isFolder(path(id)) else { throw .noSuchJob(id: id) }
    // A folder whose job.json is damaged can be removed too, so only the lock is taken.
    var lock: FileLock?
    if held == nil {
      lock = try FileLock(path(id) + "/lock", owner: owner)
      guard lock != nil else {
        throw .jobElsewhere(id: id, owner: FileLock.holder(path(id) + "/lock") ?? "another process")
      }
    }
    let gone = "\(folder)/.gone-\(id)"
    guard rename(path(id), gone) == 0 else { throw .system(path: path(id), code: errno) }
    Self.removeTree(gone)
    withExtendedLifetime((lock, held)) {}
  }

  /// Forgets ended jobs beyond the bounds, interrupted ones that are as old, and remains of processes that died while making or removing one.
  ///
  /// - Returns: how many were removed.
  @discardableResult
  package func clean(most: Int = mostEnded, longestSeconds: Double = longestSeconds) -> Int {
    let now = Date().timeIntervalSince1970
    let free = list().jobs.filter { $0.holder == nil }.sorted { $0.record.job.created > $1.record.job.created }
    let ended = free.filter { $0.record.isEnded }
    // What a `grl restore` left behind and nobody came back to.
    let left = free.filter { !$0.record.isEnded && $0.record.job.owner == .restore }
    let old = (ended + left).filter { now - $0.record.job.created > longestSeconds }
    var count = 0
    for job in Array(ended.dropFirst(most)) + old {
      do throws(StoreError) {
        try remove(job.record.job.id)
        count += 1
      } catch {
        continue  // Somebody took it meanwhile, or the folder cannot be written to.
      }
    }
    removeRemains()
    return count
  }

  private func removeRemains() {
    do {
      for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
        let path = folder + "/" + name
        if name.hasPrefix(".gone-") { Self.removeTree(path) }
        if name.hasPrefix(".new-"), isOld(path), FileLock.holder(path + "/lock") == nil { Self.removeTree(path) }
      }
    } catch {
      return
    }
  }

  /// Older than an hour: nobody makes a job for so long.
  private func isOld(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && time(nil) - status.st_mtim.tv_sec > 3600
  }

  /// Of a job's folder.
  package func path(_ id: String) -> String { folder + "/" + id }

  /// `20261122-215219-k3f9`: by time, and never the same twice.
  package static func newID() -> String {
    var seconds = time(nil)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func digits(_ value: Int32, _ count: Int) -> String {
      let text = String(value)
      return String(repeating: "0", count: max(0, count - text.count)) + text
    }
    let day = digits(parts.tm_year + 1900, 4) + digits(parts.tm_mon + 1, 2) + digits(parts.tm_mday, 2)
    let clock = digits(parts.tm_hour, 2) + digits(parts.tm_min, 2) + digits(parts.tm_sec, 2)
    let letters = Array("abcdefghijkmnpqrstuvwxyz23456789")
    return "\(day)-\(clock)-" + String((0..<4).map { _ in letters.randomElement()! })
  }

  /// Nothing else is ever taken for a job's folder: an ID comes from outside and becomes part of a path.
  package static func isID(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 64 && text.utf8.first != UInt8(ascii: "-")
      && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "-") }
  }

  private static func removeTree(_ path: String) {
    // What cannot be removed now is removed by the next `clean`.
    do { try FileManager.default.removeItem(atPath: path) } catch {}
  }
}
