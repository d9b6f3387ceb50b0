import EngineWire
import Foundation
import Testing

/// Conversations written down, one message a line: `>` from the client, `<` from the engine, `+ N bytes` behind a message that is
/// followed by raw bytes. What was once said stays readable, and is still said in the same words.
@Suite struct ConversationTests {
  static let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  static let fixture = package.appending(path: "Tests/Recordings/wire.txt")

  @Test("the recorded conversation is what the samples say; GRL_RECORD=1 writes it anew")
  func recorded() throws {
    let lines = try recording()
    if ProcessInfo.processInfo.environment["GRL_RECORD"] != nil {
      try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: Self.fixture)
    }
    let text = try String(contentsOf: Self.fixture, encoding: .utf8)
    #expect(text.split(separator: "\n").map(String.init) == lines)
  }

  @Test("every line of the recorded conversation can be read, and is written in the same words again")
  func readable() throws {
    let lines = try String(contentsOf: Self.fixture, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == Samples.requests.count + Samples.replies.count)
    for line in lines { try check(line) }
  }

  @Test("the conversation in Docs/Wire.md can be read, and is written in the same words again")
  func documented() throws {
    let text = try String(contentsOf: Self.package.appending(path: "Docs/Wire.md"), encoding: .utf8)
    let lines = text.split(separator: "\n").filter { $0.hasPrefix("> {") || $0.hasPrefix("< {") }
    #expect(lines.count >= 8)
    for line in lines { try check(line) }
    for name in Samples.requests.map(Samples.name) {
      #expect(text.contains("| `\(name)`"), "Docs/Wire.md says nothing about the request \(name)")
    }
    for reply in Samples.replies {
      let name = Samples.name(reply).replacing("event ", with: "")
      #expect(text.contains("| `\(name)`"), "Docs/Wire.md says nothing about the reply or event \(name)")
    }
    #expect(text.contains("Version \(WireProtocol.version) of the protocol"))
  }

  private func check(_ line: Substring) throws {
    let parts = line.dropFirst(2).split(separator: " + ", maxSplits: 1)
    let head = Array(parts[0].utf8)
    let again =
      line.hasPrefix(">")
      ? try Frame(Frame(head: head).message(Question.self)) : try Frame(Frame(head: head).message(Answer.self))
    #expect(String(decoding: again.head, as: UTF8.self) == String(parts[0]))
  }

  private func recording() throws -> [String] {
    var lines: [String] = []
    for (index, request) in Samples.requests.enumerated() {
      lines.append("> " + String(decoding: try Frame(Question(id: index + 1, request)).head, as: UTF8.self))
    }
    for (index, reply) in Samples.replies.enumerated() {
      let isEvent = if case .event = reply { true } else { false }
      var line = "< " + String(decoding: try Frame(Answer(id: isEvent ? 0 : index + 1, reply)).head, as: UTF8.self)
      if case .pixels(let info) = reply { line += " + \(info.byteCount) bytes" }
      if case .trial(let info) = reply { line += " + \(info.before.byteCount + info.after.byteCount) bytes" }
      if case .comparison(.view(let view)) = reply {
        line += " + \(view.samples.count * view.width * view.height * 3) bytes"
      }
      lines.append(line)
    }
    return lines
  }
}
