/// One row of the published task settings: what a released GRL checkpoint was trained and tested with.
///
/// Facts from the published experiment files and test commands. Where both set a value, the command's stands here, because it
/// is what the released weights were tested with; tilings are given from both.
public struct PublishedSettings: Hashable, Sendable {
  /// Tasks by the short names of the published code, which checkpoint names and model files use.
  public enum Task: String, Sendable, CaseIterable, CustomStringConvertible {
    case denoise = "dn"
    case jpeg
    case superResolution = "sr"
    case blindSuperResolution = "bsr"
    case demosaic = "dm"
    case motionDeblur = "db_motion"
    case defocusDeblur = "db_defocus"
    case dualPixelDefocusDeblur = "db_defocus_dual"

    /// The task's name on the command line.
    public var description: String {
      switch self {
      case .denoise: "denoise"
      case .jpeg: "jpeg"
      case .superResolution: "sr"
      case .blindSuperResolution: "real-sr"
      case .demosaic: "demosaic"
      case .motionDeblur: "motion-deblur"
      case .defocusDeblur: "defocus-deblur"
      case .dualPixelDefocusDeblur: "defocus-deblur (dual pixel)"
      }
    }
  }

  /// GRL-T, GRL-S and GRL-B.
  public enum Variant: String, Sendable, CaseIterable {
    case tiny, small, base
  }

  /// Side of the square tiles and their overlap in input pixels.
  public struct Tiling: Hashable, Sendable {
    /// 0: the whole picture at once.
    public let tile: Int
    public let overlap: Int

    public init(tile: Int, overlap: Int) {
      self.tile = tile
      self.overlap = overlap
    }

    public static let whole = Tiling(tile: 0, overlap: 0)
  }

  public let task: Task
  public let variant: Variant
  public let inputChannels: Int
  public let outputChannels: Int
  public let windowSize: Int
  public let stripe: Stripe
  public let anchorFactor: Int
  public let upscale: Int
  public let upsampler: GRLConfiguration.Upsampler
  /// As the experiment file has it.
  public let fileTiling: Tiling
  /// As the test command sets it; nil where there is none or it leaves the file's.
  public let commandTiling: Tiling?
  /// Names of the released checkpoints without ending, each with the noise level (0...255) or JPEG quality it is for.
  public let checkpoints: [String: Int?]

  /// What the released weights were tested with.
  public var defaultTiling: Tiling { commandTiling ?? fileTiling }

  /// `denoise base`, `sr tiny x4`, ...
  public var name: String { "\(task) \(variant.rawValue)" + (upscale > 1 ? " x\(upscale)" : "") }

  /// The whole network. What the table does not hold is the same in all published settings.
  public var configuration: GRLConfiguration {
    let size = variant.size
    return GRLConfiguration(
      inputChannels: inputChannels, outputChannels: outputChannels, embeddingWidth: size.width, depths: size.depths,
      windowHeads: size.heads, stripeHeads: size.heads, windowSize: windowSize, stripeRows: .pixels(stripe.rows),
      stripeColumns: .pixels(stripe.columns), shiftsStripes: true, anchorFactor: anchorFactor, mlpRatio: 2,
      hasQKVBias: true, hasChannelAttention: variant == .base, upscale: upscale, upsampler: upsampler, imageRange: 1)
  }

  /// The row of the released checkpoint with that file name, and its level.
  ///
  /// Folder, ending and case do not count, nor the ` (1)` that browsers append. Nothing else may be added to the name.
  public static func named(_ fileName: String) -> (settings: PublishedSettings, level: Int?)? {
    var stem = fileName.split(separator: "/").last.map { $0.lowercased() } ?? ""
    for ending in [".safetensors", ".ckpt", ".pth", ".pt"] where stem.hasSuffix(ending) {
      stem.removeLast(ending.count)
      break
    }
    if let copy = stem.range(of: " ("), stem.hasSuffix(")"), stem[copy.upperBound...].dropLast().allSatisfy(\.isNumber)
    {
      stem.removeSubrange(copy.lowerBound...)
    }
    for row in all {
      if let level = row.checkpoints[stem] { return (row, level) }
    }
    return nil
  }
}

/// Size of the stripes of even blocks in pixels; odd blocks swap the two.
public struct Stripe: Hashable, Sendable, CustomStringConvertible {
  public let rows: Int
  public let columns: Int

  public init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
  }

  public var description: String { "\(rows),\(columns)" }
}

extension PublishedSettings.Variant {
  /// Width of the features, blocks of each stage, heads of either attention. GRL-B alone has the channel attention branch.
  package var size: (width: Int, depths: [Int], heads: Int) {
    switch self {
    case .tiny: (64, [4, 4, 4, 4], 2)
    case .small: (128, [4, 4, 4, 4], 2)
    case .base: (180, [4, 4, 8, 8, 8, 4, 4], 3)
    }
  }
}

// MARK: - The table

extension PublishedSettings {
  /// Every published pair of task and variant. `bsr base` occurs twice: as released (GAN), and its PSNR pre-training.
  public static let all: [PublishedSettings] = {
    var rows: [PublishedSettings] = []
    for channels in [1, 3] {
      for variant in Variant.allCases {
        let names: [(String, Int?)] = [15, 25, 50].map { (sigma: Int) in
          ("dn_grl_\(variant.rawValue)_c\(channels)s\(sigma)", sigma)
        }
        let isBase = variant == .base
        rows.append(
          .sameSize(
            .denoise, variant, channels: channels, window: isBase ? 32 : 16, stripe: Stripe(rows: 64, columns: 128),
            anchorFactor: isBase ? 2 : 4, command: isBase ? Tiling(tile: 256, overlap: 32) : nil, names))
      }
      rows.append(
        .sameSize(
          .jpeg, .small, channels: channels, window: 36, stripe: Stripe(rows: 72, columns: 144),
          file: Tiling(tile: 576, overlap: 72), command: Tiling(tile: 288, overlap: 36),
          [10, 20, 30, 40].map { (quality: Int) in ("jpeg_grl_small_c\(channels)q\(quality)", quality) }))
    }
    for variant in Variant.allCases {
      for scale in [2, 3, 4] {
        rows.append(
          .enlarging(
            .superResolution, variant, scale, window: 32, stripe: Stripe(rows: 64, columns: 64),
            anchorFactor: variant == .base ? 2 : 4, variant == .tiny ? .pixelShuffleDirect : .pixelShuffle,
            file: Tiling(tile: 640, overlap: 32), command: .whole, "sr_grl_\(variant.rawValue)_c3x\(scale)"))
      }
    }
    // Released after GAN training; before it, with square stripes, for PSNR alone.
    rows.append(
      .enlarging(
        .blindSuperResolution, .base, 4, window: 16, stripe: Stripe(rows: 32, columns: 64), .nearestConvolution,
        "bsr_grl_base"))
    rows.append(
      .enlarging(
        .blindSuperResolution, .base, 4, window: 16, stripe: Stripe(rows: 64, columns: 64), .nearestConvolution, nil))
    rows.append(
      .sameSize(.demosaic, .small, window: 8, stripe: Stripe(rows: 32, columns: 32), [("dm_grl_small", nil)]))
    let deblurring = Tiling(tile: 480, overlap: 48)
    rows.append(
      .sameSize(
        .motionDeblur, .base, window: 12, stripe: Stripe(rows: 48, columns: 96), file: deblurring, command: .whole,
        ["gopro", "realblur_j", "realblur_r"].map { ("db_motion_grl_base_\($0)", nil) }))
    rows.append(
      .sameSize(
        .defocusDeblur, .base, window: 16, stripe: Stripe(rows: 48, columns: 96), file: deblurring,
        [("db_defocus_single_pixel_grl_base", nil)]))
    // The experiment file of this one was not published; its sizes are those of the single-pixel one.
    rows.append(
      .sameSize(
        .dualPixelDefocusDeblur, .base, channels: 6, window: 16, stripe: Stripe(rows: 48, columns: 96),
        file: deblurring,
        [("db_defocus_dual_pixel_grl_base", nil)]))
    return rows
  }()

  private static func sameSize(
    _ task: Task, _ variant: Variant, channels: Int = 3, window: Int, stripe: Stripe, anchorFactor: Int = 4,
    file: Tiling = .whole, command: Tiling? = nil, _ checkpoints: [(String, Int?)]
  ) -> PublishedSettings {
    PublishedSettings(
      task: task, variant: variant, inputChannels: channels, outputChannels: min(channels, 3), windowSize: window,
      stripe: stripe, anchorFactor: anchorFactor, upscale: 1, upsampler: .none, fileTiling: file,
      commandTiling: command,
      checkpoints: Dictionary(uniqueKeysWithValues: checkpoints))
  }

  private static func enlarging(
    _ task: Task, _ variant: Variant, _ scale: Int, window: Int, stripe: Stripe, anchorFactor: Int = 4,
    _ upsampler: GRLConfiguration.Upsampler, file: Tiling = .whole, command: Tiling? = nil, _ checkpoint: String?
  ) -> PublishedSettings {
    PublishedSettings(
      task: task, variant: variant, inputChannels: 3, outputChannels: 3, windowSize: window, stripe: stripe,
      anchorFactor: anchorFactor, upscale: scale, upsampler: upsampler, fileTiling: file, commandTiling: command,
      checkpoints: checkpoint.map { [$0: nil] } ?? [:])
  }
}
