import Base

/// A named set of options: `scan`, `phone`. A text file whose lines are options of the command line without their dashes:
///
/// ```
/// # a comment
/// about = scanned prints and film
/// task = denoise
/// strength = 0.8
/// overwrite = on
/// ```
public struct JobPreset: Hashable, Sendable {
  public struct Setting: Hashable, Sendable {
    /// `JobOption.name`.
    let name: String
    public let value: String

    public var option: JobOption { JobOption.all.first { $0.name == name }! }
  }

  public let name: String
  /// What it is for, in one line; may be empty.
  public var about = ""
  /// In the order of the table, each option once.
  public private(set) var settings: [Setting] = []

  /// Longest file and line, in bytes.
  public static let fileLimit = 16 << 10
  public static let lineLimit = 1 << 10
  public static let ending = ".preset"

  /// What `job` has chosen, but for what is about single pictures.
  public init(name: String, _ job: JobRequest) {
    self.name = name
    settings = Self.options.compactMap { option in
      option.text(job).map { Setting(name: option.name, value: $0) }
    }
  }

  /// Options that a preset can hold: not those that name one picture's files or places.
  static let options = JobOption.all.filter { !["right", "region", "output"].contains($0.name) }

  /// 1 to 64 letters, digits, dots, dashes and underscores, beginning with a letter or digit.
  public static func isName(_ text: String) -> Bool {
    func isPlain(_ byte: UInt8) -> Bool {
      [
        UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"),
      ]
      .contains { $0.contains(byte) }
    }
    let others = Array("._-".utf8)
    return (1...64).contains(text.utf8.count) && isPlain(text.utf8.first!)
      && text.utf8.allSatisfy { isPlain($0) || others.contains($0) }
  }

  // MARK: Files

  /// Reads a preset's file.
  ///
  /// - Parameter file: its last part without the ending is the name.
  /// - Throws: the first line that is not understood.
  public init(_ bytes: [UInt8], file: String) throws(PresetError) {
    let last = lastComponent(file)
    name = last.hasSuffix(Self.ending) ? String(last.dropLast(Self.ending.count)) : last
    func fail(_ line: Int, _ problem: PresetError.Problem) -> PresetError {
      PresetError(file: file, line: line, problem: problem)
    }
    guard Self.isName(name) else { throw fail(0, .name(name)) }
    guard bytes.count <= Self.fileLimit else { throw fail(0, .fileTooLarge(bytes: bytes.count)) }
    var job = JobRequest(inputs: [], task: JobOption.task.values[0])
    var given: [String: String] = [:]
    for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
      let number = index + 1
      guard line.count <= Self.lineLimit else { throw fail(number, .lineTooLong(bytes: line.count)) }
      guard let words = String(validating: line, as: UTF8.self).map(Self.trimmed) else { throw fail(number, .notUTF8) }
      if words.isEmpty || words.hasPrefix("#") { continue }
      guard let equals = words.firstIndex(of: "=") else { throw fail(number, .noEquals) }
      let key = Self.trimmed(words[..<equals])
      let value = Self.trimmed(words[words.index(after: equals)...])
      if key == "about" {
        about = value.printable
        continue
      }
      guard let (option, flag) = Self.option(key) else { throw fail(number, .unknownKey(key)) }
      if flag != nil && value != "on" { throw fail(number, .badValue(key: key, value: value, allowed: "on")) }
      let text = flag?.value ?? value
      guard option.read(text, into: &job) else {
        throw fail(number, .badValue(key: key, value: value, allowed: option.allowed))
      }
      guard given.updateValue(text, forKey: option.name) == nil else { throw fail(number, .repeated(key)) }
    }
    settings = Self.options.compactMap { option in given[option.name].map { Setting(name: option.name, value: $0) } }
  }

  /// The option that a line's key stands for, and the flag where it is one.
  private static func option(_ key: String) -> (JobOption, JobOption.Flag?)? {
    for option in options {
      if !option.word.isEmpty, option.word == "--" + key { return (option, nil) }
      if let flag = option.flags.first(where: { $0.word == "--" + key }) { return (option, flag) }
    }
    return nil
  }

  private static func trimmed(_ text: some StringProtocol) -> String {
    var rest = Substring(text)
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
  }

  /// The file that holds it.
  public var fileText: String {
    let lines = settings.flatMap { setting -> [String] in
      let option = setting.option
      guard option.flags.isEmpty else {
        return option.flags.filter { $0.value == setting.value }.map { "\($0.word.dropFirst(2)) = on" }
      }
      return ["\(option.word.dropFirst(2)) = \(setting.value)"]
    }
    return ((about.isEmpty ? [] : ["about = \(about)"]) + lines).joined(separator: "\n") + "\n"
  }

  /// The values by the names of their options.
  public var values: [String: String] { Dictionary(settings.map { ($0.name, $0.value) }) { first, _ in first } }

  /// What `values` say, as far as it is understood: an option that is not known any more, or has other values now, is left out.
  public init(name: String, _ values: [String: String]) {
    self.name = name
    var job = JobRequest(inputs: [], task: JobOption.task.values[0])
    settings = Self.options.compactMap { option in
      guard let value = values[option.name], option.read(value, into: &job) else { return nil }
      return Setting(name: option.name, value: value)
    }
  }

  // MARK: Use

  /// What is chosen where nothing else is said: an untouched job, changed by the preset.
  ///
  /// - Parameter task: where the preset names none.
  public func job(task: String) -> JobRequest {
    var job = JobRequest(inputs: [], task: task)
    for setting in settings { _ = setting.option.read(setting.value, into: &job) }
    return job
  }

  /// The words of the command line that stand for it, without what `given` says otherwise.
  ///
  /// - Parameter given: the options, by name, that are given beside it, with their values.
  public func words(beside given: [String: String]) -> [String] {
    let left = settings.filter { setting in
      let option = setting.option
      if given[option.name] != nil { return false }
      if Self.rivals.contains(where: { $0.0.contains(option.name) && !$0.1.isDisjoint(with: given.keys) }) {
        return false
      }
      // Another task has other levels and models.
      guard let task = given["task"], task != self.task else { return true }
      return option.isHeeded(by: task.split(separator: ",").map(String.init))
        && !["model", "variant"].contains(option.name)
    }
    var job = JobRequest(inputs: [], task: JobOption.task.values[0])
    return left.flatMap { setting -> [String] in
      _ = setting.option.read(setting.value, into: &job)
      let words = setting.option.commandWords(job)
      // The standard value of the task is said all the same: it has to be given.
      return setting.option.name == "task" ? ["--task", setting.value] : words
    }
  }

  private var task: String? { settings.first { $0.name == "task" }?.value }

  /// Options of the left that are no longer meant where one of the right is given.
  private static let rivals: [(Set<String>, Set<String>)] = [
    (["fit", "max-megapixels"], ["width", "height"]), (["width", "height"], ["fit", "max-megapixels"]),
    (["folder", "name"], ["output"]),
  ]
}

/// Why a preset's file is not used.
public struct PresetError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Problem: Hashable, Sendable {
    case name(String)
    case fileTooLarge(bytes: Int)
    case lineTooLong(bytes: Int)
    case notUTF8
    case noEquals
    case unknownKey(String)
    case badValue(key: String, value: String, allowed: String)
    case repeated(String)
    case unreadable(String)
  }
  public let file: String
  /// From 1; 0 is the whole file.
  public let line: Int
  public let problem: Problem

  public init(file: String, line: Int = 0, problem: Problem) {
    self.file = file
    self.line = line
    self.problem = problem
  }

  public var description: String { "\(line > 0 ? "\(file):\(line)" : file): \(sentence)".printable }

  private var sentence: String {
    switch problem {
    case .name: "cannot name a preset: use 1 to 64 letters, digits, '.', '_' and '-', beginning with a letter or digit"
    case .fileTooLarge(let bytes): "\(bytes) bytes, over the limit of \(JobPreset.fileLimit) for a preset"
    case .lineTooLong(let bytes): "a line of \(bytes) bytes, over the limit of \(JobPreset.lineLimit)"
    case .notUTF8: "not UTF-8"
    case .noEquals: "expected 'option = value' or a line that begins with #"
    case .unknownKey(let key):
      "'\(key.prefix(40))' is no option of a preset; write those of grl restore without their dashes, and 'on' behind flags"
    case .badValue(let key, let value, let allowed): "\(key): '\(value.prefix(40))' where \(allowed) is allowed"
    case .repeated(let key): "\(key.prefix(40)): given a second time"
    case .unreadable(let reason): reason
    }
  }
}
