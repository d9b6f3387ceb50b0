/// Writes zip archives and pickles as `torch.save` does, and with any part of them wrong.
struct ZipFile {
  struct Entry {
    var name: String
    var content: [UInt8]
    var method: UInt16 = 0
    var flags: UInt16 = 0x0800
    /// Instead of the right one.
    var checksum: UInt32?
    /// Instead of the right one, in the directory.
    var size: UInt32?
    /// Instead of `name`, in the local header.
    var localName: String?
    var extra: [UInt8] = []
  }

  var entries: [Entry]
  var hasZip64Record = false
  var comment: [UInt8] = []

  var bytes: [UInt8] {
    var file: [UInt8] = []
    var directory: [UInt8] = []
    for entry in entries {
      let checksum = entry.checksum ?? Self.crc32(entry.content)
      let size = UInt32(entry.content.count)
      let sizes = le(entry.size ?? size) + le(entry.size ?? size)
      let offset = UInt32(file.count)
      let localName = Array((entry.localName ?? entry.name).utf8)
      file += le(0x0403_4B50 as UInt32) + le(20 as UInt16) + le(entry.flags) + le(entry.method) + le(0 as UInt32)
      file +=
        le(checksum) + le(size) + le(size) + le(UInt16(localName.count)) + le(0 as UInt16) + localName + entry.content
      directory += le(0x0201_4B50 as UInt32) + le(20 as UInt16) + le(20 as UInt16) + le(entry.flags) + le(entry.method)
      directory += le(0 as UInt32) + le(checksum) + sizes + le(UInt16(entry.name.utf8.count))
      directory += le(UInt16(entry.extra.count)) + le(0 as UInt16) + le(0 as UInt16) + le(0 as UInt16) + le(0 as UInt32)
      directory += le(offset) + Array(entry.name.utf8) + entry.extra
    }
    let start = file.count
    let count = UInt16(entries.count)
    file += directory
    if hasZip64Record {
      let record = file.count
      file += le(0x0606_4B50 as UInt32) + le(44 as UInt64) + le(798 as UInt16) + le(45 as UInt16) + le(0 as UInt64)
      file += le(UInt64(count)) + le(UInt64(count)) + le(UInt64(directory.count)) + le(UInt64(start))
      file += le(0x0706_4B50 as UInt32) + le(0 as UInt32) + le(UInt64(record)) + le(1 as UInt32)
    }
    file += le(0x0605_4B50 as UInt32) + le(0 as UInt32) + le(count) + le(count)
    file += le(hasZip64Record ? .max : UInt32(directory.count)) + le(hasZip64Record ? .max : UInt32(start))
    return file + le(UInt16(comment.count)) + comment
  }

  /// Bit by bit, independent of the reader's tables.
  static func crc32(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(UInt32.max) { value, byte in
      (0..<8).reduce(value ^ UInt32(byte)) { value, _ in value >> 1 ^ (value & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
  }
}

func le<T: FixedWidthInteger>(_ number: T) -> [UInt8] { withUnsafeBytes(of: number.littleEndian) { Array($0) } }

/// Python values in pickle protocol 2.
indirect enum Python: Sendable {
  case none, bool(Bool), int(Int), text(String), tuple([Python]), list([Python]), dict([(Python, Python)])
  case global(String, String)
  case call(Python, [Python])
  /// `Python` with instructions after it that change it (SETITEMS, BUILD, ...).
  case then(Python, [UInt8])
  case persistent(Python)

  var instructions: [UInt8] {
    switch self {
    case .none: [UInt8(ascii: "N")]
    case .bool(let value): [value ? 0x88 : 0x89]
    case .int(let value): [0x8A, 8] + le(value)
    case .text(let text): [UInt8(ascii: "X")] + le(UInt32(text.utf8.count)) + Array(text.utf8)
    case .tuple(let elements): [UInt8(ascii: "(")] + elements.flatMap(\.instructions) + [UInt8(ascii: "t")]
    case .list(let elements):
      [UInt8(ascii: "]"), UInt8(ascii: "(")] + elements.flatMap(\.instructions) + [UInt8(ascii: "e")]
    case .dict(let pairs): [UInt8(ascii: "}")] + Self.setItems(pairs)
    case .global(let module, let name): Array("c\(module)\n\(name)\n".utf8)
    case .call(let function, let arguments):
      function.instructions + Python.tuple(arguments).instructions + [UInt8(ascii: "R")]
    case .then(let value, let more): value.instructions + more
    case .persistent(let identifier): identifier.instructions + [UInt8(ascii: "Q")]
    }
  }

  var pickle: [UInt8] { [0x80, 2] + instructions + [UInt8(ascii: ".")] }

  static func setItems(_ pairs: [(Python, Python)]) -> [UInt8] {
    [UInt8(ascii: "(")] + pairs.flatMap { $0.0.instructions + $0.1.instructions } + [UInt8(ascii: "u")]
  }

  static let orderedDict = Python.call(.global("collections", "OrderedDict"), [])

  static func state(_ tensors: [(String, Python)]) -> Python { .dict(tensors.map { (.text($0.0), $0.1) }) }

  /// A tensor as `torch._utils._rebuild_tensor_v2` gets it; dense where no strides are given.
  static func tensor(
    _ shape: [Int], storage key: String = "0", of count: Int = 4, type: String = "FloatStorage", offset: Int = 0,
    strides: [Int]? = nil
  ) -> Python {
    let dense = shape.indices.map { axis in shape[(axis + 1)...].reduce(1) { $0 &* $1 } }
    return .call(
      .global("torch._utils", "_rebuild_tensor_v2"),
      [
        storage(key, of: count, type: .global("torch", type)), .int(offset), .tuple(shape.map(Python.int)),
        .tuple((strides ?? dense).map(Python.int)), .bool(false), orderedDict,
      ])
  }

  static func storage(_ key: String, of count: Int, type: Python) -> Python {
    .persistent(.tuple([.text("storage"), type, .text(key), .text("cpu"), .int(count)]))
  }
}

/// The archive that `torch.save` would make of `pickle` and `storages`.
func torchFile(_ pickle: [UInt8], storages: [String: [UInt8]] = ["0": floats(1, 2, 3, 4)]) -> ZipFile {
  ZipFile(
    entries: [.init(name: "archive/data.pkl", content: pickle)]
      + storages.sorted { $0.key < $1.key }.map { .init(name: "archive/data/\($0.key)", content: $0.value) }
      + [.init(name: "archive/version", content: Array("3\n".utf8))])
}

func floats(_ values: Float...) -> [UInt8] { values.flatMap { le($0.bitPattern) } }
