import Base
import EngineTransport
import Foundation
import Workbench

/// What terminals said of themselves: for the first frame where answers are late, and for `grl paths`. Worth nothing to anybody
/// else, and no error where it cannot be read or written.
struct TerminalAnswersFile {
  let path: String
  private let key: String

  /// Most terminals that are remembered.
  private static let limit = 50

  init(_ environment: [String: String]) {
    path = joined(UserFolders.cache(environment), "grl/terminals.json")
    // Together they tell one terminal from another, also through ssh, which hands some of them on.
    let names = ["TERM", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "LC_TERMINAL", "COLORTERM"]
    let client = environment["SSH_CONNECTION"]?.split(separator: " ").first.map(String.init)
    key = (names.map { environment[$0] ?? "" } + [client ?? "", environment["TMUX"] == nil ? "" : "tmux"])
      .joined(separator: "|")
  }

  /// What the terminal of this environment said last.
  func known() -> TerminalFacts? { all()[key] }

  func keep(_ facts: TerminalFacts) {
    var all = all()
    if all.count >= Self.limit { all = [:] }
    all[key] = facts
    let folder = parentFolder(path)
    guard let bytes = try? JSONEncoder().encode(all),
      (try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)) != nil
    else { return }
    try? bytes.write(to: URL(filePath: path), options: .atomic)
  }

  private func all() -> [String: TerminalFacts] {
    guard let bytes = try? RegularFile.read(path, limit: 1 << 20) else { return [:] }
    return (try? JSONDecoder().decode([String: TerminalFacts].self, from: Data(bytes))) ?? [:]
  }
}
