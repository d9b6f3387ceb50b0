import Base

/// A training as a person asks for it. Names and ranges are those of `grl train`'s options; what is nil is left to the model that the training
/// begins with, or to the preset.
public struct TrainingRequest: Codable, Hashable, Sendable {
  public var task: String
  /// Folders, tar archives and pictures.
  public var data: [String]
  /// The data are pairs; nil: where the only folder looks like it.
  public var arePairs: Bool?
  /// Folder with frames of a fast camera.
  public var bursts: String?
  /// Name or file of the model that goes on to learn; nil begins from nothing.
  public var model: String?
  /// Name or file of a model, of any task, whose weights a new network takes over where they fit; nil where there is `model`.
  public var initial: String?
  public var variant: String?
  public var noise: String?
  public var scale: Int?
  public var isGray: Bool?
  public var isDualPixel: Bool?
  /// How long: this, or steps.
  public var minutes: Double?
  public var steps: Int?
  public var sizes: String?
  public var patch: Int?
  public var batch: Int?
  public var window: Int?
  /// Both or none.
  public var stripeRows: Int?
  public var stripeColumns: Int?
  public var rate: Double?
  public var optimiser: String?
  public var seed: Int?
  public var threadCount: Int?
  public var memoryBytes: Int?
  public var maxPixels: Int?
  /// The model file; a name without a slash is one among the user's models.
  public var output: String
  /// Whether a file that stands there may be replaced.
  public var replaces: Bool?

  public init(task: String, data: [String], output: String) {
    (self.task, self.data, self.output) = (task, data, output)
  }

  /// The `grl train` command line that does the same.
  public var commandLine: String { ShellLine.text(["grl", "train"] + words) }

  /// The options of `grl train`, the task first. Those that say what holds anyway are left out.
  public var words: [String] {
    func option(_ name: String, _ value: (some Any)?) -> [String] { value.map { ["--" + name, "\($0)"] } ?? [] }
    func flag(_ name: String, _ isSet: Bool?) -> [String] { isSet == true ? ["--" + name] : [] }
    var words = ["--task", task] + option("noise", noise) + option("scale", scale) + flag("gray", isGray)
    words +=
      flag("dual-pixel", isDualPixel) + option("from", model) + option("init", initial) + option("variant", variant)
    words += data.flatMap { ["--data", $0] } + flag("pairs", arePairs) + option("bursts", bursts)
    words += option("minutes", minutes.map(Self.number)) + option("steps", steps) + option("sizes", sizes)
    words += option("patch", patch) + option("batch", batch) + option("window", window)
    if let stripeRows, let stripeColumns { words += ["--stripe", "\(stripeRows),\(stripeColumns)"] }
    words += option("rate", rate.map(Self.number)) + option("optimiser", optimiser) + option("seed", seed)
    words += option("threads", threadCount) + option("memory", memoryBytes.map(JobOption.sizeText))
    return words + option("max-pixels", maxPixels) + flag("overwrite", replaces) + ["-o", output]
  }

  /// `10`, `0.5`
  private static func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e9 ? "\(Int(value))" : "\(value)"
  }
}

/// What a training would do.
public struct TrainingPlan: Codable, Hashable, Sendable {
  /// Why it cannot be queued.
  public struct Problem: Codable, Hashable, Sendable {
    public var kind: FailureKind
    /// The option of `grl train` that is to be changed: `from`, `data`, `output`, `memory`, ...
    public var option: String
    public var message: String

    public init(kind: FailureKind, option: String, message: String) {
      (self.kind, self.option, self.message) = (kind, option, message)
    }
  }

  /// As it would be queued: whether the data are pairs is settled, and `output` is a file.
  public var request: TrainingRequest
  /// nil where it can be queued; then the numbers below are known.
  public var problem: Problem?
  /// Pictures or pairs that are trained on, and held out.
  public var training = 0
  public var heldOut = 0
  /// A line for each file that cannot be read; the first ones.
  public var refused: [String] = []
  /// Files that cannot be read, all of them.
  public var refusedCount = 0
  public var estimateBytes = 0
  public var budgetBytes = 0
  /// What the network learns, in a few words.
  public var title = ""
  /// The equivalent `grl train` command line.
  public var command: String

  public init(_ request: TrainingRequest) { (self.request, command) = (request, request.commandLine) }
}

/// How a training goes at this moment.
public struct TrainingFigures: Codable, Hashable, Sendable {
  /// Steps done.
  public var step: Int
  /// Share of the training that is over, 0...1.
  public var share: Double
  /// Means of the last steps, of patches that are trained on.
  public var loss: Double
  public var psnr: Double
  public var rate: Double
  public var stepsPerSecond: Double
  /// Sizes of the phase.
  public var patch: Int
  public var batch: Int
  public var window: Int
  public var stripeRows: Int
  public var stripeColumns: Int

  public init(
    step: Int, share: Double, loss: Double, psnr: Double, rate: Double, stepsPerSecond: Double, patch: Int, batch: Int,
    window: Int, stripeRows: Int, stripeColumns: Int
  ) {
    (self.step, self.share, self.loss, self.psnr, self.rate) = (step, share, loss, psnr, rate)
    (self.stepsPerSecond, self.patch, self.batch, self.window) = (stepsPerSecond, patch, batch, window)
    (self.stripeRows, self.stripeColumns) = (stripeRows, stripeColumns)
  }
}

/// How a training went so far.
public struct TrainingCurve: Codable, Hashable, Sendable {
  public struct Point: Codable, Hashable, Sendable {
    public var step: Int
    public var value: Double

    public init(step: Int, value: Double) { (self.step, self.value) = (step, value) }
  }

  /// Points of one curve, at most: of a longer one every second point goes.
  public static let most = 240

  /// Loss of the patches that are trained on.
  public private(set) var losses: [Point] = []
  /// PSNR of held-out patches, in dB.
  public private(set) var heldOut: [Point] = []
  /// PSNR of those patches as the network gets them; nil where they have none.
  public private(set) var inputPSNR: Double?
  /// The step that the state on disk is of; 0 before there is one.
  public private(set) var savedStep = 0

  public init() {}

  /// Points behind `step` go: a training that lost its last minute goes through it again.
  public mutating func add(step: Int, loss: Double) { Self.add(Point(step: step, value: loss), to: &losses) }

  public mutating func add(step: Int, heldOut psnr: Double, input: Double?) {
    Self.add(Point(step: step, value: psnr), to: &heldOut)
    inputPSNR = input
  }

  public mutating func saved(_ step: Int) { savedStep = step }

  private static func add(_ point: Point, to points: inout [Point]) {
    while let last = points.last, last.step >= point.step { points.removeLast() }
    points.append(point)
    guard points.count > most else { return }
    // The first and the last stay.
    points = points.enumerated().filter { $0.offset % 2 == 0 || $0.offset == points.count - 1 }.map(\.element)
  }
}
