import Base

/// A damaged picture and the good one that belongs to it, found by their names in one of the layouts that data sets come in.
package struct PicturePair: Hashable, Sendable {
  /// The damaged picture; the left view of a dual pixel.
  package let input: String
  /// The other view of a dual pixel.
  package let right: String?
  package let target: String

  package init(input: String, right: String? = nil, target: String) {
    (self.input, self.right, self.target) = (input, right, target)
  }

  /// Names of folders for good pictures and for damaged ones, in order of preference.
  package static let targetFolders = ["HR", "GT", "GTmod12", "target", "sharp", "groundtruth", "original"]
  package static let inputFolders = ["input", "blur", "LQ", "source"]

  /// The pictures of a folder by the endings of their names, hidden ones left out, in order of name; nil where it cannot be listed.
  package static func files(_ folder: String) -> [String]? {
    namesInFolder(folder)?.filter {
      !$0.hasPrefix(".") && PictureFile.endings.contains(fileExtension($0).lowercased())
    }.sorted().map { joined(folder, $0) }
  }

  /// The first of these folders that there is.
  package static func subfolder(_ folder: String, _ names: [String]) -> String? {
    names.map { joined(folder, $0) }.first(where: isFolder)
  }

  /// `NAME_blur` and `NAME_sharp`, or `NAME_center` and `NAME_gt`.
  package static func byEnding(_ files: [String]) -> [PicturePair] {
    let byStem = stems(files)
    return [("_blur", "_sharp"), ("_center", "_gt")].flatMap { input, clean in
      files.compactMap { file in
        let stem = fileStem(file)
        guard stem.hasSuffix(input), let target = byStem[stem.dropLast(input.count) + clean] else { return nil }
        return PicturePair(input: file, target: target)
      }
    }
  }

  /// `NAME_left`, `NAME_right` and `NAME_gt`.
  package static func views(_ files: [String]) -> [PicturePair] {
    let byStem = stems(files)
    return files.compactMap { file in
      let stem = fileStem(file)
      guard stem.hasSuffix("_left") else { return nil }
      let name = stem.dropLast(5)
      guard let right = byStem[name + "_right"], let target = byStem[name + "_gt"] else { return nil }
      return PicturePair(input: file, right: right, target: target)
    }
  }

  /// Pictures of one stem among inputs and among targets, in order of the targets, and the paths of those without a partner.
  package static func byStem(inputs: [String], targets: [String]) -> (pairs: [PicturePair], alone: [String]) {
    let byStem = stems(inputs)
    let pairs = targets.compactMap { target in
      byStem[fileStem(target)].map { PicturePair(input: $0, target: target) }
    }
    let used = Set(pairs.flatMap { [$0.input, $0.target] })
    return (pairs, (targets + inputs).filter { !used.contains($0) })
  }

  private static func stems(_ files: [String]) -> [String: String] {
    Dictionary(files.map { (fileStem($0), $0) }) { first, _ in first }
  }
}
