import Base
import Foundation
import Testing

@Suite("The trash")
struct TrashTests {
  @Test("files go where the specification says, two of one name side by side, with a note of where they were")
  func takes() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "grl-trash-" + UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder + "/pictures", withIntermediateDirectories: true)
    let trash = Trash(["XDG_DATA_HOME": folder + "/data"], now: Date(timeIntervalSince1970: 1_700_000_000))
    let path = folder + "/pictures/a b\u{e9}.png"
    for number in 0..<2 {
      try Data([UInt8(number)]).write(to: URL(filePath: path))
      try trash.take(path)
      #expect(!FileManager.default.fileExists(atPath: path))
    }
    let bin = folder + "/data/Trash"
    #expect(FileManager.default.contents(atPath: bin + "/files/a b\u{e9}.png") == Data([0]))
    #expect(FileManager.default.contents(atPath: bin + "/files/a b\u{e9}.png.2") == Data([1]))
    let info = try String(contentsOfFile: bin + "/info/a b\u{e9}.png.2.trashinfo", encoding: .utf8)
    #expect(info.hasPrefix("[Trash Info]\nPath=\(folder)/pictures/a%20b%C3%A9.png\nDeletionDate=2023-11-1"))
    #expect(throws: Trash.Problem.self) { try trash.take(path) }
    let notes = try FileManager.default.contentsOfDirectory(atPath: bin + "/info")
    #expect(notes.count == 2, "no note of what was not moved")
  }

  @Test("a name that is taken is not replaced")
  func renames() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "grl-rename-" + UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for name in ["a", "b"] { try Data(name.utf8).write(to: URL(filePath: folder + "/" + name)) }
    #expect(RenameNew.failure(from: folder + "/a", to: folder + "/b") == EEXIST)
    #expect(RenameNew.failure(from: folder + "/a", to: folder + "/c") == nil)
    #expect(RenameNew.failure(from: folder + "/a", to: folder + "/d") == ENOENT)
    #expect(FileManager.default.contents(atPath: folder + "/b") == Data("b".utf8))
  }
}
