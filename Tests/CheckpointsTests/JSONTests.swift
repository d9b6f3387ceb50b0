import Checkpoints
import Testing

@Suite struct JSONTests {
  static func parse(_ text: String) throws(JSON.Fault) -> JSON { try JSON.parse(Array(text.utf8)) }

  @Test("values of every kind are read")
  func values() throws {
    let text = " {\"a\": [1, -2, 2.5, 1e2, true, false, null], \"b\\n\\u0041\\ud83d\\ude00\": \"\\\\\\/\\\"\"} "
    #expect(
      try Self.parse(text)
        == .object([
          "a": .array([.integer(1), .integer(-2), .number(2.5), .number(100), .bool(true), .bool(false), .null]),
          "b\nA😀": .string("\\/\""),
        ]))
    #expect(try Self.parse("9223372036854775808") == .number(9_223_372_036_854_775_808))
  }

  @Test(
    "what RFC 8259 forbids is refused",
    arguments: [
      "", " ", "{", "[", "[1", "[1,]", "{\"a\":1,}", "{a:1}", "{\"a\" 1}", "01", "1.", ".5", "-", "+1", "1e", "tru",
      "nul",
      "NaN", "Infinity", "\"", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u00G0\"", "\"\\ud800\"", "\"\\ud800\\u0041\"",
      "\"\t\"",
      "1 2", "[1] ]", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "1e999", "\u{FEFF}1",
      String(repeating: "9", count: 65),
    ])
  func broken(_ text: String) {
    #expect(throws: JSON.Fault.self) { try Self.parse(text) }
  }

  @Test("text that is not UTF-8 is refused")
  func notUTF8() {
    #expect(throws: JSON.Fault.notUTF8(offset: 0)) { try JSON.parse([0x22, 0xC3, 0x28, 0x22]) }
  }

  @Test("faults say where")
  func offsets() {
    #expect(throws: JSON.Fault.unexpected(offset: 4, expected: "a value")) { try Self.parse("[1, x]") }
    #expect(throws: JSON.Fault.duplicateKey("k")) { try Self.parse("{\"k\":1,\"k\":1}") }
  }
}
