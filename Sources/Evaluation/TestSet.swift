import Base
import Imaging
import Restoration

/// A folder of good pictures, with test input beside them where the set brings it.
package struct TestSet: Sendable {
  /// Where test input comes from.
  package enum InputSource: Sendable { case made, files }

  package struct Picture: Sendable {
    /// As papers seed their noise with: the file's name.
    package let name: String
    package let clean: String
    /// The damaged picture, or the left view.
    package let input: String?
    package let right: String?
  }

  package let name: String
  package let folder: String
  package let source: InputSource
  /// In order of name.
  package let pictures: [Picture]
  /// The pictures are those of folders `input` and `target`.
  package let isPaired: Bool
  /// What was found and left out, in words.
  package let notes: [String]

  package static let endings = ImageFile.extensions.union(UncompressedFile.extensions)

  /// Looks through `folder` for what `setting` needs.
  ///
  /// Known layouts: for every task folders `input` and `target` with pictures of equal stems; pictures in the folder itself or
  /// in `HR`, `GT` or the like; `LR_bicubic/X2` beside them for `sr`; for deblurring `NAME_blur`/`NAME_sharp`, `NAME_center`,
  /// `NAME_left`, `NAME_right`/`NAME_gt`.
  /// - Throws: `badInput` that says what is missing.
  package init(_ folder: String, for setting: EvaluationSetting, named: String?) throws(EvaluationError) {
    guard isFolder(folder) else {
      throw EvaluationError.badInput("\(folder): is not a folder; give the folder of a test set")
    }
    self.folder = folder
    name = named ?? lastComponent(canonicalPath(folder))
    let top = try Self.files(folder)
    let cleanFolder = Self.subfolder(folder, ["HR", "GT", "GTmod12", "target", "sharp", "groundtruth", "original"])
    let clean = try cleanFolder.map { (folder: String) throws(EvaluationError) in try Self.files(folder) } ?? top
    let (folderPairs, alone) = setting.isDualPixel ? ([], []) : try Self.folderPairs(folder, clean, in: cleanFolder)
    isPaired = !folderPairs.isEmpty
    notes = alone.isEmpty || !isPaired ? [] : ["without a partner and left out: \(alone.joined(separator: ", "))"]
    switch setting.task {
    case .motionDeblur where !setting.isDualPixel, .defocusDeblur where !setting.isDualPixel:
      let pairs = Self.pairs(top) + folderPairs
      pictures = pairs.isEmpty ? clean.map(Self.alone) : pairs
      source = pairs.isEmpty ? .made : .files
    case _ where setting.isDualPixel:
      pictures = Self.views(top)
      source = .files
    case _ where !folderPairs.isEmpty:
      pictures = folderPairs
      source = .files
    case .superResolution:
      let small = Self.smallPictures(folder, setting.scale)
      let found = clean.map { path in
        Picture(name: lastComponent(path), clean: path, input: small(path), right: nil)
      }
      let all = !found.isEmpty && found.allSatisfy { $0.input != nil }
      pictures = all ? found : clean.map(Self.alone)
      source = all ? .files : .made
    default:
      pictures = clean.map(Self.alone)
      source = .made
    }
    guard !pictures.isEmpty else {
      let wanted =
        setting.isDualPixel ? "no NAME_left, NAME_right, NAME_gt triples" : "no PNG, JPEG, BMP or TIFF pictures"
      throw EvaluationError.badInput(
        "\(folder): \(wanted) in this folder; see the guide for the layouts that are known")
    }
  }

  /// Every so manieth picture, `count` in all, as the training recipe's measuring chooses them.
  package func limited(to count: Int?) -> [Picture] {
    guard let count, count < pictures.count else { return pictures }
    let step = max(1, pictures.count / count)
    return stride(from: 0, to: pictures.count, by: step).prefix(count).map { pictures[$0] }
  }

  private static func alone(_ path: String) -> Picture {
    Picture(name: lastComponent(path), clean: path, input: nil, right: nil)
  }

  private static func files(_ folder: String) throws(EvaluationError) -> [String] {
    guard let names = namesInFolder(folder) else {
      throw EvaluationError.badInput("\(folder): cannot list this folder; check its permissions")
    }
    return names.filter { !$0.hasPrefix(".") && endings.contains(fileExtension($0).lowercased()) }
      .sorted().map { joined(folder, $0) }
  }

  private static func subfolder(_ folder: String, _ names: [String]) -> String? {
    names.map { joined(folder, $0) }.first(where: isFolder)
  }

  /// `NAME_blur` and `NAME_sharp`, or `NAME_center` and `NAME_gt`.
  private static func pairs(_ files: [String]) -> [Picture] {
    let byStem = Dictionary(files.map { (fileStem($0), $0) }) { first, _ in first }
    return [("_blur", "_sharp"), ("_center", "_gt")].flatMap { input, clean in
      files.compactMap { file in
        let stem = fileStem(file)
        guard stem.hasSuffix(input), let target = byStem[stem.dropLast(input.count) + clean] else { return nil }
        return Picture(name: lastComponent(file), clean: target, input: file, right: nil)
      }
    }
  }

  /// `NAME_left`, `NAME_right` and `NAME_gt`.
  private static func views(_ files: [String]) -> [Picture] {
    let byStem = Dictionary(files.map { (fileStem($0), $0) }) { first, _ in first }
    return files.compactMap { file in
      let stem = fileStem(file)
      guard stem.hasSuffix("_left") else { return nil }
      let name = stem.dropLast(5)
      guard let right = byStem[name + "_right"], let clean = byStem[name + "_gt"] else { return nil }
      return Picture(name: lastComponent(file), clean: clean, input: file, right: right)
    }
  }

  /// Pictures of one stem in a folder of input and one of targets, and the names of those without a partner.
  private static func folderPairs(
    _ folder: String, _ targets: [String], in cleanFolder: String?
  ) throws(EvaluationError) -> (pairs: [Picture], alone: [String]) {
    guard cleanFolder != nil, let inputFolder = subfolder(folder, ["input", "blur", "LQ", "source"]) else {
      return ([], [])
    }
    let inputs = try files(inputFolder)
    let byStem = Dictionary(inputs.map { (fileStem($0), $0) }) { first, _ in first }
    let pairs = targets.compactMap { target in
      byStem[fileStem(target)].map { Picture(name: lastComponent(target), clean: target, input: $0, right: nil) }
    }
    let used = Set(pairs.flatMap { [$0.clean, $0.input ?? ""] })
    return (pairs, (targets + inputs).filter { !used.contains($0) }.map { relative($0, to: folder) })
  }

  private static func relative(_ path: String, to folder: String) -> String {
    path.hasPrefix(folder + "/") ? String(path.dropFirst(folder.count + 1)) : path
  }

  /// Finds the small picture that belongs to a large one.
  private static func smallPictures(_ folder: String, _ scale: Int) -> (String) -> String? {
    let folders = ["LR_bicubic/X\(scale)", "LR_bicubic/x\(scale)", "LRbicx\(scale)", "LR/X\(scale)", "LR/x\(scale)"]
      .map { joined(folder, $0) }.filter(isFolder)
    return { path in
      let (stem, ending) = (fileStem(path), fileExtension(path))
      for folder in folders {
        for name in ["\(stem)x\(scale).\(ending)", "\(stem)_x\(scale).\(ending)", "\(stem).\(ending)"]
        where fileExists(joined(folder, name)) { return joined(folder, name) }
      }
      return nil
    }
  }
}
