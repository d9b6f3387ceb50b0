import Checkpoints
import Testing

@Suite struct StoredTensorTests {
  @Test("every half-precision number converts exactly")
  func half() {
    let all = (0...UInt16.max).map { $0 }
    let tensor = StoredTensor(elementType: .float16, shape: [all.count], bytes: all.flatMap { le($0) })
    for (bits, value) in zip(all, tensor.floats()) {
      let exact = Float(Float16(bitPattern: bits))
      if exact.isNaN { #expect(value.isNaN) } else { #expect(value.bitPattern == exact.bitPattern) }
    }
  }

  @Test("bfloat16, float64 and integers convert")
  func others() {
    func floats(_ type: ElementType, _ bytes: [UInt8]) -> [Float] {
      StoredTensor(elementType: type, shape: [bytes.count / type.byteCount], bytes: bytes).floats()
    }
    #expect(floats(.bfloat16, le(0x3FC0 as UInt16) + le(0xFF80 as UInt16)) == [1.5, -.infinity])
    #expect(floats(.float64, le((0.1 as Double).bitPattern)) == [0.1])
    #expect(floats(.int64, le(Int.min)) == [-0x1p63])
    #expect(floats(.int32, le(-3 as Int32)) == [-3])
    #expect(floats(.int16, le(-3 as Int16)) == [-3])
    #expect(floats(.int8, [0xFD]) == [-3])
    #expect(floats(.uint8, [0xFD]) == [253])
  }

  @Test("float32 values survive the round trip bit for bit")
  func roundTrip() {
    let values: [Float] = [0, -0, 1.5, .infinity, -.greatestFiniteMagnitude, .leastNonzeroMagnitude]
    let tensor = StoredTensor(shape: [2, 3], values: values)
    #expect(tensor.floats().map(\.bitPattern) == values.map(\.bitPattern))
    #expect(StoredTensor(shape: [], values: [2]).count == 1)
  }
}
