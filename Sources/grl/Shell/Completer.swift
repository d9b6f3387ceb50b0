import Base
import EngineWire
import Foundation
import Imaging
import JobStore
import Restoration
import Workbench

/// What can stand where a person presses Tab. Shells ask for it by `grl __complete`, so that all three complete alike.
struct Completer {
  /// A word and what it means.
  struct Candidate: Hashable {
    let word: String
    let about: String
  }

  /// What a shell completes itself.
  enum Files: String { case files, folders, pictures }

  struct Answer {
    var candidates: [Candidate] = []
    var files: Files?

    /// One candidate a line, its meaning behind a tab; `:files`, `:folders` or `:pictures` where the shell is to look itself.
    var lines: [String] {
      candidates.map { $0.about.isEmpty ? $0.word : "\($0.word)\t\($0.about)" }
        + (files.map { [":\($0.rawValue)"] } ?? [])
    }
  }

  private let root: CommandTable
  /// The names of a kind that there are now.
  private let live: (LiveCompletion) -> [Candidate]

  init(root: CommandTable = .root, live: @escaping (LiveCompletion) -> [Candidate] = Completer.found) {
    (self.root, self.live) = (root, live)
  }

  /// - Parameter words: behind the program's name; the last one is begun, and may be empty. Bash takes `--task=x` apart: `--task`, `=`, `x`.
  func answer(_ words: [String]) -> Answer {
    var before = Array(words.dropLast())
    var begun = words.last ?? ""
    if begun == "=" {
      begun = ""
    } else if before.last == "=" {
      before.removeLast()
    }
    before.removeAll { $0 == "=" }

    var command = root
    var (position, isOver) = (0, false)
    var given: Set<String> = []
    var waiting: CommandTable.Argument?
    for word in before {
      if waiting != nil {
        waiting = nil
      } else if word == "--" {
        isOver = true
      } else if !isOver, word.hasPrefix("-"), word != "-" {
        let name = String(word.prefix { $0 != "=" })
        given.insert(name)
        let option = arguments(of: command).first { $0.words.contains(name) }
        if option?.kind == .option && !word.contains("=") { waiting = option }
      } else if !isOver, position == 0, let next = command.command(word) {
        (command, given) = (next, [])
      } else {
        position += 1
      }
    }
    if let waiting { return values(of: waiting, begun, prefix: "") }
    if !isOver, begun.hasPrefix("--"), let equals = begun.firstIndex(of: "=") {
      let name = String(begun[..<equals])
      guard let option = arguments(of: command).first(where: { $0.words.contains(name) && $0.kind == .option }) else {
        return Answer()
      }
      return values(of: option, String(begun[begun.index(after: equals)...]), prefix: name + "=")
    }
    if !isOver, begun.hasPrefix("-") { return options(of: command, begun, given) }
    var answer = Answer()
    if position == 0 && !isOver && given.isEmpty {
      answer.candidates = command.visibleCommands.filter {
        $0.commandName.hasPrefix(begun) && $0.commandName != "workbench"
      }
      .map { Candidate(word: $0.commandName, about: $0.abstract ?? "") }
    }
    let positionals = arguments(of: command).filter { $0.kind == .positional }
    if let argument = positionals.indices.contains(position) ? positionals[position] : positionals.last,
      positionals.indices.contains(position) || argument.isRepeating
    {
      let own = values(of: argument, begun, prefix: "")
      answer.candidates += own.candidates
      answer.files = own.files
    }
    return answer
  }

  /// Of a command and of the one that it stands for where none is named: `grl` is the workbench.
  private func arguments(of command: CommandTable) -> [CommandTable.Argument] {
    let standard = command.defaultSubcommand.flatMap { command.command($0) }
    return command.visibleArguments
      + (standard?.visibleArguments ?? []).filter { !["--help", "--version"].contains($0.words.last) }
  }

  private func options(of command: CommandTable, _ begun: String, _ given: Set<String>) -> Answer {
    var seen: Set<String> = []
    let known = arguments(of: command).filter { argument in
      argument.kind != .positional && (argument.isRepeating || given.isDisjoint(with: argument.words))
    }
    let words = known.flatMap { argument in
      argument.words.filter { $0.hasPrefix(begun) && ($0.hasPrefix("--") || begun == "-" && argument.words.count == 1) }
        .map { Candidate(word: $0, about: Self.firstSentence(argument.abstract ?? "")) }
    }
    return Answer(candidates: words.filter { seen.insert($0.word).inserted })
  }

  private func values(of argument: CommandTable.Argument, _ begun: String, prefix: String) -> Answer {
    var answer = Answer()
    let kind = argument.completionKind
    var found = (kind?.list?.values ?? argument.allValues ?? []).map { Candidate(word: $0, about: "") }
    if kind?.file != nil { answer.files = .files }
    if kind?.directory != nil { answer.files = .folders }
    if let name = kind?.shellCommand?.command, let kind = LiveCompletion(rawValue: name) {
      switch kind {
      case .pictures: answer.files = .pictures
      case .models:
        found = live(kind)
        answer.files = .files
      case .jobs, .themes, .presets: found = live(kind)
      }
    }
    answer.candidates = found.filter { $0.word.hasPrefix(begun) }
      .map { Candidate(word: prefix + $0.word, about: $0.about) }
    return answer
  }

  private static func firstSentence(_ text: String) -> String {
    let line = text.split(separator: "\n").first.map(String.init) ?? ""
    let first = line.range(of: ". ").map { String(line[..<$0.lowerBound]) } ?? line
    return first.hasSuffix(".") ? String(first.dropLast()) : first
  }

  /// The names of a kind on this machine.
  private static func found(_ kind: LiveCompletion) -> [Candidate] {
    switch kind {
    case .models:
      return ModelLibrary.standard().list().cards.map { Candidate(word: $0.name, about: $0.summary) }
    case .jobs:
      return Jobs.store.list().jobs.map { job in
        let info = Jobs.info(job)
        let first = info.pictures.first.map { lastComponent($0.input) } ?? ""
        return Candidate(word: info.id, about: "\(info.state.rawValue), \(info.title), \(first)".printable)
      }
    case .themes:
      let folders = WorkbenchFolders(ProcessInfo.processInfo.environment).themes
      return ThemeFiles.load(folders).themes.map { Candidate(word: $0.name, about: "") }
    case .presets:
      return PresetFiles().load().compactMap { found in
        if case .success(let preset) = found.preset { Candidate(word: found.name, about: preset.about) } else { nil }
      }
    case .pictures: return []
    }
  }
}
