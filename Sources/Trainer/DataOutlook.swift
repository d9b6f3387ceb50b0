import Base
import Imaging
import Tensors

/// What the headers of a training's pictures tell, before anything of them is decoded.
public struct DataOutlook: Sendable, Hashable {
  /// Pictures or pairs that would be trained on. A single one is halved.
  public var training: Int
  /// Pictures or pairs that would be held out.
  public var heldOut: Int
  /// Memory that the pictures take.
  public var bytes: Int
  /// One line for each file that cannot be read.
  public var refused: [String]
}

extension PhotoLibrary {
  /// - Parameter side: of the squares that patches of `patch` pixels are cut from.
  /// - Throws: what reading them throws, as far as headers tell, and `tooSmall`.
  static func outlook(
    _ paths: [String], isColour: Bool, side: (side: Int, patch: Int), limits: DataLimits
  ) throws(TrainingDataError) -> DataOutlook {
    var entries: [PictureEntry] = []
    for path in paths { entries += try PictureEntry.all(in: path) }
    let path = paths.joined(separator: ", ")
    let loading = PictureLoading(path: path, isColour: isColour, limits: limits)
    var sizes = try loading.sizes(entries)
    let readable = zip(entries, sizes.pixels).filter { $0.1 != nil }
    sizes.pixels = readable.map(\.1)
    guard !readable.isEmpty else { throw .noPictures(path: path, wanted: "pictures", refused: sizes.refused) }
    let share = try loading.share(sizes)
    let kept = sizes.pixels.reduce(0) { $0 + min($1 ?? 0, share ?? .max) }
    let isInVal = readable.map { $0.0.lies(in: "val") }
    let isHeldOut =
      isInVal.contains(true) ? isInVal : readable.count == 1 ? [false] : HeldOut.byName(readable.map(\.0.name))
    guard isHeldOut.contains(false) else {
      throw .noPictures(
        path: path, wanted: "pictures outside the folder `val`, which is held out", refused: sizes.refused)
    }
    let training = zip(readable, isHeldOut).filter { !$0.1 }.map(\.0)
    try loading.checkFit(training, side, isHalved: readable.count == 1)
    return DataOutlook(
      training: training.count, heldOut: max(1, readable.count - training.count), bytes: kept * (isColour ? 3 : 1),
      refused: sizes.refused)
  }
}

extension PairLibrary {
  /// Whether a folder has pairs in one of the layouts that are read.
  public static func areIn(_ folder: String, isDualPixel: Bool = false) -> Bool {
    guard isFolder(folder) else { return false }
    let train = joined(folder, "train")
    do { return try !pairs(isFolder(train) ? train : folder, isDualPixel).isEmpty } catch { return false }
  }

  /// - Parameter side: of the patches that are cut from inputs.
  /// - Throws: what reading them throws, as far as headers tell, and `tooSmall`.
  static func outlook(
    _ folder: String, isColour: Bool, isDualPixel: Bool, side: (side: Int, patch: Int), limits: DataLimits
  ) throws(TrainingDataError) -> DataOutlook {
    let (pairs, heldOutFrom) = try found(in: folder, isDualPixel: isDualPixel)
    let loading = PictureLoading(path: folder, isColour: isColour, limits: limits)
    let entries = pairs.map { pair in PictureEntry(file: pair.input, below: folder) }
    let others = pairs.flatMap { pair in [pair.target, pair.right].compactMap(\.self) }
    let sizes = try loading.sizes(entries)
    let rest = try loading.sizes(others.map { PictureEntry(file: $0, below: folder) })
    var all = sizes
    all.pixels += rest.pixels
    all.largestBytes = max(sizes.largestBytes, rest.largestBytes)
    try loading.checkAllFit(all)
    let refused = sizes.refused + rest.refused
    guard refused.count < pairs.count else { throw .noPictures(path: folder, wanted: "pairs", refused: refused) }
    let isHeldOut =
      heldOutFrom < pairs.count
      ? pairs.indices.map { $0 >= heldOutFrom } : pairs.count == 1 ? [false] : HeldOut.byName(entries.map(\.name))
    let training = zip(zip(entries, sizes.pixels), isHeldOut).filter { !$0.1 }.map(\.0)
    try loading.checkFit(training, side, isHalved: pairs.count == 1)
    return DataOutlook(
      training: training.count, heldOut: max(1, pairs.count - training.count),
      bytes: all.pixels.reduce(0) { $0 + ($1 ?? 0) } * (isColour ? 3 : 1), refused: refused)
  }
}

extension PictureLoading {
  /// Of a picture with so many times the pixels of a square it is taken for granted that the square fits.
  private static let surelyFits = 16

  /// - Parameter isHalved: a half of the picture is meant.
  /// - Throws: `tooSmall` where no picture holds a square of the side. Small pictures alone are decoded for that.
  func checkFit(
    _ entries: [(entry: PictureEntry, pixels: Int?)], _ side: (side: Int, patch: Int), isHalved: Bool
  ) throws(TrainingDataError) {
    var largest = (width: 0, height: 0)
    for (entry, pixels) in entries.sorted(by: { $0.pixels ?? 0 > $1.pixels ?? 0 }) {
      if let pixels, pixels >= Self.surelyFits * side.side * side.side { return }
      let image: Image
      do throws(ImageError) { image = try entry.file(limits.image).image(limits: limits.image) } catch {
        continue  // Told by those who read the data.
      }
      var (width, height) = (image.width, image.height)
      if isHalved { (width, height) = width >= height ? (width / 2, height) : (width, height / 2) }
      if width >= side.side && height >= side.side { return }
      if largest == (0, 0) { largest = (width, height) }
      // In order of their pixels: none of those that follow holds it.
      if image.width * image.height < side.side * side.side { break }
    }
    throw .tooSmall(side: side.side, patch: side.patch, largestWidth: largest.width, largestHeight: largest.height)
  }
}
