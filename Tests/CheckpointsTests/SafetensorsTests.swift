import Checkpoints
import Testing

@Suite struct SafetensorsTests {
  static func file(_ header: String, data: Int = 0, length: UInt64? = nil) -> [UInt8] {
    le(length ?? UInt64(header.utf8.count)) + Array(header.utf8) + [UInt8](repeating: 0, count: data)
  }

  static func entry(_ name: String, _ type: String = "F32", _ shape: String = "[2]", _ offsets: String = "[0,8]")
    -> String
  {
    "\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":\(shape),\"data_offsets\":\(offsets)}"
  }

  static func read(_ bytes: [UInt8]) throws(CheckpointError) -> Checkpoint {
    try Checkpoint(bytes: bytes, path: "m.safetensors")
  }

  @Test(
    "each broken rule is named",
    arguments: [
      (
        file("{\(entry("a", "F32", "[3]"))}", data: 8),
        SafetensorsFault.sizeMismatch(tensor: "a", declared: 12, stored: 8)
      ),
      (file("{\(entry("a", "F32", "[0,4611686018427387904,4]", "[0,0]"))}"), .sizeOverflow(tensor: "a")),
      (file("{\(entry("a", "F32", "[2305843009213693952,8]"))}", data: 8), .sizeOverflow(tensor: "a")),
      (file("{\(entry("a", "F8_E4M3"))}", data: 8), .unknownElementType(tensor: "a", name: "F8_E4M3")),
      (file("{\(entry("a", "F32", "[2]", "[8,0]"))}", data: 8), .reversedOffsets(tensor: "a", begin: 8, end: 0)),
      (file("{\(entry("a", "F32", "[2]", "[4,12]"))}", data: 12), .gap(tensor: "a", from: 0, to: 4)),
      (
        file("{\(entry("a")),\(entry("b", "F32", "[2]", "[4,12]"))}", data: 12),
        .overlap(tensor: "b", begin: 4, taken: 8)
      ),
      (file("{\(entry("a")),\(entry("b"))}", data: 8), .overlap(tensor: "b", begin: 0, taken: 8)),
      (file("{\(entry("a"))}", data: 4), .pastEnd(tensor: "a", end: 8, available: 4)),
      (file("{\(entry("a"))}", data: 9), .trailingBytes(1)),
      (file("{}", data: 3), .trailingBytes(3)),
      (file("{\"a\":[]}"), .wrongValue(key: "a", expected: "an object with dtype, shape and data_offsets")),
      (
        file("{\"a\":{\"dtype\":\"F32\",\"shape\":[]}}"),
        .wrongValue(key: "a", expected: "an object with dtype, shape and data_offsets")
      ),
      (
        file("{\"a\":{\"dtype\":1,\"shape\":[],\"data_offsets\":[0,4]}}", data: 4),
        .wrongValue(key: "a.dtype", expected: "the name of an element type")
      ),
      (
        file("{\(entry("a", "F32", "[2.0]"))}", data: 8),
        .wrongValue(key: "a.shape", expected: "at most 8 whole numbers, none negative")
      ),
      (
        file("{\(entry("a", "F32", "[-2]"))}", data: 8),
        .wrongValue(key: "a.shape", expected: "at most 8 whole numbers, none negative")
      ),
      (
        file("{\(entry("a", "F32", "[1,1,1,1,1,1,1,1,2]"))}", data: 8),
        .wrongValue(key: "a.shape", expected: "at most 8 whole numbers, none negative")
      ),
      (
        file("{\(entry("a", "F32", "[2]", "[0,8,8]"))}", data: 8),
        .wrongValue(key: "a.data_offsets", expected: "two whole numbers, none negative")
      ),
      (file("{\"__metadata__\":1}"), .wrongValue(key: "__metadata__", expected: "an object")),
      (file("{\"__metadata__\":{\"k\":1}}"), .wrongValue(key: "__metadata__.k", expected: "text")),
      (file("{\(entry("a")),\(entry("a"))}", data: 8), .header("the key \"a\" occurs twice in one JSON object")),
      (file("[1]       "), .header("expected a JSON object")),
      (file("{} x"), .header("byte 3 of the JSON text: expected the end")),
      (file("{}", length: 5), .headerPastEnd(length: 5, available: 2)),
    ])
  func rules(_ bytes: [UInt8], _ fault: SafetensorsFault) {
    #expect(throws: CheckpointError.safetensors(path: "m.safetensors", fault: fault)) { try Self.read(bytes) }
    #expect("\(fault)".isEmpty == false)
  }

  @Test("a header over the limit is refused by its length alone")
  func headerLimit() {
    var limits = CheckpointLimits()
    limits.headerBytes = 10
    #expect(throws: CheckpointError.tooLarge(path: "m", what: "safetensors header bytes", found: 11, limit: 10)) {
      try Checkpoint(bytes: Self.file("{         }"), path: "m", limits: limits)
    }
  }

  @Test("tensors over the limit are refused before they are read")
  func tensorLimit() {
    var limits = CheckpointLimits()
    limits.tensorBytes = 7
    #expect(throws: CheckpointError.tooLarge(path: "m", what: "bytes of tensors", found: 8, limit: 7)) {
      try Checkpoint(bytes: Self.file("{\(Self.entry("a"))}", data: 8), path: "m", limits: limits)
    }
  }

  @Test("many nested or numerous JSON values are refused")
  func jsonBounds() {
    let deep = "{\"a\":" + String(repeating: "[", count: 100_000)
    #expect(
      throws: CheckpointError.safetensors(
        path: "m.safetensors", fault: .header("the JSON text is nested deeper than 16 levels"))
    ) { try Self.read(Self.file(deep)) }
    let wide = "{\"a\":[" + String(repeating: "0,", count: 600_000) + "0]}"
    #expect(
      throws: CheckpointError.safetensors(
        path: "m.safetensors", fault: .header("the JSON text holds more than 200000 values"))
    ) { try Self.read(Self.file(wide)) }
  }

  @Test("padding, metadata, scalars and empty tensors are read, in any order of names")
  func valid() throws {
    let header =
      "{\"__metadata__\":{\"config\":\"{\\\"a\\\": 1}\\u00e9\"},"
      + Self.entry("z", "F32", "[2]", "[0,8]") + "," + Self.entry("e", "F16", "[0,3]", "[8,8]") + ","
      + Self.entry("a", "I64", "[]", "[8,16]") + "}   "
    let checkpoint = try Self.read(Self.file(header, data: 16))
    #expect(checkpoint.metadata == ["config": "{\"a\": 1}é"])
    #expect(checkpoint.tensors["z"]?.shape == [2] && checkpoint.tensors["a"]?.shape == [])
    #expect(checkpoint.tensors["e"]?.shape == [0, 3] && checkpoint.tensors["e"]?.floats() == [])
  }

  @Test("names from the file cannot write to the terminal")
  func controlCharacters() throws {
    let error = #expect(throws: CheckpointError.self) {
      try Checkpoint(
        bytes: Self.file("{\(Self.entry("\\u001b[2J\\u202e", "F32", "[3]"))}", data: 8), path: "a\u{1B}b\n")
    }
    let message = "\(try #require(error))"
    #expect(message.contains("\\u{1B}[2J\\u{202E}") && message.hasPrefix("a\\u{1B}b\\u{A}: "))
  }
}
