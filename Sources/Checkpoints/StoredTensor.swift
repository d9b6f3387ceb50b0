/// One tensor of a checkpoint: its number format, shape and raw bytes (dense, row-major, little-endian).
public struct StoredTensor: Sendable {
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
    bytes.withUnsafeBytes { raw in
      (0..<count).map { index in
        func load<T>(_ type: T.Type) -> T { raw.loadUnaligned(fromByteOffset: index * elementType.byteCount, as: type) }
        return switch elementType {
        case .float64: Float(load(Double.self))
        case .float32: load(Float.self)
        case .float16: Float(load(Float16.self))
        case .bfloat16: Float(bitPattern: UInt32(load(UInt16.self)) << 16)
        case .int64: Float(load(Int64.self))
        case .int32: Float(load(Int32.self))
        case .int16: Float(load(Int16.self))
        case .int8: Float(load(Int8.self))
        case .uint8, .bool: Float(load(UInt8.self))
        }
      }
    }
  }
}
