import Base
import Imaging
import Restoration
import Tensors

/// All that one training is fed with, and the patches that each of its phases and its measuring take.
public struct TrainingData: Sendable {
  /// What patches are drawn from: good pictures that are damaged here, or pairs that come as they are.
  public enum Pictures: Sendable {
    case photographs(PhotoLibrary)
    case pairs(PairLibrary)
  }

  /// Patches of one kind that never change, to measure a network on.
  public struct HeldOutPatches: Sendable {
    /// `pictures`, `frames` (pairs of a fast camera) or `clean`.
    public let name: String
    /// Input and target are the same: what is not damaged has no PSNR to gain, so it is measured apart and counts in no mean.
    public let isClean: Bool
    public let pairs: [PatchPair]
  }

  public let pictures: Pictures
  /// Frames of a fast camera for motion deblurring; nil where there are none.
  public let bursts: BurstLibrary?

  /// - Throws: `unfit` where the task is not learned from such data.
  public init(
    _ pictures: Pictures, bursts: BurstLibrary? = nil, for preset: TrainingPreset
  ) throws(TrainingDataError) {
    (self.pictures, self.bursts) = (pictures, bursts)
    if bursts != nil && preset.task != .motionDeblur {
      throw .unfit(reason: "frames of a fast camera are for motion-deblur, not for \(preset.task)")
    }
    switch pictures {
    case .photographs(let library):
      guard library.channels == (preset.isColour ? 3 : 1) else {
        throw .unfit(
          reason:
            "pictures are \(library.channels == 1 ? "gray" : "colour") and the network is not; read them as it wants them"
        )
      }
    case .pairs(let library):
      if preset.task == .demosaic {
        throw .unfit(reason: "demosaic is learned from good pictures, whose mosaics are made here, not from pairs")
      }
      guard library.scale == preset.scale, library.isDualPixel == preset.isDualPixel else {
        throw .unfit(
          reason:
            "pairs of scale \(library.scale)\(library.isDualPixel ? ", dual pixel" : "") do not fit a network of scale "
            + "\(preset.scale)\(preset.isDualPixel ? ", dual pixel" : "")")
      }
    }
  }

  /// Lines for what could not be read.
  public var refused: [String] {
    let own =
      switch pictures {
      case .photographs(let library): library.refused
      case .pairs(let library): library.refused
      }
    return own + (bursts?.refused ?? [])
  }

  private var trainingPictures: [StoredPicture] {
    let own =
      switch pictures {
      case .photographs(let library): library.training
      case .pairs(let library): library.training.flatMap(\.pictures)
      }
    return own + (bursts.map { $0.runs.flatMap(\.self) + $0.pairs.flatMap(\.pictures) } ?? [])
  }

  /// Memory that the pictures take, those that are held out counted too.
  public var bytes: Int {
    let heldOut =
      switch pictures {
      case .photographs(let library): library.heldOut
      case .pairs(let library): library.heldOut.flatMap(\.pictures)
      }
    return (trainingPictures + heldOut).reduce(0) { $0 + $1.samples.count }
  }

  /// A hash of every picture that is trained on, and of its name: what a resumed training compares, since other pictures give other patches.
  /// Takes a second for some hundred megapixels.
  public func fingerprint() -> String {
    var digests: [UInt8] = []
    for picture in trainingPictures {
      digests += Array("\(picture.name)\n\(picture.width) x \(picture.height) x \(picture.channels)\n".utf8)
      digests += SHA256.digest(picture.samples)
    }
    return SHA256.hex(digests)
  }

  /// What a phase trains on.
  ///
  /// - Throws: `tooSmall`.
  public func source(
    _ preset: TrainingPreset, patch: Int, seed: UInt64
  ) throws(TrainingDataError) -> any PatchSource {
    let own = try source(heldOut: false, preset.damage, preset, patch: patch, seed: seed)
    guard let bursts else { return own }
    return MixedPatches(
      own, try BurstPatches(bursts, patch: patch, seed: seed), shareOfSecond: preset.burstShare, seed: seed)
  }

  /// Fixed patches of the held-out part, at the strength of damage that published tables are about where there is one.
  ///
  /// - Parameters:
  ///   - count: of each kind, at most.
  ///   - patch: side of the input; smaller where the held-out pictures are, in steps of 8.
  /// - Throws: `tooSmall` where not even 8 pixels fit.
  public func heldOut(
    _ preset: TrainingPreset, count: Int = 16, patch: Int = 64
  ) throws(TrainingDataError) -> [HeldOutPatches] {
    // The patches of one training can be compared with those of another.
    let seed: UInt64 = 20_230_300
    var side = max(8, patch)
    while side > 8, !fits(preset, side) { side -= 8 }
    let damaged = try source(heldOut: true, preset.damage.measured, preset, patch: side, seed: seed).pairs(count)
    var kinds = [HeldOutPatches(name: "pictures", isClean: false, pairs: damaged.filter { !$0.isClean })]
    if let pairs = bursts?.heldOut.filter({ $0.input.contains(width: side, height: side) }), !pairs.isEmpty {
      let source = try PairPatches(pairs, scale: 1, isDualPixel: false, patch: side, choices: 3, seed: seed)
      kinds.append(HeldOutPatches(name: "frames", isClean: false, pairs: try source.pairs(min(count, 8))))
    }
    if preset.task == .motionDeblur || preset.task == .defocusDeblur {
      let clean = damaged.prefix(4).map { pair in
        PatchPair(input: preset.isDualPixel ? pair.target.stacked(on: pair.target) : pair.target, target: pair.target)
      }
      kinds.append(HeldOutPatches(name: "clean", isClean: true, pairs: clean))
    }
    return kinds
  }

  private func fits(_ preset: TrainingPreset, _ side: Int) -> Bool {
    switch pictures {
    case .photographs(let library):
      let crop = preset.damage.cropSide(patch: side)
      return library.heldOut.contains { $0.contains(width: crop, height: crop) }
    case .pairs(let library): return library.heldOut.contains { $0.input.contains(width: side, height: side) }
    }
  }

  private func source(
    heldOut: Bool, _ damage: TrainingDamage, _ preset: TrainingPreset, patch: Int, seed: UInt64
  ) throws(TrainingDataError) -> any PatchSource {
    switch pictures {
    case .photographs(let library):
      return try PhotoPatches(heldOut ? library.heldOut : library.training, damage: damage, patch: patch, seed: seed)
    case .pairs(let library):
      let isDeblurring = preset.task == .motionDeblur || preset.task == .defocusDeblur
      return try PairPatches(
        heldOut ? library.heldOut : library.training, scale: library.scale, isDualPixel: library.isDualPixel,
        patch: patch,
        choices: isDeblurring ? 2 : 1, seed: seed)
    }
  }
}

extension PatchPair {
  /// The input, or of a dual pixel's the mean of both views: the simplest remedy.
  var meanOfViews: Tensor {
    let (views, channels) = (input.shape.channels, target.shape.channels)
    guard views > channels else { return input }
    var mean = Tensor(shape: Shape(height: input.shape.height, width: input.shape.width, channels: channels))
    for i in mean.values.indices {
      let first = i / channels * views + i % channels
      let sum = stride(from: first, to: first - i % channels + views, by: channels).reduce(Float(0)) {
        $0 + input.values[$1]
      }
      mean.values[i] = sum * Float(channels) / Float(views)
    }
    return mean
  }

  /// Whether every view of the input is the target.
  var isClean: Bool {
    let (views, channels) = (input.shape.channels, target.shape.channels)
    guard input.shape.pixels == target.shape.pixels else { return false }
    return input.values.indices.allSatisfy { i in
      input.values[i] == target.values[i / views * channels + i % views % channels]
    }
  }
}
