import Foundation

/// Which picture goes where, settled and checked before anything is computed.
struct OutputPlan: Sendable {
  struct Item: Sendable {
    let input: String
    /// Path to write; "-" is standard output.
    let output: String
  }

  /// What happens to results that exist already.
  enum Existing: Sendable {
    case refuse, skip, replace
  }

  enum Destination: Sendable {
    /// One result, named by the user.
    case file(String)
    /// Results in this folder, the tree of recursed folders kept.
    case folder(String, OutputName)
    /// Results beside their pictures.
    case besideInputs(OutputName)
  }

  let items: [Item]
  /// Pictures left out because their result exists.
  let skipped: [Item]

  /// - Parameter right: a file that is read beside the inputs (the right view of a pair).
  ///
  /// Throws `Failure` with status `usage` when the arguments cannot work: two results of one name, a result over a picture, a
  /// result that exists, a folder that cannot be written to.
  init(_ inputs: [Input], beside right: String? = nil, to destination: Destination, existing: Existing) throws(Failure)
  {
    var items: [(input: Input, output: String)] = []
    for input in inputs {
      items.append((input, try Self.output(for: input, to: destination, of: inputs.count)))
    }
    // In a folder, what an earlier run wrote is not a picture to restore again.
    let results = Set(items.map { canonicalPath($0.output) })
    items.removeAll { $0.input.isFromFolder && results.contains(canonicalPath($0.input.path)) }

    try Self.refuseCollisions(items.map { Item(input: $0.input.path, output: $0.output) }, right)
    var kept: [Item] = []
    var skipped: [Item] = []
    for (input, output) in items {
      let item = Item(input: input.path, output: output)
      if existing == .skip && output != "-" && fileExists(output) { skipped.append(item) } else { kept.append(item) }
    }
    if existing == .refuse { try Self.refuseExisting(kept) }
    try Self.prepareFolders(of: kept)
    self.items = kept
    self.skipped = skipped
  }

  private static func output(
    for input: Input, to destination: Destination, of count: Int
  ) throws(Failure) -> String {
    switch destination {
    case .file(let path):
      guard count == 1 else {
        throw Failure(
          .usage, "-o \(path): names one result, but there are \(count) pictures; use --output-dir or --name")
      }
      if path != "-" {
        guard !isFolder(path) else { throw Failure(.usage, "\(path): is a folder; use --output-dir \(path)") }
        _ = try pictureFormat(of: path)
      }
      return path
    case .folder(let folder, let name):
      return joined(input.subfolder.isEmpty ? folder : joined(folder, input.subfolder), name.name(for: input.path))
    case .besideInputs(let name):
      return input.path == "-" ? "-" : joined(parentFolder(input.path), name.name(for: input.path))
    }
  }

  private static func refuseCollisions(_ items: [Item], _ right: String?) throws(Failure) {
    var owner: [String: String] = [:]
    let inputs = Set((items.map(\.input) + [right].compactMap { $0 }).filter { $0 != "-" }.map(canonicalPath))
    for item in items where item.output != "-" {
      let path = canonicalPath(item.output)
      if let other = owner.updateValue(item.input, forKey: path) {
        throw Failure(
          .usage,
          "\(item.output): both \(other) and \(item.input) would be written here; restore them apart, or with --name "
            + "such as '{input}_{task}.png'")
      }
      guard !inputs.contains(path) else {
        throw Failure(.usage, "\(item.output): is one of the pictures to read; choose another name with -o or --name")
      }
    }
  }

  private static func refuseExisting(_ items: [Item]) throws(Failure) {
    let existing = items.map(\.output).filter { $0 != "-" && fileExists($0) }
    guard let first = existing.first else { return }
    let others = existing.count > 1 ? " (and \(existing.count - 1) more)" : ""
    throw Failure(.usage, "\(first): exists already\(others); add --overwrite to replace or --skip-existing to keep it")
  }

  private static func prepareFolders(of items: [Item]) throws(Failure) {
    for folder in Set(items.map(\.output).filter { $0 != "-" }.map(parentFolder)).sorted() {
      do {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      } catch {
        throw Failure(.usage, "\(folder): cannot make this folder; choose another one with --output-dir or -o")
      }
      if let reason = reasonAgainstWriting(to: folder) {
        throw Failure(
          .usage, "\(folder): cannot write to this folder (\(reason)); choose another one with --output-dir or -o")
      }
    }
  }

  /// Tries with an empty file, since permissions do not tell of everything (root, read-only systems, quotas).
  private static func reasonAgainstWriting(to folder: String) -> String? {
    let probe = joined(folder, ".grl-\(getpid()).probe")
    let descriptor = open(probe, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return String(cString: strerror(errno)) }
    close(descriptor)
    unlink(probe)
    return nil
  }
}
