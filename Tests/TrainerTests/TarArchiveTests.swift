import Imaging
import Testing
import Trainer

@Suite struct TarArchiveTests {
  private func picture(_ key: UInt8) throws -> [UInt8] {
    try ImageFile.encode(.numbered(width: 9, height: 7, key: key), format: .png)
  }

  private func library(_ archive: TarBytes) throws -> PhotoLibrary {
    let folder = try TrainingFolder()
    return try PhotoLibrary([folder.write(archive.bytes, "pack.tar")], isColour: true)
  }

  /// Names with the key that tells which picture it is.
  private func members(_ library: PhotoLibrary) -> [String: UInt8] {
    Dictionary((library.training + library.heldOut).map { ($0.name, $0.samples[2]) }) { first, _ in first }
  }

  @Test("names of ustar with its prefix, of pax and of GNU tar, and sizes in either notation")
  func forms() throws {
    let long = String(repeating: "d", count: 60) + "/" + String(repeating: "n", count: 80) + ".png"
    var archive = TarBytes()
    archive.add("folder/", kind: "5")
    archive.add("plain.png", try picture(1))
    archive.add("b.png", try picture(2), prefix: "folder/deep")
    archive.addPax([("mtime", "12.5"), ("path", "päx/" + long)])
    archive.add("cut.png", try picture(3))
    archive.add("././@LongLink", Array((long + "\0").utf8), kind: "L", isGNU: true)
    archive.add("cut.png", try picture(4), isGNU: true)
    let last = try picture(5)
    archive.add(
      "wide.png", last,
      sizeField: [0x80] + [UInt8](repeating: 0, count: 9) + [UInt8(last.count >> 8), UInt8(last.count & 255)])
    archive.add("link.png", kind: "2")
    archive.add("notes.txt", Array("not a picture".utf8))
    archive.add("._plain.png", Array("what another system adds".utf8))
    archive.end()
    let library = try library(archive)
    #expect(library.refused == [])
    #expect(
      members(library) == ["plain.png": 1, "folder/deep/b.png": 2, "päx/" + long: 3, long: 4, "wide.png": 5])
  }

  @Test("an archive without its end is read as far as it goes; what a size of pax says stands above the header's")
  func sizes() throws {
    var archive = TarBytes()
    let content = try picture(1)
    archive.addPax([("size", "\(content.count)")])
    archive.add("a.png", content, size: 0)
    archive.add("b.png", try picture(2))
    #expect(members(try library(archive)) == ["a.png": 1, "b.png": 2])
  }

  /// What an archive says, what the error says of it, and where.
  static let contradictions: [(rule: String, offset: Int, make: @Sendable (inout TarBytes) -> Void)] = [
    ("a member of 8589934591 bytes", 0, { $0.add("a.png", [1], sizeField: Array("77777777777".utf8) + [0]) }),
    ("a size that is no number", 0, { $0.add("a.png", [1], sizeField: Array("12x456789012".utf8)) }),
    ("a size that is no number", 0, { $0.add("a.png", [1], sizeField: [UInt8](repeating: 0xFF, count: 12)) }),
    (
      "a size that is no number", 0,
      { $0.add("a.png", [1], sizeField: [0x80, 0, 0, 0, 0x7F] + [UInt8](repeating: 0xFF, count: 7)) }
    ),
    ("a pax record that is none", 512, { $0.add("x", Array("99 path=a.png\n".utf8), kind: "x") }),
    ("a pax record that is none", 512, { $0.add("x", Array("3 path=a.png\n".utf8), kind: "x") }),
    ("a pax record that is none", 512, { $0.add("x", Array("99999999999999999999 a=b\n".utf8), kind: "x") }),
    ("an extended header of 1048577 bytes", 0, { $0.add("x", [UInt8](repeating: 0, count: 1 << 20 + 1), kind: "L") }),
    (
      "a member of 9223372036854775807 bytes", 1024,
      {
        $0.addPax([("size", "9223372036854775807")])
        $0.add("a.png", [1])
      }
    ),
    (
      "a size that is no number", 512,
      {
        $0.addPax([("size", "-5")])
        $0.add("a.png", [1])
      }
    ),
  ]

  @Test("what contradicts the format is an error that says where", arguments: contradictions.indices)
  func hostile(_ number: Int) throws {
    let (rule, offset, make) = Self.contradictions[number]
    var archive = TarBytes()
    make(&archive)
    archive.end()
    do {
      _ = try library(archive)
      Issue.record("it was read")
    } catch TrainingDataError.archive(_, let place, let found) {
      #expect(found.hasPrefix(rule) && place == offset, "\(found) at \(place)")
    }
  }

  @Test("a header whose sum is wrong is an error in the middle, and no archive at the beginning")
  func checksums() throws {
    var archive = TarBytes()
    archive.add("a.png", try picture(1))
    let place = archive.bytes.count
    archive.add("b.png", try picture(2), extendsChecksum: 1)
    #expect { try library(archive) } throws: { error in
      guard case TrainingDataError.archive(_, place, "a header with a wrong checksum") = error else { return false }
      return true
    }
    var other = TarBytes()
    other.add("a.png", try picture(1), extendsChecksum: 1)
    #expect { try library(other) } throws: { error in
      "\(error)".hasSuffix(
        "pack.tar: cannot be read: it is neither a folder nor a tar archive; unpack it and give the folder")
    }
  }

  @Test("cut anywhere, or with any byte of a header changed, it ends in pictures or in an error")
  func damaged() throws {
    var archive = TarBytes()
    archive.addPax([("path", "folder/a.png")])
    archive.add("a.png", try picture(1))
    archive.add("b.png", try picture(2))
    archive.end()
    let whole = archive.bytes
    var ends: [Int] = []
    for count in stride(from: 0, through: whole.count, by: 97) {
      archive.bytes = Array(whole[..<count])
      ends.append((try? members(library(archive)).count) ?? -1)
    }
    #expect(Set(ends).isSuperset(of: [-1, 2]) && ends.last == 2)
    for place in 0..<512 {
      archive.bytes = whole
      archive.bytes[512 * 2 + place] ^= 0x55
      // One bit pattern in the sum that nothing reads changes nothing; all else is refused.
      if let found = try? members(library(archive)) { #expect(found.values.sorted() == [1, 2], "byte \(place)") }
    }
  }
}
