/// `seconds` as `0:42` or `1:02:03`.
package func clockTime(_ seconds: Double) -> String {
  let total = Int(min(max(seconds, 0), 359_999).rounded(.up))
  let (hours, minutes, rest) = (total / 3600, total / 60 % 60, total % 60)
  func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
  return hours > 0 ? "\(hours):\(padded(minutes)):\(padded(rest))" : "\(minutes):\(padded(rest))"
}

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
