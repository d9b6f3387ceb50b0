import EngineCore
import Foundation
import Glibc
import Imaging
import JobStore
import Testing

/// Claims on results: one process at a time, and none that outlives its process.
@Suite("Claims on results", .timeLimit(.minutes(5))) struct ResultClaimTests {
  /// A folder of one test, and a claim in it as another process would have written it.
  private final class Place {
    let folder: URL
    var output: String { folder.appending(path: "a.png").path }
    var claim: String { folder.appending(path: ".a.png.claim").path }
    var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() } }

    init() throws {
      folder = FileManager.default.temporaryDirectory.resolvingSymlinksInPath().appending(
        path: "grl-" + UUID().uuidString)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
      do { try FileManager.default.removeItem(at: folder) } catch {
        print("note: \(folder.path) stays behind: \(error)")
      }
    }

    func write(_ process: ProcessIdentity, touchedSecondsAgo: Int = 0) throws {
      let json = String(decoding: try JSONEncoder().encode(process), as: UTF8.self)
      try write("{\"program\":\"grl restore\",\"process\":\(json)}\n", touchedSecondsAgo)
    }

    func write(_ text: String, _ touchedSecondsAgo: Int = 0) throws {
      try Data(text.utf8).write(to: URL(filePath: claim))
      let times = [timespec(tv_sec: time(nil) - touchedSecondsAgo, tv_nsec: 0)]
      #expect(utimensat(AT_FDCWD, claim, times + times, 0) == 0)
    }
  }

  private static func take(_ output: String) throws(JobError) -> ResultClaim? {
    do { return try ResultClaim.take(output, program: "a test") } catch { throw JobError(error, path: output) }
  }

  @Test("a claim is one process's, says whose it is, and is gone with its release")
  func one() throws {
    let place = try Place()
    var claim = try Self.take(place.output)
    #expect(claim != nil)
    #expect(try place.names == [".a.png.claim"])
    #expect(ResultClaim.holder(of: place.output) == "a test, process \(getpid())")
    let error = #expect(throws: JobError.self) { try Self.take(place.output) }
    #expect(error?.kind == .usage)
    #expect(
      error?.description.hasPrefix("\(place.output): a test, process \(getpid()), is making this result; wait") == true)
    claim = nil
    #expect(try place.names.isEmpty)
    #expect(ResultClaim.holder(of: place.output) == nil)
    #expect(try Self.take(place.output) != nil)
  }

  @Test("two names of one file are one claim")
  func links() throws {
    let place = try Place()
    try Data().write(to: URL(filePath: place.output))
    let other = place.folder.appending(path: "b.png").path
    #expect(symlink(place.output, other) == 0)
    let claim = try Self.take(other)
    #expect(throws: JobError.self) {
      try Self.take(place.folder.path + "/../" + place.folder.lastPathComponent + "/a.png")
    }
    claim?.release()
    #expect(try place.names == ["a.png", "b.png"])
  }

  @Test("of many threads that want one claim at the same moment, one at a time has it")
  func race() async throws {
    let place = try Place()
    let output = place.output
    // A file stands for the work: made and removed while the claim is held, it must never be there already.
    let work = place.folder.appending(path: "work").path
    let taken = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<8 {
        group.addTask {
          var taken = 0
          for _ in 0..<200 {
            do throws(ResultClaim.Refusal) {
              let claim = try ResultClaim.take(output, program: "a test")
              let descriptor = open(work, O_CREAT | O_EXCL | O_WRONLY, 0o600)
              #expect(descriptor >= 0, "two have it")
              close(descriptor)
              unlink(work)
              claim?.release()
              taken += 1
            } catch .held {
              continue
            }
          }
          return taken
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(taken > 0)
    #expect(try place.names.isEmpty)
  }

  /// Claims that nobody has locked, and whether they are void.
  static let left: [(name: String, isStale: Bool, process: ProcessIdentity, touched: Int)] = {
    func process(_ change: (inout ProcessIdentity) -> Void) -> ProcessIdentity {
      var process = ProcessIdentity.current
      change(&process)
      return process
    }
    let elsewhere = process { ($0.host, $0.boot) = ("tower", "another") }
    return [
      ("of this machine: its locks are all seen", true, .current, 0),
      ("of another container of this machine", true, process { ($0.host, $0.namespace) = ("box", "pid:[1]") }, 0),
      ("of this machine before it was restarted", true, process { $0.boot = "earlier" }, 0),
      ("of another machine, touched lately", false, elsewhere, 30),
      ("of another machine, touched long ago", true, elsewhere, ResultClaim.patienceSeconds + 60),
    ]
  }()

  @Test("a claim without a lock counts only if it may be of a machine that cannot be seen", arguments: left)
  func stale(name: String, isStale: Bool, process: ProcessIdentity, touched: Int) throws {
    let place = try Place()
    try place.write(process, touchedSecondsAgo: touched)
    if isStale {
      #expect(ResultClaim.holder(of: place.output) == nil, "\(name)")
      #expect(try Self.take(place.output) != nil, "\(name)")
    } else {
      #expect(ResultClaim.holder(of: place.output) == "grl restore, process \(getpid()) on tower", "\(name)")
      #expect(throws: JobError.self, "\(name)") { try Self.take(place.output) }
      #expect(try place.names == [".a.png.claim"])
    }
  }

  @Test("a claim with nothing or nonsense in it, as a full disk leaves it, holds nobody up", arguments: [0, 1, 2, 3])
  func nonsense(kind: Int) throws {
    let place = try Place()
    let texts = ["", "{", "{\"program\":7}", String(repeating: "[", count: 1 << 20)]
    try place.write(texts[kind])
    let claim = try Self.take(place.output)
    #expect(claim != nil)
    #expect(try Data(contentsOf: URL(filePath: place.claim)).count < 1000)
    claim?.release()
    #expect(try place.names.isEmpty)
  }

  @Test("the claim of a process that died is tidied away, a living one's stays")
  func tidy() throws {
    let place = try Place()
    try place.write(.current)
    ResultClaim.tidy(place.output)
    #expect(try place.names.isEmpty)
    let claim = try Self.take(place.output)
    ResultClaim.tidy(place.output)
    #expect(try place.names == [".a.png.claim"])
    claim?.release()
  }

  @Test("a name as long as the file system takes has a claim too")
  func long() throws {
    let place = try Place()
    let output = place.folder.appending(path: String(repeating: "x", count: 250) + ".png").path
    let claim = try Self.take(output)
    #expect(claim != nil)
    #expect(ResultClaim.holder(of: output) == "a test, process \(getpid())")
    #expect(throws: JobError.self) { try Self.take(output) }
    claim?.release()
    #expect(try place.names.isEmpty)
  }

  @Test("standard output, a pipe and a device need none; what is in the way or refuses is an error that says so")
  func refusals() throws {
    let place = try Place()
    #expect(try Self.take("-") == nil)
    #expect(try Self.take("/dev/null") == nil)
    let pipe = place.folder.appending(path: "pipe.png").path
    #expect(mkfifo(pipe, 0o600) == 0)
    #expect(try Self.take(pipe) == nil)
    unlink(pipe)

    func reason(_ output: String) -> String {
      do {
        _ = try Self.take(output)
        return "not refused"
      } catch {
        #expect(error.kind == .system && error.description.hasPrefix(output + ": cannot be written: "))
        return error.description
      }
    }
    #expect(reason(place.folder.appending(path: "no/b.png").path).hasSuffix("/no does not exist; create it first"))
    #expect(reason("/dev/null/b.png").contains("not a directory"))
    mkdir(place.claim, 0o700)
    #expect(reason(place.output).contains(".a.png.claim"))
    rmdir(place.claim)
    // Neither is waited for nor followed.
    #expect(mkfifo(place.claim, 0o600) == 0)
    #expect(reason(place.output).contains("file exists (.a.png.claim"))
    unlink(place.claim)
    let elsewhere = place.folder.appending(path: "elsewhere").path
    #expect(symlink(elsewhere, place.claim) == 0)
    #expect(reason(place.output).contains(".a.png.claim"))
    #expect(!FileManager.default.fileExists(atPath: elsewhere))
  }
}

@Suite("Processes told apart") struct ProcessIdentityTests {
  @Test("this process lives, an ended one does not, and its number alone does not make another one it")
  func alive() async throws {
    let this = ProcessIdentity.current
    #expect(this.isAlive == true && !this.boot.isEmpty && !this.started.isEmpty && this.namespace.hasPrefix("pid:["))
    var other = this
    other.started = "1"
    #expect(other.isAlive == false)
    // A child that ended and was not waited for is as dead as one that was.
    let child = Process()
    child.executableURL = URL(filePath: "/bin/true")
    try child.run()
    other = this
    other.process = Int(child.processIdentifier)
    child.waitUntilExit()
    #expect(other.isAlive == false)
    for number in [0, -1, Int(Int32.max) + 1, .min, .max] {
      other.process = number
      #expect(other.isAlive != true)
    }
  }

  @Test("of a machine or a container that cannot be looked into nothing is said, and a restart ended them all")
  func elsewhere() {
    var other = ProcessIdentity.current
    other.namespace = "pid:[1]"
    #expect(other.isAlive == nil)
    other = .current
    other.boot = "another"
    #expect(other.isAlive == false)
    other.host = "tower"
    #expect(other.isAlive == nil)
  }
}
