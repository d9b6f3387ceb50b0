import Base
import EngineWire

/// Options that are given twice, of which the parser would take the last without a word.
enum RepeatedOption {
  /// Verbs whose options are those of a job, and the options of theirs that may be given several times.
  private static let verbs: [String: Set<String>] = [
    "restore": [], "plan": [], "submit": ["--sbatch"], "attention": ["--output"], "degrade": [],
  ]
  /// Options of these verbs that the table does not have.
  private static let others: Set<String> = [
    "--preset", "--events", "--verify-map", "--seed", "--length", "--angle", "--radius", "--at",
    "--job-dir", "--shards", "--shard-time", "--files-from",
    "--cpus", "--time", "--partition", "--account", "--limit", "--scratch", "--sbatch",
  ]

  /// - Parameter words: the command line, the verb first.
  /// - Throws: a usage error that names both values.
  static func check(_ words: [String]) throws(Failure) {
    guard let verb = words.first, let repeatable = verbs[verb] else { return }
    var values: [String: String] = [:]
    for (word, value) in valued(words.dropFirst()) where !repeatable.contains(word) {
      if let first = values.updateValue(value, forKey: word) {
        throw Failure(.usage, "\(word) is given twice, as '\(first)' and as '\(value)': give it once".printable)
      }
    }
  }

  /// The options with a value among `words`, up to `--`.
  static func valued(_ words: ArraySlice<String>) -> [(word: String, value: String)] {
    let known = Set(JobOption.all.map(\.word)).subtracting([""]).union(others).union(["--output"])
    var found: [(word: String, value: String)] = []
    var left = words
    while let word = left.popFirst(), word != "--" {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard word.hasPrefix("-"), let name = parts.first, known.contains(name) else { continue }
      guard let value = parts.count > 1 ? parts[1] : left.popFirst() else { break }
      found.append((name == "-o" ? "--output" : name, value))
    }
    return found
  }
}
