import Foundation
import Glibc

extension String {
  /// This text made fit for one line of a terminal: control characters, line separators and those that change the writing
  /// direction appear as `\u{1B}`, bytes of a file name that is no UTF-8 as `\xE9`. File names and library messages pass through it
  /// before they reach an error's description: a file called `a\u{1B}[2Jb` must not clear the screen.
  public var printable: String {
    guard unicodeScalars.contains(where: \.isUnprintable) else { return self }
    var text = ""
    for scalar in unicodeScalars {
      if let byte = scalar.shownFileNameByte {
        text += byte
      } else if scalar.isUnprintable {
        text += "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
      } else {
        text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  /// The same, cut to `limit` characters of this text.
  package func printable(limit: Int = 200) -> String {
    let head = unicodeScalars.prefix(limit)
    return String(head).printable + (head.endIndex < unicodeScalars.endIndex ? "..." : "")
  }
}

extension Collection<String> {
  /// The first `limit` items in one line, and how many are left out.
  package func listed(limit: Int = 12, separator: String = "; ") -> String {
    let shown = prefix(limit).map { $0.printable() }.joined(separator: separator)
    return count > limit ? shown + "\(separator)and \(count - limit) more" : shown
  }
}

extension Unicode.Scalar {
  /// Whether a terminal or a line of text must not get this as it is.
  package var isUnprintable: Bool {
    if fileNameByte != nil { return true }
    return switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: true
    default: false
    }
  }
}

extension Double {
  /// Without the decimals of a whole number.
  package var shortText: String { self == rounded() && abs(self) < 1e15 ? String(Int(self)) : String(self) }

  /// This number with exactly `digits` digits behind the point; `inf`, `-inf` and `nan` as such.
  package func fixed(_ digits: Int) -> String {
    var buffer = [CChar](repeating: 0, count: 400)
    _ = withVaList([Int32(digits), self]) { vsnprintf(&buffer, buffer.count, "%.*f", $0) }
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}

/// `seconds` as `0:42` or `1:02:03`.
package func clockTime(_ seconds: Double) -> String {
  let total = Int(min(max(seconds, 0), 359_999).rounded(.up))
  let (hours, minutes, rest) = (total / 3600, total / 60 % 60, total % 60)
  func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
  return hours > 0 ? "\(hours):\(padded(minutes)):\(padded(rest))" : "\(minutes):\(padded(rest))"
}

/// `23:41`, so many seconds from now by the local clock, with the day where that is not within a day; "" where nobody could wait for it.
package func timeOfDay(after seconds: Double) -> String {
  guard seconds.isFinite, (0..<31_536_000).contains(seconds) else { return "" }
  var end = time(nil) + Int(seconds.rounded(.up))
  var parts = tm()
  localtime_r(&end, &parts)
  var text = [CChar](repeating: 0, count: 32)
  let count = strftime(&text, text.count, seconds < 86_400 ? "%H:%M" : "%Y-%m-%d %H:%M", &parts)
  return String(decoding: text.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
}

/// `0.125` as `12.5 %`.
package func percent(_ share: Double) -> String { (share * 100).fixed(1) + " %" }

/// Three digits that count.
package func significant(_ number: Double) -> String { String(format: "%.3g", number) }

/// Rows of cells as text, each column as wide as its widest cell; the first column to the left, the others to the right
/// unless `leftAligned` names them.
package func table(_ rows: [[String]], leftAligned: Set<Int> = [0]) -> [String] {
  let columns = rows.map(\.count).max() ?? 0
  let widths = (0..<columns).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
  return rows.map { row in
    var line = ""
    for (column, cell) in row.enumerated() {
      let padding = String(repeating: " ", count: widths[column] - cell.count)
      line += (column > 0 ? "  " : "") + (leftAligned.contains(column) ? cell + padding : padding + cell)
    }
    while line.last == " " { line.removeLast() }
    return line
  }
}

/// A row of a table in Markdown.
package func markdownRow(_ cells: [String]) -> String {
  "| "
    + cells.map { $0.printable.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|") }
    .joined(separator: " | ") + " |"
}

/// `value` as JSON on one line, keys in alphabetical order; numbers that are not finite become the strings `inf`, `-inf`, `nan`.
package func jsonLine(_ value: some Encodable) -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  encoder.nonConformingFloatEncodingStrategy = .convertToString(
    positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
  do {
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  } catch {
    preconditionFailure("plain values always encode: \(error)")
  }
}

/// Reads `4G`, `512M`, `800K` or a number of bytes; units count in 1024, and `4GB`, `4GiB`, `1.5g` are understood too. nil for
/// anything else.
package func byteCount(_ text: String) -> Int? {
  let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
  guard let number = Double(digits), number > 0 else { return nil }
  let factor: Double
  switch text.dropFirst(digits.count).lowercased() {
  case "", "b": factor = 1
  case "k", "kb", "kib": factor = 1024
  case "m", "mb", "mib": factor = 1_048_576
  case "g", "gb", "gib": factor = 1_073_741_824
  case "t", "tb", "tib": factor = 1_099_511_627_776
  default: return nil
  }
  let bytes = number * factor
  return bytes >= 1 && bytes < 1e18 ? Int(bytes) : nil
}
