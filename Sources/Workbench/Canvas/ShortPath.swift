import Base

extension String {
  /// A path in at most `columns` cells, cut in its middle: what it begins with and its name stay to be seen.
  package func shortened(to columns: Int) -> String {
    let shown = ShownText(self)
    guard shown.columns > columns, columns > 4 else { return self }
    let name = lastPathPart
    // The name first; what is left shows where the path begins.
    let tail = max(columns * 2 / 3, min(name.columns + 1, columns - 4))
    let end = ShownText(self).cut(to: tail, from: .start).string
    let start = ShownText(self).cut(to: columns - ShownText(end).columns, from: .silently).string
    return start + end
  }

  /// A path as seen from `folder`, or from the home folder.
  package func relative(to folder: String, home: String?) -> String {
    if !folder.isEmpty, folder != "/", hasPrefix(folder + "/") { return String(dropFirst(folder.count + 1)) }
    if let home, home.count > 1, self == home || hasPrefix(home + "/") { return "~" + dropFirst(home.count) }
    return self
  }

  /// `no room (scan_0003.png)` of `/photos/scan_0003.png: no room`: what is cut at the end shall not be the reason.
  package var reasonFirst: String {
    guard hasPrefix("/"), let end = firstRange(of: ": ") else { return self }
    return "\(self[end.upperBound...]) (\(String(self[..<end.lowerBound]).lastPathPart))"
  }

  /// Why something failed, without the path that it begins with, where that is one of `paths`.
  func reason(at paths: [String]) -> String {
    for path in paths where !path.isEmpty {
      for name in [path, path.lastPathPart] where hasPrefix(name + ": ") { return String(dropFirst(name.count + 2)) }
    }
    return self
  }
}
