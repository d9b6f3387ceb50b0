import ArgumentParser
import Base
import EngineTransport
import Foundation
import Imaging
import Restoration
import Workbench

struct Paths: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the folders that are used.",
    discussion: """
      Folders of models stand in the order in which they are searched.

      EXAMPLES
        grl paths
        grl paths --json
      """)

  private struct Entry: Encodable {
    let use: String
    let path: String
    let exists: Bool
  }

  @Flag(help: "One JSON array instead of a table.") var json = false
  @OptionGroup var common: CommonOptions

  func run() {
    let console = common.console()
    let library = ModelLibrary.standard()
    var entries = library.folders.map { ("models, \($0.origin.rawValue)", $0.path) }
    entries.append(("imported models go to", library.userFolder))
    let place = EnginePlace(environment: ProcessInfo.processInfo.environment)
    entries += [("jobs and state", place.stateFolder), ("engine's socket", place.socket), ("engine's log", place.log)]
    entries.append(("program", canonicalPath("/proc/self/exe")))
    let answers = TerminalAnswersFile(ProcessInfo.processInfo.environment)
    entries.append(("what terminals said", answers.path))
    if json {
      console.result(jsonLine(entries.map { Entry(use: $0, path: $1, exists: fileExists($1)) }))
    } else {
      let rows = entries.map { [$0, $1.printable, fileExists($1) ? "" : "(does not exist)"] }
      for line in table(rows, leftAligned: [0, 1, 2]) { console.result(line) }
      if let facts = answers.known() { console.result("this terminal said: \(facts.text)") }
    }
  }
}
