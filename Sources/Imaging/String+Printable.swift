extension String {
  /// This text made fit for one line of a terminal: control characters, line separators and those that change the writing
  /// direction appear as `\u{1B}`, bytes of a file name that is no UTF-8 as `\xE9`. File names and library messages pass through it before they reach an error's description.
  public var printable: String {
    guard unicodeScalars.contains(where: \.isUnprintable) else { return self }
    var text = ""
    for scalar in unicodeScalars {
      if let byte = scalar.fileNameByte {
        text += "\\x" + String(byte, radix: 16, uppercase: true)
      } else if scalar.isUnprintable {
        text += "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
      } else {
        text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}

extension Unicode.Scalar {
  fileprivate var isUnprintable: Bool {
    if fileNameByte != nil { return true }
    return switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: true
    default: false
    }
  }
}
