import EngineWire
import Foundation
import Testing

@Suite struct MessageTests {
  @Test("every request survives the way over the wire", arguments: Samples.requests)
  func request(request: Request) throws {
    let question = Question(id: 7, request)
    #expect(try sent(Frame(question, limits: .questions)).message(Question.self, limits: .questions) == question)
  }

  @Test("every reply and every event survives the way over the wire, raw bytes included", arguments: Samples.replies)
  func reply(reply: Reply) throws {
    let answer = Answer(id: 7, reply)
    let frame = try sent(Frame(answer, body: [1, 2, 3, 0, 255, 254]))
    #expect(try frame.message(Answer.self) == answer)
    #expect(frame.body == [1, 2, 3, 0, 255, 254])
  }

  @Test("the numbers of an analysis come back from its raw bytes; fewer or more of them are refused")
  func analysis() throws {
    var report = Samples.report
    let numbers: [Float] = [0, -1.5, 3e-20, 7, .infinity, 0.25]
    let looks: [PlaneMap.Look] = [
      .magnitude(fromZero: false), .signed, .axis(strength: numbers.reversed()), .categories(["a", "b"]),
      .colours([0, 0xff, 0xff00, 0xff0000, 0xffffff, 0x123456]),
    ]
    report.maps = looks.map { PlaneMap("map", width: 3, height: 2, values: numbers, look: $0) }
    let answer = Answer(id: 1, .analysis(report))
    let frame = try sent(Frame(answer, body: report.body))
    guard case .analysis(let said) = try frame.message(Answer.self).reply else {
      Issue.record("the reply is another one")
      return
    }
    #expect(said.filled(by: frame.body) == report)
    #expect(said.filled(by: frame.body.dropLast()) == nil && said.filled(by: frame.body + [0]) == nil)
  }

  @Test("maps are sent smaller: means of numbers, of axes and names the one in the middle")
  func reduced() {
    let map = PlaneMap("map", width: 5, height: 4, values: (0..<20).map { Float($0) })
    let small = map.reduced(to: 3)
    #expect((small.width, small.height) == (3, 2))
    #expect(small.values == [3, 5, 6.5, 13, 15, 16.5])
    let names = PlaneMap("map", width: 4, height: 2, values: [0, 0, 1, 1, 2, 3, 2, 1], look: .categories(["a", "b"]))
    #expect(names.reduced(to: 2).values == [3, 1])
    #expect(map.reduced(to: 5) == map)
  }

  @Test("the samples hold every kind of message")
  func samples() {
    #expect(Set(Samples.requests.map(Samples.name)).count == 28)
    #expect(Set(Samples.replies.map(Samples.name)).count == 25)
  }

  @Test("a number that is not finite is refused by both sides", arguments: [Double.nan, .infinity, -.infinity])
  func notFinite(number: Double) throws {
    var job = JobRequest(inputs: [], task: "denoise")
    job.sigma = number
    let error = #expect(throws: WireError.self) { try Frame(Question(id: 1, .plan(job))) }
    #expect("\(try #require(error))".contains("sigma"))

    for text in ["1e999", "-1e999", "NaN", "nan", "Infinity", "\"nan\""] {
      let head = #"{"id":1,"reply":{"event":{"_0":{"log":{"_0":{"level":"info","text":"","time":\#(text)}}}}}}"#
      #expect(throws: WireError.self) { try Frame(head: Array(head.utf8)).message(Answer.self) }
    }
  }

  @Test(
    "a head that is no message is refused in one printable line",
    arguments: [
      "", "{", "null", "[]", "7", "\"hello\"", "{}", #"{"id":1}"#, #"{"id":1,"request":{}}"#,
      #"{"id":1,"request":{"launch":{}}}"#, #"{"id":"one","request":{"watch":{}}}"#,
      #"{"id":1,"request":{"hello":{"version":1.5,"client":"x"}}}"#,
      #"{"id":99999999999999999999,"request":{"watch":{}}}"#, "{\"id\":1,\"request\":{\"\u{1B}[31m\":{}}}",
      #"{"id":1,"request":{"watch":{},"listModels":{}}}"#,
    ])
  func notAMessage(head: String) {
    check(Array(head.utf8))
  }

  @Test("a head that is not UTF-8 is refused")
  func notUTF8() {
    check(Array(#"{"id":1,"request":{"listFolder":{"path":""#.utf8) + [0xFF, 0xC0] + Array(#""}}}"#.utf8))
    check([0xFF, 0xFE, 0x7B, 0x00])
  }

  @Test("deep nesting and masses of values are refused, whether closed or not, as key or value")
  func hostileShapes() throws {
    let open = [UInt8](repeating: UInt8(ascii: "["), count: 1 << 20)
    for head in [open, Array(#"{"id":"#.utf8) + open, open.dropLast(0) + open.map { $0 + 2 }] {
      #expect(throws: WireError.tooDeep(limit: 32)) { try Frame(head: Array(head)).message(Question.self) }
    }
    #expect(throws: WireError.tooDeep(limit: 32)) {
      try Frame(head: Array(String(repeating: #"{"a":"#, count: 100_000).utf8)).message(Question.self)
    }
    let ones = Array((#"{"id":1,"x":["# + String(repeating: "1,", count: 400_000) + "1]}").utf8)
    #expect(throws: WireError.tooManyValues(limit: 50_000)) {
      try Frame(head: ones).message(Question.self, limits: .questions)
    }
    // Brackets and commas in text are text.
    let path = String(repeating: "[{,:\\\"", count: 1000)
    let question = Question(id: 1, .listFolder(path: path))
    #expect(try sent(Frame(question, limits: .questions)).message(Question.self, limits: .questions) == question)
  }

  @Test("a rectangle that no picture reaches is no message")
  func hugeRectangle() throws {
    func head(_ side: Int) -> [UInt8] {
      Array(#"{"id":1,"request":{"preview":{"height":9,"path":"/a.png","region":[0,0,\#(side),16],"width":9}}}"#.utf8)
    }
    #expect(throws: Never.self) { try Frame(head: head(Int(Int32.max))).message(Question.self) }
    for side in [1 << 31, 1 << 62, -(1 << 40)] { check(head(side)) }
  }

  @Test("what the other side would refuse is not sent")
  func ownLimits() {
    let long = Question(id: 1, .listFolder(path: String(repeating: "a", count: 1 << 20)))
    #expect(throws: WireError.self) { try Frame(long, limits: .questions) }
    #expect(throws: Never.self) { try Frame(long) }
    let many = Question(id: 1, .plan(JobRequest(inputs: .init(repeating: "", count: 60_000), task: "sr")))
    #expect(throws: WireError.tooManyValues(limit: 50_000)) { try Frame(many, limits: .questions) }
    let pixels = Answer(id: 1, .pixels(Samples.pixels))
    #expect(throws: WireError.self) { try Frame(pixels, body: .init(repeating: 0, count: WireProtocol.frameLimit)) }
  }

  private func check(_ head: [UInt8], sourceLocation: SourceLocation = #_sourceLocation) {
    for decode in [
      { try Frame(head: head).message(Question.self) as Any }, { try Frame(head: head).message(Answer.self) },
    ] {
      let error = #expect(throws: WireError.self, sourceLocation: sourceLocation) { _ = try decode() }
      let text = error.map { "\($0)" } ?? ""
      let isPrintable = text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
      #expect(isPrintable && text.count < 300, "\(text.debugDescription)", sourceLocation: sourceLocation)
    }
  }

  private func sent(_ frame: Frame) throws -> Frame {
    var decoder = FrameDecoder()
    decoder.append(frame.bytes)
    let arrived = try decoder.next()
    #expect(decoder.pendingBytes == 0)
    return try #require(arrived)
  }
}
