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
