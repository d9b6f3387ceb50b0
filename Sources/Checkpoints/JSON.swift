import Base

/// A value of a JSON text, as the strict reader `JSON.parse` delivers it.
package enum JSON: Equatable, Sendable {
  case null
  case bool(Bool)
  /// A number written without fraction and exponent that fits `Int`.
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSON])
  case object([String: JSON])

  /// Why a text is not the JSON that we accept.
  package enum Fault: Error, Equatable, Sendable, CustomStringConvertible {
    case unexpected(offset: Int, expected: String)
    case notUTF8(offset: Int)
    case duplicateKey(String)
    case tooDeep(limit: Int)
    case tooManyValues(limit: Int)

    package var description: String {
      switch self {
      case .unexpected(let offset, let expected): "byte \(offset) of the JSON text: expected \(expected)"
      case .notUTF8(let offset): "byte \(offset) of the JSON text: not UTF-8"
      case .duplicateKey(let key): "the key \"\(key.printable())\" occurs twice in one JSON object"
      case .tooDeep(let limit): "the JSON text is nested deeper than \(limit) levels"
      case .tooManyValues(let limit): "the JSON text holds more than \(limit) values"
      }
    }
  }

  /// Reads one JSON text (RFC 8259): UTF-8, no key twice in one object, nested at most 16 deep, at most 200,000 values.
  package static func parse(_ bytes: [UInt8]) throws(Fault) -> JSON {
    var parser = JSONParser(bytes: bytes)
    return try parser.parse()
  }
}

private struct JSONParser {
  static let maximumDepth = 16
  static let maximumValues = 200_000

  let bytes: [UInt8]
  var position = 0
  var values = 0

  mutating func parse() throws(JSON.Fault) -> JSON {
    let value = try value(depth: 0)
    skipSpace()
    guard position == bytes.count else { throw unexpected("the end") }
    return value
  }

  private mutating func value(depth: Int) throws(JSON.Fault) -> JSON {
    guard depth < Self.maximumDepth else { throw .tooDeep(limit: Self.maximumDepth) }
    values += 1
    guard values <= Self.maximumValues else { throw .tooManyValues(limit: Self.maximumValues) }
    skipSpace()
    switch peek {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func object(depth: Int) throws(JSON.Fault) -> JSON {
    position += 1
    var members: [String: JSON] = [:]
    if skip("}") { return .object(members) }
    repeat {
      skipSpace()
      guard peek == UInt8(ascii: "\"") else { throw unexpected("a key in quotes") }
      let key = try string()
      guard skip(":") else { throw unexpected("\":\"") }
      guard members.updateValue(try value(depth: depth + 1), forKey: key) == nil else { throw .duplicateKey(key) }
    } while skip(",")
    guard skip("}") else { throw unexpected("\",\" or \"}\"") }
    return .object(members)
  }

  private mutating func array(depth: Int) throws(JSON.Fault) -> JSON {
    position += 1
    var elements: [JSON] = []
    if skip("]") { return .array(elements) }
    repeat { elements.append(try value(depth: depth + 1)) } while skip(",")
    guard skip("]") else { throw unexpected("\",\" or \"]\"") }
    return .array(elements)
  }

  private mutating func word(_ word: String, _ value: JSON) throws(JSON.Fault) -> JSON {
    guard bytes[position...].starts(with: word.utf8) else { throw unexpected(word) }
    position += word.utf8.count
    return value
  }

  private mutating func number() throws(JSON.Fault) -> JSON {
    let start = position
    var isInteger = true
    if peek == UInt8(ascii: "-") { position += 1 }
    if peek == UInt8(ascii: "0") {
      position += 1
    } else {
      guard skipDigits() > 0 else { throw unexpected("a value") }
    }
    if peek == UInt8(ascii: ".") {
      isInteger = false
      position += 1
      guard skipDigits() > 0 else { throw unexpected("a digit") }
    }
    if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
      isInteger = false
      position += 1
      if peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") { position += 1 }
      guard skipDigits() > 0 else { throw unexpected("a digit") }
    }
    guard position - start <= 64 else {
      position = start
      throw unexpected("a number of at most 64 characters")
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isInteger, let integer = Int(text) { return .integer(integer) }
    guard let number = Double(text), number.isFinite else {
      position = start
      throw unexpected("a number that a double can hold")
    }
    return .number(number)
  }

  private mutating func string() throws(JSON.Fault) -> String {
    let start = position
    position += 1
    var content: [UInt8] = []
    while let byte = peek {
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: content, as: UTF8.self) else { throw .notUTF8(offset: start) }
        return text
      case UInt8(ascii: "\\"): content.append(contentsOf: try escape())
      case 0..<0x20:
        position -= 1
        throw unexpected("no bare control character in a string")
      default: content.append(byte)
      }
    }
    throw unexpected("\"")
  }

  /// The UTF-8 bytes of an escape; the backslash is already skipped.
  private mutating func escape() throws(JSON.Fault) -> [UInt8] {
    let byte = peek
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte!]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"):
      var units = [try codeUnit()]
      if UTF16.isLeadSurrogate(units[0]), bytes[position...].starts(with: "\\u".utf8) {
        position += 2
        units.append(try codeUnit())
      }
      guard let text = String(validating: units, as: UTF16.self) else { throw unexpected("whole surrogate pairs") }
      return Array(text.utf8)
    default:
      position -= 1
      throw unexpected("an escape letter")
    }
  }

  private mutating func codeUnit() throws(JSON.Fault) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = peek, let digit = Character(UnicodeScalar(byte)).hexDigitValue, byte < 0x80 else {
        throw unexpected("four hexadecimal digits")
      }
      unit = unit << 4 | UInt16(digit)
      position += 1
    }
    return unit
  }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  /// Skips white space and `character`, if that is what comes next.
  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard peek == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func skipDigits() -> Int {
    let start = position
    while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    return position - start
  }

  private func unexpected(_ expected: String) -> JSON.Fault { .unexpected(offset: position, expected: expected) }
}
