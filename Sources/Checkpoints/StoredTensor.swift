/// One tensor of a checkpoint: its number format, shape and raw bytes (dense, row-major, little-endian).
public struct StoredTensor: Sendable, Hashable {
  public let elementType: ElementType
  /// Extents, outermost first; empty for a scalar.
  public let shape: [Int]
  /// `shape.product * elementType.byteCount` bytes.
  public let bytes: [UInt8]

  /// - Precondition: `bytes` has exactly the size that `shape` and `elementType` ask for.
  public init(elementType: ElementType, shape: [Int], bytes: [UInt8]) {
    precondition(bytes.count == shape.reduce(1, *) * elementType.byteCount)
    self.elementType = elementType
    self.shape = shape
    self.bytes = bytes
  }

  /// A float32 tensor from its values in row-major order.
  public init(shape: [Int], values: [Float]) {
    self.init(elementType: .float32, shape: shape, bytes: values.withUnsafeBytes { Array($0) })
  }

  public var count: Int { shape.reduce(1, *) }

  /// The elements as float32, row-major. Exact for F32, F16 and BF16; F64 is rounded; integers convert.
  public func floats() -> [Float] {
    switch elementType {
    case .float64: converted(Double.self) { Float($0) }
    case .float32: converted(UInt32.self) { Float(bitPattern: $0) }
    case .float16: converted(UInt16.self, Self.float)
    case .bfloat16: converted(UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
    case .int64: converted(Int64.self) { Float($0) }
    case .int32: converted(Int32.self) { Float($0) }
    case .int16: converted(Int16.self) { Float($0) }
    case .int8: converted(Int8.self) { Float($0) }
    case .uint8, .bool: converted(UInt8.self) { Float($0) }
    }
  }

  @inline(__always)
  private func converted<Element: BitwiseCopyable>(_ type: Element.Type, _ convert: (Element) -> Float) -> [Float] {
    let count = count
    return [Float](unsafeUninitializedCapacity: count) { values, initialized in
      bytes.withUnsafeBytes { raw in
        for index in 0..<count {
          let element = raw.loadUnaligned(fromByteOffset: index * MemoryLayout<Element>.size, as: type)
          values.initializeElement(at: index, to: convert(element))
        }
      }
      initialized = count
    }
  }

  /// The value of a half-precision number, by integer steps that the compiler can vectorise (`Float(Float16)` is a call
  /// per element on x86-64): exponent and fraction move to their float32 places, scaling by 2^112 corrects the exponent
  /// bias and normalises subnormals exactly; infinity and NaN keep the largest exponent.
  @inline(__always)
  private static func float(half bits: UInt16) -> Float {
    let magnitude = UInt32(bits & 0x7FFF) << 13
    let sign = UInt32(bits & 0x8000) << 16
    let finite = (Float(bitPattern: magnitude) * 0x1p112).bitPattern
    let special = magnitude | 0x7F80_0000
    return Float(bitPattern: sign | (bits & 0x7C00 == 0x7C00 ? special : finite))
  }
}
