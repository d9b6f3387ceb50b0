import Base

/// A job as a person asks for it: pictures, task, and everything else that can be chosen. Names and ranges are those of `grl
/// restore`'s options.
public struct JobRequest: Codable, Hashable, Sendable {
  public enum Existing: String, Codable, Sendable, CaseIterable { case refuse, skip, replace, rename }
  public enum Tile: Codable, Hashable, Sendable {
    case automatic, whole
    case side(Int)
  }

  /// What is said about a weight file that does not tell all itself.
  public struct Network: Codable, Hashable, Sendable {
    public var window: Int?
    /// Both or none.
    public var stripeRows: Int?
    public var stripeColumns: Int?
    public var anchorFactor: Int?

    public init(window: Int? = nil, stripeRows: Int? = nil, stripeColumns: Int? = nil, anchorFactor: Int? = nil) {
      self.window = window
      self.stripeRows = stripeRows
      self.stripeColumns = stripeColumns
      self.anchorFactor = anchorFactor
    }
  }

  /// Sides in pixels.
  public struct Sides: Codable, Hashable, Sendable {
    public var width: Int
    public var height: Int

    public init(width: Int, height: Int) {
      self.width = width
      self.height = height
    }
  }

  /// Files and folders.
  public var inputs: [String]
  public var isRecursive = false
  /// Right view of a dual-pixel pair; the only input is the left one.
  public var right: String?
  /// One task, or the steps of a chain with commas between them: `denoise,sr`.
  public var task: String
  public var sigma: Double?
  /// `gaussian`, `photo`; nil leaves it to what each picture measures.
  public var noise: String?
  public var quality: Int?
  public var scale: Int?
  /// `faithful`, `sharp`; nil takes a faithful model where there is one.
  public var style: String?
  /// `rggb`, `grbg`, `gbrg`, `bggr`.
  public var filters = "rggb"
  /// How what is made of a camera raw file is stored: `srgb` (nil too), `linear`.
  public var transfer: String?
  /// Brightness of what is made of a camera raw file: EV, or `auto`; nil is `auto`, and 0 with linear light.
  public var exposure: String?
  /// Name or file; nil to choose by task and picture.
  public var model: String?
  public var variant: String?
  public var network: Network?
  public var tile: Tile = .automatic
  public var overlap: Int?
  public var memoryBytes: Int?
  public var threadCount: Int?
  public var region: Rectangle?
  /// Largest picture that is read, width times height; nil is the standard limit.
  public var maxPixels: Int?
  /// `keep`, `8`, `16`.
  public var depth = "keep"
  /// `keep`, `strip`.
  public var metadata = "keep"
  /// Format of the results; nil leaves it to their names.
  public var format: String?
  /// How much of it files keep that lose some, 1...100.
  public var outputQuality: Int?
  /// `half`; nil is full.
  public var chroma: String?
  /// Of TIFF files: `none`, `lzw`, `zstd`; nil is deflate.
  public var compression: String?
  /// `exact`, `bf16`; nil is float32.
  public var precision: String?
  /// Whose products compute: `own`, `blas`; nil leaves it to the engine.
  public var kernels: String?
  /// Where it is computed: `auto`, `cpu`, `vulkan`, or a card's name, UUID or PCI address; nil leaves it to the engine.
  public var device: String?
  /// What becomes of pictures that are damaged or cut off: `refuse` (nil too), `keep`.
  public var damaged: String?
  public var usesSelfEnsemble = false
  /// Mix of input (0) and result (1; nil too), up to 1.5.
  public var strength: Double?
  /// Share of the input's fine detail that is given back, 0 (nil too) to 1.
  public var texture: Double?
  /// Whether only colours are restored: `off` (nil too), `on`.
  public var chromaOnly: String?
  /// Film grain in levels of 255, 0 (nil too) to 50.
  public var grain: Double?
  public var grainSeed: Int?
  /// Sides of the result; of one alone the other follows.
  public var width: Int?
  public var height: Int?
  /// Sides that the result does not exceed.
  public var fit: Sides?
  public var maxMegapixels: Double?
  /// One result's file; excludes the next two.
  public var output: String?
  /// Folder for results; nil is beside each picture.
  public var outputFolder: String?
  public var name = JobOption.standardName
  public var existing: Existing = .refuse

  public init(inputs: [String], task: String) {
    self.inputs = inputs
    self.task = task
  }

  /// What its speed hangs on: the same without pictures and places.
  public var work: JobRequest {
    var job = beforeFinish
    (job.inputs, job.isRecursive, job.right, job.region) = ([], false, nil, nil)
    (job.output, job.outputFolder, job.name, job.existing) = (nil, nil, JobOption.standardName, .refuse)
    return job
  }

  /// The same without what is done behind the network: jobs that are alike in this share what the network made.
  public var beforeFinish: JobRequest {
    var job = self
    (job.strength, job.texture, job.chromaOnly, job.grain, job.grainSeed) = (nil, nil, nil, nil, nil)
    (job.width, job.height, job.fit, job.maxMegapixels) = (nil, nil, nil, nil)
    return job
  }
}

/// What a job would do.
public struct JobPlan: Codable, Hashable, Sendable {
  public struct Picture: Codable, Hashable, Sendable {
    public var input: String
    public var output: String
    /// Something stands at `output` already.
    public var outputExists: Bool
    /// `outputExists` and the request says skip: it will not be restored.
    public var isSkipped: Bool
    /// Why it cannot be restored; nil where it can. The numbers below are 0 then.
    public var problem: String?
    public var model: String
    /// Of the input.
    public var width: Int
    public var height: Int
    public var outputWidth: Int
    public var outputHeight: Int
    public var tileCount: Int
    public var tileWidth: Int
    public var tileHeight: Int
    public var overlap: Int
    /// One line on where tile and overlap come from.
    public var reason: String
    public var estimateBytes: Int
    public var budgetBytes: Int
    /// nil where the model was never timed here and something else computes now.
    public var seconds: Double?
    public var notes: [String]
    /// What speaks against the task for this picture, and which other one is made for it; nil where nothing does.
    public var advice: String?
    /// By the name of the option: why its value changes nothing here; nil where each does.
    public var ignored: [String: String]?
    /// Of a chain, its steps; the numbers above are their sums, or of the step that needs most. nil for a single task.
    public var steps: [Step]?
    /// Models that differ from `model` in their size alone; nil where there is none, the model was named, or it is a chain.
    public var alternatives: [Alternative]?

    public init(
      input: String, output: String, outputExists: Bool = false, isSkipped: Bool = false, problem: String? = nil,
      model: String = "", width: Int = 0, height: Int = 0, outputWidth: Int = 0, outputHeight: Int = 0,
      tileCount: Int = 0, tileWidth: Int = 0, tileHeight: Int = 0, overlap: Int = 0, reason: String = "",
      estimateBytes: Int = 0, budgetBytes: Int = 0, seconds: Double? = nil, notes: [String] = [],
      advice: String? = nil, ignored: [String: String]? = nil, steps: [Step]? = nil,
      alternatives: [Alternative]? = nil
    ) {
      self.alternatives = alternatives
      self.steps = steps
      self.input = input
      self.output = output
      self.outputExists = outputExists
      self.isSkipped = isSkipped
      self.problem = problem
      self.model = model
      self.width = width
      self.height = height
      self.outputWidth = outputWidth
      self.outputHeight = outputHeight
      self.tileCount = tileCount
      self.tileWidth = tileWidth
      self.tileHeight = tileHeight
      self.overlap = overlap
      self.reason = reason
      self.estimateBytes = estimateBytes
      self.budgetBytes = budgetBytes
      self.seconds = seconds
      self.notes = notes
      self.advice = advice
      self.ignored = ignored
    }
  }

  /// What could be taken in a model's place.
  public struct Alternative: Codable, Hashable, Sendable {
    public var model: String
    public var variant: String
    /// Of the same picture; nil where it cannot be measured now.
    public var seconds: Double?
    /// What it brings more, in dB of PSNR: the mean over the test sets that both models' files tell.
    public var gain: Double

    public init(model: String, variant: String, seconds: Double?, gain: Double) {
      (self.model, self.variant, self.seconds, self.gain) = (model, variant, seconds, gain)
    }
  }

  /// What a step of a chain does.
  public struct Step: Codable, Hashable, Sendable {
    public var task: String
    public var model: String
    /// Of what it makes.
    public var outputWidth: Int
    public var outputHeight: Int
    public var tileCount: Int
    public var tileWidth: Int
    public var tileHeight: Int
    public var overlap: Int
    public var reason: String
    public var estimateBytes: Int
    /// nil before the model was ever timed here.
    public var seconds: Double?

    public init(
      task: String, model: String, outputWidth: Int, outputHeight: Int, tileCount: Int, tileWidth: Int,
      tileHeight: Int, overlap: Int, reason: String, estimateBytes: Int, seconds: Double? = nil
    ) {
      (self.task, self.model) = (task, model)
      (self.outputWidth, self.outputHeight) = (outputWidth, outputHeight)
      (self.tileCount, self.tileWidth, self.tileHeight) = (tileCount, tileWidth, tileHeight)
      (self.overlap, self.reason, self.estimateBytes, self.seconds) = (overlap, reason, estimateBytes, seconds)
    }
  }

  /// What folders hold besides pictures.
  public struct PassedOver: Codable, Hashable, Sendable {
    public struct File: Codable, Hashable, Sendable {
      public var path: String
      public var reason: String

      public init(path: String, reason: String) {
        self.path = path
        self.reason = reason
      }
    }
    public var count: Int
    /// How many there are of each kind: `4 passed over: a GIF picture (3), a named pipe (1)`.
    public var summary: String
    /// The first of them.
    public var first: [File]

    public init(count: Int, summary: String, first: [File]) {
      self.count = count
      self.summary = summary
      self.first = first
    }
  }

  public var pictures: [Picture]
  /// nil where everything is taken.
  public var passedOver: PassedOver?
  /// Why the job as a whole cannot be queued (results of one name, a result that exists, no input); nil where it can.
  public var problem: String?
  /// The `grl restore` command line that does the same.
  public var command: String

  public init(pictures: [Picture], passedOver: PassedOver? = nil, problem: String?, command: String) {
    self.pictures = pictures
    self.passedOver = passedOver
    self.problem = problem
    self.command = command
  }
}

public enum JobState: String, Codable, Sendable, CaseIterable {
  case waiting, running, paused, done, cancelled
  /// Ended, and some picture failed.
  case failed
}

public enum PictureState: String, Codable, Sendable, CaseIterable {
  case waiting, running, done, failed, skipped, cancelled
}

public enum TileState: String, Codable, Sendable, CaseIterable {
  case waiting, running, done, failed
}

/// A job of the queue.
public struct JobInfo: Codable, Hashable, Sendable {
  public var id: String
  /// Seconds since 1970.
  public var created: Double
  public var state: JobState
  /// Why it is paused or failed, where there is more to say.
  public var reason: String?
  /// Of a training: its task, data, model and output.
  public var request: JobRequest
  /// What is to be learned, where the job is a training.
  public var training: TrainingRequest?
  /// In the order in which they are restored. A training has one: from its data to its model.
  public var pictures: [PictureProgress]
  /// Being worked on by another process (`grl restore`); it can only be looked at.
  public var isElsewhere: Bool
  /// How far it is as a whole, when this was told.
  public var estimate: JobEstimate?
  /// Of a job that a cluster works on, in shards.
  public var cluster: ClusterProgress?

  public init(
    id: String, created: Double, state: JobState, reason: String? = nil, request: JobRequest,
    training: TrainingRequest? = nil, pictures: [PictureProgress], isElsewhere: Bool = false,
    estimate: JobEstimate? = nil, cluster: ClusterProgress? = nil
  ) {
    (self.estimate, self.cluster) = (estimate, cluster)
    self.training = training
    self.id = id
    self.created = created
    self.state = state
    self.reason = reason
    self.request = request
    self.pictures = pictures
    self.isElsewhere = isElsewhere
  }

  /// The command line that does the same.
  public var commandLine: String { training?.commandLine ?? request.commandLine }
}

/// A picture of a job and how far it is.
public struct PictureProgress: Codable, Hashable, Sendable {
  public var input: String
  public var output: String
  public var state: PictureState
  /// Why it failed, in one line.
  public var reason: String?
  public var model: String
  /// Of the input; 0 until it is planned.
  public var width: Int
  public var height: Int
  /// Places of the tiles in the input, row by row; empty until it is planned.
  public var tiles: [Rectangle]
  public var tilesPerRow: Int
  public var tilesDone: Int
  public var overlap: Int
  /// Time of computing, pauses left out.
  public var seconds: Double
  /// nil for one tile or before the end.
  public var seamScore: Double?
  /// What was converted or could not be kept.
  public var notes: [String]
  /// Of a training.
  public var curve: TrainingCurve?
  /// The step of a chain that is worked on, whose model, size and tiles these are; nil for a single task, and before it is planned.
  public var step: JobStep?

  public init(
    input: String, output: String, state: PictureState, reason: String? = nil, model: String = "", width: Int = 0,
    height: Int = 0, tiles: [Rectangle] = [], tilesPerRow: Int = 0, tilesDone: Int = 0, overlap: Int = 0,
    seconds: Double = 0, seamScore: Double? = nil, notes: [String] = [], curve: TrainingCurve? = nil
  ) {
    self.curve = curve
    self.input = input
    self.output = output
    self.state = state
    self.reason = reason
    self.model = model
    self.width = width
    self.height = height
    self.tiles = tiles
    self.tilesPerRow = tilesPerRow
    self.tilesDone = tilesDone
    self.overlap = overlap
    self.seconds = seconds
    self.seamScore = seamScore
    self.notes = notes
  }
}

/// How the running picture goes on, and its job and the queue with it.
public struct Progress: Codable, Hashable, Sendable {
  public var job: String
  public var picture: Int
  public var tilesDone: Int
  public var tileCount: Int
  /// Share of the running tile that is done, 0...1, counted in transformer blocks.
  public var tileFraction: Double
  /// Time of computing, pauses left out.
  public var secondsElapsed: Double
  /// nil before anything is known.
  public var secondsRemaining: Double?
  /// Input pixels.
  public var pixelsPerSecond: Double
  /// Of the engine, now.
  public var residentBytes: Int
  public var budgetBytes: Int
  /// Of the engine: 200 is two cores.
  public var cpuPercent: Double
  /// Of a training, whose share counts as that of a single tile.
  public var training: TrainingFigures?
  /// The job as a whole.
  public var estimate: JobEstimate?
  /// All jobs that run or wait.
  public var queue: JobEstimate?
  /// When this was told, in seconds since 1970: the end comes that much after it.
  public var time: Double?

  public init(
    job: String, picture: Int, tilesDone: Int, tileCount: Int, tileFraction: Double, secondsElapsed: Double,
    secondsRemaining: Double?, pixelsPerSecond: Double, residentBytes: Int, budgetBytes: Int, cpuPercent: Double,
    training: TrainingFigures? = nil, estimate: JobEstimate? = nil, queue: JobEstimate? = nil, time: Double? = nil
  ) {
    self.training = training
    (self.estimate, self.queue, self.time) = (estimate, queue, time)
    self.job = job
    self.picture = picture
    self.tilesDone = tilesDone
    self.tileCount = tileCount
    self.tileFraction = tileFraction
    self.secondsElapsed = secondsElapsed
    self.secondsRemaining = secondsRemaining
    self.pixelsPerSecond = pixelsPerSecond
    self.residentBytes = residentBytes
    self.budgetBytes = budgetBytes
    self.cpuPercent = cpuPercent
  }
}
