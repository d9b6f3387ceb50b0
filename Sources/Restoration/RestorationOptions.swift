import Base
import Tensors

/// How a picture is cut into tiles.
public enum TileChoice: Hashable, Sendable {
  /// The published tile of the task, or one of up to twice its side where that one computes many pixels twice; where the memory budget is
  /// smaller, the one within it that computes the fewest.
  case automatic
  /// The whole picture at once.
  case whole
  /// Square tiles of this side in input pixels, at least `TilePlan.smallestSide`.
  case side(Int)

  /// Reads `auto`, `none` or a number of pixels; nil for anything else.
  public init?(_ text: String) {
    switch text {
    case "auto": self = .automatic
    case "none": self = .whole
    default:
      guard let side = Int(text) else { return nil }
      self = .side(side)
    }
  }
}

/// How overlapping tiles become one picture.
public enum Blending: String, Hashable, Sendable, CaseIterable {
  /// Weights ramp linearly across each overlap and sum to one: no visible seams.
  case feathered
  /// The plain mean of all tiles at a pixel, on square tiles no larger than the picture's shorter side: the published
  /// protocol, to reproduce a paper's numbers.
  case average
}

/// Bits of an output sample.
public enum OutputDepth: String, Hashable, Sendable, CaseIterable {
  case keep
  case eight = "8"
  case sixteen = "16"
}

/// Which of the metadata the output carries.
public enum MetadataPolicy: String, Hashable, Sendable, CaseIterable {
  case keep
  /// EXIF, XMP, IPTC and resolution are dropped. What gives the samples their colour (ICC profile, gamma, sRGB intent) stays.
  case strip
}

/// Everything a person can choose about a restoration, apart from task and model.
public struct RestorationOptions: Hashable, Sendable {
  public var tile: TileChoice = .automatic
  /// Pixels that neighbouring tiles share, 0 to half the tile; nil takes the published value.
  public var overlap: Int?
  public var blending: Blending = .feathered
  /// What the process may hold resident at its peak, in bytes.
  public var memoryBytes: Int {
    didSet { automaticBytes = memoryBytes }
  }

  /// Unless a budget was set, tiles chosen automatically take 4 GiB at most: larger ones gain nothing, and answer later when
  /// cancelled.
  private var automaticBytes: Int

  /// What the peak must stay within for the tiles asked for.
  public var budgetBytes: Int { tile == .automatic ? min(memoryBytes, automaticBytes + besidesBytes) : memoryBytes }

  /// What the caller holds all the while, beside picture and result.
  public var besidesBytes = 0
  /// What the caller holds for each pixel of the tile in work, in floats for each channel of the network's features.
  package var besidesFeatures = 0
  /// The picture is read, and its result written, by rows: neither is held as a whole.
  package var isBanded = false

  /// Restore this part only (in input pixels); what lies around it is seen by the network all the same.
  public var region: Rectangle?
  public var depth: OutputDepth = .keep
  public var metadata: MetadataPolicy = .keep
  /// How the network is computed; the model must have been loaded for it.
  public var precision: PrecisionChoice = .float32
  /// Whose products it is computed with; the model must have been loaded for them.
  public var kernels = KernelChoice.standard
  /// Where it is computed; the model must have been loaded for it.
  public var place = DeviceChoice.standard
  /// What computes by these choices; the processor where they cannot be followed.
  public var device: any Device { (try? precision.device(by: kernels, on: place)) ?? precision.device(by: kernels) }
  /// Mean over the eight flips and rotations of each tile: slower by eight, slightly better.
  public var usesSelfEnsemble = false
  public var checks: OutputChecks = .standard
  /// What becomes of the network's result.
  public var finish = ResultFinish()
  public var size = ResultSize()

  /// Something is done behind the network's result as a whole, which is kept in 16 bits until then.
  package var isFinishedLater: Bool { size != ResultSize() || finish.grain > 0 }

  public init() {
    memoryBytes = MemoryBudget.standard
    automaticBytes = min(memoryBytes, 4 << 30)
  }
}
