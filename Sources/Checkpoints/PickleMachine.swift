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
  private var objects: [PickleObject] = []

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

  /// What a checkpoint's pickle holds for us.
  struct Result {
    /// The dictionary with the weights.
    let weights: Dictionary
    /// The keys that lead to it from the top, outermost first.
    let path: [String]
    /// Other sets of weights that lay beside it, by their keys.
    let others: [String]
    /// The entry `hyper_parameters` of the top as a value; nil where there is none.
    let hyperparameters: JSON?
  }

  /// Runs `pickle` to its end and finds the weights in what it builds: at every level the first of `preferred` that is a
  /// dictionary with tensors in it (or deeper, by the same rule) is taken, one with a network's first layer before others;
  /// where there is none, the level's own tensors.
  static func weights(
    in pickle: [UInt8], preferring preferred: [String], file: String, limits: CheckpointLimits
  ) throws(CheckpointError) -> Result {
    var machine = PickleMachine(pickle, limits: limits)
    var instruction = 0
    do throws(PickleFault) {
      guard case .dictionary(let top) = try machine.run(&instruction) else { throw .notADictionary }
      let hyperparameters = machine.dictionaries[top].last { pair in
        if case .string("hyper_parameters") = pair.key { true } else { false }
      }
      var visited: Set<Int> = []
      let found = machine.weights(of: top, preferring: preferred, &visited)
      return Result(
        weights: found?.weights ?? machine.contents(of: top), path: found?.path ?? [], others: found?.others ?? [],
        hyperparameters: hyperparameters.flatMap { machine.plain($0.value) })
    } catch {
      throw .pickle(path: file, offset: instruction, fault: error)
    }
  }

  /// nil where no tensors are found, and for a dictionary that was visited before (it may hold itself).
  private func weights(
    of dictionary: Int, preferring preferred: [String], _ visited: inout Set<Int>
  ) -> (weights: Dictionary, path: [String], others: [String])? {
    guard visited.insert(dictionary).inserted else { return nil }
    let contents = contents(of: dictionary)
    var found: [(key: String, inner: (weights: Dictionary, path: [String], others: [String]))] = []
    for key in preferred {
      guard let inner = contents.dictionaries[key] else { continue }
      if let weights = weights(of: inner, preferring: preferred, &visited) { found.append((key, weights)) }
    }
    let whole = found.first { $0.inner.weights.tensors.contains { $0.name.hasSuffix(WeightName.firstLayer) } }
    if let best = whole ?? found.first {
      let others = found.map(\.key).filter { $0 != best.key }
      return (best.inner.weights, [best.key] + best.inner.path, others + best.inner.others)
    }
    return contents.tensors.isEmpty ? nil : (contents, [], [])
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
    case UInt8(ascii: "G"):  // BINFLOAT, most significant byte first
      stack.append(.float(Double(bitPattern: try number(UInt64.self).byteSwapped)))
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
      guard case .global(.inert(let name)) = try pop(3)[0] else {
        throw .badCall("keyword arguments for a class that takes none")
      }
      pushObject(name)
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
    case .opaque, .object: break
    default: throw .badCall("appends to something that is no list")
    }
  }

  private mutating func setItems(_ elements: [PickleValue]) throws(PickleFault) {
    guard elements.count.isMultiple(of: 2) else { throw .badCall("sets a key without a value") }
    switch try top() {
    case .dictionary(let index): dictionaries[index] += pairs(elements)
    case .object(let index): objects[index].items += pairs(elements)
    case .opaque: break
    default: throw .badCall("sets an item of something that is no dictionary")
    }
  }
}

// MARK: - Objects

extension PickleMachine {
  private func pairs(_ elements: [PickleValue]) -> [(key: PickleValue, value: PickleValue)] {
    stride(from: 0, to: elements.count, by: 2).map { (elements[$0], elements[$0 + 1]) }
  }

  private mutating func pushObject(_ className: String) {
    objects.append(PickleObject(className: className))
    stack.append(.object(objects.count - 1))
  }

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
    case .inert(let name): pushObject(name)
    case .storageType, .untypedStorage, .elementType: throw .badCall("calls a type")
    }
  }

  /// The state of an object: only ordered dictionaries (`_metadata`) and inert objects have one, and it holds no weights.
  private mutating func build() throws(PickleFault) {
    let state = try pop()
    switch try top() {
    case .object(let index): objects[index].state = state
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

// MARK: - Plain values

extension PickleMachine {
  /// `value` as data: texts, numbers, lists and dictionaries with text keys; OmegaConf's containers and nodes, namespaces
  /// and attribute dictionaries stand for what they hold, everything else is null.
  ///
  /// - Returns: nil where it is nested deeper than 32 levels or has more than 100,000 values (one that holds itself is both).
  private func plain(_ value: PickleValue) -> JSON? {
    var values = 0
    return plain(value, depth: 0, &values)
  }

  private func plain(_ value: PickleValue, depth: Int, _ values: inout Int) -> JSON? {
    values += 1
    guard depth < 32, values <= 100_000 else { return nil }
    switch value {
    case .bool(let value): return .bool(value)
    case .integer(let value): return .integer(value)
    case .float(let value): return .number(value)
    case .string(let text): return .string(text)
    case .tuple(let index): return plain(tuples[index], depth: depth, &values)
    case .list(let index): return plain(lists[index], depth: depth, &values)
    case .dictionary(let index): return plain(dictionaries[index], depth: depth, &values)
    case .object(let index):
      let object = objects[index]
      guard case .dictionary(let state) = object.state else { return plain(object.items, depth: depth, &values) }
      let content = dictionaries[state].last { pair in
        if case .string(let key) = pair.key { key == "_content" || key == "_val" } else { false }
      }
      if let content { return plain(content.value, depth: depth + 1, &values) }
      return object.items.isEmpty
        ? plain(dictionaries[state], depth: depth, &values) : plain(object.items, depth: depth, &values)
    case .none, .global, .storage, .tensor, .opaque: return .null
    }
  }

  private func plain(_ elements: [PickleValue], depth: Int, _ values: inout Int) -> JSON? {
    var array: [JSON] = []
    for element in elements {
      guard let element = plain(element, depth: depth + 1, &values) else { return nil }
      array.append(element)
    }
    return .array(array)
  }

  private func plain(
    _ pairs: [(key: PickleValue, value: PickleValue)], depth: Int, _ values: inout Int
  ) -> JSON? {
    var object: [String: JSON] = [:]
    for case (.string(let key), let value) in pairs {
      guard let value = plain(value, depth: depth + 1, &values) else { return nil }
      object[key] = value
    }
    return .object(object)
  }
}
