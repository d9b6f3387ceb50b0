extension Checkpoint {
  /// The bytes of a safetensors file with these tensors and this metadata, the same each time: keys sorted, numbers as
  /// stored, the header filled up with spaces so that the tensors begin at a multiple of eight bytes.
  ///
  /// Format: https://github.com/huggingface/safetensors, section "Format".
  package func safetensorsFile() -> [UInt8] {
    let sorted = tensors.sorted { $0.key < $1.key }
    var fields: [String] = []
    if !metadata.isEmpty {
      let texts = metadata.sorted { $0.key < $1.key }.map { "\($0.key.jsonLiteral):\($0.value.jsonLiteral)" }
      fields.append("\"__metadata__\":{\(texts.joined(separator: ","))}")
    }
    var end = 0
    for (name, tensor) in sorted {
      let begin = end
      end += tensor.bytes.count
      fields.append(
        "\(name.jsonLiteral):{\"dtype\":\"\(tensor.elementType.rawValue)\","
          + "\"shape\":[\(tensor.shape.map(String.init).joined(separator: ","))],\"data_offsets\":[\(begin),\(end)]}")
    }
    var header = Array("{\(fields.joined(separator: ","))}".utf8)
    while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }

    var file: [UInt8] = []
    file.reserveCapacity(8 + header.count + end)
    withUnsafeBytes(of: UInt64(header.count).littleEndian) { file.append(contentsOf: $0) }
    file += header
    for (_, tensor) in sorted { file += tensor.bytes }
    return file
  }

  /// The metadata of a safetensors file, without reading its tensors; empty for other weight files, which have none.
  ///
  /// - Throws: `CheckpointError` for everything that is not a sound weight file.
  package static func metadata(
    of path: String, limits: CheckpointLimits = CheckpointLimits()
  ) throws(CheckpointError) -> [String: String] {
    let source = try ByteSource(path: path)
    switch try WeightFileKind(source) {
    case .safetensors: return try SafetensorsFile(source, limits: limits).metadata
    case .zip: return [:]
    case .legacyTorch: throw .legacyTorch(path: path)
    case .other(let looksLike): throw .notAWeightFile(path: path, looksLike: looksLike)
    }
  }
}

extension String {
  /// This text as a JSON string, quotes included (RFC 8259, section 7).
  package var jsonLiteral: String {
    var literal = "\""
    for scalar in unicodeScalars {
      switch scalar {
      case "\"": literal += "\\\""
      case "\\": literal += "\\\\"
      case "\n": literal += "\\n"
      case "\t": literal += "\\t"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        literal += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: literal.unicodeScalars.append(scalar)
      }
    }
    return literal + "\""
  }
}
