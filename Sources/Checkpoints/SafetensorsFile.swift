/// A safetensors file: eight bytes of header length, a JSON header, then the tensors' bytes without gaps.
///
/// Format: https://github.com/huggingface/safetensors, section "Format". Everything it forbids is refused.
struct SafetensorsFile: TensorContainer {
  private(set) var metadata: [String: String] = [:]
  private(set) var found: [FoundTensor<Range<Int>>] = []
  private let source: ByteSource

  init(_ source: ByteSource, limits: CheckpointLimits) throws(CheckpointError) {
    self.source = source
    var lengthField = ByteCursor(try source.read(0..<8))
    let length = lengthField.integer(UInt64.self)!
    guard length <= UInt64(limits.headerBytes) else {
      throw .tooLarge(
        path: source.path, what: "safetensors header bytes", found: Int(clamping: length), limit: limits.headerBytes)
    }
    let dataStart = 8 + Int(length)
    guard dataStart <= source.count else {
      throw .safetensors(path: source.path, fault: .headerPastEnd(length: length, available: source.count - 8))
    }
    let header = try source.read(8..<dataStart)
    do throws(SafetensorsFault) {
      try read(header: header, data: dataStart..<source.count, rank: limits.rank)
    } catch {
      throw .safetensors(path: source.path, fault: error)
    }
  }

  func bytes(of tensor: FoundTensor<Range<Int>>) throws(CheckpointError) -> [UInt8] { try source.read(tensor.content) }

  private mutating func read(header: [UInt8], data: Range<Int>, rank: Int) throws(SafetensorsFault) {
    guard header.first == UInt8(ascii: "{") else { throw .header("expected a JSON object") }
    let json: JSON
    do { json = try JSON.parse(header) } catch { throw .header("\(error)") }
    guard case .object(var members) = json else { throw .header("expected a JSON object") }

    if let texts = members.removeValue(forKey: "__metadata__") {
      guard case .object(let texts) = texts else { throw .wrongValue(key: "__metadata__", expected: "an object") }
      for (key, value) in texts {
        guard case .string(let text) = value else { throw .wrongValue(key: "__metadata__.\(key)", expected: "text") }
        metadata[key] = text
      }
    }
    for (name, value) in members {
      found.append(try Self.tensor(name, value, data: data, rank: rank))
    }
    found.sort {
      ($0.content.lowerBound, $0.content.upperBound, $0.name) < ($1.content.lowerBound, $1.content.upperBound, $1.name)
    }
    try checkCoverage(of: data)
  }

  private static func tensor(
    _ name: String, _ value: JSON, data: Range<Int>, rank: Int
  ) throws(SafetensorsFault) -> FoundTensor<Range<Int>> {
    guard case .object(let fields) = value, Set(fields.keys) == ["dtype", "shape", "data_offsets"] else {
      throw .wrongValue(key: name, expected: "an object with dtype, shape and data_offsets")
    }
    guard case .string(let typeName)? = fields["dtype"] else {
      throw .wrongValue(key: "\(name).dtype", expected: "the name of an element type")
    }
    guard let elementType = ElementType(rawValue: typeName) else {
      throw .unknownElementType(tensor: name, name: typeName)
    }
    guard let shape = fields["shape"]?.naturalNumbers, shape.count <= rank else {
      throw .wrongValue(key: "\(name).shape", expected: "at most \(rank) whole numbers, none negative")
    }
    guard let offsets = fields["data_offsets"]?.naturalNumbers, offsets.count == 2 else {
      throw .wrongValue(key: "\(name).data_offsets", expected: "two whole numbers, none negative")
    }
    let (begin, end) = (offsets[0], offsets[1])
    guard begin <= end else { throw .reversedOffsets(tensor: name, begin: begin, end: end) }
    guard end <= data.count else { throw .pastEnd(tensor: name, end: end, available: data.count) }
    guard let declared = (shape + [elementType.byteCount]).checkedProduct else { throw .sizeOverflow(tensor: name) }
    guard declared == end - begin else { throw .sizeMismatch(tensor: name, declared: declared, stored: end - begin) }
    return FoundTensor(
      name: name, elementType: elementType, shape: shape, content: data.lowerBound + begin..<data.lowerBound + end)
  }

  /// Every byte of `data` belongs to exactly one tensor.
  private func checkCoverage(of data: Range<Int>) throws(SafetensorsFault) {
    var taken = data.lowerBound
    for tensor in found {
      let (begin, from) = (tensor.content.lowerBound - data.lowerBound, taken - data.lowerBound)
      guard begin >= from else { throw .overlap(tensor: tensor.name, begin: begin, taken: from) }
      guard begin <= from else { throw .gap(tensor: tensor.name, from: from, to: begin) }
      taken = tensor.content.upperBound
    }
    guard taken == data.upperBound else { throw .trailingBytes(data.upperBound - taken) }
  }
}

extension JSON {
  /// The elements of an array of integers from 0 up; nil for anything else.
  fileprivate var naturalNumbers: [Int]? {
    guard case .array(let elements) = self else { return nil }
    var numbers: [Int] = []
    for element in elements {
      guard case .integer(let number) = element, number >= 0 else { return nil }
      numbers.append(number)
    }
    return numbers
  }
}
