/// Reads the pickle of a torch archive: a stack machine that knows the instructions PyTorch writes (protocols 2 to 5) and
/// nothing else. It never calls anything: names outside `PickleGlobal` are refused where they occur.
///
/// Instructions as documented in CPython's `pickletools`. Time and memory are bounded by the number of instructions.
struct PickleMachine {
  private var cursor: ByteCursor
  private let limits: CheckpointLimits
  private var stack: [PickleValue] = []
  /// Stack heights at the open marks.
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]
  private var tuples: [[PickleValue]] = []
  private var lists: [[PickleValue]] = []
  private var dictionaries: [[(key: PickleValue, value: PickleValue)]] = []
  private var tensors: [TorchView] = []

  private init(_ pickle: [UInt8], limits: CheckpointLimits) {
    cursor = ByteCursor(pickle)
    self.limits = limits
  }

  /// The text-keyed entries of a dictionary: tensors, and dictionaries below it.
  struct Dictionary {
    /// Tensors in order; a name may occur twice.
    var tensors: [(name: String, view: TorchView)] = []
    var dictionaries: [String: Int] = [:]
    /// All keys, for messages.
    var keys: [String] = []
  }

  /// Runs `pickle` to its end.
  ///
  /// - Returns: the tensors of the dictionary that it builds, or of the last of its entries `path` that is a dictionary:
  ///   for `["a", "b"]`, of `a` if there is one, then of `b` inside that (or at the top) if there is one.
  static func tensors(
    in pickle: [UInt8], descending path: [String], file: String, limits: CheckpointLimits
  ) throws(CheckpointError) -> Dictionary {
    var machine = PickleMachine(pickle, limits: limits)
    var instruction = 0
    do throws(PickleFault) {
      guard case .dictionary(let top) = try machine.run(&instruction) else { throw .notADictionary }
      var contents = machine.contents(of: top)
      for key in path {
        if let inner = contents.dictionaries[key] { contents = machine.contents(of: inner) }
      }
      return contents
    } catch {
      throw .pickle(path: file, offset: instruction, fault: error)
    }
  }

  private func contents(of dictionary: Int) -> Dictionary {
    var result = Dictionary()
    for case (.string(let key), let value) in dictionaries[dictionary] {
      result.keys.append(key)
      switch value {
      case .tensor(let index): result.tensors.append((key, tensors[index]))
      case .dictionary(let index): result.dictionaries[key] = index
      default: break
      }
    }
    return result
  }

  /// - Parameter instruction: left at the offset of the last instruction, for messages.
  private mutating func run(_ instruction: inout Int) throws(PickleFault) -> PickleValue {
    for _ in 0..<limits.pickleSteps {
      instruction = cursor.position
      guard let code = cursor.integer(UInt8.self) else { throw .truncated }
      if code == UInt8(ascii: ".") {
        guard cursor.remaining == 0 else { throw .trailingBytes(cursor.remaining) }
        return try pop()
      }
      try execute(code)
      guard stack.count + marks.count <= limits.pickleStack else { throw .stackTooDeep(limit: limits.pickleStack) }
    }
    throw .tooManySteps(limit: limits.pickleSteps)
  }

  private mutating func execute(_ code: UInt8) throws(PickleFault) {
    switch code {
    // Structure
    case 0x80:  // PROTO
      let version = try number(UInt8.self)
      guard (2...5).contains(version) else { throw .unknownProtocol(version) }
    case 0x95:  // FRAME: a hint for buffering
      guard try number(UInt64.self) <= UInt64(cursor.remaining) else { throw .truncated }
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "0"):  // POP
      if marks.last == stack.count { marks.removeLast() } else { _ = try pop() }
    case UInt8(ascii: "1"): _ = try popToMark()
    case UInt8(ascii: "2"): stack.append(try top())  // DUP

    // Plain values
    case UInt8(ascii: "N"): stack.append(.none)
    case 0x88: stack.append(.bool(true))
    case 0x89: stack.append(.bool(false))
    case UInt8(ascii: "J"): stack.append(.integer(Int(try number(Int32.self))))
    case UInt8(ascii: "K"): stack.append(.integer(Int(try number(UInt8.self))))
    case UInt8(ascii: "M"): stack.append(.integer(Int(try number(UInt16.self))))
    case 0x8A: stack.append(Self.integer(try bytes(UInt8.self)))
    case 0x8B: stack.append(Self.integer(try bytes(UInt32.self)))
    case UInt8(ascii: "G"):  // BINFLOAT: no float ever describes a tensor
      _ = try number(UInt64.self)
      stack.append(.opaque)
    case UInt8(ascii: "X"): stack.append(.string(try text(UInt32.self)))
    case 0x8C: stack.append(.string(try text(UInt8.self)))
    case 0x8D: stack.append(.string(try text(UInt64.self)))
    case UInt8(ascii: "U"): stack.append(.string(try text(UInt8.self)))  // written by Python 2
    case UInt8(ascii: "T"): stack.append(.string(try text(UInt32.self)))
    case UInt8(ascii: "C"): try skipBytes(UInt8.self)
    case UInt8(ascii: "B"): try skipBytes(UInt32.self)
    case 0x8E, 0x96: try skipBytes(UInt64.self)  // BINBYTES8, BYTEARRAY8

    // Containers
    case UInt8(ascii: ")"): pushTuple([])
    case 0x85: pushTuple(try pop(1))
    case 0x86: pushTuple(try pop(2))
    case 0x87: pushTuple(try pop(3))
    case UInt8(ascii: "t"): pushTuple(try popToMark())
    case UInt8(ascii: "]"): pushList([])
    case UInt8(ascii: "a"): try append([try pop()])
    case UInt8(ascii: "e"): try append(try popToMark())
    case UInt8(ascii: "}"): pushDictionary()
    case UInt8(ascii: "s"): try setItems(try pop(2))
    case UInt8(ascii: "u"): try setItems(try popToMark())
    case 0x8F: stack.append(.opaque)  // EMPTY_SET
    case 0x90: try append(try popToMark())  // ADDITEMS
    case 0x91:  // FROZENSET
      _ = try popToMark()
      stack.append(.opaque)

    // Memo
    case UInt8(ascii: "q"): memo[Int(try number(UInt8.self))] = try top()
    case UInt8(ascii: "r"): memo[Int(try number(UInt32.self))] = try top()
    case 0x94: memo[memo.count] = try top()
    case UInt8(ascii: "h"): try recall(Int(try number(UInt8.self)))
    case UInt8(ascii: "j"): try recall(Int(try number(UInt32.self)))

    // Objects
    case UInt8(ascii: "c"):  // GLOBAL
      guard let module = cursor.line(), let name = cursor.line() else { throw .truncated }
      try pushGlobal(module: try utf8(module), name: try utf8(name))
    case 0x93:  // STACK_GLOBAL
      guard case let parts = try pop(2), case .string(let module) = parts[0], case .string(let name) = parts[1] else {
        throw .badCall("STACK_GLOBAL without two texts")
      }
      try pushGlobal(module: module, name: name)
    case UInt8(ascii: "R"), 0x81:  // REDUCE, NEWOBJ
      let call = try pop(2)
      try self.call(call[0], arguments: call[1])
    case 0x92:  // NEWOBJ_EX: class, arguments, keyword arguments
      guard case .global(.inert) = try pop(3)[0] else {
        throw .badCall("keyword arguments for a class that takes none")
      }
      stack.append(.opaque)
    case UInt8(ascii: "b"): try build()
    case UInt8(ascii: "Q"): try pushStorage(try pop())
    default: throw .unknownInstruction(code)
    }
  }
}

// MARK: - Stack

extension PickleMachine {
  /// Values above the last mark; instructions may not reach below it.
  private var available: Int { stack.count - (marks.last ?? 0) }

  private func top() throws(PickleFault) -> PickleValue {
    guard available > 0 else { throw .stackUnderflow }
    return stack[stack.count - 1]
  }

  private mutating func pop() throws(PickleFault) -> PickleValue {
    guard available > 0 else { throw .stackUnderflow }
    return stack.removeLast()
  }

  private mutating func pop(_ count: Int) throws(PickleFault) -> [PickleValue] {
    guard available >= count else { throw .stackUnderflow }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popToMark() throws(PickleFault) -> [PickleValue] {
    guard let mark = marks.popLast() else { throw .stackUnderflow }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  private mutating func recall(_ index: Int) throws(PickleFault) {
    guard let value = memo[index] else { throw .memoMissing(index) }
    stack.append(value)
  }
}

// MARK: - Numbers and text

extension PickleMachine {
  private mutating func number<T: FixedWidthInteger>(_ type: T.Type) throws(PickleFault) -> T {
    guard let number = cursor.integer(type) else { throw .truncated }
    return number
  }

  /// Bytes with their count, a number of type `Length`, before them.
  private mutating func bytes<Length: FixedWidthInteger>(_ length: Length.Type) throws(PickleFault) -> ArraySlice<UInt8>
  {
    guard let count = Int(exactly: try number(length)), let bytes = cursor.take(count) else { throw .truncated }
    return bytes
  }

  private mutating func skipBytes<Length: FixedWidthInteger>(_ length: Length.Type) throws(PickleFault) {
    _ = try bytes(length)
    stack.append(.opaque)
  }

  private mutating func text<Length: FixedWidthInteger>(_ length: Length.Type) throws(PickleFault) -> String {
    try utf8(try bytes(length))
  }

  private func utf8(_ bytes: ArraySlice<UInt8>) throws(PickleFault) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else { throw .notUTF8 }
    return text
  }

  /// A two's-complement number of any length; opaque if it does not fit `Int`.
  private static func integer(_ bytes: ArraySlice<UInt8>) -> PickleValue {
    guard bytes.count <= 8 else { return .opaque }
    var value = bytes.last.map { $0 >= 0x80 } == true ? -1 : 0
    for byte in bytes.reversed() { value = value << 8 | Int(byte) }
    return .integer(value)
  }
}

// MARK: - Containers

extension PickleMachine {
  private mutating func pushTuple(_ elements: [PickleValue]) {
    tuples.append(elements)
    stack.append(.tuple(tuples.count - 1))
  }

  private mutating func pushList(_ elements: [PickleValue]) {
    lists.append(elements)
    stack.append(.list(lists.count - 1))
  }

  private mutating func pushDictionary() {
    dictionaries.append([])
    stack.append(.dictionary(dictionaries.count - 1))
  }

  private mutating func append(_ elements: [PickleValue]) throws(PickleFault) {
    switch try top() {
    case .list(let index): lists[index] += elements
    case .opaque: break
    default: throw .badCall("appends to something that is no list")
    }
  }

  private mutating func setItems(_ elements: [PickleValue]) throws(PickleFault) {
    guard elements.count.isMultiple(of: 2) else { throw .badCall("sets a key without a value") }
    switch try top() {
    case .dictionary(let index):
      for position in stride(from: 0, to: elements.count, by: 2) {
        dictionaries[index].append((elements[position], elements[position + 1]))
      }
    case .opaque: break
    default: throw .badCall("sets an item of something that is no dictionary")
    }
  }
}

// MARK: - Objects

extension PickleMachine {
  private mutating func pushGlobal(module: String, name: String) throws(PickleFault) {
    let qualified = (module == "__builtin__" ? "builtins" : module) + "." + name
    guard let global = PickleGlobal(qualified) else { throw .forbiddenName(qualified) }
    stack.append(.global(global))
  }

  /// What `function(*arguments)` would give, for the few functions that weights need.
  private mutating func call(_ function: PickleValue, arguments: PickleValue) throws(PickleFault) {
    guard case .global(let global) = function, case .tuple(let index) = arguments else {
      throw .badCall("calls something that is no known function")
    }
    let arguments = tuples[index]
    switch global {
    case .orderedDictionary:
      guard arguments.isEmpty else { throw .badCall("OrderedDict with arguments, which torch.save does not write") }
      pushDictionary()
    case .rebuildTensor:
      guard (6...7).contains(arguments.count) else {
        throw .badCall("_rebuild_tensor_v2 with \(arguments.count) arguments")
      }
      try pushTensor(arguments, elementType: nil)
    case .rebuildTypedTensor:
      guard (7...8).contains(arguments.count), case .global(.elementType(let type)) = arguments[6] else {
        throw .badCall("_rebuild_tensor_v3 without an element type")
      }
      try pushTensor(arguments, elementType: type)
    case .rebuildParameter:
      guard case .tensor? = arguments.first else { throw .badCall("_rebuild_parameter without a tensor") }
      stack.append(arguments[0])
    case .inert: stack.append(.opaque)
    case .storageType, .untypedStorage, .elementType: throw .badCall("calls a type")
    }
  }

  /// The state of an object: only ordered dictionaries (`_metadata`) and inert objects have one, and it holds no weights.
  private mutating func build() throws(PickleFault) {
    _ = try pop()
    switch try top() {
    case .dictionary, .opaque: break
    default: throw .badCall("sets the state of something that has none")
    }
  }

  /// A persistent identifier: `("storage", type, key, device, element count)`, perhaps with a view that is None.
  private mutating func pushStorage(_ identifier: PickleValue) throws(PickleFault) {
    guard case .tuple(let index) = identifier, case let parts = tuples[index], (5...6).contains(parts.count),
      case .string("storage") = parts[0], case .global(let type) = parts[1], case .string(let key) = parts[2],
      case .integer(let count) = parts[4]
    else { throw .badCall("a persistent identifier that is no storage") }
    let elementType: ElementType?
    switch type {
    case .storageType(let type): elementType = type
    case .untypedStorage: elementType = nil
    default: throw .badCall("a storage of no known type")
    }
    guard count >= 0 else { throw .badTensor(.negative("storage size")) }
    guard let byteCount = [count, elementType?.byteCount ?? 1].checkedProduct else { throw .badTensor(.sizeOverflow) }
    stack.append(.storage(TorchStorage(key: key, elementType: elementType, byteCount: byteCount)))
  }

  /// `arguments`: storage, offset, shape, strides, then what inference does not need.
  private mutating func pushTensor(_ arguments: [PickleValue], elementType: ElementType?) throws(PickleFault) {
    guard case .storage(let storage) = arguments[0], case .integer(let offset) = arguments[1],
      let shape = integers(arguments[2]), let strides = integers(arguments[3]),
      let elementType = elementType ?? storage.elementType
    else { throw .badCall("a tensor without storage, offset, shape and strides") }
    do {
      tensors.append(
        try TorchView(
          storage: storage, elementType: elementType, offset: offset, shape: shape, strides: strides,
          rankLimit: limits.rank))
    } catch {
      throw .badTensor(error)
    }
    stack.append(.tensor(tensors.count - 1))
  }

  private func integers(_ value: PickleValue) -> [Int]? {
    guard case .tuple(let index) = value else { return nil }
    var result: [Int] = []
    for element in tuples[index] {
      guard case .integer(let integer) = element else { return nil }
      result.append(integer)
    }
    return result
  }
}
