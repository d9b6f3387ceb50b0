import Restoration

/// Numbers that papers report, quoted from `published-results.txt`.
package struct PublishedResults: Sendable {
  package struct Row: Hashable, Sendable {
    package let method: String
    /// In millions; nil where the source does not give it.
    package let parameters: Double?
    /// By the source's names: `psnr`, `ssim`, ...
    package let values: [String: Double]
    package let source: String
  }

  package struct StandardSet: Hashable, Sendable {
    package let name: String
    /// Nil where versions differ.
    package let pictureCount: Int?
    package let aliases: [String]
  }

  private struct Section: Sendable {
    let task: String
    let kind: String
    let level: Int?
    let sets: [String]
    let source: String
    let values: [String]
    var lines: [[String]] = []
  }

  package let sets: [StandardSet]
  private let sections: [Section]

  package static let standard = PublishedResults(
    String(decoding: PackageResources.published_results_txt, as: UTF8.self))

  package init(_ text: String) {
    var sets: [StandardSet] = []
    var sections: [Section] = []
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      if line.hasPrefix("set ") {
        let words = line.split(separator: " ").map(String.init)
        sets.append(StandardSet(name: words[1], pictureCount: Int(words[2]), aliases: Array(words.dropFirst(3))))
      } else if line.hasPrefix("[") {
        var facts: [String: String] = [:]
        for part in line.dropFirst().dropLast().split(separator: ";") {
          let sides = part.split(separator: "=", maxSplits: 1).map { Self.trimmed($0) }
          facts[sides[0]] = sides[1]
        }
        func list(_ key: String, _ separator: Character) -> [String] {
          (facts[key] ?? "").split(separator: separator).map { Self.trimmed($0) }
        }
        sections.append(
          Section(
            task: facts["task"] ?? "", kind: facts["kind"] ?? "", level: facts["level"].flatMap { Int($0) },
            sets: list("sets", ","), source: facts["source"] ?? "", values: list("values", " ")))
      } else {
        sections[sections.count - 1].lines.append(line.split(separator: "|").map { Self.trimmed($0) })
      }
    }
    self.sets = sets
    self.sections = sections
  }

  /// The standard set that a folder's name stands for.
  package func set(named name: String) -> StandardSet? {
    let name = name.lowercased()
    return sets.first { ([$0.name] + $0.aliases).contains { $0.lowercased() == name } }
  }

  /// Rows for a set and a damage, in the order of the sources, the first of each method.
  ///
  /// - Parameter kind: `colour`, `gray` or `dual-pixel`.
  package func rows(task: RestorationTask, level: Int?, kind: String, set: String) -> [Row] {
    var rows: [Row] = []
    for section in sections where section.task == task.rawValue && section.level == level && section.kind == kind {
      guard let column = section.sets.firstIndex(of: set) else { continue }
      for line in section.lines where line.count > column + 2 && !rows.contains(where: { $0.method == line[0] }) {
        var values: [String: Double] = [:]
        for (key, word) in zip(section.values, line[column + 2].split(separator: " ")) { values[key] = Double(word) }
        guard values["psnr"] != nil else { continue }
        rows.append(Row(method: line[0], parameters: Double(line[1]), values: values, source: section.source))
      }
    }
    return rows
  }

  private static func trimmed(_ text: Substring) -> String {
    String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
