import Base
import EngineWire
import Foundation
import Workbench

/// Where presets are looked for, and those that were found.
struct PresetFiles {
  /// The user's first, then what was installed with the program, or stands in the source tree that it was built in.
  let folders: [String]

  init(_ environment: [String: String] = ProcessInfo.processInfo.environment) {
    folders = WorkbenchFolders(environment).presets
  }

  /// One that can be chosen, or why it cannot.
  struct Found {
    let name: String
    let path: String
    let preset: Result<JobPreset, PresetError>
  }

  /// Most files of one folder that are looked at.
  private static let countLimit = 200

  /// All by name; of two with one name the first folder's counts.
  func load() -> [Found] {
    var found: [Found] = []
    for folder in folders where isFolder(folder) {
      let names: [String]
      do { names = try FileManager.default.contentsOfDirectory(atPath: folder) } catch { continue }
      for file in names.filter({ $0.hasSuffix(JobPreset.ending) }).sorted().prefix(Self.countLimit) {
        let name = String(file.dropLast(JobPreset.ending.count))
        guard !found.contains(where: { $0.name == name }) else { continue }
        let path = joined(folder, file)
        found.append(Found(name: name, path: path, preset: Result { () throws(PresetError) in try Self.read(path) }))
      }
    }
    return found.sorted { $0.name < $1.name }
  }

  private static func read(_ path: String) throws(PresetError) -> JobPreset {
    let bytes: [UInt8]
    do throws(RegularFile.Refusal) {
      bytes = try RegularFile.read(path, limit: JobPreset.fileLimit)
    } catch {
      throw PresetError(file: path, problem: .unreadable("\(error)"))
    }
    return try JobPreset(bytes, file: path)
  }

  /// The preset of this name.
  ///
  /// - Throws: a usage error that names those there are, or the line that is wrong.
  func preset(_ name: String) throws(Failure) -> JobPreset {
    let found = load()
    guard let one = found.first(where: { $0.name == name }) else {
      let names = found.map(\.name).joined(separator: ", ")
      throw Failure(
        .usage,
        "--preset: there is no preset '\(name)'; \(names.isEmpty ? "there is none" : "there are \(names)"); see grl presets"
          .printable)
    }
    do { return try one.preset.get() } catch { throw Failure(.usage, "--preset: \(error)") }
  }

  /// Writes a preset into the user's folder, whole or not at all.
  ///
  /// - Returns: what went wrong, in one line.
  func save(_ preset: JobPreset) -> String? {
    let path = joined(folders[0], preset.name + JobPreset.ending)
    do {
      try FileManager.default.createDirectory(atPath: folders[0], withIntermediateDirectories: true)
      try Data(preset.fileText.utf8).write(to: URL(filePath: path), options: .atomic)
      return nil
    } catch {
      return "the preset is not kept: \(path): \(error.localizedDescription)".printable
    }
  }

  /// Verbs that take presets.
  private static let verbs = ["restore", "plan", "submit"]

  /// A command line of `grl restore` and others like it with the options of its `--preset` in place of it; what is given beside it counts more.
  func expanded(_ words: [String]) throws(Failure) -> [String] {
    guard let verb = words.first, Self.verbs.contains(verb) else { return words }
    let given = RepeatedOption.valued(words.dropFirst())
    guard let name = given.first(where: { $0.word == "--preset" })?.value else { return words }
    var values: [String: String] = [:]
    for (word, value) in given {
      let word = word == "--output" ? "-o" : word
      if let option = JobOption.all.first(where: { $0.word == word }) { values[option.name] = value }
    }
    let options = words.prefix { $0 != "--" }
    for option in JobOption.all {
      if let flag = option.flags.first(where: { options.contains($0.word) }) { values[option.name] = flag.value }
    }
    var left: [String] = []
    var rest = words.dropFirst()
    while let word = rest.popFirst(), word != "--" {
      if word == "--preset" { _ = rest.popFirst() } else if !word.hasPrefix("--preset=") { left.append(word) }
    }
    let hasEnd = options.count < words.count
    let chosen = try preset(name).words(beside: values)
    return [verb] + chosen + left + (hasEnd ? ["--"] : []) + Array(rest)
  }
}
