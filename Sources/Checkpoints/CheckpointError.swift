import Base

/// Why a weight file was refused. Every case carries the facts; `description` says in one line what is wrong, where, what
/// was allowed and what to do.
public enum CheckpointError: KnownFailure, Equatable, Sendable {
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

  public var kind: FailureKind { .model }

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
