import Base
import Foundation
import Imaging
import Testing

/// Pipes, devices and folders in the place of files. Nobody ever writes to the pipes: what waited for them would not come back.
@Suite("Special files", .timeLimit(.minutes(1))) struct SpecialFileTests {
  @Test("named pipes, devices, sockets and folders are refused without waiting; a link is what it names")
  func kinds() throws {
    let folder = try PipeFolder()
    symlink("/dev/zero", folder.path("z.png"))
    symlink("pipe.png", folder.path("link.png"))
    for (path, kind) in [
      (folder.path("pipe.png"), "a named pipe"), (folder.path("link.png"), "a named pipe"),
      (folder.path("z.png"), "a device"), ("/dev/null", "a device"), (folder.path(""), "a folder"),
    ] {
      #expect(throws: RegularFile.Refusal.kind(kind)) { try RegularFile.read(path, limit: 1000) }
      #expect(throws: RegularFile.Refusal.kind(kind)) { try RegularFile.open(path) }
      let reason = "\(RegularFile.Refusal.kind(kind))"
      #expect(reason.contains(kind))
      #expect(throws: ImageError.unreadable(path: path, reason: reason)) { try ImageFile.read(path) }
      #expect(throws: ImageError.unreadable(path: path, reason: reason)) { try ImageFile.header(path) }
      #expect(throws: ImageError.unreadable(path: path, reason: reason)) { try RawFile.header(path) }
    }
    #expect(throws: RegularFile.Refusal.system(code: ENOENT)) { try RegularFile.open(folder.path("none")) }
    #expect(throws: RegularFile.Refusal.zeroByteInName) { try RegularFile.open("a\0b") }
  }

  @Test("a regular file is read to its limit, and through links")
  func regular() throws {
    let folder = try PipeFolder()
    try Data([1, 2, 3]).write(to: URL(filePath: folder.path("three")))
    symlink("three", folder.path("link"))
    #expect(try RegularFile.read(folder.path("link"), limit: 3) == [1, 2, 3])
    #expect(throws: RegularFile.Refusal.tooLarge(limitBytes: 2)) {
      try RegularFile.read(folder.path("three"), limit: 2)
    }
  }

  @Test("standard input and /dev/fd belong to whoever has the command line: nothing else reads them")
  func streams() {
    #expect(ImageFile.isStream("-") && ImageFile.isStream("/dev/fd/63") && ImageFile.isStream("/proc/self/fd/0"))
    #expect(!ImageFile.isStream("/dev/fd/63/a.png") && !ImageFile.isStream("/dev/fd/") && !ImageFile.isStream("a-"))
    #expect(throws: ImageError.unreadable(path: "-", reason: "no such file or directory")) { try ImageFile.read("-") }
    // Standard input of the tests is none of theirs; by this name it is a file like any other, or no regular one.
    var limits = ImageLimits.standard
    #expect(!limits.takesStreams)
    limits.takesStreams = true
    #expect(throws: ImageError.unreadable(path: "/dev/fd/999999", reason: "bad file descriptor")) {
      try ImageFile.read("/dev/fd/999999", limits: limits)
    }
  }

  @Test("a stream: first bytes first, then the header, then as much as a picture of that size can be")
  func endless() throws {
    var limits = ImageLimits.standard
    limits.takesStreams = true
    limits.metadataBytes = 1 << 16
    // No picture: refused behind its first bytes.
    let zeros = try Endless(beginning: [0, 0])
    #expect(throws: ImageError.self) { try ImageFile.read(zeros.path, limits: limits) }
    #expect(zeros.bytesTaken <= 1 << 20)
    // A picture too large: refused behind its header. A small one with no end: behind what it can be.
    let image = Image(
      width: 300, height: 200, layout: .rgb,
      samples: .eight((0..<180_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }))
    for format in ImageFile.Format.common {
      let bytes = try ImageFile.encode(image, format: format)
      var narrow = limits
      narrow.pixels = 1000
      let large = try Endless(beginning: bytes)
      #expect(
        throws: ImageError.tooLarge(
          path: large.path, width: 300, height: 200, limitPixels: 1000, limitSide: limits.side)
      ) { try ImageFile.read(large.path, limits: narrow) }
      #expect(large.bytesTaken <= 1 << 20)
      let small = try Endless(beginning: bytes)
      let most = 2 * 180_000 + 1 << 16 + 1 << 20
      #expect(throws: ImageError.fileTooLarge(path: small.path, bytes: nil, limitBytes: most)) {
        try ImageFile.read(small.path, limits: limits)
      }
      #expect(small.bytesTaken <= most + 1 << 20)
    }
  }
}

/// A folder with a named pipe in it that nobody writes to.
private final class PipeFolder {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "grl-" + UUID().uuidString)

  init() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try #require(mkfifo(path("pipe.png"), 0o600) == 0)
  }

  deinit {
    do { try FileManager.default.removeItem(at: folder) } catch { print("note: \(folder.path) stays behind: \(error)") }
  }

  func path(_ name: String) -> String { name.isEmpty ? folder.path : folder.appending(path: name).path }
}

/// A pipe with a beginning and, as long as somebody takes them, zeros behind it.
private final class Endless: @unchecked Sendable {
  // Proof: `taken` and `isOver` are touched under `lock` only; the rest never changes.
  private let ends: (read: Int32, write: Int32)
  private let lock = NSLock()
  private var taken = 0

  init(beginning: [UInt8]) throws {
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    self.ends = (ends[0], ends[1])
    signal(SIGPIPE, SIG_IGN)
    let (write, first) = (ends[1], beginning + [UInt8](repeating: 0, count: 1 << 16))
    Thread.detachNewThread { [weak self] in
      var block = first
      while true {
        let count = Glibc.write(write, block, block.count)
        guard count > 0 else { break }
        self?.lock.withLock { self?.taken += count }
        block = count < block.count ? Array(block[count...]) : [UInt8](repeating: 0, count: 1 << 16)
      }
      close(write)
    }
  }

  deinit { close(ends.read) }

  var path: String { "/dev/fd/\(ends.read)" }
  /// By the reader, and by the pipe itself.
  var bytesTaken: Int { lock.withLock { taken } }
}
