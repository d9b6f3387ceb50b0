import Checkpoints
import TestSupport
import Testing

@Suite struct TorchArchiveTests {
  static func read(_ file: ZipFile, limits: CheckpointLimits = .init()) throws(CheckpointError) -> Checkpoint {
    try Checkpoint(bytes: file.bytes, path: "m.pth", limits: limits)
  }

  static func read(_ state: Python, storages: [String: [UInt8]] = ["0": floats(1, 2, 3, 4)]) throws(CheckpointError)
    -> Checkpoint
  {
    try read(torchFile(state.pickle, storages: storages))
  }

  static func expectPickleFault(
    _ fault: PickleFault, _ pickle: [UInt8], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: CheckpointError.self, sourceLocation: sourceLocation) { try read(torchFile(pickle)) }
    guard case .pickle(_, _, let found)? = error, found == fault else {
      Issue.record("\(error as Any)", sourceLocation: sourceLocation)
      return
    }
  }

  static let matrix = Python.tensor([2, 2])

  // MARK: Values

  @Test("a state dictionary is found at the top and under the known keys, nested or not")
  func wrappers() throws {
    let state = Python.state([("w", Self.matrix)])
    let nested: [Python] = [
      state, .dict([(.text("state_dict"), state)]), .dict([(.text("params"), state)]),
      .dict([(.text("params_ema"), state), (.text("params"), .state([("v", Self.matrix)]))]),
      .dict([(.text("state_dict"), .dict([(.text("params"), state)])), (.text("epoch"), .int(3))]),
    ]
    for value in nested {
      let checkpoint = try Self.read(value)
      #expect(checkpoint.tensors.keys.sorted() == ["w"])
      #expect(checkpoint.tensors["w"]?.floats() == [1, 2, 3, 4])
    }
  }

  @Test("views are made dense, whatever their strides")
  func views() throws {
    let storage = (0..<24).map(Float.init).flatMap { le($0.bitPattern) }
    func values(_ shape: [Int], offset: Int = 0, _ strides: [Int]) throws -> [Float]? {
      let state = Python.state([("w", .tensor(shape, of: 24, offset: offset, strides: strides))])
      return try Self.read(state, storages: ["0": storage]).tensors["w"]?.floats()
    }
    #expect(try values([24], [1]) == (0..<24).map(Float.init))
    #expect(try values([3], offset: 21, [1]) == [21, 22, 23])
    #expect(try values([2, 3], [1, 2]) == [0, 2, 4, 1, 3, 5])
    #expect(try values([2, 2, 2], [12, 1, 6]) == [0, 6, 1, 7, 12, 18, 13, 19])
    #expect(try values([1, 2, 1, 3], [999, 3, 999, 1]) == [0, 1, 2, 3, 4, 5])
    #expect(try values([2, 3], offset: 4, [0, 1]) == [4, 5, 6, 4, 5, 6])
    #expect(try values([], offset: 7, []) == [7])
    #expect(try values([0, 5], offset: 999, [5, 1]) == [])
  }

  @Test(
    "every element type keeps its bytes",
    arguments: [
      ("DoubleStorage", ElementType.float64, le((1.5 as Double).bitPattern)),
      ("HalfStorage", .float16, le(0x3E00 as UInt16)), ("BFloat16Storage", .bfloat16, le(0x3FC0 as UInt16)),
      ("LongStorage", .int64, le(-7)), ("IntStorage", .int32, le(-7 as Int32)),
      ("ShortStorage", .int16, le(-7 as Int16)),
      ("CharStorage", .int8, [0xF9]), ("ByteStorage", .uint8, [249]), ("BoolStorage", .bool, [1]),
    ])
  func elementTypes(_ storage: String, _ type: ElementType, _ bytes: [UInt8]) throws {
    let tensor = Python.tensor([], of: 1, type: storage)
    let stored = try #require(try Self.read(.state([("w", tensor)]), storages: ["0": bytes]).tensors["w"])
    #expect(stored == StoredTensor(elementType: type, shape: [], bytes: bytes))
    let value: Float = type.isFloatingPoint ? 1.5 : type == .uint8 ? 249 : type == .bool ? 1 : -7
    #expect(stored.floats() == [value])
  }

  @Test("parameters, typed tensors of untyped storages and object states are read")
  func otherForms() throws {
    let untyped = Python.storage("0", of: 16, type: .global("torch.storage", "UntypedStorage"))
    let typed = Python.call(
      .global("torch._utils", "_rebuild_tensor_v3"),
      [untyped, .int(2), .tuple([.int(2)]), .tuple([.int(1)]), .bool(false), .orderedDict, .global("torch", "float32")])
    let parameter = Python.call(
      .global("torch._utils", "_rebuild_parameter"), [Self.matrix, .bool(true), .orderedDict])
    let metadata = Python.dict([(.text("_metadata"), .orderedDict)])
    let state = Python.then(
      .orderedDict,
      Python.setItems([(.text("t"), typed), (.text("p"), parameter)]) + metadata.instructions + [UInt8(ascii: "b")])
    let tensors = try Self.read(state).tensors
    #expect(tensors["t"]?.floats() == [3, 4] && tensors["p"]?.floats() == [1, 2, 3, 4])
  }

  @Test("hyperparameters and training states of Lightning are passed over unread")
  func inertObjects() throws {
    let config = Python.then(
      .call(.global("omegaconf.dictconfig", "DictConfig"), []),
      Python.dict([(.text("_metadata"), .call(.global("omegaconf.base", "ContainerMetadata"), []))]).instructions
        + [UInt8(ascii: "b")])
    let counter = Python.then(
      .call(.global("collections", "defaultdict"), [.global("__builtin__", "list")]),
      Python.setItems([(.int(1), .list([.int(2)]))]))
    let checkpoint = try Self.read(
      .dict([
        (.text("hyper_parameters"), config), (.text("lr_schedulers"), .list([counter, .none])),
        (.text("state_dict"), .state([("model.w", Self.matrix)])),
        (.global("pytorch_lightning.callbacks.model_checkpoint", "ModelCheckpoint"), .dict([])),
      ]))
    #expect(checkpoint.tensors.keys.sorted() == ["w"])
  }

  @Test("hyperparameters that Lightning stored with OmegaConf are read as plain values")
  func hyperparameters() throws {
    let file = TestData.fixtures.appending(path: "checkpoints/blind/lightning_omegaconf.ckpt")
    let checkpoint = try Checkpoint(contentsOf: file.path)
    #expect(checkpoint.tensors.count == 144 && checkpoint.tensors["conv_first.weight"]?.shape == [16, 2, 3, 3])
    guard case .object(let top)? = checkpoint.hyperparameters, case .object(let model)? = top["model"] else {
      Issue.record("\(checkpoint.hyperparameters as Any)")
      return
    }
    #expect(
      model["window_size"] == .integer(8) && model["img_range"] == .number(1) && model["upsampler"] == .string(""))
    #expect(model["stripe_size"] == .array([.string("${stripe_size1}"), .string("${stripe_size2}")]))
    #expect(model["stripe_groups"] == .array([.null, .null]) && model["stripe_shift"] == .bool(true))
    #expect(top["steps"] == .array([.integer(1), .integer(3)]))
  }

  @Test("of several sets of weights the averaged one is taken, and the card says so")
  func averagedWeights() throws {
    let (plain, averaged) = (Python.tensor([2, 2]), Python.tensor([2, 2], storage: "1"))
    func set(_ tensor: Python, _ prefix: String = "") -> [(String, Python)] { [(prefix + "conv_first.weight", tensor)] }
    let storages = ["0": floats(1, 2, 3, 4), "1": floats(5, 6, 7, 8)]
    func dict(_ sets: [(String, Python)]) -> Python { .dict(sets.map { (.text($0.0), $0.1) }) }
    let cases: [(Python, String)] = [
      (dict([("params", .state(set(plain))), ("params_ema", .state(set(averaged)))]), "params_ema (params left)"),
      (
        dict([("state_dict", .state(set(plain, "module."))), ("state_dict_ema", .state(set(averaged, "module.")))]),
        "state_dict_ema (state_dict left)"
      ),
      (dict([("model", .state(set(plain))), ("ema", .state(set(averaged)))]), "ema (model left)"),
      (
        dict([("state_dict", .state(set(plain, "generator.") + set(averaged, "generator_ema.")))]),
        "state_dict.generator_ema (weights of the last step left)"
      ),
      // An entry of that name without the network is no set of weights.
      (dict([("ema", .state([("decay", plain)])), ("state_dict", .state(set(averaged)))]), "state_dict (ema left)"),
    ]
    for (value, said) in cases {
      let checkpoint = try Self.read(value, storages: storages)
      #expect(checkpoint.tensors.keys.sorted() == ["conv_first.weight"], "\(said)")
      #expect(checkpoint.tensors["conv_first.weight"]?.floats() == [5, 6, 7, 8], "\(said)")
      #expect(checkpoint.weightSet?.description == said)
    }
    #expect(try Self.read(.state(set(plain))).weightSet == nil)
  }

  @Test(
    "whatever trainers put in front of all names is taken off",
    arguments: [
      "module.", "_orig_mod.", "model._orig_mod.", "_orig_mod.module.", "generator.", "net_g.", "net_g.module.",
      "student.backbone.", "a.b.c.",
    ])
  func prefixes(_ prefix: String) throws {
    let names = ["conv_first.weight", "layers.0.conv.weight", "table_w"]
    let checkpoint = try Self.read(.state(names.map { (prefix + $0, Self.matrix) } + [("loss.weight", Self.matrix)]))
    #expect(checkpoint.tensors.keys.sorted() == ["conv_first.weight", "layers.0.conv.weight"])
    #expect(checkpoint.derivedShapes == ["table_w": [2, 2]])
  }

  @Test("pickles of protocol 4, with frames and memo, are read")
  func protocol4() throws {
    // {"w": tensor} with SHORT_BINUNICODE, STACK_GLOBAL, MEMOIZE and BINGET.
    func text(_ text: String) -> [UInt8] { [0x8C, UInt8(text.utf8.count)] + Array(text.utf8) + [0x94] }
    let storage =
      [UInt8(ascii: "(")] + text("storage") + text("torch") + text("FloatStorage") + [0x93, 0x94]
      + text("0") + text("cpu") + [UInt8(ascii: "K"), 4, UInt8(ascii: "t"), UInt8(ascii: "Q")]
    let body =
      [UInt8(ascii: "}")] + text("w") + text("torch._utils") + text("_rebuild_tensor_v2") + [0x93, UInt8(ascii: "(")]
      + storage + [UInt8(ascii: "K"), 0, UInt8(ascii: "K"), 4, 0x85, UInt8(ascii: "K"), 1, 0x85, 0x89]
      + [UInt8(ascii: "N"), UInt8(ascii: "t"), UInt8(ascii: "R"), UInt8(ascii: "s")]
      + [UInt8(ascii: "h"), 0, UInt8(ascii: "0"), UInt8(ascii: ".")]
    let checkpoint = try Self.read(torchFile([0x80, 4, 0x95] + le(UInt64(body.count)) + body))
    #expect(checkpoint.tensors["w"]?.floats() == [1, 2, 3, 4])
  }

  // MARK: Names

  @Test("wrappers are stripped; discriminator, metrics, losses and derived tensors are dropped")
  func names() throws {
    let checkpoint = try Self.read(
      .dict([
        (
          .text("state_dict"),
          .state([
            ("model.model_g.a.weight", Self.matrix), ("model_g.a.weight", Self.matrix),
            ("module.b.weight", Self.matrix),
            ("model.model_d.c.weight", Self.matrix), ("model_d.c.weight", Self.matrix),
            ("perceptual_loss.d", Self.matrix),
            ("best_iter", Self.matrix), ("model.table_w", Self.matrix), ("model_g.table_w", Self.matrix),
            ("model.layers.0.relative_position_index", Self.matrix),
          ])
        )
      ]))
    #expect(checkpoint.tensors.keys.sorted() == ["a.weight", "b.weight"])
    #expect(checkpoint.derivedShapes == ["table_w": [2, 2]])
  }

  @Test("one parameter under two names must have one value")
  func disagreement() throws {
    func state(_ other: Python) -> Python { .state([("model.w", Self.matrix), ("model_g.w", other)]) }
    let copies = ["0": floats(1, 2, 3, 4), "1": floats(1, 2, 3, 4), "2": floats(1, 2, 3, 5)]
    #expect(try Self.read(state(.tensor([2, 2], storage: "1")), storages: copies).tensors.count == 1)
    for other in [Python.tensor([2, 2], storage: "2"), .tensor([4], storage: "0")] {
      #expect(throws: CheckpointError.disagreement(path: "m.pth", name: "w")) {
        try Self.read(state(other), storages: copies)
      }
    }
    let tables = Python.state([
      ("model.table_w", Self.matrix), ("model_g.table_w", .tensor([4])), ("model.w", Self.matrix),
    ])
    #expect(throws: CheckpointError.disagreement(path: "m.pth", name: "table_w")) { try Self.read(tables) }
  }

  @Test("a file without tensors says what it holds instead")
  func noTensors() throws {
    let error = #expect(throws: CheckpointError.self) {
      try Self.read(.dict([(.text("encoder"), .state([("w", Self.matrix)]))]))
    }
    #expect(error == .noTensors(path: "m.pth", found: ["encoder"]))
  }

  @Test("a name that occurs twice in the dictionary is refused")
  func duplicateName() {
    #expect(throws: CheckpointError.tensor(path: "m.pth", name: "w", fault: .duplicateName)) {
      try Self.read(.state([("w", Self.matrix), ("w", Self.matrix)]))
    }
  }

  // MARK: Hostile pickles

  @Test(
    "every name outside the list is refused, called or not",
    arguments: [
      ("os", "system"), ("__builtin__", "eval"), ("builtins", "getattr"), ("torch.hub", "load"),
      ("subprocess", "Popen"),
      ("torch", "load"), ("torch._utils", "_rebuild_tensor_v2.__globals__"), ("torch.storage", "_load_from_bytes"),
      ("collections", "OrderedDict.fromkeys"), ("omegaconf.omegaconf", "OmegaConf"),
      ("pytorch_lightning.trainer", "call"), ("lightning.pytorch.", "run"), ("", ""),
    ])
  func forbiddenNames(_ module: String, _ name: String) {
    let fault = PickleFault.forbiddenName((module == "__builtin__" ? "builtins" : module) + "." + name)
    let function = Python.global(module, name)
    Self.expectPickleFault(fault, Python.state([("w", Self.matrix), ("x", function)]).pickle)
    Self.expectPickleFault(
      fault, Python.state([("w", Self.matrix), ("x", .call(function, [.text("touch GRL_CANARY")]))]).pickle)
  }

  @Test("broken pickles are refused with the reason")
  func brokenPickles() {
    func run(_ text: String) -> [UInt8] { [0x80, 2] + Array(text.utf8) }
    Self.expectPickleFault(.truncated, [])
    Self.expectPickleFault(.truncated, run("}"))
    Self.expectPickleFault(.truncated, run("cos\nsyst"))
    Self.expectPickleFault(.truncated, [0x80, 2, 0x8D] + le(UInt64.max))
    Self.expectPickleFault(.truncated, [0x80, 4, 0x95] + le(UInt64.max))
    Self.expectPickleFault(.unknownProtocol(6), [0x80, 6])
    Self.expectPickleFault(.unknownInstruction(UInt8(ascii: "i")), run("(ios\nsystem\n."))
    Self.expectPickleFault(.unknownInstruction(0x82), [0x80, 2, 0x82, 1])
    Self.expectPickleFault(.stackUnderflow, run("."))
    Self.expectPickleFault(.stackUnderflow, run("t"))
    Self.expectPickleFault(.stackUnderflow, run("N(0R"))
    Self.expectPickleFault(.stackUnderflow, run("NN(s"))
    Self.expectPickleFault(.memoMissing(9), run("h\u{9}"))
    Self.expectPickleFault(.notUTF8, [0x80, 2, UInt8(ascii: "U"), 1, 0xFF])
    Self.expectPickleFault(.trailingBytes(2), run("}.N."))
    Self.expectPickleFault(.notADictionary, run("N."))
    Self.expectPickleFault(.badCall("sets a key without a value"), run("}(Nu."))
    Self.expectPickleFault(.badCall("sets an item of something that is no dictionary"), run("NNNs."))
    Self.expectPickleFault(.badCall("appends to something that is no list"), run("NNa."))
    Self.expectPickleFault(.badCall("sets the state of something that has none"), run("NNb."))
    Self.expectPickleFault(.badCall("calls something that is no known function"), run("N)R."))
    Self.expectPickleFault(.badCall("calls a type"), run("ctorch\nFloatStorage\n)R."))
    Self.expectPickleFault(.badCall("a persistent identifier that is no storage"), run("NQ."))
  }

  @Test("tensors must lie within their storage")
  func brokenViews() {
    func expect(_ fault: TensorFault, _ tensor: Python) {
      Self.expectPickleFault(.badTensor(fault), Python.state([("w", tensor)]).pickle)
    }
    expect(.negative("storage offset"), .tensor([2], offset: -1))
    expect(.negative("size"), .tensor([-2], strides: [1]))
    expect(.negative("stride"), .tensor([2], strides: [-1]))
    expect(.negative("storage size"), .tensor([2], of: -1))
    expect(.outsideStorage(last: 4, count: 4), .tensor([2, 2], offset: 1))
    expect(.outsideStorage(last: 0, count: 0), .tensor([1], of: 0))
    expect(.sizeOverflow, .tensor([1 << 62, 2]))
    expect(.sizeOverflow, .tensor([0, 1 << 62, 4]))
    expect(.sizeOverflow, .tensor([3], strides: [1 << 62]))
    expect(.sizeOverflow, .tensor([2], of: 1 << 62))
    expect(.largerThanStorage(elements: 1000, count: 4), .tensor([1000], strides: [0]))
    expect(.rank(9, limit: 8), .tensor([Int](repeating: 1, count: 9)))
    expect(.rank(1, limit: 8), .tensor([1], strides: []))
  }

  @Test("nesting, cycles and doublings cost no more than their instructions")
  func sharedValues() throws {
    // Every preferred key leads back to the same dictionary; hyperparameters that hold themselves are none.
    let keys = ["state_dict", "ema", "params", "model", "hyper_parameters"]
    let loop =
      [0x80, 2, UInt8(ascii: "}"), UInt8(ascii: "q"), 0]
      + keys.flatMap { Python.text($0).instructions + [UInt8(ascii: "h"), 0, UInt8(ascii: "s")] }
      + Python.text("w").instructions + Self.matrix.instructions + [UInt8(ascii: "s"), UInt8(ascii: ".")]
    let looped = try Self.read(torchFile(loop))
    #expect(looped.tensors.keys.sorted() == ["w"] && looped.hyperparameters == nil)
    let nested = [0x80, 2] + [UInt8](repeating: UInt8(ascii: "]"), count: 100_000)
    Self.expectPickleFault(.stackTooDeep(limit: 65_536), nested)
    // A dictionary that holds itself, and 60 tuples of the one before it, twice.
    let cycle: [UInt8] =
      [UInt8(ascii: "}"), UInt8(ascii: "q"), 0] + Python.text("state_dict").instructions + [UInt8(ascii: "h"), 0]
    let doublings = Array(repeatElement([UInt8(ascii: "2"), 0x86], count: 60).joined())
    let pickle =
      [0x80, 2] + cycle + [UInt8(ascii: "s")] + Python.text("w").instructions + Self.matrix.instructions
      + [UInt8(ascii: "s")] + Python.text("bomb").instructions + [UInt8(ascii: "N")] + doublings + [
        UInt8(ascii: "s"), UInt8(ascii: "."),
      ]
    #expect(try Self.read(torchFile(pickle)).tensors["w"]?.floats() == [1, 2, 3, 4])
  }

  @Test("an endless pickle stops at the limit")
  func steps() throws {
    var limits = CheckpointLimits()
    limits.pickleSteps = 100
    let pickle: [UInt8] = [0x80, 2] + Array(repeatElement(Array("N0".utf8), count: 60).joined()) + [UInt8(ascii: ".")]
    let error = #expect(throws: CheckpointError.self) { try Self.read(torchFile(pickle), limits: limits) }
    #expect(error == .pickle(path: "m.pth", offset: 100, fault: .tooManySteps(limit: 100)))
  }

  @Test("storages must have the size that is declared, and an entry")
  func storages() {
    #expect(
      throws: CheckpointError.tensor(
        path: "m.pth", name: "w", fault: .storageSize(entry: "archive/data/0", declared: 16, stored: 12))
    ) {
      try Self.read(.state([("w", Self.matrix)]), storages: ["0": floats(1, 2, 3)])
    }
    #expect(throws: CheckpointError.archive(path: "m.pth", fault: .missingEntry("archive/data/0"))) {
      try Self.read(.state([("w", Self.matrix)]), storages: ["1": floats(1, 2, 3, 4)])
    }
  }

  // MARK: Archives

  static let sound = torchFile(Python.state([("w", matrix)]).pickle)

  static func expectArchiveFault(
    _ fault: ArchiveFault, sourceLocation: SourceLocation = #_sourceLocation, _ change: (inout ZipFile) -> Void
  ) {
    var file = sound
    change(&file)
    #expect(throws: CheckpointError.archive(path: "m.pth", fault: fault), sourceLocation: sourceLocation) {
      try read(file)
    }
  }

  @Test("broken archives are refused with the reason")
  func brokenArchives() {
    Self.expectArchiveFault(.compressed(entry: "archive/data.pkl", method: 8)) { $0.entries[0].method = 8 }
    Self.expectArchiveFault(.compressed(entry: "archive/data/0", method: 8)) { $0.entries[1].method = 8 }
    Self.expectArchiveFault(.encrypted(entry: "archive/data/0")) { $0.entries[1].flags |= 1 }
    Self.expectArchiveFault(.duplicateEntry("archive/version")) { $0.entries.append($0.entries[2]) }
    Self.expectArchiveFault(.notTorch(pickles: 0)) { $0.entries.removeFirst() }
    Self.expectArchiveFault(.notTorch(pickles: 2)) { $0.entries.append(.init(name: "b/data.pkl", content: [])) }
    Self.expectArchiveFault(.torchScript) { $0.entries.append(.init(name: "archive/constants.pkl", content: [])) }
    Self.expectArchiveFault(.bigEndian) {
      $0.entries.append(.init(name: "archive/byteorder", content: Array("big".utf8)))
    }
    let checksum = ZipFile.crc32(floats(1, 2, 3, 4))
    Self.expectArchiveFault(.checksum(entry: "archive/data/0", stored: 1, computed: checksum)) {
      $0.entries[1].checksum = 1
    }
    Self.expectArchiveFault(.malformed(offset: 0, rule: "entry has another name than in the directory")) {
      $0.entries[0].localName = "archive/data.pkx"
    }
    Self.expectArchiveFault(.malformed(offset: 0, rule: "entry reaches into the directory")) {
      $0.entries[0].size = 5000
    }
  }

  @Test("an unknown byte order is refused, little-endian read")
  func byteOrder() throws {
    var file = Self.sound
    file.entries.append(.init(name: "archive/byteorder", content: Array("little".utf8)))
    #expect(try Self.read(file).tensors.count == 1)
  }

  @Test("the zip64 directory and a comment are read")
  func zip64() throws {
    var file = Self.sound
    file.hasZip64Record = true
    file.comment = Array("PK\u{5}\u{6} inside a comment".utf8)
    #expect(try Self.read(file).tensors["w"]?.floats() == [1, 2, 3, 4])
  }

  @Test("sizes in the zip64 field of an entry are used, and checked")
  func zip64Entry() throws {
    var file = Self.sound
    file.entries[1].size = .max
    file.entries[1].extra = le(1 as UInt16) + le(16 as UInt16) + le(16 as UInt64) + le(16 as UInt64)
    #expect(try Self.read(file).tensors["w"]?.floats() == [1, 2, 3, 4])
    for size in [UInt64(Int.max), .max] {
      file.entries[1].extra = le(1 as UInt16) + le(16 as UInt16) + le(size) + le(size)
      #expect(throws: CheckpointError.self) { try Self.read(file) }
    }
    file.entries[1].extra = []
    #expect(throws: CheckpointError.self) { try Self.read(file) }
  }

  @Test("limits are kept and named")
  func limits() {
    func expect(_ what: String, found: Int, limit: Int, _ change: (inout CheckpointLimits) -> Void) {
      var limits = CheckpointLimits()
      change(&limits)
      #expect(throws: CheckpointError.tooLarge(path: "m.pth", what: what, found: found, limit: limit)) {
        try Self.read(Self.sound, limits: limits)
      }
    }
    expect("zip entries", found: 3, limit: 2) { $0.zipEntries = 2 }
    expect("bytes of tensors", found: 16, limit: 15) { $0.tensorBytes = 15 }
    let directory = Self.sound.entries.reduce(0) { $0 + 46 + $1.name.utf8.count }
    expect("zip directory bytes", found: directory, limit: 40) { $0.headerBytes = 40 }
    expect("pickle bytes", found: Self.sound.entries[0].content.count, limit: 186) { $0.headerBytes = 186 }
  }

  @Test("small views of a large storage count as the storage")
  func storageLimit() {
    var limits = CheckpointLimits()
    limits.tensorBytes = 12
    let file = torchFile(Python.state([("w", .tensor([1]))]).pickle)
    #expect(throws: CheckpointError.tooLarge(path: "m.pth", what: "bytes of storages", found: 16, limit: 12)) {
      try Self.read(file, limits: limits)
    }
  }
}
