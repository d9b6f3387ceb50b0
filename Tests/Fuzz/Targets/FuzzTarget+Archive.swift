import Trainer

extension FuzzTarget {
  /// A tar archive; its members lie in the file, one behind the other.
  static func tar(_ bytes: [UInt8]) throws(FuzzFinding) -> Verdict {
    let file = ScratchFile(bytes)
    defer { withExtendedLifetime(file) {} }
    let path = file.path
    guard let archive = try accepted({ () throws(TrainingDataError) in try TarArchive(path) }) else { return .refused }
    var end = 0
    for member in archive.members {
      try require(
        member.content.lowerBound >= end + 512 && member.content.upperBound <= bytes.count, "\(member) lies elsewhere")
      let read = try accepted { () throws(TrainingDataError) in try archive.read(member) }
      try require(read == Array(bytes[member.content]), "\(member) has other bytes")
      end = member.content.upperBound
    }
    return .value
  }

  /// An archive whose headers have right sums, and whose members end where the file does at the latest.
  static func tarRepaired(_ file: [UInt8]) -> [UInt8] {
    var (repaired, place) = (file, 0)
    func octal(_ value: Int, _ digits: Int) -> [UInt8] {
      let text = String(value, radix: 8)
      return Array((String(repeating: "0", count: max(0, digits - text.count)) + text).utf8)
    }
    func number(_ range: Range<Int>) -> Int? {
      Int(String(decoding: repaired[range].prefix { $0 != 0 && $0 != 0x20 }, as: UTF8.self), radix: 8)
    }
    while place + 512 <= file.count, file[place + 257..<place + 262].elementsEqual("ustar".utf8) {
      let rest = file.count - place - 512
      if let size = number(place + 124..<place + 136), size > rest {
        repaired.replaceSubrange(place + 124..<place + 135, with: octal(rest, 11))
      }
      let field = place + 148..<place + 156
      let others = repaired[place..<place + 512].reduce(0) { $0 + Int($1) } - repaired[field].reduce(0) { $0 + Int($1) }
      if number(field) != others + 8 * 32 {
        repaired.replaceSubrange(field, with: octal(others + 8 * 32, 6) + [0, 0x20])
      }
      let size = min(max(0, number(place + 124..<place + 136) ?? 0), rest)
      place += 512 + (size + 511) / 512 * 512
    }
    return repaired
  }
}
