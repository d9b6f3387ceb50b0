import EngineCore
import EngineWire
import Workbench

extension FuzzTarget {
  /// Questions go as far as an engine checks them before it looks at files; answers reach the screens of a workbench that asked.
  /// A value is a stream of whole frames each of which is a question or an answer.
  static func wire(_ bytes: [UInt8]) throws(FuzzFinding) -> Verdict {
    let cut = try frames(bytes, .answers)
    try require(
      try frames(bytes, .answers, piece: 1 + bytes.count % 7) == cut, "frames depend on how the stream is cut")
    guard let cut else { return .refused }
    var workbench = FuzzWorkbench(screen: bytes.count)
    var verdict = cut.frames.isEmpty || cut.restBytes > 0 ? Verdict.refused : .value
    for frame in cut.frames.prefix(32) {
      let answer = try accepted { () throws(WireError) in try frame.message(Answer.self) }
      if let answer {
        try requireSame(answer, frame.body)
        try workbench.take(answer, frame.body)
      }
      if try question(frame) == nil, answer == nil { verdict = .refused }
    }
    return verdict
  }

  private struct Cut: Equatable {
    var frames: [Frame] = []
    var restBytes = 0
  }

  /// nil where the stream cannot be cut into frames.
  private static func frames(_ bytes: [UInt8], _ limits: FrameLimits, piece: Int = .max) throws(FuzzFinding) -> Cut? {
    try accepted { () throws(WireError) in
      var (decoder, cut) = (FrameDecoder(limits: limits), Cut())
      var rest = bytes[...]
      while !rest.isEmpty {
        decoder.append(rest.prefix(piece))
        rest = rest.dropFirst(piece)
        while let frame = try decoder.next() { cut.frames.append(frame) }
      }
      cut.restBytes = decoder.pendingBytes
      return cut
    }
  }

  /// A message says the same when it is said again.
  private static func requireSame(
    _ message: some Codable & Equatable & Sendable, _ body: [UInt8]
  ) throws(FuzzFinding) {
    func again<Message: Codable>(_ message: Message) throws(WireError) -> Message {
      try Frame(message, body: body).message()
    }
    let said = try accepted { () throws(WireError) in try again(message) }
    // A message may take more values or bytes as we write it than it came with.
    if let said { try require(said == message, "a message is another one when it is said again") }
  }

  /// nil where the frame is no question.
  private static func question(_ frame: Frame) throws(FuzzFinding) -> Question? {
    let question = try accepted { () throws(WireError) in try frame.message(Question.self, limits: .questions) }
    guard let question else { return nil }
    try requireSame(question, [])
    switch question.request {
    case .plan(let job, _), .submit(let job), .submitToCluster(let job, _), .tryRegion(let job, _, _, _, _),
      .attention(let job, _, _),
      .attentionOverview(let job, _, _), .analysis(let job, _, _):
      try require(
        ShellLine.words(job.commandLine) == ["grl", "restore"] + job.arguments, "a shell reads another command line")
      try requireLine(job.commandLine)
      _ = try accepted { () throws(JobError) in try JobSettings(job, budgetBytes: 1 << 30) }
      _ = try accepted { () throws(JobError) in try OutputName(job.name, values: ["task": job.task]) }
    default: break
    }
    return question
  }
}
