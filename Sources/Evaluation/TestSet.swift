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
    let cleanFolder = PicturePair.subfolder(folder, PicturePair.targetFolders)
    let clean = try cleanFolder.map { (folder: String) throws(EvaluationError) in try Self.files(folder) } ?? top
    let (folderPairs, alone) = setting.isDualPixel ? ([], []) : try Self.folderPairs(folder, clean, in: cleanFolder)
    isPaired = !folderPairs.isEmpty
    notes = alone.isEmpty || !isPaired ? [] : ["without a partner and left out: \(alone.joined(separator: ", "))"]
    switch setting.task {
    case .motionDeblur where !setting.isDualPixel, .defocusDeblur where !setting.isDualPixel:
      let pairs = PicturePair.byEnding(top).map(Picture.init) + folderPairs
      pictures = pairs.isEmpty ? clean.map(Self.alone) : pairs
      source = pairs.isEmpty ? .made : .files
    case _ where setting.isDualPixel:
      pictures = PicturePair.views(top).map(Picture.init)
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
    guard let files = PicturePair.files(folder) else {
      throw EvaluationError.badInput("\(folder): cannot list this folder; check its permissions")
    }
    return files
  }

  /// Pictures of one stem in a folder of input and one of targets, and the names of those without a partner.
  private static func folderPairs(
    _ folder: String, _ targets: [String], in cleanFolder: String?
  ) throws(EvaluationError) -> (pairs: [Picture], alone: [String]) {
    guard cleanFolder != nil, let inputFolder = PicturePair.subfolder(folder, PicturePair.inputFolders) else {
      return ([], [])
    }
    let (pairs, alone) = PicturePair.byStem(inputs: try files(inputFolder), targets: targets)
    let pictures = pairs.map { Picture(name: lastComponent($0.target), clean: $0.target, input: $0.input, right: nil) }
    return (pictures, alone.map { relative($0, to: folder) })
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

extension TestSet.Picture {
  /// Named as its input, the way deblurring sets are.
  fileprivate init(_ pair: PicturePair) {
    self.init(name: lastComponent(pair.input), clean: pair.target, input: pair.input, right: pair.right)
  }
}
