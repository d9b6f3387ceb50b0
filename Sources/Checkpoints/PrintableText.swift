extension String {
  /// This text made safe to print on a terminal: control, format and line-breaking characters escaped, long text cut.
  ///
  /// For every name and path that comes from outside; a file called `a\u{1B}[2Jb` must not clear the screen.
  package func printable(limit: Int = 200) -> String {
    var result = ""
    var count = 0
    for scalar in unicodeScalars {
      guard count < limit else { return result + "..." }
      count += 1
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
        result += "\\u{\(String(scalar.value, radix: 16))}"
      default:
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

extension Collection<String> {
  /// The first `limit` items in one line, and how many are left out.
  package func listed(limit: Int = 12, separator: String = "; ") -> String {
    let shown = prefix(limit).map { $0.printable() }.joined(separator: separator)
    return count > limit ? shown + "\(separator)and \(count - limit) more" : shown
  }
}
