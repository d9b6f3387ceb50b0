extension Theme {
  /// Longest file and line, in bytes.
  public static let fileLimit = 64 << 10
  public static let lineLimit = 1 << 10
  /// Most complaints about one file, and most colours of a heat map.
  static let complaintLimit = 20
  static let heatLimit = 64

  /// Reads a theme file: lines `key = value`, every key optional; later lines win.
  ///
  /// ```
  /// # a comment
  /// name = Dark
  /// background = dark
  /// text = #d4dae2 on #12161c
  /// bar-active = #12161c on #7cc4e8 bold
  /// accent.16 = bright-cyan
  /// cursor.mono = reverse
  /// heat = #440154 #21918c #fde725
  /// ```
  ///
  /// Never fails: what is not understood is left out and told.
  ///
  /// - Parameter file: for complaints; its last part without `.theme` is the theme's name.
  public static func parse(_ bytes: [UInt8], file: String) -> (theme: Theme, complaints: [ThemeComplaint]) {
    let last = file.split(separator: "/").last.map(String.init) ?? file
    let stem = last.hasSuffix(".theme") ? String(last.dropLast(6)) : last
    var theme = Theme(name: String(stem.shown.prefix(60)))
    guard bytes.count <= fileLimit else {
      let problem = ThemeComplaint.Problem.fileTooLarge(bytes: bytes.count, limit: fileLimit)
      return (theme, [ThemeComplaint(file: file, line: 0, problem: problem)])
    }
    var complaints: [ThemeComplaint] = []
    var more = 0
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      do throws(ThemeComplaint.Problem) {
        try theme.take(line)
      } catch {
        guard complaints.count < complaintLimit else {
          more += 1
          continue
        }
        complaints.append(ThemeComplaint(file: file, line: index + 1, problem: error))
      }
    }
    if more > 0 { complaints.append(ThemeComplaint(file: file, line: 0, problem: .more(more))) }
    return (theme, complaints)
  }

  private mutating func take(_ line: ArraySlice<UInt8>) throws(ThemeComplaint.Problem) {
    guard line.count <= Self.lineLimit else { throw .lineTooLong(bytes: line.count, limit: Self.lineLimit) }
    guard let text = String(validating: line, as: UTF8.self) else { throw .notUTF8 }
    let words = text.split { $0 == " " || $0 == "\t" || $0 == "\r" || $0 == "\r\n" }
    guard let first = words.first, !first.hasPrefix("#") else { return }
    guard let equals = text.firstIndex(of: "=") else { throw .noEquals }
    let key = text[..<equals].split { $0 == " " || $0 == "\t" }.joined(separator: " ")
    // A hash with a blank behind it begins a comment; one without is a colour.
    var values = text[text.index(after: equals)...].split { $0 == " " || $0 == "\t" || $0 == "\r" || $0 == "\r\n" }
    if let comment = values.firstIndex(of: "#") { values = values[..<comment].map { $0 } }
    try set(key, values.map(String.init))
  }

  private mutating func set(_ key: String, _ values: [String]) throws(ThemeComplaint.Problem) {
    switch key {
    case "name": title = String(values.joined(separator: " ").shown.prefix(60))
    case "author": author = String(values.joined(separator: " ").shown.prefix(120))
    case "background":
      guard values == ["dark"] || values == ["light"] else {
        throw .badValue(key: key, word: values.joined(separator: " "), allowed: "dark or light")
      }
      isLight = values == ["light"]
    case "heat":
      var stops: [Colour] = []
      for word in values.prefix(Self.heatLimit) {
        guard let colour = Colour(themeWord: word), case .rgb = colour else {
          throw .badValue(key: key, word: word, allowed: "#rrggbb")
        }
        stops.append(colour)
      }
      guard stops.count >= 2 else { throw .tooFewStops(stops.count) }
      heat = stops
    default:
      let parts = key.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard let role = parts.first.flatMap(Look.Role.init(rawValue:)) else { throw .unknownKey(key) }
      let wish = try Wish(values, key: key)
      switch parts.dropFirst().first {
      case nil: wishes[role] = wish
      case "16": sixteen[role] = wish
      case "256": indexed[role] = wish
      case "mono": mono[role] = wish
      default: throw .unknownKey(key)
      }
    }
  }
}

extension Theme.Wish {
  fileprivate init(_ words: [String], key: String) throws(ThemeComplaint.Problem) {
    self.init()
    var isBackground = false
    for word in words {
      if word == "on", !isBackground, background == nil {
        isBackground = true
        continue
      }
      let attribute = Self.attributes[word]
      if let colour = Colour(themeWord: word), attribute == nil {
        if isBackground, background == nil {
          background = colour
          isBackground = false
          continue
        }
        if foreground == nil, background == nil, attributes.isEmpty {
          foreground = colour
          continue
        }
      } else if let attribute, !isBackground {
        attributes.formUnion(attribute)
        continue
      }
      throw .badValue(key: key, word: word, allowed: Self.grammar)
    }
    if isBackground { throw .badValue(key: key, word: "on", allowed: Self.grammar) }
  }

  private static let attributes: [String: Style.Attributes] = [
    "bold": .bold, "dim": .dim, "underline": .underline, "reverse": .reverse,
  ]

  private static let grammar =
    "[colour] [on colour] [bold] [dim] [underline] [reverse], a colour being #rrggbb, standard, "
    + TerminalPalette.names.prefix(8).joined(separator: ", ") + " or one of these with bright-"
}

extension Colour {
  /// A colour as a theme file writes it: `#rrggbb`, `standard`, or a name of the 16.
  init?(themeWord word: String) {
    if word == "standard" {
      self = .standard
    } else if let number = TerminalPalette.names.firstIndex(of: word) {
      self = .terminal(UInt8(number))
    } else {
      let digits = word.utf8.dropFirst()
      guard word.utf8.first == UInt8(ascii: "#"), digits.count == 6 else { return nil }
      guard digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
      guard let value = UInt32(word.dropFirst(), radix: 16) else { return nil }
      self = RGB(value).colour
    }
  }
}

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
