/// A line of a theme file that is not understood and was left out.
public struct ThemeComplaint: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Problem: Error, Hashable, Sendable {
    case fileTooLarge(bytes: Int, limit: Int)
    case lineTooLong(bytes: Int, limit: Int)
    case notUTF8
    case noEquals
    case unknownKey(String)
    case badValue(key: String, word: String, allowed: String)
    case tooFewStops(Int)
    case more(Int)
  }
  public let file: String
  /// From 1; 0 is the whole file.
  public let line: Int
  public let problem: Problem

  public var description: String {
    let place = line > 0 ? "\(file):\(line)" : file
    return ShownText("\(place): \(sentence)").string
  }

  private var sentence: String {
    switch problem {
    case .fileTooLarge(let bytes, let limit):
      "\(bytes) bytes, over the limit of \(limit) for a theme; nothing of it is used"
    case .lineTooLong(let bytes, let limit): "a line of \(bytes) bytes, over the limit of \(limit); left out"
    case .notUTF8: "not UTF-8; left out"
    case .noEquals: "expected 'key = value' or a line that begins with #; left out"
    case .unknownKey(let key):
      "'\(key.prefix(40))' is no key; keys are name, author, background, heat and the roles "
        + Look.Role.allCases.map(\.rawValue).joined(separator: ", ")
        + ", each alone or with .16, .256 or .mono behind it; left out"
    case .badValue(let key, let word, let allowed): "\(key): '\(word.prefix(40))' where \(allowed) is allowed; left out"
    case .tooFewStops(let count): "heat: \(count) colours where at least 2 are needed; left out"
    case .more(let count): "\(count) more lines that are not understood"
    }
  }
}
