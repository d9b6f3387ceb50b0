import Base
import Foundation

/// The folder of a job that several machines share, divided into shards. Docs/JobFolder.md has its files and who may write them.
///
/// A shard is a folder like any job's, with a journal that only whoever took the shard writes: `shards/0007` is free,
/// `shards/0007.TOKEN` is taken. Taking, giving back and taking over are renames, of which one succeeds; there is no lock.
package struct SharedJob: Sendable {
  /// Absolute.
  package let folder: String
  package let plan: SharedPlan

  /// Seconds without a sign of life after which a shard is taken from a process that cannot be looked at.
  package static let patienceSeconds = 180
  private static let largestPlan = 64 << 20

  package init(_ folder: String) throws(StoreError) {
    self.folder = canonicalPath(folder)
    let path = self.folder + "/plan.json"
    guard fileExists(path) else {
      throw .refused(path: folder, reason: "is no folder of a shared job", advice: "make one with grl plan --job-dir")
    }
    do {
      plan = try JSONDecoder().decode(SharedPlan.self, from: Data(try DurableFile.read(path, limit: Self.largestPlan)))
    } catch let error as StoreError {
      throw error
    } catch {
      throw .refused(path: path, reason: "cannot be understood", advice: "plan the job again, into another folder")
    }
    guard plan.version == SharedPlan.version else {
      throw .refused(
        path: path, reason: "was written by another version (\(plan.version))", advice: "use one version for all shards"
      )
    }
  }

  /// Whether `path` is such a folder.
  package static func isThere(_ path: String) -> Bool { fileExists(path + "/plan.json") }

  package var manifest: String { folder + "/manifest" }
  private var shards: String { folder + "/shards" }

  /// What stands in the way of all its workers; they look for it with each sign of life.
  package var isCancelled: Bool { fileExists(folder + "/cancelled") }

  package func cancel() throws(StoreError) { try DurableFile.write([], to: folder + "/cancelled") }

  package func goOn() { unlink((folder + "/cancelled").systemPath) }

  // MARK: Shards

  /// One shard as anybody may see it.
  package struct State: Sendable {
    /// From 1; 0 is the joining of divided pictures.
    package let number: Int
    package let path: String
    /// Who works on it, or did last.
    package let worker: ShardWorker?
    /// Somebody has taken it.
    package let isTaken: Bool
    /// Seconds since the last sign of life.
    package let silentSeconds: Int

    /// It is taken, and nothing tells that its process is gone.
    package var isRunning: Bool {
      isTaken && worker?.process.isAlive != false
        && (worker?.process.isAlive == true || silentSeconds <= SharedJob.patienceSeconds)
    }
    package var isEnded: Bool { worker?.progress.isEnded ?? false }
  }

  /// `0007`; `join` for the joining of divided pictures.
  package static func name(_ number: Int) -> String {
    guard number > 0 else { return "join" }
    let digits = String(number)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }

  private static func number(_ name: Substring) -> Int? { name == "join" ? 0 : Int(name) }

  /// All shards by number, and the joining where there is one.
  package func states() throws(StoreError) -> [State] {
    let now = FileSystemClock.now(in: folder)
    return try entries().map { state($0, now) }.sorted { $0.number < $1.number }
  }

  private struct Entry {
    let number: Int
    let path: String
    let token: String?
  }

  private func entries() throws(StoreError) -> [Entry] {
    let names: [String]
    do { names = try FileManager.default.contentsOfDirectory(atPath: shards) } catch {
      throw .refused(path: shards, reason: "cannot be listed", advice: "plan the job again, into another folder")
    }
    return names.compactMap { name in
      let parts = name.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
      guard let number = Self.number(parts[0]) else { return nil }
      return Entry(number: number, path: shards + "/" + name, token: parts.count > 1 ? String(parts[1]) : nil)
    }
  }

  private func state(_ entry: Entry, _ now: Int) -> State {
    var status = stat()
    let worker = Self.worker(entry.path)
    // Between taking and the first sign of life it is the folder whose name changed.
    let file = entry.path + "/worker"
    let touched =
      stat(file.systemPath, &status) == 0
      ? status.st_mtim.tv_sec : stat(entry.path.systemPath, &status) == 0 ? status.st_ctim.tv_sec : now
    return State(
      number: entry.number, path: entry.path, worker: worker, isTaken: entry.token != nil,
      silentSeconds: max(0, now - touched))
  }

  static func worker(_ path: String) -> ShardWorker? {
    do {
      return try JSONDecoder().decode(
        ShardWorker.self, from: Data(try DurableFile.read(path + "/worker", limit: 1 << 16)))
    } catch {
      return nil
    }
  }

  /// The record of a shard, without taking it.
  package func record(_ state: State) throws(StoreError) -> JobRecord { try JobFolder.read(state.path).record }

  /// What comes of an attempt to take a shard.
  package enum Taking {
    case taken(ShardHold, from: ShardWorker?)
    /// Somebody works on it; for so many seconds nothing was heard of that process.
    case held(by: ShardWorker?, silentSeconds: Int)
  }

  /// Takes a shard to work on.
  ///
  /// - Parameters:
  ///   - number: from 1; 0 is the joining.
  ///   - worker: who takes it.
  ///   - onRepair: called with one line on what was cut off its journal.
  package func take(
    _ number: Int, as worker: ShardWorker, onRepair: (String) -> Void
  ) throws(StoreError) -> Taking {
    let own = "\(shards)/\(Self.name(number)).\(String(UInt64.random(in: .min ... .max), radix: 36))"
    // Each turn but the last finds that somebody has just taken it or given it back.
    for _ in 0..<100 {
      guard let entry = try entries().first(where: { $0.number == number }) else {
        usleep(20_000)
        continue
      }
      var before: ShardWorker?
      if entry.token != nil {
        let state = state(entry, FileSystemClock.now(in: folder))
        before = state.worker
        let isRestart = before?.isEarlierRun(of: worker) ?? false
        if state.isRunning && !isRestart { return .held(by: before, silentSeconds: state.silentSeconds) }
      }
      // An answer that a server gave twice says ENOENT although the first time it was done.
      if rename(entry.path.systemPath, own.systemPath) != 0 {
        let code = errno
        guard code == ENOENT else { throw .system(path: entry.path, code: code) }
        guard fileExists(own) else { continue }
      }
      let isRestart = before?.isEarlierRun(of: worker) ?? false
      let free = "\(shards)/\(Self.name(number))"
      let hold: ShardHold
      do throws(StoreError) {
        hold = try ShardHold(number, free: free, path: own, worker: worker, job: folder, onRepair: onRepair)
      } catch {
        // A full disk, or a damaged folder: the next one need not wait for a sign of life.
        rename(own.systemPath, free.systemPath)
        throw error
      }
      if isRestart, let picture = hold.folder.record.lastAttempt, hold.folder.record.pictures[picture].attempt != nil {
        // The scheduler ended that process, not the picture.
        try hold.folder.append(.left(picture: picture))
      }
      return .taken(hold, from: before)
    }
    throw .refused(
      path: "\(shards)/\(Self.name(number))", reason: "is not there", advice: "see grl jobs show \(folder)")
  }
}

/// The time by a file system's clock, which may be another machine's: that of a file made now.
enum FileSystemClock {
  /// Seconds since 1970; by this machine's clock where no file can be made.
  static func now(in folder: String) -> Int {
    var new = stat()
    new.st_mtim.tv_sec = time(nil)
    let probe = joined(folder, ".grl-\(String(UInt64.random(in: .min ... .max), radix: 36)).part")
    let made = open(probe.systemPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    if made >= 0 {
      fstat(made, &new)
      close(made)
      unlink(probe.systemPath)
    }
    return new.st_mtim.tv_sec
  }
}
