import ArgumentParser
import Base
import EngineWire

struct Presets: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List named sets of options for restore --preset.",
    discussion: """
      A preset is a text file NAME.preset of lines 'option = value', the options being those of grl restore without their dashes. \
      The user's stand in $XDG_CONFIG_HOME/grl/presets; one of a name that is shipped too takes its place.

      EXAMPLES
        grl presets
        grl presets scan
        grl restore --preset scan --strength 0.6 print.png
      """)

  private struct Entry: Encodable {
    let name: String
    let path: String
    let about: String?
    let options: String?
    let problem: String?
  }

  @Argument(help: "Show this one alone, as its file has it.", completion: .presets) var name: String?
  @Flag(help: "One JSON array instead of a table.") var json = false
  @OptionGroup var common: CommonOptions

  func run() throws {
    let console = common.console()
    let files = PresetFiles()
    if let name {
      for line in try files.preset(name).fileText.split(separator: "\n") { console.result(String(line)) }
      return
    }
    let found = files.load()
    if json {
      let entries = found.map { found -> Entry in
        switch found.preset {
        case .success(let preset):
          Entry(
            name: found.name, path: found.path, about: preset.about, options: ShellLine.text(preset.words(beside: [:])),
            problem: nil)
        case .failure(let error):
          Entry(name: found.name, path: found.path, about: nil, options: nil, problem: error.description)
        }
      }
      return console.result(jsonLine(entries))
    }
    let rows = found.map { found -> [String] in
      switch found.preset {
      case .success(let preset): [found.name, preset.about, ShellLine.text(preset.words(beside: [:]))]
      case .failure(let error): [found.name.printable, "not usable", error.description]
      }
    }
    for line in table(rows, leftAligned: [0, 1, 2]) { console.result(line) }
  }
}
