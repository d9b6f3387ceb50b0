import Base
import Foundation
import Glibc
import Imaging
import Testing

@Suite("Files whole or not at all")
struct WholeFileTests {
  private static func names(in folder: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }

  @Test("a written file has its name, and nothing else is left")
  func plain() throws {
    try withTemporaryFolder { folder in
      try ImageFile.write(Pictures.shades(.rgb), to: folder.appending(path: "a.png").path, format: .png)
      #expect(try Self.names(in: folder) == ["a.png"])
    }
  }

  @Test("a failure half-way keeps what was there before")
  func failureKeepsOld() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "a.txt")
      try "old".write(to: url, atomically: false, encoding: .utf8)
      #expect(throws: ImageError.unwritable(path: "stop", reason: "test")) {
        try WholeFile.write(to: url.path) { descriptor throws(ImageError) in
          _ = Glibc.write(descriptor, "new", 3)
          throw .unwritable(path: "stop", reason: "test")
        }
      }
      #expect(try String(contentsOf: url, encoding: .utf8) == "old")
      #expect(try Self.names(in: folder) == ["a.txt"])
    }
  }

  @Test("kill -9 half-way leaves no file under the name, and the next to write it removes what is left")
  func killed() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "imaging-tests-killed-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let path = folder.appending(path: "a.png").path
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
      try WholeFile.write(to: path) { descriptor in
        _ = Glibc.write(descriptor, "half", 4)
        kill(getpid(), SIGKILL)
      }
    }
    let names = try Self.names(in: folder)
    #expect(names.count == 1 && names[0].hasSuffix(".part"), "\(names)")
    try WholeFile.write(to: folder.appending(path: "b.png").path) { _ in }
    #expect(try Self.names(in: folder) == [names[0], "b.png"], "another name is not its own")
    try WholeFile.write(to: path) { _ in }
    #expect(try Self.names(in: folder) == ["a.png", "b.png"])
    try FileManager.default.removeItem(at: folder)
  }

  @Test("two that write one name at the same time do not take each other's bytes")
  func atOnce() throws {
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "a.txt").path
      try WholeFile.write(to: path) { outer throws(ImageError) in
        _ = Glibc.write(outer, "outer", 5)
        try WholeFile.write(to: path) { inner in _ = Glibc.write(inner, "inner", 5) }
        #expect(FileManager.default.contents(atPath: path) == Data("inner".utf8))
      }
      #expect(FileManager.default.contents(atPath: path) == Data("outer".utf8))
      #expect(try Self.names(in: folder) == ["a.txt"])
    }
  }

  @Test("a file that outgrows what the disk gives is an error, and nothing is left")
  func diskFull() async {
    await #expect(processExitsWith: .success) {
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 20_000, rlim_max: 20_000)
      try #require(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
      try withTemporaryFolder { folder in
        let path = folder.appending(path: "a").path
        let image = Pictures.noise(width: 400, height: 400)
        for format in ImageFile.Format.common {
          #expect(throws: ImageError.unwritable(path: path, reason: "file too large")) {
            try ImageFile.write(image, to: path, format: format, encoding: .init(quality: 100))
          }
          let names = try Self.names(in: folder)
          #expect(names.isEmpty)
        }
      }
    }
  }

  @Test("a full device is an error that names it", arguments: ImageFile.Format.common)
  func fullDevice(format: ImageFile.Format) {
    #expect(throws: ImageError.unwritable(path: "/dev/full", reason: "no space left on device")) {
      try ImageFile.write(Pictures.shades(.rgb), to: "/dev/full", format: format)
    }
  }

  @Test("a missing folder, a folder as target and a file as folder are errors")
  func badTargets() throws {
    try withTemporaryFolder { folder in
      let image = Pictures.shades(.gray)
      let missing = folder.appending(path: "no/such/a.png").path
      let error = #expect(throws: ImageError.self) { try ImageFile.write(image, to: missing, format: .png) }
      #expect("\(try #require(error))".contains("does not exist; create it first"))

      #expect(throws: ImageError.unwritable(path: folder.path, reason: "it is a folder")) {
        try ImageFile.write(image, to: folder.path, format: .png)
      }
      let file = folder.appending(path: "file").path
      try ImageFile.write(image, to: file, format: .png)
      #expect(throws: ImageError.unwritable(path: file + "/a.png", reason: "not a directory")) {
        try ImageFile.write(image, to: file + "/a.png", format: .png)
      }
      #expect(throws: ImageError.self) { try ImageFile.write(image, to: "", format: .png) }
      #expect(throws: ImageError.self) { try ImageFile.write(image, to: folder.path + "/a\0b", format: .png) }
    }
  }

  @Test("an unwritable folder is an error that names it")
  func unwritableFolder() async {
    await #expect(processExitsWith: .success) {
      try withTemporaryFolder { folder in
        try #require(chmod(folder.path, 0o555) == 0)
        if geteuid() == 0 { try #require(seteuid(65_534) == 0) }  // root may write anywhere
        let path = folder.appending(path: "a.png").path
        let error = #expect(throws: ImageError.self) {
          try ImageFile.write(Pictures.shades(.gray), to: path, format: .png)
        }
        #expect(error == .unwritable(path: path, reason: "permission denied (folder \(folder.path))"))
        if getuid() == 0 { try #require(seteuid(0) == 0) }
        try #require(chmod(folder.path, 0o755) == 0)
      }
    }
  }

  @Test("a link is followed, and the file behind it keeps its permissions")
  func link() throws {
    try withTemporaryFolder { folder in
      let (target, link) = (folder.appending(path: "target.png"), folder.appending(path: "link.png"))
      try "old".write(to: target, atomically: false, encoding: .utf8)
      try #require(chmod(target.path, 0o640) == 0)
      try FileManager.default.createSymbolicLink(at: link, withDestinationURL: target)
      try ImageFile.write(Pictures.shades(.gray), to: link.path, format: .png)
      #expect(try ImageFile.read(target.path).image.width == 48)
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link.path) == target.path)
      var status = stat()
      try #require(stat(target.path, &status) == 0)
      #expect(status.st_mode & 0o777 == 0o640)
    }
  }

  @Test("sides beyond the format are refused before a file is made")
  func doesNotFit() throws {
    try withTemporaryFolder { folder in
      let image = Pictures.pattern(.gray, bitDepth: 8, width: 65_501, height: 1)
      let path = folder.appending(path: "a.jpg").path
      let expected = ImageError.doesNotFit(path: path, format: .jpeg, width: 65_501, height: 1, limitSide: 65_500)
      #expect(throws: expected) { try ImageFile.write(image, to: path, format: .jpeg) }
      let names = try Self.names(in: folder)
      #expect(names.isEmpty)
      #expect(throws: Never.self) { try ImageFile.write(image, to: folder.appending(path: "a.png").path, format: .png) }
    }
  }
}

/// A result that must replace nothing, on file systems that have the rename for it and on those that have not.
@Suite("Files that replace nothing")
struct NewFileTests {
  private func write(_ text: String, to path: String, meanwhile: () throws -> Void = {}) throws {
    try WholeFile.write(to: path, mayReplace: false) { descriptor throws(ImageError) in
      _ = Glibc.write(descriptor, text, text.utf8.count)
      do { try meanwhile() } catch { throw .unwritable(path: "meanwhile", reason: "\(error)") }
    }
  }

  private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  @Test("a new name is written; one that is taken is kept, also where it was taken while the bytes were written")
  func taken() throws {
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "a").path
      try write("first", to: path)
      #expect(throws: ImageError.exists(path: path)) { try write("second", to: path) }
      let other = folder.appending(path: "b").path
      #expect(throws: ImageError.exists(path: other)) {
        try write("mine", to: other) { try Data("theirs".utf8).write(to: URL(filePath: other)) }
      }
      #expect(try text(path) == "first")
      #expect(try text(other) == "theirs")
      // A link that leads nowhere is a name too.
      let link = folder.appending(path: "c").path
      #expect(symlink("nowhere", link) == 0)
      #expect(throws: ImageError.exists(path: link)) { try write("mine", to: link) }
      #expect(throws: ImageError.exists(path: "/dev/null")) { try write("mine", to: "/dev/null") }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["a", "b", "c"])
    }
  }

  /// How a file system may refuse, and whether it has second names.
  static let systems: [(rename: Int32, link: Int32)] = [
    (EINVAL, 0), (ENOSYS, 0), (EOPNOTSUPP, 0), (EINVAL, EPERM), (EINVAL, EOPNOTSUPP), (ENOSYS, ENOSYS),
  ]

  @Test("without the rename that replaces nothing, a link or a look does the same", arguments: systems)
  func fallback(rename: Int32, link code: Int32) throws {
    try withTemporaryFolder { folder in
      let (temporary, target) = (folder.appending(path: "new").path, folder.appending(path: "a").path)
      func give() -> Int32 {
        WholeFile.give(
          target, to: temporary, renaming: { _, _ in rename },
          linking: { code != 0 ? code : link($0, $1) == 0 ? 0 : errno })
      }
      try Data("first".utf8).write(to: URL(filePath: temporary))
      #expect(give() == 0)
      #expect(try text(target) == "first")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a"])
      try Data("second".utf8).write(to: URL(filePath: temporary))
      #expect(give() == EEXIST)
      #expect(try text(target) == "first")
      #expect(try text(temporary) == "second")
    }
  }

  @Test("a link whose answer a server lost counts as made; every other refusal is passed on")
  func refusals() throws {
    try withTemporaryFolder { folder in
      let (temporary, target) = (folder.appending(path: "new").path, folder.appending(path: "a").path)
      try Data("first".utf8).write(to: URL(filePath: temporary))
      for code in [EACCES, ENOSPC, EROFS, EXDEV] {
        #expect(WholeFile.give(target, to: temporary, renaming: { _, _ in code }) == code)
      }
      for code in [EACCES, ENOSPC, EROFS] {
        let refused = WholeFile.give(target, to: temporary, renaming: { _, _ in EINVAL }, linking: { _, _ in code })
        #expect(refused == code)
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["new"])
      let given = WholeFile.give(
        target, to: temporary, renaming: { _, _ in EINVAL },
        linking: {
          #expect(link($0, $1) == 0)
          return EEXIST
        })
      #expect(given == 0)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a"])
    }
  }
}
