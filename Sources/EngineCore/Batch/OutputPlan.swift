import Base
import Foundation
import Imaging
import JobStore

/// Which picture goes where, settled before anything is computed.
package struct OutputPlan: Sendable {
  package struct Item: Hashable, Sendable {
    package let input: String
    /// Path to write; "-" is standard output.
    package let output: String

    package init(input: String, output: String) {
      self.input = input
      self.output = output
    }
  }

  /// What happens to results that exist already.
  package enum Existing: Sendable {
    case refuse, skip, replace
    /// The new result takes a free name: `photo_denoise-2.png`.
    case rename
  }

  package enum Destination: Sendable {
    /// One result, named by the user.
    case file(String)
    /// Results in this folder, the tree of recursed folders kept.
    case folder(String, OutputName)
    /// Results beside their pictures.
    case besideInputs(OutputName)
  }

  package let items: [Item]
  /// Pictures left out because their result exists.
  package let skipped: [Item]
  /// Why pictures of `items` cannot have their results, by the picture's path: only where that was not refused at once.
  package let collisions: [String: JobError]
  /// What folders hold besides.
  package let passedOver: [PassedOver]
  private let existing: Existing

  /// - Parameters:
  ///   - right: a file that is read beside the inputs (the right view of a pair).
  ///   - format: of the results, where their names need not tell.
  ///   - keepsCollisions: two results of one name and results over pictures are noted in `collisions`, not refused.
  /// - Throws: when the arguments cannot work: two results of one name, a result over a picture. `checkTargets` looks at
  ///   what is there already.
  package init(
    _ inputs: [Input], beside right: String? = nil, to destination: Destination, format: ImageFile.Format? = nil,
    existing: Existing, passedOver: [PassedOver] = [], keepsCollisions: Bool = false
  ) throws(JobError) {
    var items: [(input: Input, output: String)] = []
    for input in inputs {
      items.append((input, try Self.output(for: input, to: destination, format, of: inputs.count)))
    }
    // In a folder, what an earlier run wrote is not a picture to restore again, wherever this run's results go.
    var results = Set<[UInt8]>(minimumCapacity: items.count)
    for (input, output) in items {
      results.insert(fileKey(output))
      if let beside = Self.resultBeside(input, destination) { results.insert(fileKey(beside)) }
    }
    let isResult = items.map { $0.input.isFromFolder && results.contains(fileKey($0.input.path)) }
    let found = zip(items, isResult).filter(\.1).map {
      PassedOver(path: $0.0.input.path, reason: "the result of an earlier run")
    }
    results = []
    items = zip(items, isResult).filter { !$0.1 }.map(\.0)
    self.passedOver = passedOver + found
    if existing == .rename { items = Self.renamed(items, right) }
    for (_, output) in items where output != "-" { try Self.checkLength(output) }

    let colliding = Self.collisions(items.map { Item(input: $0.input.path, output: $0.output) }, right)
    if let first = colliding.first, !keepsCollisions { throw first.error }
    collisions = Dictionary(colliding.map { ($0.input, $0.error) }) { first, _ in first }
    var kept: [Item] = []
    var skipped: [Item] = []
    for (input, output) in items {
      let item = Item(input: input.path, output: output)
      if existing == .skip && output != "-" && fileExists(output) { skipped.append(item) } else { kept.append(item) }
    }
    self.items = kept
    self.skipped = skipped
    self.existing = existing
  }

  /// Refuses results that exist or that another process is making, unless the plan says what becomes of them. Touches nothing.
  package func refuseExisting() throws(JobError) {
    guard existing == .refuse || existing == .replace else { return }
    let outputs = items.map(\.output).filter { $0 != "-" }
    let found = existing == .refuse ? outputs.filter(fileExists) : []
    if let first = found.first { throw .resultExists(path: first, others: found.count - 1) }
    for output in outputs {
      if let holder = ResultClaim.holder(of: output) { throw .resultClaimed(path: output, holder: holder) }
    }
  }

  /// Makes the folders that results go to, and tries whether they can be written to.
  package func prepareFolders() throws(JobError) { try Self.prepareFolders(of: items.map(\.output)) }

  package static func prepareFolders(of outputs: [String]) throws(JobError) {
    for folder in Set(outputs.filter { $0 != "-" }.map(parentFolder)).sorted() {
      guard make(folder) else { throw .folderNotMade(folder: folder) }
      if let reason = reasonAgainstWriting(to: folder) { throw .folderNotWritable(folder: folder, reason: reason) }
    }
  }

  /// A folder and those above it; false where that is refused.
  private static func make(_ folder: String) -> Bool {
    if isFolder(folder) { return true }
    if mkdir(folder.systemPath, 0o777) == 0 { return true }
    guard errno == ENOENT, parentFolder(folder) != folder, make(parentFolder(folder)) else { return false }
    return mkdir(folder.systemPath, 0o777) == 0 || isFolder(folder)
  }

  private static func output(
    for input: Input, to destination: Destination, _ format: ImageFile.Format?, of count: Int
  ) throws(JobError) -> String {
    switch destination {
    case .file(let path):
      guard count == 1 else { throw .manyForOneResult(path: path, pictures: count) }
      if path != "-" {
        guard !isFolder(path) else { throw .resultIsFolder(path: path) }
        if format == nil { _ = try pictureFormat(of: path) }
      }
      return path
    case .folder(let folder, let name):
      return joined(input.subfolder.isEmpty ? folder : joined(folder, input.subfolder), name.name(for: input.path))
    case .besideInputs(let name):
      return input.path == "-" ? "-" : joined(parentFolder(input.path), name.name(for: input.path))
    }
  }

  /// Where the result would lie beside a picture of a folder, for results that go elsewhere.
  private static func resultBeside(_ input: Input, _ destination: Destination) -> String? {
    guard case .folder(_, let name) = destination, input.isFromFolder else { return nil }
    return joined(parentFolder(input.path), name.name(for: input.path))
  }

  /// A name that the file system does not take is known before anything is computed.
  private static func checkLength(_ path: String) throws(JobError) {
    var folder = parentFolder(path)
    while !isFolder(folder), parentFolder(folder) != folder { folder = parentFolder(folder) }
    let most = pathconf(folder.systemPath, Int32(_PC_NAME_MAX))
    let (limit, bytes) = (most > 0 ? most : 255, lastComponent(path).systemPath.count - 1)
    guard bytes <= limit else { throw .nameTooLong(path: path, bytes: bytes, limit: limit) }
    // The zero byte at the end counts.
    let all = path.systemPath.count
    guard all <= Int(PATH_MAX) else {
      throw .nameTooLong(path: path, bytes: all - 1, limit: Int(PATH_MAX) - 1)
    }
  }

  /// Gives each result that exists, is being made, is a picture to read, or is another's result, the first free name `stem-2.ext`, `stem-3.ext`, ...
  private static func renamed(
    _ items: [(input: Input, output: String)], _ right: String?
  ) -> [(input: Input, output: String)] {
    var taken = Set((items.map(\.input.path) + [right].compactMap { $0 }).filter { $0 != "-" }.map(fileKey))
    return items.map { input, output in
      guard output != "-" else { return (input, output) }
      let (folder, stem, ending) = (parentFolder(output), fileStem(output), fileExtension(output))
      var path = output
      var number = 1
      while fileExists(path) || taken.contains(fileKey(path)) || ResultClaim.holder(of: path) != nil {
        number += 1
        path = joined(folder, "\(stem)-\(number)" + (ending.isEmpty ? "" : "." + ending))
      }
      taken.insert(fileKey(path))
      return (input, path)
    }
  }

  /// Results that two pictures share, or that are pictures to read, in the order of `items`.
  private static func collisions(_ items: [Item], _ right: String?) -> [(input: String, error: JobError)] {
    var collisions: [(input: String, error: JobError)] = []
    var owner: [[UInt8]: String] = [:]
    var inputs = Set<[UInt8]>(minimumCapacity: items.count)
    for item in items where item.input != "-" { inputs.insert(fileKey(item.input)) }
    if let right, right != "-" { inputs.insert(fileKey(right)) }
    for item in items where item.output != "-" {
      let path = fileKey(item.output)
      if let other = owner.updateValue(item.input, forKey: path) {
        collisions.append((item.input, .resultsCollide(path: item.output, first: other, second: item.input)))
      } else if inputs.contains(path) {
        collisions.append((item.input, .resultIsInput(path: item.output)))
      }
    }
    return collisions
  }

  /// Tries with an empty file, since permissions do not tell of everything (root, read-only systems, quotas).
  private static func reasonAgainstWriting(to folder: String) -> String? {
    let probe = joined(folder, ".grl-\(getpid()).probe")
    let descriptor = open(probe.systemPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return systemReason() }
    close(descriptor)
    unlink(probe.systemPath)
    return nil
  }
}

extension StoredJob.Picture {
  /// - Parameter item: with paths as they were given.
  package init(_ item: OutputPlan.Item) {
    self.init(input: Self.absolute(item.input), output: Self.absolute(item.output))
  }

  /// A file's path from the root; a link's name stays, since its ending says which format to write.
  package static func absolute(_ path: String) -> String {
    joined(canonicalPath(parentFolder(path)), lastComponent(path))
  }
}
