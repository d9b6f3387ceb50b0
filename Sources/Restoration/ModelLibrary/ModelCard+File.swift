import Base
import Checkpoints
import Glibc
import GRLModel
import Imaging

extension ModelCard {
  /// What a weight file tells of itself, completed by what the user says.
  ///
  /// Of our own files only the header is read; other files are read whole, since their shapes tell the configuration.
  init(
    path: String, origin: Origin, overrides: ConfigurationOverrides = .init()
  ) throws(RestorationError) {
    let checkpoint: Checkpoint
    do {
      let metadata = try Checkpoint.metadata(of: path)
      checkpoint =
        metadata["config"] == nil
        ? try Checkpoint(contentsOf: path) : Checkpoint(path: path, metadata: metadata, tensors: [:])
    } catch {
      throw .checkpoint(error)
    }
    try self.init(checkpoint, origin: origin, overrides: overrides)
  }

  /// The card of a checkpoint that was read from `checkpoint.path`.
  init(
    _ checkpoint: Checkpoint, origin: Origin, overrides: ConfigurationOverrides
  ) throws(RestorationError) {
    let resolved: ResolvedConfiguration
    do { resolved = try ConfigurationResolver.resolve(checkpoint, overrides: overrides) } catch {
      throw .configuration(error)
    }
    var texts = checkpoint.metadata
    if let set = checkpoint.weightSet { texts["weight_set"] = set.description }
    let metadata = ModelMetadata(texts)
    do throws(ConfigurationFault) { try metadata.check(against: resolved) } catch {
      throw .configuration(.invalid(path: checkpoint.path, fault: error))
    }
    guard let task = resolved.task else { throw .modelTaskUnknown(path: checkpoint.path) }
    let level = resolved.levels ?? resolved.level.map { Double($0)...Double($0) }
    try self.init(
      name: ModelLibrary.stem(checkpoint.path), path: checkpoint.path, origin: origin,
      fileBytes: Self.fileSize(checkpoint.path), task: RestorationTask(task), variant: resolved.variant,
      configuration: resolved.configuration, sources: resolved.sources,
      sigmas: task == .denoise ? metadata.range("sigma") ?? level : nil,
      noise: task == .denoise ? (metadata.damageKind == "photo" ? .photo : .gaussian) : nil,
      style: RestorationTask(task) == .realSuperResolution ? metadata.style ?? .faithful : nil,
      qualities: task == .jpeg ? metadata.range("quality") ?? level : nil, largestBlur: metadata.largestBlur,
      experimental: metadata.texts["experimental"]?.printable,
      results: metadata.results, facts: metadata.facts)
  }

  /// The SHA-256 of the file in hexadecimal; reads all of it.
  public func sha256() throws(RestorationError) -> String {
    do { return try SHA256.hex(contentsOf: path) } catch {
      throw .checkpoint(.unreadable(path: path, reason: "\(error)"))
    }
  }

  private static func fileSize(_ path: String) throws(RestorationError) -> Int {
    var status = stat()
    guard stat(path.systemPath, &status) == 0 else {
      throw .checkpoint(.unreadable(path: path, reason: String(cString: strerror(errno))))
    }
    return Int(status.st_size)
  }
}
