import Base
import Foundation
import Glibc

/// Says beside a result's place that this process is making it, so that no other one does the same work.
///
/// A file `.NAME.claim`, made with `O_EXCL` before the work and removed behind it, that names the process and is locked by it.
/// No claim outlives its process for long: whatever ended that, the next one takes it over. Where the file system has locks,
/// the lock decides; it goes with the process. Where it has none, the process is looked for, by number and beginning. Of a
/// machine whose locks and processes cannot be seen (NFS without locks), a claim counts as long as it is touched.
/// Docs/JobFolder.md has the rules.
///
/// A claim saves work; it protects no bytes. That is done by the rename that replaces nothing (`WholeFile`).
package final class ResultClaim {
  /// What stands in the file, a line of JSON.
  fileprivate struct Holder: Codable {
    var program: String
    var process: ProcessIdentity

    var text: String {
      let place = process.host == ProcessIdentity.current.host ? "" : " on \(process.host)"
      return "\(program), process \(process.process)\(place)"
    }
  }

  /// Why a result cannot be claimed.
  package enum Refusal: Error {
    /// Another process, named in words, is making it.
    case held(by: String)
    case unwritable(reason: String)
  }

  /// Seconds after which a claim from a machine that cannot be looked at is void, unless it was touched.
  package static let patienceSeconds = 600
  private static let touchInterval = Duration.seconds(60)

  private let path: String
  private let descriptor: Int32
  private var isReleased = false
  private var lastTouch = ContinuousClock.now

  private init(_ path: String, _ descriptor: Int32) {
    (self.path, self.descriptor) = (path, descriptor)
  }

  deinit { release() }

  /// Claims the file that `output` names, links followed.
  ///
  /// - Parameter program: what the process is called in others' messages, such as `grl restore`.
  /// - Parameter gone: a process that is known to have left this work, wherever it was: its claim is void.
  /// - Returns: nil for what is not a file: standard output, a pipe, a device.
  /// - Throws: `held` where another process is making it; `unwritable`.
  package static func take(
    _ output: String, program: String, gone: ProcessIdentity? = nil
  ) throws(Refusal) -> ResultClaim? {
    guard let names = names(beside: output) else { return nil }
    let own = Holder(program: program, process: .current)
    let taken =
      take(names.clear, own, gone) ?? take(names.short, own, gone) ?? unwritable(names.short, ENAMETOOLONG)
    return try taken.get()
  }

  /// Who is making the file that `output` names, in words; nil where nobody is.
  package static func holder(of output: String) -> String? {
    guard let names = names(beside: output) else { return nil }
    for path in [names.clear, names.short] {
      let descriptor = open(path.systemPath, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
      if descriptor < 0 && errno == ENAMETOOLONG { continue }
      guard descriptor >= 0 else { return nil }
      defer { close(descriptor) }
      return holder(descriptor, path, OpenFileLock.state(descriptor))
    }
    return nil
  }

  /// Says that the work goes on. Costs nothing more often than once a minute.
  package func touch() {
    let now = ContinuousClock.now
    guard now - lastTouch >= Self.touchInterval else { return }
    lastTouch = now
    futimens(descriptor, nil)
  }

  package func release() {
    guard !isReleased else { return }
    isReleased = true
    if Descriptor.isNamed(descriptor, path) { unlink(path.systemPath) }
    OpenFileLock.release(descriptor)
    close(descriptor)
  }

  // MARK: Taking

  private static func unwritable(_ path: String, _ code: Int32) -> Result<ResultClaim, Refusal> {
    let folder = parentFolder(path)
    let reason =
      code == ENOENT
      ? "the folder \(folder) does not exist; create it first"
      : "\(systemReason(code)) (\(lastComponent(path)) in folder \(folder))"
    return .failure(.unwritable(reason: reason))
  }

  /// nil where the name is too long for the file system.
  private static func take(
    _ path: String, _ own: Holder, _ gone: ProcessIdentity?
  ) -> Result<ResultClaim, Refusal>? {
    // Each turn but the last finds that somebody has just taken or left it.
    for _ in 0..<1000 {
      let made = open(path.systemPath, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if made < 0 {
        switch errno {
        case EINTR: continue
        case EEXIST: break
        case ENAMETOOLONG: return nil
        case let code: return unwritable(path, code)
        }
      }
      var found = made >= 0 ? made : open(path.systemPath, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
      // Another user's can be read at most.
      if found < 0 && errno == EACCES { found = open(path.systemPath, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) }
      guard found >= 0 else {
        if errno == ENOENT || errno == EINTR { continue }
        return unwritable(path, errno)
      }
      var isKept = false
      defer { if !isKept { close(found) } }
      var status = stat()
      guard fstat(found, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
        return unwritable(path, EEXIST)
      }

      let lock = OpenFileLock.take(found)
      if made < 0 || lock == .held {
        if let holder = holder(found, path, lock, gone) {
          if lock == .own { OpenFileLock.release(found) }
          return .failure(.held(by: holder))
        }
      }
      guard Descriptor.isNamed(found, path) else {
        if lock == .own { OpenFileLock.release(found) }
        continue
      }
      // Whoever has the lock has the file; without locks, whoever made it.
      guard lock == .own || made >= 0 else {
        let code = removeStale(path, found)
        if code == 0 { continue }
        return unwritable(path, code)
      }
      ftruncate(found, 0)
      own.write(to: path)
      isKept = true
      return .success(ResultClaim(path, found))
    }
    return unwritable(path, EAGAIN)
  }

  /// Names of the claim for a result: the one for people, and one for file systems on which that is too long.
  private static func names(beside output: String) -> (clear: String, short: String)? {
    guard output != "-", !output.isEmpty else { return nil }
    let target = canonicalPath(output)
    var status = stat()
    if stat(target.systemPath, &status) == 0 && status.st_mode & S_IFMT != S_IFREG { return nil }
    let (folder, name) = (parentFolder(target), lastComponent(target))
    let short = Array(name.utf8).withUnsafeBytes { Checksum.text($0) }
    return (joined(folder, ".\(name).claim"), joined(folder, ".grl-\(short).claim"))
  }

  /// Takes a stale claim away that cannot be locked. It may have become somebody else's since it was looked at: then it gets its
  /// name back.
  ///
  /// - Returns: 0 or `errno`.
  private static func removeStale(_ path: String, _ descriptor: Int32) -> Int32 {
    let aside = joined(parentFolder(path), ".grl-\(String(UInt64.random(in: .min ... .max), radix: 36)).part")
    guard rename(path.systemPath, aside.systemPath) == 0 else { return errno == ENOENT ? 0 : errno }
    if Descriptor.isNamed(descriptor, aside) {
      unlink(aside.systemPath)
      return 0
    }
    return WholeFile.give(path, to: aside)
  }

  /// Takes the claim of a process that died away, where there is one.
  ///
  /// - Parameter gone: see ``take(_:program:gone:)``.
  package static func tidy(_ output: String, gone: ProcessIdentity? = nil) {
    guard let names = names(beside: output) else { return }
    for path in [names.clear, names.short] where fileExists(path) {
      // One that is somebody's, or cannot be removed, stays.
      do { _ = try take(output, program: "grl", gone: gone) } catch {}
    }
  }

  // MARK: Looking

  /// Who holds the claim that is open, in words; nil where it is stale.
  private static func holder(
    _ descriptor: Int32, _ path: String, _ lock: OpenFileLock.State, _ gone: ProcessIdentity? = nil
  ) -> String? {
    let holder = Holder(descriptor)
    if let gone, gone != .current, holder?.process == gone { return nil }
    let text = holder?.text ?? "another process"
    if lock == .held { return text }
    // One kernel knows all locks of its processes.
    if lock != .unknown, holder?.process.isOfThisKernel ?? true { return nil }
    if let isAlive = holder?.process.isAlive { return isAlive ? text : nil }
    return seconds(sinceTouched: descriptor, path) <= patienceSeconds ? text : nil
  }

  /// By the clock of the file system, which may be another machine's.
  private static func seconds(sinceTouched descriptor: Int32, _ path: String) -> Int {
    var claim = stat()
    guard fstat(descriptor, &claim) == 0 else { return 0 }
    return FileSystemClock.now(in: parentFolder(path)) - claim.st_mtim.tv_sec
  }
}

extension ResultClaim.Holder {
  private static let most = 4096

  /// nil where it is empty or nothing of ours: on a full disk there is a claim without words.
  fileprivate init?(_ descriptor: Int32) {
    do {
      self = try JSONDecoder().decode(Self.self, from: Data(Descriptor.head(descriptor, Self.most) ?? []))
    } catch {
      return nil
    }
  }

  /// Through a descriptor of its own: closing it takes the words to a server's other clients.
  fileprivate func write(to path: String) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let descriptor = open(path.systemPath, O_WRONLY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    do {
      let line = Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
      _ = line.withUnsafeBytes { WholeFile.writeAll($0, to: descriptor, at: 0) }
    } catch {
      preconditionFailure("plain values always encode: \(error)")
    }
  }
}
