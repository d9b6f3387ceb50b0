/// Why a weight file was refused. Every case carries the facts; `description` says in one line what is wrong, where, what
/// was allowed and what to do.
public enum CheckpointError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file cannot be opened or read.
  case unreadable(path: String, reason: String)
  /// The content is of another kind; `looksLike` names it.
  case notAWeightFile(path: String, looksLike: String)
  /// A `torch.save` file from before PyTorch 1.6: one long pickle instead of a zip archive.
  case legacyTorch(path: String)
  /// Over one of the `CheckpointLimits`; `what` says which.
  case tooLarge(path: String, what: String, found: Int, limit: Int)
  /// Breaks a rule of the safetensors format.
  case safetensors(path: String, fault: SafetensorsFault)
  /// Breaks a rule of the zip archives that PyTorch writes.
  case archive(path: String, fault: ArchiveFault)
  /// The pickle inside a torch archive is broken or asks for something that is not allowed; `offset` counts its bytes.
  case pickle(path: String, offset: Int, fault: PickleFault)
  /// A tensor of a torch archive does not fit its storage.
  case tensor(path: String, name: String, fault: TensorFault)
  /// A sound file without named tensors where weights are kept; `found` lists what its top level holds instead.
  case noTensors(path: String, found: [String])
  /// Two tensors stand for the same parameter (`model.x` and `model_g.x`) and differ.
  case disagreement(path: String, name: String)
  /// The file is sound but does not fit the network: every missing, misshapen, unusable and surplus tensor.
  case mismatch(path: String, problems: [String])

  public var description: String {
    switch self {
    case .unreadable(let path, let reason):
      "\(path.printable()): cannot be read: \(reason); give a readable weight file"
    case .notAWeightFile(let path, let looksLike):
      "\(path.printable()): \(looksLike), not a weight file; give a .safetensors, .pth or .ckpt file"
    case .legacyTorch(let path):
      "\(path.printable()): written by a PyTorch older than 1.6, whose format is not read; save it again with a recent "
        + "PyTorch: torch.save(torch.load(FILE, weights_only=True), NEW_FILE)"
    case .tooLarge(let path, let what, let found, let limit):
      "\(path.printable()): \(what): \(found), over the limit of \(limit); no GRL checkpoint needs that much, give another file"
    case .safetensors(let path, let fault):
      "\(path.printable()): broken safetensors file: \(fault); fetch or export it again"
    case .archive(let path, let fault): "\(path.printable()): \(fault)"
    case .pickle(let path, let offset, let fault): "\(path.printable()): data.pkl, byte \(offset): \(fault)"
    case .tensor(let path, let name, let fault):
      "\(path.printable()): tensor \(name.printable()): \(fault); fetch or save the file again"
    case .noTensors(let path, let found):
      "\(path.printable()): no tensors at the top level or under state_dict, params_ema or params, only: "
        + (found.isEmpty ? "nothing" : found.listed(separator: ", ")) + "; save model.state_dict()"
    case .disagreement(let path, let name):
      "\(path.printable()): \(name.printable()) is stored twice with different values; save one of the two networks alone"
    case .mismatch(let path, let problems):
      "\(path.printable()): does not fit the network: \(problems.listed()); check task and variant of the model"
    }
  }
}

/// A broken rule of the safetensors format.
public enum SafetensorsFault: Error, Equatable, Sendable, CustomStringConvertible {
  case headerPastEnd(length: UInt64, available: Int)
  case header(String)
  /// The value of `key` (a tensor, or a field as `tensor.field`) is not what the format asks for.
  case wrongValue(key: String, expected: String)
  case unknownElementType(tensor: String, name: String)
  case sizeMismatch(tensor: String, declared: Int, stored: Int)
  /// The tensor's shape has more bytes than can be counted.
  case sizeOverflow(tensor: String)
  case reversedOffsets(tensor: String, begin: Int, end: Int)
  /// Bytes before this tensor belong to no tensor.
  case gap(tensor: String, from: Int, to: Int)
  case overlap(tensor: String, begin: Int, taken: Int)
  case pastEnd(tensor: String, end: Int, available: Int)
  case trailingBytes(Int)

  public var description: String {
    switch self {
    case .headerPastEnd(let length, let available): "header of \(length) bytes where \(available) follow"
    case .header(let problem): "header: \(problem)"
    case .wrongValue(let key, let expected): "\(key.printable()): expected \(expected)"
    case .unknownElementType(let tensor, let name):
      "\(tensor.printable()): element type \(name.printable(limit: 20)), known are "
        + ElementType.allCases.map(\.rawValue).joined(separator: " ")
    case .sizeMismatch(let tensor, let declared, let stored):
      "\(tensor.printable()): shape and type make \(declared) bytes, \(stored) are stored"
    case .sizeOverflow(let tensor): "\(tensor.printable()): the shape has more elements than can be counted"
    case .reversedOffsets(let tensor, let begin, let end):
      "\(tensor.printable()): begins at \(begin) and ends at \(end)"
    case .gap(let tensor, let from, let to):
      "\(tensor.printable()): bytes \(from) to \(to) before it belong to no tensor"
    case .overlap(let tensor, let begin, let taken):
      "\(tensor.printable()): begins at \(begin), but the tensors before it reach to \(taken)"
    case .pastEnd(let tensor, let end, let available):
      "\(tensor.printable()): ends at byte \(end) of \(available)"
    case .trailingBytes(let count): "\(count) bytes after the last tensor"
    }
  }
}

/// A broken rule of the zip archives that `torch.save` writes.
public enum ArchiveFault: Error, Equatable, Sendable, CustomStringConvertible {
  /// No end-of-directory record: not a zip file, or cut.
  case noDirectory
  /// The record at `offset` contradicts the format; `rule` says how.
  case malformed(offset: Int, rule: String)
  case duplicateEntry(String)
  case missingEntry(String)
  case encrypted(entry: String)
  case compressed(entry: String, method: Int)
  case checksum(entry: String, stored: UInt32, computed: UInt32)
  /// No `data.pkl` in it, or several.
  case notTorch(pickles: Int)
  case torchScript
  case bigEndian

  public var description: String {
    switch self {
    case .noDirectory: "begins like a zip archive, but its directory is missing: cut short or damaged; fetch it again"
    case .malformed(let offset, let rule): "damaged zip archive: byte \(offset): \(rule); fetch it again"
    case .duplicateEntry(let name): "zip archive with two entries \(name.printable()); save it again with torch.save"
    case .missingEntry(let name): "the archive has no entry \(name.printable()); save it again with torch.save"
    case .encrypted(let name): "entry \(name.printable()) is encrypted, torch.save never does that; save it again"
    case .compressed(let name, let method):
      "entry \(name.printable()) is compressed (zip method \(method)), torch.save stores plain; save it again"
    case .checksum(let name, let stored, let computed):
      "entry \(name.printable()): CRC-32 \(String(computed, radix: 16)), stored \(String(stored, radix: 16)): "
        + "damaged; fetch it again"
    case .notTorch(let pickles):
      "a zip archive with \(pickles == 0 ? "no" : "\(pickles)") data.pkl, not one of torch.save; give a checkpoint"
    case .torchScript:
      "a TorchScript program, which is not run; save the weights with torch.save(model.state_dict(), FILE)"
    case .bigEndian: "written on a big-endian machine; save it again on a little-endian one"
    }
  }
}

/// What the pickle of a torch archive does that it must not, or cannot.
public enum PickleFault: Error, Equatable, Sendable, CustomStringConvertible {
  case truncated
  case unknownInstruction(UInt8)
  case unknownProtocol(UInt8)
  case stackUnderflow
  case memoMissing(Int)
  case notUTF8
  /// Names a Python object outside the short list that weights need.
  case forbiddenName(String)
  /// Calls or changes something that is not callable here, or with other arguments than PyTorch writes.
  case badCall(String)
  case tooManySteps(limit: Int)
  case stackTooDeep(limit: Int)
  case trailingBytes(Int)
  case notADictionary
  case badTensor(TensorFault)

  public var description: String {
    switch self {
    case .truncated: "ends early; fetch the file again"
    case .unknownInstruction(let code):
      "instruction 0x\(String(code, radix: 16)), which torch.save does not write; save the file again"
    case .unknownProtocol(let version): "pickle protocol \(version), known are 2 to 5; save the file again"
    case .stackUnderflow: "takes more values than there are; the file is damaged or forged"
    case .memoMissing(let index): "recalls value \(index), which was never kept; the file is damaged or forged"
    case .notUTF8: "text that is not UTF-8; the file is damaged or forged"
    case .forbiddenName(let name):
      "asks for \(name.printable()), which weights do not need (nothing was run); get them as safetensors or a plain "
        + "model.state_dict()"
    case .badCall(let what): "\(what.printable()); the file is damaged or forged"
    case .tooManySteps(let limit): "more than \(limit) instructions; save model.state_dict() alone"
    case .stackTooDeep(let limit): "more than \(limit) values nested or waiting; save model.state_dict() alone"
    case .trailingBytes(let count): "\(count) bytes after its end; the file is damaged or forged"
    case .notADictionary: "holds no dictionary of tensors; save model.state_dict()"
    case .badTensor(let fault): "tensor: \(fault); the file is damaged or forged"
    }
  }
}

/// How a tensor fails to fit the storage that it is a view of.
public enum TensorFault: Error, Equatable, Sendable, CustomStringConvertible {
  case negative(String)
  case sizeOverflow
  case rank(Int, limit: Int)
  /// Reaches element `last` of a storage with `count` elements.
  case outsideStorage(last: Int, count: Int)
  /// Shows elements of its storage more than once, more in all than there are.
  case largerThanStorage(elements: Int, count: Int)
  /// The archive's entry for the storage has another size than declared.
  case storageSize(entry: String, declared: Int, stored: Int)
  case duplicateName

  public var description: String {
    switch self {
    case .negative(let what): "negative \(what)"
    case .sizeOverflow: "more elements than can be counted"
    case .rank(let rank, let limit): "\(rank) dimensions, at most \(limit) are read"
    case .outsideStorage(let last, let count): "reaches element \(last) of a storage with \(count)"
    case .largerThanStorage(let elements, let count): "\(elements) elements out of a storage with \(count)"
    case .storageSize(let entry, let declared, let stored):
      "storage \(entry.printable()) has \(stored) bytes, \(declared) are declared"
    case .duplicateName: "the name occurs twice"
    }
  }
}
