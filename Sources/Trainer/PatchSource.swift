import Base
import Imaging
import Restoration
import Tensors

/// What a network gets, and what it should make of it.
public struct PatchPair: Equatable, Sendable {
  /// `[h, w, C]`, around 0...1; white noise is neither clipped nor rounded.
  public let input: Tensor
  /// `[h * scale, w * scale, 1 or 3]`, 0...1.
  public let target: Tensor

  public init(input: Tensor, target: Tensor) { (self.input, self.target) = (input, target) }

  public static func == (a: PatchPair, b: PatchPair) -> Bool {
    a.input.shape == b.input.shape && a.target.shape == b.target.shape && a.input.values == b.input.values
      && a.target.values == b.target.values
  }
}

/// Where the patches of a training come from.
///
/// A patch depends on the seed that the source was made with, the step and the place in the batch, and on nothing else: the same for any
/// number of threads, in any order, and after any interruption.
public protocol PatchSource: Sendable {
  /// Of one input.
  var inputShape: Shape { get }
  /// Of one target.
  var targetShape: Shape { get }

  /// - Parameters:
  ///   - step: not negative.
  ///   - patch: place in the batch; 0..<2^24.
  /// - Throws: `damage` where a picture cannot be damaged.
  func pair(step: Int, patch: Int) throws(TrainingDataError) -> PatchPair
}

/// Patches of good pictures, damaged at random.
public struct PhotoPatches: PatchSource {
  public let inputShape: Shape
  public let targetShape: Shape
  public let damage: TrainingDamage
  private let pictures: [StoredPicture]
  private let weights: [Double]
  private let crop: Int
  private let seed: UInt64

  /// - Parameters:
  ///   - pictures: a part of a library. Those smaller than the squares that the damage takes are passed over; of the others each is drawn
  ///     as often as it has pixels.
  ///   - patch: side of the input, in pixels.
  /// - Throws: `tooSmall` where no picture is large enough, `unfit` where the damage is not defined for gray pictures.
  public init(
    _ pictures: [StoredPicture], damage: TrainingDamage, patch: Int, seed: UInt64
  ) throws(TrainingDataError) {
    crop = damage.cropSide(patch: patch)
    let side = crop
    self.pictures = pictures.filter { $0.contains(width: side, height: side) }
    guard let channels = self.pictures.first?.channels else {
      throw TrainingDataError.tooSmall(pictures, side: crop, patch: patch)
    }
    guard channels == 3 || damage.takesGray else { throw .unfit(reason: "this damage is of colour pictures only") }
    weights = self.pictures.map { Double($0.pixels) }
    self.damage = damage
    self.seed = seed
    inputShape = Shape(height: patch, width: patch, channels: damage.inputChannels(channels))
    targetShape = Shape(height: patch * damage.scale, width: patch * damage.scale, channels: channels)
  }

  public func pair(step: Int, patch: Int) throws(TrainingDataError) -> PatchPair {
    var random = RandomStream(seed: seed, step: step, patch: patch, purpose: .place)
    var best: (tensor: Tensor, detail: Float)?
    for _ in 0..<damage.choices {
      let picture = pictures[random.index(weights: weights)]
      let tensor = picture.tensor(picture.randomSquare(side: crop, &random))
      let detail = damage.choices > 1 ? tensor.detail : 0
      if best.map({ detail > $0.detail }) ?? true { best = (tensor, detail) }
    }
    let orientation = TileOrientation.all[random.integer(below: 8)]
    guard let square = best?.tensor.oriented(orientation) else { preconditionFailure("no square was drawn") }
    var strengths = RandomStream(seed: seed, step: step, patch: patch, purpose: .damage)
    do throws(DegradationError) {
      let pair = try damage.pair(square, patch: inputShape.width, random: &strengths)
      return PatchPair(input: pair.input, target: pair.target)
    } catch {
      throw .damage(error)
    }
  }
}

/// Patches of pairs that come as they are.
public struct PairPatches: PatchSource {
  public let inputShape: Shape
  public let targetShape: Shape
  private let pairs: [TrainingPair]
  private let weights: [Double]
  private let scale: Int
  private let choices: Int
  private let seed: UInt64
  private let orientations: [TileOrientation]

  /// - Parameters:
  ///   - pairs: a part of a library. Those smaller than the patch are passed over; of the others each is drawn as often as it has pixels.
  ///   - patch: side of the input, in pixels.
  ///   - choices: places of which the most detailed one is taken.
  /// - Throws: `tooSmall` where no pair is large enough.
  public init(
    _ pairs: [TrainingPair], scale: Int, isDualPixel: Bool, patch: Int, choices: Int = 1, seed: UInt64
  ) throws(TrainingDataError) {
    self.pairs = pairs.filter { $0.input.contains(width: patch, height: patch) }
    guard let first = self.pairs.first else {
      throw TrainingDataError.tooSmall(pairs.map(\.input), side: patch, patch: patch)
    }
    weights = self.pairs.map { Double($0.input.pixels) }
    (self.scale, self.choices, self.seed) = (scale, choices, seed)
    let views = isDualPixel ? 2 : 1
    inputShape = Shape(height: patch, width: patch, channels: first.input.channels * views)
    targetShape = Shape(height: patch * scale, width: patch * scale, channels: first.target.channels)
    orientations = isDualPixel ? TileOrientation.keepingParallax : TileOrientation.all
  }

  public func pair(step: Int, patch: Int) throws(TrainingDataError) -> PatchPair {
    var random = RandomStream(seed: seed, step: step, patch: patch, purpose: .place)
    let pair = pairs[random.index(weights: weights)]
    let region = pair.input.square(side: inputShape.width, choices: choices, &random)
    let orientation = orientations[random.integer(below: orientations.count)]
    var input = pair.input.tensor(region)
    if let right = pair.right { input = input.stacked(on: right.tensor(region)) }
    return PatchPair(
      input: input.oriented(orientation), target: pair.target.tensor(region.scaled(by: scale)).oriented(orientation))
  }
}

/// Patches of two sources of the same shapes.
public struct MixedPatches: PatchSource {
  private let first: any PatchSource
  private let second: any PatchSource
  private let shareOfSecond: Float
  private let seed: UInt64

  public var inputShape: Shape { first.inputShape }
  public var targetShape: Shape { first.targetShape }

  /// - Parameter shareOfSecond: how many of the patches come from `second`; 0...1.
  /// - Precondition: both sources have the same shapes.
  public init(_ first: any PatchSource, _ second: any PatchSource, shareOfSecond: Double, seed: UInt64) {
    precondition(first.inputShape == second.inputShape && first.targetShape == second.targetShape)
    (self.first, self.second, self.shareOfSecond, self.seed) = (first, second, Float(shareOfSecond), seed)
  }

  public func pair(step: Int, patch: Int) throws(TrainingDataError) -> PatchPair {
    var random = RandomStream(seed: seed, step: step, patch: patch, purpose: .source)
    return try (random.chance(shareOfSecond) ? second : first).pair(step: step, patch: patch)
  }
}

extension PatchSource {
  /// The first `count` patches of one step, one after the other: the fixed ones that held-out figures are measured on.
  public func pairs(_ count: Int, step: Int = 0) throws(TrainingDataError) -> [PatchPair] {
    var pairs: [PatchPair] = []
    for patch in 0..<count { pairs.append(try pair(step: step, patch: patch)) }
    return pairs
  }
}

extension TrainingDataError {
  static func tooSmall(_ pictures: [StoredPicture], side: Int, patch: Int) -> TrainingDataError {
    let largest = pictures.max { min($0.width, $0.height) < min($1.width, $1.height) }
    return .tooSmall(
      side: side, patch: patch, largestWidth: largest?.width ?? 0, largestHeight: largest?.height ?? 0)
  }
}

extension StoredPicture {
  /// A square at a random place.
  ///
  /// - Precondition: it fits.
  func randomSquare(side: Int, _ random: inout RandomStream) -> Rectangle {
    Rectangle(
      x: random.integer(below: width - side + 1), y: random.integer(below: height - side + 1), width: side, height: side
    )
  }

  /// The most detailed of `choices` random squares.
  func square(side: Int, choices: Int, _ random: inout RandomStream) -> Rectangle {
    var best = (region: randomSquare(side: side, &random), detail: Float(0))
    guard choices > 1 else { return best.region }
    best.detail = tensor(best.region).detail
    for _ in 1..<choices {
      let region = randomSquare(side: side, &random)
      let detail = tensor(region).detail
      if detail > best.detail { best = (region, detail) }
    }
    return best.region
  }
}
