import Base
import Checkpoints

extension FuzzTarget {
  /// A PNG file with the checksum of each chunk made right; the last one ends where the file does.
  static func pngRepaired(_ file: [UInt8]) -> [UInt8] {
    var (repaired, place) = (file, 8)
    while place + 12 <= file.count {
      let stated = repaired[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
      let length = min(stated, file.count - place - 12)
      repaired.replaceSubrange(place..<place + 4, with: StoredZip.bytes(length, 4).reversed())
      let checksum = Int(CRC32.checksum(Array(repaired[place + 4..<place + 8 + length])))
      repaired.replaceSubrange(place + 8 + length..<place + 12 + length, with: StoredZip.bytes(checksum, 4).reversed())
      place += 12 + length
      if file[place - 8..<place - 4].elementsEqual("IEND".utf8) { break }
    }
    return repaired
  }

  /// A zip archive with right checksums; a safetensors file whose header ends where its JSON does.
  static func checkpointRepaired(_ file: [UInt8]) -> [UInt8] {
    if file.starts(with: Array("PK".utf8)) { return StoredZip.repaired(file) }
    guard file.count > 8, file[8] == UInt8(ascii: "{"), let end = endOfJSON(file, from: 8) else { return file }
    return StoredZip.bytes(end - 8, 8) + file[8...]
  }

  /// Frames whose heads end where their JSON does, and whose bodies end where the bytes do at the latest.
  static func wireRepaired(_ stream: [UInt8]) -> [UInt8] {
    var (repaired, place) = ([UInt8](), 0)
    while place + 8 < stream.count {
      let head = place + 8
      let end = endOfJSON(stream, from: head) ?? stream.count
      let body = min(StoredZip.number(stream, place + 4, 4), stream.count - end)
      repaired += StoredZip.bytes(end - head, 4) + StoredZip.bytes(body, 4) + stream[head..<end + body]
      place = end + body
    }
    return repaired + stream[place...]
  }

  /// Lines of a journal with right checksums.
  static func journalRepaired(_ file: [UInt8]) -> [UInt8] {
    let lines = file.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let repaired = lines.map { line in
      guard line.count > 17, line[line.startIndex + 16] == UInt8(ascii: " ") else { return Array(line) }
      let json = line.dropFirst(17)
      return Array(json.withUnsafeBytes { Checksum.text($0) }.utf8) + [UInt8(ascii: " ")] + json
    }
    return Array(repaired.joined(separator: [UInt8(ascii: "\n")]))
  }

  /// Behind the brace that closes the one at `start`; nil where none does.
  private static func endOfJSON(_ bytes: [UInt8], from start: Int) -> Int? {
    var (depth, isInString, isEscaped) = (0, false, false)
    for (place, byte) in bytes.enumerated().dropFirst(start) {
      if isEscaped {
        isEscaped = false
      } else if isInString {
        isEscaped = byte == UInt8(ascii: "\\")
        isInString = byte != UInt8(ascii: "\"")
      } else if byte == UInt8(ascii: "\"") {
        isInString = true
      } else if byte == UInt8(ascii: "{") {
        depth += 1
      } else if byte == UInt8(ascii: "}") {
        depth -= 1
        if depth <= 0 { return place + 1 }
      }
    }
    return nil
  }
}
