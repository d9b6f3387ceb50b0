import ArgumentParser
import Foundation

/// A command as the argument parser describes it: what manual pages and completions are made from, so that no option is written down twice.
struct CommandTable: Decodable {
  struct Argument: Decodable {
    enum Kind: String, Decodable { case positional, option, flag }

    struct Name: Decodable {
      let kind: String
      let name: String

      var word: String { (kind == "long" ? "--" : "-") + name }
    }

    /// What completes a value.
    struct Completion: Decodable {
      struct List: Decodable { let values: [String] }
      struct Nothing: Decodable {}
      struct Command: Decodable { let command: String }
      let list: List?
      let file: Nothing?
      let directory: Nothing?
      /// One of ``LiveCompletion``.
      let shellCommand: Command?
    }

    let kind: Kind
    let shouldDisplay: Bool
    let isOptional: Bool
    let isRepeating: Bool
    let names: [Name]?
    let valueName: String?
    let defaultValue: String?
    let allValues: [String]?
    let completionKind: Completion?
    let abstract: String?

    var words: [String] { (names ?? []).map(\.word) }
  }

  let commandName: String
  let abstract: String?
  let discussion: String?
  let shouldDisplay: Bool?
  let defaultSubcommand: String?
  let subcommands: [CommandTable]?
  let arguments: [Argument]?

  private struct Dump: Decodable { let command: CommandTable }

  /// `grl` with all that is below it.
  static let root: CommandTable = {
    do {
      return try JSONDecoder().decode(Dump.self, from: Data(GRLCommand._dumpHelp().utf8)).command
    } catch {
      preconditionFailure("the parser does not describe itself as this version of it does: \(error)")
    }
  }()

  /// Those that a person sees, in their order; `help` is the parser's own.
  var visibleCommands: [CommandTable] {
    (subcommands ?? []).filter { $0.shouldDisplay != false && $0.commandName != "help" }
  }
  var visibleArguments: [Argument] { (arguments ?? []).filter(\.shouldDisplay) }

  func command(_ name: String) -> CommandTable? { subcommands?.first { $0.commandName == name } }
}

/// What a shell completes from what is there now.
enum LiveCompletion: String, CaseIterable { case models, jobs, themes, presets, pictures }

extension CompletionKind {
  private static func live(_ kind: LiveCompletion) -> CompletionKind { .shellCommand(kind.rawValue) }

  /// Installed models by name, and files.
  static var models: CompletionKind { live(.models) }
  static var jobs: CompletionKind { live(.jobs) }
  static var themes: CompletionKind { live(.themes) }
  static var presets: CompletionKind { live(.presets) }
  /// Files whose names end as pictures do, and folders.
  static var pictures: CompletionKind { live(.pictures) }
}
