import Base
import Foundation
import Imaging
import Restoration
import Tensors

/// Frames of a fast camera, and pairs made from such: what motion blur really looks like.
///
/// `frames/` holds runs of consecutive pictures of one size (`NAME0011.jpg`, `NAME0012.jpg` ...), `pairs/` pictures `NAME_blur` and
/// `NAME_sharp`, of which the last one by name is held out where there are several.
public struct BurstLibrary: Sendable {
  /// Consecutive frames of one size.
  public let runs: [[StoredPicture]]
  public let pairs: [TrainingPair]
  public let heldOut: [TrainingPair]
  /// One line for each file that could not be read, and for each pair that does not fit together.
  public let refused: [String]

  /// - Parameter folder: with `frames`, `pairs` or both.
  /// - Throws: `unreadable`, `noPictures`, `overBudget`, `cancelled`.
  public init(_ folder: String, limits: DataLimits = DataLimits()) throws(TrainingDataError) {
    let (frames, pairs) = (joined(folder, "frames"), joined(folder, "pairs"))
    var refused: [String] = []
    var pictures: [StoredPicture] = []
    var limits = limits
    if isFolder(frames) {
      let entries = try PictureEntry.all(in: frames)
      let loading = PictureLoading(path: frames, isColour: true, limits: limits)
      let sizes = try loading.sizes(entries)
      try loading.checkAllFit(sizes)
      for result in try loading.pictures(entries, sizes) {
        switch result {
        case .success(let picture): pictures.append(picture)
        case .failure(let error): refused.append("\(error)")
        }
      }
      limits.memoryBytes -= pictures.reduce(0) { $0 + $1.samples.count }
    }
    var library: PairLibrary?
    if isFolder(pairs) {
      library = try PairLibrary(pairs, isColour: true, limits: limits)
      refused += library?.refused ?? []
    }
    let all = (library.map { $0.training + $0.heldOut } ?? []).sorted {
      $0.input.name.utf8.lexicographicallyPrecedes($1.input.name.utf8)
    }
    guard !pictures.isEmpty || !all.isEmpty else {
      throw .noPictures(
        path: folder, wanted: "frames/NAME0001.jpg ... and no pairs/NAME_blur.png with NAME_sharp.png", refused: refused
      )
    }
    self.init(frames: pictures, pairs: all, refused: refused)
  }

  /// - Parameters:
  ///   - frames: RGB, in order of name; numbers at the end of the names tell which follow each other.
  ///   - pairs: RGB, in order of name.
  public init(frames: [StoredPicture], pairs: [TrainingPair] = [], refused: [String] = []) {
    var runs: [[StoredPicture]] = []
    var last: (stem: String, number: Int)?
    for frame in frames {
      let stem = fileStem(frame.name)
      let digits = String(stem.reversed().prefix { $0.isASCII && $0.isNumber }.reversed())
      let place = (stem: String(stem.dropLast(digits.count)), number: Int(digits) ?? -1)
      let isNext = last.map { $0.stem == place.stem && $0.number + 1 == place.number } ?? false
      if isNext, let previous = runs.last?.last, previous.width == frame.width, previous.height == frame.height {
        runs[runs.count - 1].append(frame)
      } else {
        runs.append([frame])
      }
      last = place
    }
    self.runs = runs
    self.refused = refused
    self.pairs = pairs.count > 1 ? pairs.dropLast() : pairs
    heldOut = pairs.count > 1 ? [pairs[pairs.count - 1]] : []
  }
}

/// Patches of motion as a camera has it: the mean of consecutive frames in linear light (gamma 2.2), as the GOPRO set was made, whose target
/// is the middle frame; one in eight from a pair.
///
/// A quarter of the means is reduced by two, with blur half as long. Of three places the most detailed is taken: courts and skies fill much
/// of a scene. Both are whole levels of 8 bits.
/// Source: Nah, Kim, Lee: Deep multi-scale convolutional neural network for dynamic scene deblurring (CVPR 2017), section 2.
public struct BurstPatches: PatchSource {
  /// Frames of a mean, and how frequent each is.
  package static let lengths: [(frames: Int, share: Double)] = [
    (1, 0.05), (3, 0.1), (5, 0.17), (7, 0.17), (9, 0.17), (11, 0.17), (13, 0.17),
  ]
  private static let pairShare: Float = 0.125
  private static let light = (0...255).map { pow(Float($0) / 255, 2.2) }

  public let inputShape: Shape
  public var targetShape: Shape { inputShape }
  private let runs: [[StoredPicture]]
  private let pairs: PairPatches?
  private let seed: UInt64

  /// - Throws: `tooSmall` where neither a run nor a pair is as large as the patch.
  public init(_ library: BurstLibrary, patch: Int, seed: UInt64) throws(TrainingDataError) {
    inputShape = Shape(height: patch, width: patch, channels: 3)
    self.seed = seed
    runs = library.runs.filter { $0[0].contains(width: patch, height: patch) }
    let fitting = library.pairs.filter { $0.input.contains(width: patch, height: patch) }
    pairs =
      fitting.isEmpty
      ? nil : try PairPatches(fitting, scale: 1, isDualPixel: false, patch: patch, choices: 3, seed: seed)
    guard !runs.isEmpty || pairs != nil else {
      let largest = (library.runs.map { $0[0] } + library.pairs.map(\.input)).max { $0.pixels < $1.pixels }
      throw .tooSmall(
        side: patch, patch: patch, largestWidth: largest?.width ?? 0, largestHeight: largest?.height ?? 0)
    }
  }

  public func pair(step: Int, patch: Int) throws(TrainingDataError) -> PatchPair {
    var random = RandomStream(seed: seed, step: step, patch: patch, purpose: .damage)
    if let pairs, runs.isEmpty || random.chance(Self.pairShare) { return try pairs.pair(step: step, patch: patch) }
    let longest = runs.map(\.count).max() ?? 1
    let possible = Self.lengths.filter { $0.frames <= longest }
    let count = possible[random.index(weights: possible.map(\.share))].frames
    let starts = runs.map { max(0, $0.count - count + 1) }
    let run = runs[random.index(weights: starts.map(Double.init))]
    let frames = run[random.integer(below: run.count - count + 1)...].prefix(count)
    let middle = run[frames.startIndex + count / 2]

    let side = inputShape.width
    let factor = middle.contains(width: 2 * side, height: 2 * side) && random.chance(0.25) ? 2 : 1
    let region = middle.square(side: factor * side, choices: 3, &random)
    let orientation = TileOrientation.all[random.integer(below: 8)]
    let blurred = Self.mean(Array(frames), region, factor)
    let sharp = Self.mean([middle], region, factor)
    return PatchPair(input: blurred.oriented(orientation), target: sharp.oriented(orientation))
  }

  /// The mean of `frames` in linear light, reduced by `factor`, as levels of 8 bits.
  private static func mean(_ frames: [StoredPicture], _ region: Rectangle, _ factor: Int) -> Tensor {
    let side = region.width / factor
    var sums = [Float](repeating: 0, count: side * side * 3)
    for frame in frames {
      frame.samples.withUnsafeBufferPointer { samples in
        for y in 0..<region.height {
          let row = ((region.y + y) * frame.width + region.x) * 3
          for x in 0..<region.width {
            let target = (y / factor * side + x / factor) * 3
            for channel in 0..<3 { sums[target + channel] += light[Int(samples[row + 3 * x + channel])] }
          }
        }
      }
    }
    let share = 1 / Float(frames.count * factor * factor)
    return Tensor(
      shape: Shape(height: side, width: side, channels: 3),
      values: sums.map { (pow($0 * share, 1 / 2.2) * 255 + 0.5).rounded(.down) / 255 })
  }
}
