import Base
import Imaging
import Restoration
import Tensors

/// A damaged picture and the good one that belongs to it, in memory.
public struct TrainingPair: Sendable {
  public let input: StoredPicture
  /// The right view of a dual pixel; `input` is the left one.
  public let right: StoredPicture?
  /// `scale` times as wide and high as the input.
  public let target: StoredPicture

  public init(input: StoredPicture, right: StoredPicture? = nil, target: StoredPicture) {
    (self.input, self.right, self.target) = (input, right, target)
  }

  var pictures: [StoredPicture] { [input, target] + (right.map { [$0] } ?? []) }

  /// - Parameter region: of the input.
  fileprivate func cropped(_ region: Rectangle, scale: Int) -> TrainingPair {
    TrainingPair(
      input: input.cropped(region), right: right?.cropped(region), target: target.cropped(region.scaled(by: scale)))
  }

  fileprivate func fits(scale: Int) -> Bool {
    func isSize(_ picture: StoredPicture, _ factor: Int) -> Bool {
      picture.width == input.width * factor && picture.height == input.height * factor
    }
    return isSize(target, scale) && (right.map { isSize($0, 1) } ?? true)
  }
}

/// Pairs in memory, in two parts: to train on, and held out to measure.
///
/// Layouts are those that `grl evaluate` measures: folders `input` and `target` (or `blur` and `sharp`, `LQ` and `GT`) with pictures of
/// equal stems; `NAME_blur` and `NAME_sharp`, or `NAME_center` and `NAME_gt`; for dual pixel `NAME_left`, `NAME_right` and `NAME_gt`. Where
/// the folder has `train` and `val`, each of them holds such a layout. Without `val` the held-out part is chosen as in ``PhotoLibrary``.
public struct PairLibrary: Sendable {
  public let training: [TrainingPair]
  public let heldOut: [TrainingPair]
  /// Target pixels for one of the input.
  public let scale: Int
  public let isDualPixel: Bool
  /// One line for each file that could not be read, and for each pair that does not fit together.
  public let refused: [String]

  /// - Parameters:
  ///   - folder: with pairs in one of the layouts above.
  ///   - isColour: whether pictures are kept as RGB, or as their luma.
  ///   - scale: 1 for tasks that keep the size.
  /// - Throws: `unreadable`, `noPictures`, `overBudget`, `cancelled`. A single file that cannot be read does not throw: see ``refused``.
  public init(
    _ folder: String, isColour: Bool, scale: Int = 1, isDualPixel: Bool = false, limits: DataLimits = DataLimits()
  ) throws(TrainingDataError) {
    let (found, heldOutFrom) = try Self.found(in: folder, isDualPixel: isDualPixel)
    let (pairs, isHeldOut, refused) = try Self.load(
      found, heldOutFrom, folder, isColour: isColour, scale: scale, limits)
    guard isHeldOut.contains(false) else {
      throw .noPictures(path: folder, wanted: Self.wanted(isDualPixel), refused: refused)
    }
    self.init(
      pairs, scale: scale, isDualPixel: isDualPixel, isHeldOut: isHeldOut.contains(true) ? isHeldOut : nil,
      refused: refused)
  }

  /// - Parameters:
  ///   - pairs: at least one; targets are `scale` times as wide and high as inputs.
  ///   - isHeldOut: for each; nil decides by the input's name.
  public init(
    _ pairs: [TrainingPair], scale: Int = 1, isDualPixel: Bool = false, isHeldOut: [Bool]? = nil, refused: [String] = []
  ) {
    precondition(pairs.allSatisfy { $0.fits(scale: scale) && ($0.right != nil) == isDualPixel })
    (self.scale, self.isDualPixel, self.refused) = (scale, isDualPixel, refused)
    if isHeldOut == nil && pairs.count == 1 {
      let (first, second) = pairs[0].input.halves()
      training = [pairs[0].cropped(first, scale: scale)]
      heldOut = [pairs[0].cropped(second, scale: scale)]
    } else {
      let isHeldOut = isHeldOut ?? HeldOut.byName(pairs.map(\.input.name))
      training = zip(pairs, isHeldOut).filter { !$0.1 }.map(\.0)
      heldOut = zip(pairs, isHeldOut).filter(\.1).map(\.0)
    }
  }

  /// The pairs of a folder; those from `heldOutFrom` on are held out.
  static func found(
    in folder: String, isDualPixel: Bool
  ) throws(TrainingDataError) -> (pairs: [PicturePair], heldOutFrom: Int) {
    guard isFolder(folder) else {
      throw .unreadable(path: folder, reason: "it is not a folder; pairs lie in a folder with input/ and target/")
    }
    let (val, train) = (joined(folder, "val"), joined(folder, "train"))
    let kept = isFolder(val) ? try pairs(val, isDualPixel) : []
    let found = try pairs(isFolder(train) ? train : folder, isDualPixel)
    guard !found.isEmpty else { throw .noPictures(path: folder, wanted: wanted(isDualPixel), refused: []) }
    return (found + kept, found.count)
  }

  private static func wanted(_ isDualPixel: Bool) -> String {
    isDualPixel
      ? "triples NAME_left, NAME_right and NAME_gt"
      : "pairs: neither folders input/ and target/ nor NAME_blur and NAME_sharp"
  }

  static func pairs(_ folder: String, _ isDualPixel: Bool) throws(TrainingDataError) -> [PicturePair] {
    func files(_ folder: String) throws(TrainingDataError) -> [String] {
      guard let files = PicturePair.files(folder) else {
        throw .unreadable(path: folder, reason: systemReason())
      }
      return files
    }
    let top = try files(folder)
    if isDualPixel { return PicturePair.views(top) }
    guard let targets = PicturePair.subfolder(folder, PicturePair.targetFolders),
      let inputs = PicturePair.subfolder(folder, PicturePair.inputFolders)
    else { return PicturePair.byEnding(top) }
    return PicturePair.byEnding(top)
      + PicturePair.byStem(inputs: try files(inputs), targets: try files(targets)).pairs
  }

  /// Decodes pairs of which those from `heldOutFrom` on are held out.
  private static func load(
    _ pairs: [PicturePair], _ heldOutFrom: Int, _ folder: String, isColour: Bool, scale: Int, _ limits: DataLimits
  ) throws(TrainingDataError) -> (pairs: [TrainingPair], isHeldOut: [Bool], refused: [String]) {
    let loading = PictureLoading(path: folder, isColour: isColour, limits: limits)
    let entries = pairs.flatMap { pair in
      [pair.input, pair.target, pair.right].compactMap(\.self).map { PictureEntry(file: $0, below: folder) }
    }
    let sizes = try loading.sizes(entries)
    try loading.checkAllFit(sizes)
    var decoded = try loading.pictures(entries, sizes)[...]
    var (result, isHeldOut, refused): ([TrainingPair], [Bool], [String]) = ([], [], [])
    for (place, pair) in pairs.enumerated() {
      let parts = decoded.prefix(pair.right == nil ? 2 : 3)
      decoded = decoded.dropFirst(parts.count)
      var pictures: [StoredPicture] = []
      for part in parts {
        switch part {
        case .success(let picture): pictures.append(picture)
        case .failure(let error): refused.append("\(error)")
        }
      }
      guard pictures.count == parts.count else { continue }
      let loaded = TrainingPair(
        input: pictures[0], right: pair.right == nil ? nil : pictures[2], target: pictures[1])
      guard loaded.fits(scale: scale) else {
        let (input, target) = (loaded.input, loaded.target)
        refused.append(
          "\(pair.input): \(input.width) x \(input.height) does not belong to a target of \(target.width) x \(target.height)"
            .printable + (scale > 1 ? " at scale \(scale)" : ""))
        continue
      }
      result.append(loaded)
      isHeldOut.append(place >= heldOutFrom)
    }
    return (result, isHeldOut, refused)
  }
}
