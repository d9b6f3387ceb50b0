import Checkpoints
import GRLModel
import Restoration

extension FuzzTarget {
  private static let limits: CheckpointLimits = {
    var limits = CheckpointLimits()
    (limits.headerBytes, limits.pickleSteps, limits.tensorBytes) = (1 << 16, 1 << 14, 1 << 20)
    return limits
  }()

  /// A weight file; a bare pickle (it begins with PROTO) is read as the heart of an archive too.
  static func checkpoint(_ bytes: [UInt8]) throws(FuzzFinding) -> Verdict {
    var verdict = try weightFile(bytes)
    if bytes.first == 0x80, try weightFile(StoredZip.archive(of: bytes)) == .value { verdict = .value }
    return verdict
  }

  private static func weightFile(_ bytes: [UInt8]) throws(FuzzFinding) -> Verdict {
    let path = "dn_grl_tiny_c3s25.ckpt"  // A released name, which the resolver looks up.
    let read = try accepted { () throws(CheckpointError) in try Checkpoint(bytes: bytes, path: path, limits: limits) }
    guard let read else { return .refused }
    for (name, tensor) in read.tensors {
      try require(tensor.floats().count == tensor.count, "\(name) has not as many values as its shape says")
    }
    if let set = read.weightSet { try requireLine(set.description) }
    let metadata = ModelMetadata(read.metadata)
    _ = (metadata.facts, metadata.results, metadata.range("sigma"), metadata.damageKind)

    let settled = try accepted { () throws(ConfigurationError) in try ConfigurationResolver.resolve(read) }
    guard let configuration = settled?.configuration else { return .value }
    let again = try accepted { () throws(ConfigurationFault) in try GRLConfiguration(json: configuration.json) }
    try require(again == configuration, "a configuration is not what its JSON says: \(configuration.json)")
    return .value
  }
}
