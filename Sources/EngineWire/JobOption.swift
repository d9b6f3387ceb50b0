import Base

/// One thing that can be chosen about a job.
///
/// `all` is the one table from which are made: the words of `grl restore`, written (`JobRequest.optionWords`) and read (by the
/// command line, and in the plan screen where the plan is edited as text), help and completion scripts, the check of what
/// comes over the wire, and the rows of the plan screen. A test holds the words against the types of `Restoration`.
public struct JobOption: Sendable {
  /// A word of the command line that stands for a value: `--overwrite`.
  public struct Flag: Hashable, Sendable {
    public let word: String
    public let value: String
    public let help: String
  }

  /// What completes a value in a shell.
  public enum Completion: Sendable { case none, file, folder }

  /// The row's name in the plan, and that of its command.
  public let name: String
  /// Head of the row.
  public let title: String
  /// What messages about a request call it.
  public let noun: String
  /// Word of the command line; empty where flags stand for the values.
  public let word: String
  public let flags: [Flag]
  /// Tasks that know it; empty for all.
  public let tasks: Set<String>
  /// For the command line.
  public let help: String
  /// For the row under the cursor.
  public let note: String
  /// The values, where there are few.
  public let values: [String]
  /// What holds where nothing is said, if a word says so: `keep`.
  public let standard: String?
  /// What may be given, to be put behind `give`.
  public let allowed: String
  /// Values that stepping through the row leads through; nil is the standard one.
  public let steps: [String?]
  public let completion: Completion
  private let get: @Sendable (JobRequest) -> String?
  private let set: @Sendable (inout JobRequest, String?) -> Bool

  init(
    _ name: String, title: String? = nil, noun: String? = nil, _ word: String, flags: [Flag] = [],
    for tasks: Set<String> = [], _ help: String, note: String, values: [String] = [], standard: String? = nil,
    allowed: String = "", steps: [String?] = [], completion: Completion = .none,
    get: @escaping @Sendable (JobRequest) -> String?, set: @escaping @Sendable (inout JobRequest, String?) -> Bool
  ) {
    (self.name, self.title, self.noun, self.word, self.flags) = (name, title ?? name, noun ?? name, word, flags)
    (self.tasks, self.help, self.note, self.values, self.standard) = (tasks, help, note, values, standard)
    self.allowed = values.isEmpty ? allowed : values.joined(separator: ", ")
    self.steps = steps.isEmpty ? [nil] + values.filter { $0 != standard } : steps
    (self.completion, self.get, self.set) = (completion, get, set)
  }

  // MARK: Values

  /// The value as the command line takes it; nil where it is the standard one.
  public func text(_ job: JobRequest) -> String? { get(job) }

  /// `allowed`, as a sentence ends with it.
  public var allowedText: String { values.count == 2 ? values.joined(separator: " or ") : allowed }

  /// Takes a value as the command line gives it; nil for the standard one.
  ///
  /// - Returns: false where `text` means nothing; `job` is as before then.
  public func read(_ text: String?, into job: inout JobRequest) -> Bool {
    var copy = job
    guard set(&copy, text == standard ? nil : text) else { return false }
    job = copy
    return true
  }

  /// What is wrong with the value that `job` has; nil where nothing is.
  public func fault(in job: JobRequest) -> String? {
    guard let text = get(job) else { return nil }
    var copy = job
    return read(text, into: &copy)
      ? nil : "\(noun) '\(text)' \(values.isEmpty ? "cannot be" : "is not known"): give \(allowed)"
  }

  /// The words of the command line that say what `job` has; none for the standard value.
  public func commandWords(_ job: JobRequest) -> [String] {
    guard let text = get(job) else { return [] }
    if !flags.isEmpty { return flags.filter { $0.value == text }.map(\.word) }
    guard text.hasPrefix("-") else { return [word, text] }
    // A value that begins with a dash stands behind `=`, or it would be read as an option itself.
    let word = word == "-o" ? "--output" : word
    return text == "-" ? [word, text] : ["\(word)=\(text)"]
  }
}

// MARK: Kinds of values

extension JobOption {
  typealias Text = WritableKeyPath<JobRequest, String?> & Sendable
  typealias Count = WritableKeyPath<JobRequest, Int?> & Sendable

  /// One of some words, of which `standard` is stored as nil.
  static func word(
    _ name: String, title: String? = nil, noun: String? = nil, _ word: String, flags: [Flag] = [],
    for tasks: Set<String> = [], _ values: [String], standard: String? = nil, _ field: Text, _ help: String,
    note: String
  ) -> JobOption {
    JobOption(
      name, title: title, noun: noun, word, flags: flags, for: tasks, help, note: note, values: values,
      standard: standard,
      get: { $0[keyPath: field] == standard ? nil : $0[keyPath: field] },
      set: { job, text in
        guard text.map(values.contains) ?? true else { return false }
        job[keyPath: field] = text
        return true
      })
  }

  /// The same where the standard word is stored as such.
  private static func storedWord(
    _ name: String, title: String? = nil, noun: String? = nil, _ word: String, for tasks: Set<String> = [],
    _ values: [String], _ field: WritableKeyPath<JobRequest, String> & Sendable, _ help: String, note: String
  ) -> JobOption {
    JobOption(
      name, title: title, noun: noun, word, for: tasks, help, note: note, values: values, standard: values[0],
      get: { $0[keyPath: field] == values[0] ? nil : $0[keyPath: field] },
      set: { job, text in
        guard text.map(values.contains) ?? true else { return false }
        job[keyPath: field] = text ?? values[0]
        return true
      })
  }

  static func number(
    _ name: String, noun: String? = nil, _ word: String, for tasks: Set<String> = [], _ range: ClosedRange<Int>,
    _ field: Count, _ help: String, note: String = "", allowed: String? = nil, steps: [Int] = []
  ) -> JobOption {
    JobOption(
      name, noun: noun, word, for: tasks, help, note: note,
      allowed: allowed ?? "\(range.lowerBound) to \(range.upperBound)", steps: [nil] + steps.map { String($0) },
      get: { $0[keyPath: field].map { String($0) } },
      set: { job, text in
        let value = text.flatMap { Int($0) }
        guard text == nil || value.map(range.contains) == true else { return false }
        job[keyPath: field] = value
        return true
      })
  }

  /// A number that need not be whole.
  static func real(
    _ name: String, title: String? = nil, _ word: String, for tasks: Set<String> = [], _ range: ClosedRange<Double>,
    _ field: WritableKeyPath<JobRequest, Double?> & Sendable, _ help: String, note: String, allowed: String? = nil,
    standard: Double? = nil, steps: [String?]
  ) -> JobOption {
    JobOption(
      name, title: title, word, for: tasks, help, note: note, standard: standard?.shortText,
      allowed: allowed ?? "\(range.lowerBound.shortText) to \(range.upperBound.shortText)", steps: steps,
      get: { $0[keyPath: field] == standard ? nil : $0[keyPath: field]?.shortText },
      set: { job, text in
        let value = text.flatMap { Double($0) }
        guard text == nil || value.map(range.contains) == true else { return false }
        job[keyPath: field] = value == standard ? nil : value
        return true
      })
  }

  /// A path or a name, taken as it is.
  private static func path(
    _ name: String, title: String? = nil, _ word: String, for tasks: Set<String> = [], _ field: Text, _ help: String,
    note: String = "", _ completion: Completion = .file
  ) -> JobOption {
    JobOption(
      name, title: title, word, for: tasks, help, note: note, completion: completion, get: { $0[keyPath: field] },
      set: { job, text in
        job[keyPath: field] = text
        return true
      })
  }

  private static func isOn(
    _ name: String, _ word: String, _ field: WritableKeyPath<JobRequest, Bool> & Sendable, _ help: String,
    note: String
  ) -> JobOption {
    JobOption(
      name, "", flags: [Flag(word: word, value: "on", help: help)], help, note: note, values: ["off", "on"],
      standard: "off",
      get: { $0[keyPath: field] ? "on" : nil },
      set: { job, text in
        job[keyPath: field] = text == "on"
        return text == nil || text == "on"
      })
  }
}

// MARK: The table

extension JobOption {
  /// In the order in which `grl restore` is given them.
  public static let all: [JobOption] = [
    task, sigma, noise, scale, style, quality, pattern, transfer, exposure, right, model, variant, window, stripe,
    anchorFactor, tile,
    overlap, memory, threads, region, precision, kernels, device, ensemble, maxPixels, depth, damaged, metadata,
    format, qualityOut, chroma, compression, subfolders, existing,
    strength, texture, chromaOnly, grain, grainSeed, width, height, fit, maxMegapixels,
    output, folder, fileName,
  ]

  public static let task: JobOption = JobOption(
    "task", "--task",
    "What is wrong with the pictures; several with commas are steps, one after the other: denoise,sr.",
    note: "what is wrong with the pictures; Enter takes steps: denoise,sr",
    values: ["denoise", "sr", "jpeg", "demosaic", "real-sr", "motion-deblur", "defocus-deblur"],
    get: { $0.task },
    set: { job, text in
      guard let text,
        text.split(separator: ",", omittingEmptySubsequences: false).allSatisfy({ task.values.contains(String($0)) })
      else { return false }
      job.task = text
      return true
    })
  public static let sigma = real(
    "sigma", "--sigma", for: ["denoise"], 0...255, \.sigma,
    "denoise: level of the noise, 0 to 255; without it a blind model.",
    note: "level of the noise, 0 to 255; blind leaves it to the model",
    steps: [nil, "5", "10", "15", "20", "25", "30", "40", "50", "60", "75"])
  public static let noise = word(
    "noise", "--noise", for: ["denoise"], ["gaussian", "photo"], \.noise,
    "denoise: gaussian (white noise) or photo (of cameras, JPEG); without it what the picture measures.",
    note: "gaussian is white; photo is what cameras and JPEG leave; automatic measures each picture")
  public static let scale = number(
    "scale", "--scale", for: ["sr", "real-sr"], 2...4, \.scale, "sr: enlargement 2, 3 or 4; real-sr: 4.",
    note: "how many times as wide and high", allowed: "2, 3 or 4")
  public static let style = word(
    "style", "--style", for: ["real-sr"], ["faithful", "sharp"], \.style,
    "real-sr: faithful (only what the picture supports) or sharp (crisp, invents detail); without it faithful.",
    note: "faithful shows only what the picture supports; sharp is crisp and invents detail")
  public static let quality = number(
    "quality", "--quality", for: ["jpeg"], 1...100, \.quality,
    "jpeg: quality the picture was saved with, 1 to 100; without it a blind model.",
    note: "quality the JPEG was saved with, 1 to 100; blind leaves it to the model",
    steps: [10, 20, 30, 40, 50, 60, 70, 80, 90])
  public static let pattern = storedWord(
    "pattern", noun: "colour filters", "--cfa", for: ["demosaic"], ["rggb", "bggr", "grbg", "gbrg"], \.filters,
    "demosaic: colours of the mosaic's first 2 x 2 pixels.",
    note: "colours of the mosaic's first 2 x 2 pixels; camera raw files bring their own")
  public static let transfer = word(
    "transfer", "",
    flags: [
      Flag(
        word: "--linear", value: "linear",
        help: "demosaic of camera raw files: store linear light in 16 bits in place of sRGB.")
    ], for: ["demosaic"], ["srgb", "linear"], standard: "srgb", \.transfer, "",
    note: "of camera raw files: linear is proportional to light, in 16 bits")
  public static let exposure = JobOption(
    "exposure", "--exposure", for: ["demosaic"],
    "demosaic of camera raw files: brightness in steps of the aperture (EV), -8 to 8, or auto (default; 0 with --linear).",
    note: "of camera raw files: brightness in EV; auto has one pixel in a hundred white",
    allowed: "auto or a number, -8 to 8",
    steps: [nil, "auto"] + ["-3", "-2", "-1.5", "-1", "-0.5", "0", "0.5", "1", "1.5", "2", "3", "4"],
    get: { $0.exposure },
    set: { job, text in
      let value = text.flatMap { Double($0) }
      guard text == nil || text == "auto" || value.map((-8...8).contains) == true else { return false }
      job.exposure = value?.shortText ?? text
      return true
    })
  public static let right = path(
    "right", title: "right view", "--right", for: ["defocus-deblur"], \.right,
    "defocus-deblur: right view of a dual-pixel sensor; the input is the left one.",
    note: "right view of a dual-pixel picture; the one marked is the left view")
  public static let model = path(
    "model", "--model", \.model, "Name of an installed model, or a weight file; of steps one for each, with commas.",
    note: "automatic takes the best fitting one for each picture")
  public static let variant = word(
    "variant", "--variant", ["tiny", "small", "base"], \.variant, "Size of the model.", note: "")
  public static let window = number(
    "window", "--window", 1...256, \.window, "Side of the attention window, for weights that do not tell.")
  public static let stripe = JobOption(
    "stripe", "--stripe", "Stripe sides H,W in pixels, for weights that do not tell.", note: "",
    allowed: "H,W in pixels",
    get: { job in
      job.network?.stripeRows.flatMap { rows in job.network?.stripeColumns.map { "\(rows),\($0)" } }
    },
    set: { job, text in
      let sides = text?.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 } ?? []
      guard text == nil || sides.count == 2 && sides.allSatisfy((1...4096).contains) else { return false }
      if text == nil && job.network == nil { return true }
      var network = job.network ?? .init()
      (network.stripeRows, network.stripeColumns) = (sides.first, sides.last)
      job.network = network
      return true
    })
  public static let anchorFactor = number(
    "anchor factor", "--anchor-factor", 1...64, \.anchorFactor, "Anchor factor, for weights that do not tell.")
  public static let tile = JobOption(
    "tile", "--tile", "Tile side in pixels, 'none' for the whole picture, or 'auto' (default).",
    note: "side of the squares it is cut into; automatic follows from the memory",
    allowed: "auto, none or at least 16 pixels",
    steps: [nil, "none"] + [64, 96, 128, 160, 192, 256, 320, 384, 512, 640, 768, 1024].map { String($0) },
    get: { job in
      switch job.tile {
      case .automatic: nil
      case .whole: "none"
      case .side(let side): String(side)
      }
    },
    set: { job, text in
      switch text {
      case nil, "auto": job.tile = .automatic
      case "none": job.tile = .whole
      case let text?:
        guard let side = Int(text), side >= 16 else { return false }
        job.tile = .side(side)
      }
      return true
    })
  public static let overlap = number(
    "overlap", "--overlap", 0...32_768, \.overlap,
    "Pixels that neighbouring tiles share (default: as published for the task).",
    note: "pixels that neighbouring tiles share; automatic is the published value",
    allowed: "a whole number, 0 to 32768", steps: [0, 8, 16, 24, 32, 48, 64, 96, 128])
  public static let memory = JobOption(
    "memory", "--memory",
    "Memory to stay within: 4G, 512M (default: three quarters of what is free; 4G at most with --tile auto).",
    note: "what the engine may hold resident; automatic: from what is free",
    allowed: "a size such as 4G, 512M or 1000000000",
    steps: [nil]
      + [256, 512, 768, 1024, 1536, 2048, 3072, 4096, 6144, 8192, 12288, 16384, 24576, 32768, 65536]
      .map { sizeText($0 << 20) },
    get: { $0.memoryBytes.map(sizeText) },
    set: { job, text in
      let value = text.flatMap(byteCount)
      guard text == nil || value != nil else { return false }
      job.memoryBytes = value
      return true
    })
  public static let threads = number(
    "threads", "--threads", 1...1024, \.threadCount,
    "Threads that compute (default: GRL_THREADS, or as many as this process may use; see grl limits).",
    note: "cores that compute; the result is the same for any number", allowed: "a whole number, 1 to 1024")
  public static let region = JobOption(
    "region", "--region", "Restore this part only: X,Y,WIDTH,HEIGHT in pixels.",
    note: "only this part of every picture; left or right takes it away", allowed: "X,Y,WIDTH,HEIGHT in whole pixels",
    get: { $0.region?.text },
    set: { job, text in
      let region = text.flatMap { Rectangle($0) }
      guard text == nil || region.map({ $0.width > 0 && $0.height > 0 }) == true else { return false }
      job.region = region
      return true
    })
  public static let precision = word(
    "precision", "--precision", ["float32", "exact", "bf16"], standard: "float32", \.precision,
    "float32; exact: convolutions without shortcuts; bf16: faster where the processor has it.",
    note: "float32, exact (no shortcuts in convolutions), or bf16: faster, a last bit less sharp")
  public static let kernels = word(
    "kernels", "--kernels", ["own", "blas"], \.kernels,
    "Kernels: own, or blas: plain float32 on OpenBLAS, for processors without own ones (default: GRL_KERNELS, or own where "
      + "this processor has them).",
    note: "own ones, or plain float32 on OpenBLAS; automatic: own where the processor has them")
  public static let device = JobOption(
    "device", "--device",
    "Where it is computed: auto (a graphics card where there is one), cpu, vulkan, or a card's name, UUID or PCI address "
      + "(default: GRL_DEVICE, or auto; see grl devices).",
    note: "auto takes a graphics card where there is one; or cpu, vulkan, a card's name, UUID or PCI address",
    allowed: "auto, cpu, vulkan, or a card of grl devices", steps: [nil, "auto", "cpu", "vulkan"],
    get: { $0.device },
    set: { job, text in
      guard text.map({ !$0.isEmpty && $0.utf8.count <= 256 }) ?? true else { return false }
      job.device = text
      return true
    })
  public static let ensemble = isOn(
    "ensemble", "--ensemble", \.usesSelfEnsemble,
    "Mean over the eight flips and rotations: eight times slower, slightly better.",
    note: "mean over eight flips and turns: eight times slower, slightly better")
  public static let maxPixels = number(
    "largest picture", "--max-pixels", 1...4_294_836_225, \.maxPixels,
    "Largest picture that is read, in pixels: width times height (default: see grl limits).",
    allowed: "a number of pixels")
  public static let depth = storedWord(
    "depth", "--depth", ["keep", "8", "16"], \.depth, "Bits of a sample in the result.",
    note: "bits of a sample in the result")
  public static let damaged = word(
    "damaged", title: "if damaged", "--damaged", ["refuse", "keep"], standard: "refuse", \.damaged,
    "Pictures that are damaged or cut off: refuse (status 3), or keep what is there.",
    note: "of a picture that is cut off or damaged: an error that says where, or what is there of it")
  public static let metadata = storedWord(
    "metadata", "--metadata", ["keep", "strip"], \.metadata,
    "EXIF, XMP, IPTC and resolution of the picture, and what the result says of its making; colour profiles always stay.",
    note: "EXIF, XMP, IPTC, resolution, and how it was made; colour profiles always stay")
  public static let format = word(
    "format", "--format", ["png", "jpeg", "tiff", "webp", "avif", "jxl", "bmp", "pnm", "pfm", "exr"], \.format,
    "Format of the results (default: what their names say, else PNG; see grl formats).",
    note: "of the results; automatic: what their names say")
  /// Endings of names that ask for one of the formats.
  public static let endings = [
    "png", "jpg", "jpeg", "jpe", "jfif", "tif", "tiff", "webp", "avif", "jxl", "bmp", "dib", "ppm", "pgm", "pbm", "pnm",
    "pam", "pfm", "exr",
  ]
  public static let qualityOut = number(
    "quality-out", "--quality-out", 1...100, \.outputQuality,
    "JPEG, AVIF, WebP, JPEG XL: quality of the results (default: 95, 90; WebP and JPEG XL lose nothing without it).",
    note: "quality of JPEG and AVIF; WebP and JPEG XL lose nothing without it", steps: [60, 75, 85, 90, 95, 98, 100])
  public static let chroma = word(
    "chroma", "--chroma", ["full", "half"], standard: "full", \.chroma,
    "JPEG, AVIF, WebP: resolution of the colours, full (4:4:4) or half (4:2:0).",
    note: "how finely JPEG and AVIF keep colours: full is 4:4:4, half is 4:2:0")
  public static let compression = word(
    "compression", "--compression", ["deflate", "lzw", "zstd", "none"], standard: "deflate", \.compression,
    "TIFF: how samples are packed; nothing is lost.",
    note: "of TIFF files; none of them loses anything")
  public static let subfolders = isOn(
    "subfolders", "--recursive", \.isRecursive, "Look into folders of folders; --output-dir keeps the tree.",
    note: "whether pictures in folders of marked folders are taken too")
  public static let existing = JobOption(
    "existing", title: "if it exists", "",
    flags: [
      Flag(word: "--skip-existing", value: "skip", help: "Leave out pictures whose result exists."),
      Flag(word: "--overwrite", value: "replace", help: "Replace results that exist."),
      Flag(
        word: "--rename-existing", value: "rename",
        help: "Give a result whose name is taken another one: STEM_TASK-2.png."),
    ], "", note: "what happens where a result is there already", values: JobRequest.Existing.allCases.map(\.rawValue),
    standard: "refuse",
    get: { $0.existing == .refuse ? nil : $0.existing.rawValue },
    set: { job, text in
      guard let existing = JobRequest.Existing(rawValue: text ?? "refuse") else { return false }
      job.existing = existing
      return true
    })
  public static let output = path(
    "output", "-o", \.output, "Result of a single picture; - is standard output.")
  public static let folder = path(
    "folder", title: "output", "--output-dir", \.outputFolder, "Folder for the results, made if need be.",
    note: "where results go", .folder)
  public static let fileName = JobOption(
    "name", "--name",
    "Names of the results, with {stem} {input} {ext} {task} {scale} {sigma} {quality} {model} {variant} (default: \(standardName)).",
    note: "{stem} {input} {ext} {task} {scale} {sigma} {quality} {model} {variant} are filled in",
    get: { $0.output != nil || $0.name == standardName ? nil : $0.name },
    set: { job, text in
      job.name = text ?? standardName
      return true
    })

  public static let standardName = "{stem}_{task}.{ext}"

  /// `4G`, `512M`, `64K`, or bytes: a size as the command line takes it.
  public static func sizeText(_ bytes: Int) -> String {
    for (unit, size) in [("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10)] where bytes > 0 && bytes % size == 0 {
      return "\(bytes / size)\(unit)"
    }
    return String(bytes)
  }
}

extension JobRequest {
  fileprivate var window: Int? {
    get { network?.window }
    set { change(newValue, \.window) }
  }
  fileprivate var anchorFactor: Int? {
    get { network?.anchorFactor }
    set { change(newValue, \.anchorFactor) }
  }

  private mutating func change(_ value: Int?, _ field: WritableKeyPath<Network, Int?>) {
    if value == nil && network == nil { return }
    var changed = network ?? Network()
    changed[keyPath: field] = value
    network = changed
  }

  /// The `grl restore` command line that does the same, quoted for a shell. Options that say what holds anyway are left out.
  public var commandLine: String { ShellLine.text(["grl", "restore"] + arguments) }

  /// What `grl restore` is to be given: `optionWords` and the inputs.
  public var arguments: [String] {
    let needsEnd = inputs.contains { $0.hasPrefix("-") && $0 != "-" }
    return optionWords + (needsEnd ? ["--"] : []) + inputs
  }

  /// The options of `grl restore` that say everything about this job but its inputs, the task first.
  public var optionWords: [String] { JobOption.all.flatMap { $0.commandWords(self) } }
}
