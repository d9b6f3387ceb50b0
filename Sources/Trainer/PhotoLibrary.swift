import Base
import Imaging
import Restoration
import Tensors

/// Good pictures in memory, in two parts that have no pixel in common: to train on, and held out to measure.
///
/// Order and parts depend on the names alone. Pictures below a folder `val` are held out; where there is none, those whose name's SHA-256
/// hash is a multiple of ten, so that a picture keeps its part when others are added. At least one is in each part. Of a single picture one
/// half trains and the other is held out.
public struct PhotoLibrary: Sendable {
  public let training: [StoredPicture]
  public let heldOut: [StoredPicture]
  /// 1 or 3.
  public let channels: Int
  /// One line for each file that could not be read.
  public let refused: [String]
  /// Share of the pixels that are kept: below 1 where memory is short, and of each picture its middle alone is.
  public let keptShare: Double
  /// The most pixels that were kept of a picture; nil where all are.
  public let pixelsPerPicture: Int?

  /// Pixels to train on.
  public var trainingPixels: Int { training.reduce(0) { $0 + $1.pixels } }

  /// Reads every picture of `paths` (folders and tar archives) on several threads.
  ///
  /// - Parameter isColour: whether pictures are kept as RGB, or as their luma.
  /// - Throws: `unreadable`, `archive`, `noPictures`, `overBudget`, `cancelled`. A single file that cannot be read does not throw: see
  ///   ``refused``.
  public init(
    _ paths: [String], isColour: Bool, limits: DataLimits = DataLimits()
  ) throws(TrainingDataError) {
    var entries: [PictureEntry] = []
    for path in paths { entries += try PictureEntry.all(in: path) }
    let path = paths.joined(separator: ", ")
    let loading = PictureLoading(path: path, isColour: isColour, limits: limits)
    var sizes = try loading.sizes(entries)
    var refused = sizes.refused
    let readable = zip(entries, sizes.pixels).filter { $0.1 != nil }
    sizes.pixels = readable.map(\.1)
    guard !readable.isEmpty else { throw .noPictures(path: path, wanted: "pictures", refused: refused) }
    let share = try loading.share(sizes)
    var (pictures, isHeldOut): ([StoredPicture], [Bool]) = ([], [])
    let decoded = try loading.pictures(readable.map(\.0), sizes, share: share)
    for (entry, result) in zip(readable.map(\.0), decoded) {
      switch result {
      case .success(let picture):
        pictures.append(picture)
        isHeldOut.append(entry.lies(in: "val"))
      case .failure(let error): refused.append("\(error)")
      }
    }
    guard !pictures.isEmpty else { throw .noPictures(path: path, wanted: "pictures", refused: refused) }
    let whole = sizes.pixels.reduce(0) { $0 + ($1 ?? 0) }
    let kept = sizes.pixels.reduce(0) { $0 + min($1 ?? 0, share ?? .max) }
    self.init(
      pictures, isHeldOut: isHeldOut.contains(true) ? isHeldOut : nil, refused: refused,
      keptShare: Double(kept) / Double(max(1, whole)), pixelsPerPicture: share)
    if training.isEmpty {
      throw .noPictures(path: path, wanted: "pictures outside the folder `val`, which is held out", refused: refused)
    }
  }

  /// - Parameters:
  ///   - pictures: all gray or all RGB; at least one.
  ///   - isHeldOut: for each; nil decides by name.
  public init(
    _ pictures: [StoredPicture], isHeldOut: [Bool]? = nil, refused: [String] = [], keptShare: Double = 1,
    pixelsPerPicture: Int? = nil
  ) {
    (self.refused, self.keptShare, self.pixelsPerPicture) = (refused, keptShare, pixelsPerPicture)
    channels = pictures[0].channels
    if isHeldOut == nil && pictures.count == 1 {
      let (first, second) = pictures[0].halves()
      (training, heldOut) = ([pictures[0].cropped(first)], [pictures[0].cropped(second)])
    } else {
      let isHeldOut = isHeldOut ?? HeldOut.byName(pictures.map(\.name))
      training = zip(pictures, isHeldOut).filter { !$0.1 }.map(\.0)
      heldOut = zip(pictures, isHeldOut).filter(\.1).map(\.0)
    }
  }
}

/// Which part of the data is measured and not trained on.
enum HeldOut {
  /// One in ten by the hash of its name; at least one is, and at least one is not.
  ///
  /// - Precondition: two names at least.
  static func byName(_ names: [String]) -> [Bool] {
    let hashes = names.map { name in
      SHA256.digest(Array(name.utf8)).prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }
    var isHeldOut = hashes.map { $0 % 10 == 0 }
    let order = hashes.indices.sorted { (hashes[$0], $0) < (hashes[$1], $1) }
    if !isHeldOut.contains(true) { isHeldOut[order[0]] = true }
    if !isHeldOut.contains(false) { isHeldOut[order[order.count - 1]] = false }
    return isHeldOut
  }
}
