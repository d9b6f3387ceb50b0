/// The bytes behind one or several tensors of a torch archive: entry `data/<key>`.
struct TorchStorage: Hashable {
  let key: String
  let elementType: ElementType?
  /// Bytes that the pickle declares.
  let byteCount: Int
}

/// A tensor of a torch archive: a strided view of a storage. Counts are in elements.
struct TorchView: Hashable {
  let storage: TorchStorage
  let elementType: ElementType
  let offset: Int
  let shape: [Int]
  let strides: [Int]

  /// Checks that every element lies in the storage and that there are no more of them than the storage has.
  init(
    storage: TorchStorage, elementType: ElementType, offset: Int, shape: [Int], strides: [Int], rankLimit: Int
  ) throws(TensorFault) {
    guard shape.count == strides.count, shape.count <= rankLimit else { throw .rank(shape.count, limit: rankLimit) }
    guard offset >= 0 else { throw .negative("storage offset") }
    guard shape.allSatisfy({ $0 >= 0 }) else { throw .negative("size") }
    guard strides.allSatisfy({ $0 >= 0 }) else { throw .negative("stride") }
    let available = storage.byteCount / elementType.byteCount
    guard let count = shape.checkedProduct else { throw .sizeOverflow }
    var last = offset
    if count > 0 {
      for (size, stride) in zip(shape, strides) {
        let (reach, tooLong) = (size - 1).multipliedReportingOverflow(by: stride)
        let (next, tooFar) = last.addingReportingOverflow(reach)
        guard !tooLong, !tooFar else { throw .sizeOverflow }
        last = next
      }
      guard last < available else { throw .outsideStorage(last: last, count: available) }
      guard count <= available else { throw .largerThanStorage(elements: count, count: available) }
    }
    (self.storage, self.elementType, self.offset, self.shape, self.strides) = (
      storage, elementType, offset, shape, strides
    )
  }

  /// The elements, dense and row-major, out of the bytes of the whole storage.
  func dense(_ storage: [UInt8]) -> [UInt8] {
    let width = elementType.byteCount
    let count = shape.reduce(1, *)
    guard count > 0 else { return [] }
    // Axes of extent 1 may carry any stride.
    let axes = zip(shape, strides).filter { $0.0 > 1 }.map { (size: $0.0, stride: $0.1) }
    var rowLength = 1
    var inner = axes.count
    while inner > 0, axes[inner - 1].stride == rowLength {
      inner -= 1
      rowLength *= axes[inner].size
    }
    if rowLength == count, count * width == storage.count { return storage }
    let outer = axes[..<inner]
    var result: [UInt8] = []
    result.reserveCapacity(count * width)
    var index = [Int](repeating: 0, count: outer.count)
    var position = offset
    while true {
      result.append(contentsOf: storage[position * width..<(position + rowLength) * width])
      // Advance the outer index like an odometer, last axis fastest.
      var axis = outer.count - 1
      while axis >= 0 {
        index[axis] += 1
        position += outer[axis].stride
        if index[axis] < outer[axis].size { break }
        position -= outer[axis].stride * outer[axis].size
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return result }
    }
  }
}
