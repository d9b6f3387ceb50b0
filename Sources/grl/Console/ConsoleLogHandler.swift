import Logging

/// Log lines on standard error, beside the program's other messages: `grl: info: loaded the model  name=..., seconds=...`.
struct ConsoleLogHandler: LogHandler {
  let console: Console
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level = .warning

  init(console: Console) { self.console = console }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let facts = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
    let tail = facts.isEmpty ? "" : "  " + facts.map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
    console.error("\(event.level): \(event.message)\(tail)")
  }
}
