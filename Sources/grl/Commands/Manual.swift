import ArgumentParser
import Base
import Foundation

struct Manual: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print a manual page, or write all of them.",
    discussion: """
      'make install' puts them where 'man grl' and 'man grl-restore' find them.

      EXAMPLES
        grl manual restore | man -l -
        grl manual --output-dir ~/.local/share/man/man1
      """)

  @Argument(
    help: ArgumentHelp("The verb whose page is printed (default: the page of grl).", valueName: "verb"),
    completion: .list(ManualPage.names))
  var verb: String?
  @Option(help: "Write all pages into this folder, made if need be.", completion: .directory) var outputDir: String?

  func validate() throws {
    if verb != nil && outputDir != nil { throw ValidationError("--output-dir writes all pages: leave the verb out") }
    if let verb, !ManualPage.names.contains(verb) {
      throw ValidationError(
        "there is no verb '\(verb.printable)'; there are \(ManualPage.names.joined(separator: ", "))")
    }
  }

  func run() throws {
    let pages = ManualPage.all
    guard let outputDir else {
      let name = verb.map { "grl-" + $0 } ?? "grl"
      for page in pages where page.name == name { writeToStandardOutput(Array(page.text.utf8)) }
      return
    }
    do {
      try FileManager.default.createDirectory(atPath: outputDir, withIntermediateDirectories: true)
      for page in pages {
        try Data(page.text.utf8).write(to: URL(filePath: joined(outputDir, page.name + ".1")), options: .atomic)
      }
    } catch {
      throw Failure(.someFailed, "\(outputDir): \(error.localizedDescription)".printable, code: "unwritable")
    }
  }
}
