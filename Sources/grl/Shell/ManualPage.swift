import Base
import EngineWire
import Foundation

/// Manual pages in the language of `man`: one for `grl`, one for each verb with what is below it.
struct ManualPage {
  /// `grl`, `grl-restore`
  let name: String
  let text: String

  /// Verbs that have a page. Written down where the parser cannot be asked, since it asks for them itself.
  static let names = GRLCommand.configuration.subcommands.filter {
    $0 != OpenWorkbench.self && $0.configuration.shouldDisplay
  }.map { $0._commandName }

  /// All pages.
  static var all: [ManualPage] {
    let root = CommandTable.root
    return [ManualPage(root)] + verbs.map { ManualPage(verb: $0) }
  }

  /// What has a page of its own; the workbench is on that of `grl`.
  private static var verbs: [CommandTable] {
    CommandTable.root.visibleCommands.filter { $0.commandName != CommandTable.root.defaultSubcommand }
  }

  private init(_ root: CommandTable) {
    name = "grl"
    var page = Self.head("grl", root.abstract ?? "")
    page += [
      ".SH SYNOPSIS", ".B grl", "[\\fIoption\\fR]... [\\fIFILE\\fR]...", ".br", ".B grl",
      "\\fIverb\\fR [\\fIargument\\fR]...",
    ]
    page += Self.discussion(root)
    if let workbench = root.defaultSubcommand.flatMap({ root.command($0) }) {
      page += [".SH OPTIONS OF THE WORKBENCH"] + Self.options(workbench)
    }
    page.append(".SH VERBS")
    for verb in Self.verbs {
      page += [".TP", "\\fBgrl-\(Self.escaped(verb.commandName))\\fR(1)", Self.escaped(verb.abstract ?? "")]
    }
    text = (page + Self.examples(root) + Self.tail(besides: nil)).joined(separator: "\n") + "\n"
  }

  private init(verb: CommandTable) {
    name = "grl-\(verb.commandName)"
    var page = Self.head(name, verb.abstract ?? "")
    page += [".SH SYNOPSIS"] + Self.synopsis(["grl", verb.commandName], verb)
    for command in verb.visibleCommands {
      page += [".br"] + Self.synopsis(["grl", verb.commandName, command.commandName], command)
    }
    page += Self.discussion(verb)
    let options = Self.options(verb)
    if !options.isEmpty { page += [".SH OPTIONS"] + options }
    for command in verb.visibleCommands {
      page += [".SH \(Self.escaped((verb.commandName + " " + command.commandName).uppercased()))"]
      page.append(Self.escaped(command.abstract ?? ""))
      page += Self.paragraphs(Self.split(command).words).flatMap { [".PP", $0] }
      page += Self.options(command)
    }
    var examples = Self.split(verb).examples
    for command in verb.visibleCommands { examples += Self.split(command).examples }
    text = (page + Self.examples(examples) + Self.tail(besides: name)).joined(separator: "\n") + "\n"
  }

  private static func head(_ name: String, _ about: String) -> [String] {
    let about = about.hasSuffix(".") ? String(about.dropLast()) : about
    return [
      ".TH \(name.uppercased()) 1 \"\" \"grl \(Version.current)\" \"GRL Workbench\"", ".nh", ".SH NAME",
      "\(escaped(name)) \\- \(escaped(about))",
    ]
  }

  private static func synopsis(_ words: [String], _ command: CommandTable) -> [String] {
    let values = command.visibleArguments.filter { $0.kind == .positional }.map { argument in
      let value = "\\fI\(escaped(argument.valueName ?? "value"))\\fR"
      return (argument.isOptional ? "[\(value)]" : value) + (argument.isRepeating ? "..." : "")
    }
    let verb = command.visibleCommands.isEmpty ? [] : ["\\fIcommand\\fR"]
    return [
      ".B \(escaped(words.joined(separator: " ")))", (verb + ["[\\fIoption\\fR]..."] + values).joined(separator: " "),
    ]
  }

  private static func options(_ command: CommandTable) -> [String] {
    command.visibleArguments.flatMap { argument -> [String] in
      let value = "\\fI\(escaped(argument.valueName ?? "value"))\\fR"
      let words = argument.words.map { "\\fB\(escaped($0))\\fR" }.joined(separator: ", ")
      let head: String
      switch argument.kind {
      case .positional: head = value + (argument.isRepeating ? " ..." : "")
      case .option: head = words + " " + value
      case .flag: head = words
      }
      var about = argument.abstract ?? ""
      let isTold = about.contains("(values: ") || about.contains("(default: ")
      if let values = argument.allValues, !values.isEmpty, !isTold {
        about += " One of \(values.joined(separator: ", "))."
      }
      if let standard = argument.defaultValue, argument.kind == .option, !isTold { about += " By default \(standard)." }
      return [".TP", head, escaped(about.isEmpty ? "." : about)]
    }
  }

  private static func discussion(_ command: CommandTable) -> [String] {
    let words = paragraphs(split(command).words)
    return words.isEmpty ? [] : [".SH DESCRIPTION"] + [words.joined(separator: "\n.PP\n")]
  }

  private static func examples(_ command: CommandTable) -> [String] { examples(split(command).examples) }

  private static func examples(_ lines: [String]) -> [String] {
    guard !lines.isEmpty else { return [] }
    return [".SH EXAMPLES", ".nf"] + lines.map(escaped) + [".fi"]
  }

  /// What a verb says of itself, and its examples: the lines that are set off below that word.
  private static func split(_ command: CommandTable) -> (words: [String], examples: [String]) {
    var (words, examples): ([String], [String]) = ([], [])
    var isExample = false
    for line in (command.discussion ?? "").split(separator: "\n", omittingEmptySubsequences: false) {
      if line == "EXAMPLES" {
        isExample = true
      } else if isExample && (line.hasPrefix("  ") || line.isEmpty) {
        if !line.isEmpty { examples.append(String(line.dropFirst(2))) }
      } else {
        isExample = false
        words.append(String(line))
      }
    }
    return (words, examples)
  }

  private static func paragraphs(_ lines: [String]) -> [String] {
    lines.split(separator: "").map { $0.map(escaped).joined(separator: "\n") }.filter { !$0.isEmpty }
  }

  private static func tail(besides name: String?) -> [String] {
    let others = (["grl"] + verbs.map { "grl-\($0.commandName)" }).filter { $0 != (name ?? "grl") }
    return [
      ".SH EXIT STATUS",
      "0 done; 1 some pictures failed, or a result could not be written; 2 usage; 3 bad input; 4 model problem; "
        + "5 over the memory budget; 6 suspicious output; 7 the engine is lost; 130 interrupted.",
      ".SH SEE ALSO", others.map { "\\fB\(escaped($0))\\fR(1)" }.joined(separator: ", "),
    ]
  }

  /// Text as `man` shows it letter by letter: hyphens that can be pasted, and no line that is taken for a request.
  private static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "\\": result += "\\e"
      case "-": result += "\\-"
      case "'": result += "\\(aq"
      case "`": result += "\\(ga"
      case "~": result += "\\(ti"
      case "^": result += "\\(ha"
      default: result.append(character)
      }
    }
    return result.hasPrefix(".") ? "\\&" + result : result
  }
}
