import Base
import Glibc

/// The members of a tar archive that are regular files: where each lies in the file. Nothing is unpacked, so names need no care.
///
/// Format: ustar and its pax headers (POSIX.1-2001, `pax`, section "ustar Interchange Format"), and the long names and large numbers of GNU
/// tar. Other kinds of members are passed over. Nothing of the archive is trusted: every size is checked against the file before it is used.
package final class TarArchive: Sendable {
  package struct Member: Sendable {
    package let name: String
    package let content: Range<Int>
  }

  /// Bounds on what an archive may ask for.
  enum Limits {
    static let members = 1_000_000
    /// Of a pax header or a long name.
    static let headerBytes = 1 << 20
  }

  private static let block = 512

  package let path: String
  package let members: [Member]
  private let descriptor: Int32

  /// Reads all headers.
  package init(_ path: String) throws(TrainingDataError) {
    self.path = path
    let count: Int
    do { (descriptor, count) = try RegularFile.open(path) } catch {
      throw .unreadable(path: path, reason: "\(error)")
    }
    do { members = try Self.members(TarHeaders(descriptor: descriptor, count: count, path: path)) } catch {
      close(descriptor)
      throw error
    }
  }

  deinit { close(descriptor) }

  /// The bytes of a member.
  package func read(_ member: Member) throws(TrainingDataError) -> [UInt8] {
    try TarHeaders(descriptor: descriptor, count: .max, path: path).bytes(member.content)
  }

  private static func members(_ file: TarHeaders) throws(TrainingDataError) -> [Member] {
    guard file.count >= block, TarHeader(try file.bytes(0..<block))?.isSound == true else {
      throw .unreadable(
        path: file.path, reason: "it is neither a folder nor a tar archive; unpack it and give the folder")
    }
    var members: [Member] = []
    var place = 0
    // What stood in front of a member for that member alone.
    var (longName, longSize): ([UInt8]?, Int?)
    while place <= file.count - block {
      let bytes = try file.bytes(place..<place + block)
      if bytes.allSatisfy({ $0 == 0 }) { break }
      guard let header = TarHeader(bytes), header.isSound else {
        throw file.fault(place, "a header with a wrong checksum")
      }
      guard let size = longSize ?? header.size else { throw file.fault(place, "a size that is no number") }
      let start = place + block
      guard size <= file.count - start else {
        throw file.fault(place, "a member of \(size) bytes that the file does not have")
      }
      let content = start..<start + size
      switch header.kind {
      case UInt8(ascii: "x"), UInt8(ascii: "L"):
        guard size <= Limits.headerBytes else { throw file.fault(place, "an extended header of \(size) bytes") }
        let text = try file.bytes(content)
        if header.kind == UInt8(ascii: "L") {
          longName = Array(text.prefix { $0 != 0 })
        } else {
          guard let records = TarHeader.records(text) else { throw file.fault(start, "a pax record that is none") }
          longName = records["path"] ?? longName
          if let text = records["size"] {
            guard let size = Int(String(decoding: text, as: UTF8.self)), size >= 0 else {
              throw file.fault(start, "a size that is no number")
            }
            longSize = size
          }
        }
      case 0, UInt8(ascii: "0"), UInt8(ascii: "7"):
        guard members.count < Limits.members else { throw file.fault(place, "more than \(Limits.members) members") }
        members.append(Member(name: String(fileName: longName ?? header.name), content: content))
        (longName, longSize) = (nil, nil)
      case UInt8(ascii: "g"): break
      default: (longName, longSize) = (nil, nil)
      }
      // Sizes are below the file's, so this does not overflow.
      place = start + (size + block - 1) / block * block
    }
    return members
  }
}

/// Reads places of an archive.
private struct TarHeaders {
  let descriptor: Int32
  let count: Int
  let path: String

  func bytes(_ range: Range<Int>) throws(TrainingDataError) -> [UInt8] {
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, done in
      let all = UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: range.count)
      (done, code) = Descriptor.fill(all, from: descriptor, at: range.lowerBound)
    }
    guard bytes.count == range.count else {
      throw .unreadable(path: path, reason: code == 0 ? "it became shorter while it was read" : systemReason(code))
    }
    return bytes
  }

  func fault(_ offset: Int, _ rule: String) -> TrainingDataError { .archive(path: path, offset: offset, rule: rule) }
}

/// One block of 512 bytes that describes a member.
private struct TarHeader {
  private let bytes: [UInt8]

  init?(_ bytes: [UInt8]) {
    guard bytes.count == 512 else { return nil }
    self.bytes = bytes
  }

  var kind: UInt8 { bytes[156] }

  var name: [UInt8] {
    let name = text(0..<100)
    // GNU tar's own headers have other things where ustar has the prefix.
    let isPOSIX = bytes[257..<263].elementsEqual(Array("ustar\0".utf8))
    let prefix = isPOSIX ? text(345..<500) : []
    return prefix.isEmpty ? name : prefix + [UInt8(ascii: "/")] + name
  }

  /// Nil where the field holds no number, or one below zero or over 2^62.
  var size: Int? {
    let field = bytes[124..<136]
    guard field[124] & 0x80 != 0 else { return Self.octal(field) }
    guard field[124] == 0x80, field[125..<128].allSatisfy({ $0 == 0 }), field[128] < 0x40 else { return nil }
    return field[128...].reduce(0) { $0 << 8 | Int($1) }
  }

  /// Whether the stored sum is that of the bytes.
  var isSound: Bool {
    let sum = bytes.reduce(0) { $0 + Int($1) } - bytes[148..<156].reduce(0) { $0 + Int($1) } + 8 * 32
    return Self.octal(bytes[148..<156]) == sum
  }

  private func text(_ range: Range<Int>) -> [UInt8] { Array(bytes[range].prefix { $0 != 0 }) }

  private static func octal(_ field: ArraySlice<UInt8>) -> Int? {
    let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0 && $0 != 0x20 }
    guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x37).contains($0) }) else { return nil }
    return digits.reduce(0) { $0 << 3 | Int($1 - 0x30) }
  }

  /// `LENGTH KEY=VALUE\n` again and again; nil for anything else.
  static func records(_ bytes: [UInt8]) -> [String: [UInt8]]? {
    var records: [String: [UInt8]] = [:]
    var rest = bytes[...]
    while !rest.isEmpty {
      guard let space = rest.firstIndex(of: 0x20), space - rest.startIndex <= 10,
        let length = Int(String(decoding: rest[..<space], as: UTF8.self)),
        length > space - rest.startIndex + 1, length <= rest.count
      else { return nil }
      let record = rest[(space + 1)..<rest.startIndex + length]
      guard record.last == 0x0A, let sign = record.firstIndex(of: UInt8(ascii: "=")) else { return nil }
      records[String(decoding: record[..<sign], as: UTF8.self)] = Array(record[(sign + 1)...].dropLast())
      rest = rest[(rest.startIndex + length)...]
    }
    return records
  }
}
