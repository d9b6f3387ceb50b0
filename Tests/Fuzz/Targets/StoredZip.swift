import Base
import Checkpoints

/// Zip archives of plainly stored entries, as `torch.save` writes them.
enum StoredZip {
  /// The archive with `pickle` as its `data.pkl` and one storage of 64 bytes.
  static func archive(of pickle: [UInt8]) -> [UInt8] {
    let entries = [
      ("archive/data.pkl", pickle), ("archive/data/0", (0..<64).map { UInt8($0) }), ("archive/version", [0x33, 0x0A]),
    ]
    var (file, directory): ([UInt8], [UInt8]) = ([], [])
    for (name, content) in entries {
      let common =
        bytes(0x800, 2) + bytes(0, 2) + bytes(0, 4) + bytes(Int(CRC32.checksum(content)), 4) + bytes(content.count, 4)
        + bytes(content.count, 4) + bytes(name.utf8.count, 2) + bytes(0, 2)
      directory += bytes(0x0201_4B50, 4) + bytes(20, 2) + bytes(20, 2) + common + bytes(0, 10) + bytes(file.count, 4)
      directory += Array(name.utf8)
      file += bytes(0x0403_4B50, 4) + bytes(20, 2) + common + Array(name.utf8) + content
    }
    let end = bytes(0x0605_4B50, 4) + bytes(0, 4) + bytes(entries.count, 2) + bytes(entries.count, 2)
    return file + directory + end + bytes(directory.count, 4) + bytes(file.count, 4) + bytes(0, 2)
  }

  /// `file` with the checksum of each plainly stored entry that its directory tells made right, there and in the entry's own header.
  static func repaired(_ file: [UInt8]) -> [UInt8] {
    var repaired = file
    var place = 0
    while let found = find(0x0201_4B50, in: file, from: place) {
      place = found + 4
      guard found + 46 <= file.count else { break }
      let (size, header) = (number(file, found + 24, 4), number(file, found + 42, 4))
      guard number(file, found + 10, 2) == 0, header + 30 <= file.count, number(file, header, 4) == 0x0403_4B50 else {
        continue
      }
      let start = header + 30 + number(file, header + 26, 2) + number(file, header + 28, 2)
      guard start + size <= file.count else { continue }
      let checksum = bytes(Int(CRC32.checksum(Array(file[start..<start + size]))), 4)
      repaired.replaceSubrange(found + 16..<found + 20, with: checksum)
      repaired.replaceSubrange(header + 14..<header + 18, with: checksum)
    }
    return repaired
  }

  private static func find(_ signature: Int, in file: [UInt8], from start: Int) -> Int? {
    let wanted = bytes(signature, 4)
    guard start + 4 <= file.count else { return nil }
    return (start...file.count - 4).first { file[$0..<$0 + 4].elementsEqual(wanted) }
  }

  /// Little endian.
  static func bytes(_ number: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 < 8 ? number >> (8 * $0) : 0) }
  }

  /// Little endian; the place must lie within the file.
  static func number(_ file: [UInt8], _ place: Int, _ count: Int) -> Int {
    (0..<count).reduce(0) { $0 | Int(file[place + $1]) << (8 * $1) }
  }
}
