import GRLModel
import Restoration

/// How one network is trained: its damage, the sizes of its steps, its rates. A table of what the bundled models were trained with, every entry
/// of which can be replaced.
public struct TrainingPreset: Hashable, Sendable {
  /// Sizes of the steps during a part of a training.
  ///
  /// A network's weights do not depend on the sizes of windows and stripes (position biases come from a small network over relative
  /// coordinates), so a training begins with small patches and windows, many cheap steps, and may end with the published sizes.
  public struct Phase: Hashable, Sendable {
    /// Share of the training at which the phase ends; 0...1, that of the last one is 1.
    public var until: Double
    /// Side of the network's input, in pixels.
    public var patch: Int
    /// Patches of a step.
    public var batch: Int
    public var windowSize: Int
    public var stripe: Stripe

    public init(until: Double, patch: Int, batch: Int, windowSize: Int, stripe: Stripe) {
      (self.until, self.patch, self.batch, self.windowSize, self.stripe) = (until, patch, batch, windowSize, stripe)
    }

    fileprivate init(_ until: Double, _ patch: Int, _ batch: Int, _ window: Int, _ rows: Int, _ columns: Int) {
      self.init(
        until: until, patch: patch, batch: batch, windowSize: window, stripe: Stripe(rows: rows, columns: columns))
    }
  }

  /// How far a training goes.
  public enum Extent: String, Sendable, CaseIterable {
    /// Hours of some processor cores: small patches, windows and stripes. The bundled models were trained so.
    case short
    /// Days: the last phase has the sizes that the networks are published with.
    case published
  }

  /// What changes the weights.
  public enum Optimiser: String, Sendable, CaseIterable {
    /// Muon for the matrices of the body, AdamW for the rest: ahead from random weights (29.71 against 29.27 dB at sigma 25 after 150
    /// steps of GRL-T, 4 % more time a step).
    case muon
    /// Ahead where a trained network goes on with another damage (35.29 against 35.07 dB after 120 steps from a denoiser to photographs).
    case adamW = "adamw"
  }

  public var task: RestorationTask
  public var variant: PublishedSettings.Variant
  /// False for networks of gray pictures.
  public var isColour: Bool
  public var isDualPixel: Bool
  /// Target pixels for one of the input.
  public var scale: Int
  public var damage: TrainingDamage
  public var phases: [Phase]
  /// The learning rate at its highest.
  public var rate: Double
  /// Weight of the difference of spectra in the loss.
  public var spectrumWeight: Double
  /// Share of the patches that come from frames and pairs of a fast camera, where there are such.
  public var burstShare: Double = 0.5
  /// What the model is for, in a few words: goes into its file.
  public var title: String

  /// The better one at equal time.
  ///
  /// - Parameter isFromModel: whether the training begins with another model's weights.
  public static func optimiser(isFromModel: Bool) -> Optimiser { isFromModel ? .adamW : .muon }

  /// The entry of the table, or what stands nearest to it: variants that were never trained take the sizes of the wide ones.
  ///
  /// - Parameters:
  ///   - isColour: false where the task has gray models.
  ///   - isPhotograph: `denoise`: photographs with real noise in place of white noise.
  ///   - scale: of `sr`, 2...4; other tasks have their own.
  /// - Returns: nil for a combination that no network is made for: gray pictures of a task that has none, a scale outside 2...4.
  public static func named(
    _ task: RestorationTask, _ variant: PublishedSettings.Variant, isColour: Bool = true, isPhotograph: Bool = false,
    isDualPixel: Bool = false, scale: Int? = nil, extent: Extent = .short
  ) -> TrainingPreset? {
    guard isColour || task.hasGrayModels && !isPhotograph else { return nil }
    guard !isDualPixel || task == .defocusDeblur, !isPhotograph || task == .denoise else { return nil }
    let scale = scale ?? (task.enlarges ? 4 : 1)
    switch task {
    case .superResolution: guard (2...4).contains(scale) else { return nil }
    case .realSuperResolution: guard scale == 4 else { return nil }
    default: guard scale == 1 else { return nil }
    }
    let row = Row(task, isPhotograph: isPhotograph, isDualPixel: isDualPixel, scale: scale)
    let isNarrow = variant == .tiny
    return TrainingPreset(
      task: task, variant: variant, isColour: isColour, isDualPixel: isDualPixel, scale: scale, damage: row.damage,
      phases: extent == .published ? row.published : isNarrow ? row.short : row.wide ?? row.short,
      rate: row.rate(isNarrow: isNarrow, extent), spectrumWeight: row.spectrumWeight,
      title: (isColour ? "" : "gray ") + row.title)
  }
}

// MARK: - The table

extension TrainingPreset {
  /// What the networks of one task have in common.
  private struct Row {
    let damage: TrainingDamage
    let title: String
    let short: [Phase]
    /// Wider variants begin with a trained narrow one, so they can spend their time on looking further.
    var wide: [Phase]?
    let published: [Phase]
    /// Of short trainings: GRL-T, and wider ones.
    let rates: (narrow: Double, wide: Double)
    var spectrumWeight: Double = 0

    /// Long trainings with large batches take 1e-3 for GRL-T and 7e-4 for wider ones, whatever the task.
    func rate(isNarrow: Bool, _ extent: Extent) -> Double {
      switch (extent, isNarrow) {
      case (.published, true): 1e-3
      case (.published, false): 7e-4
      case (.short, true): rates.narrow
      case (.short, false): rates.wide
      }
    }

    init(_ task: RestorationTask, isPhotograph: Bool, isDualPixel: Bool, scale: Int) {
      // Phases:  until, patch, batch, window, stripes
      switch task {
      case .denoise:
        damage = isPhotograph ? .photograph : .noise(sigma: 0...55)
        title = isPhotograph ? "denoising of photographs: sensor noise, JPEG, grain" : "denoising, blind sigma 0-55"
        short = [Phase(1.0, 32, 8, 8, 16, 16)]
        wide = [Phase(0.8, 32, 8, 16, 32, 32), Phase(1.0, 64, 4, 16, 32, 64)]
        published = [Phase(0.5, 64, 32, 8, 16, 32), Phase(1.0, 128, 16, 16, 64, 128)]
        rates = (isPhotograph ? 5e-4 : 1e-3, 2e-4)
      case .jpeg:
        damage = .jpeg(quality: 5...95)
        title = "JPEG artifacts, 4:2:0, blind quality 5-95"
        short = [Phase(1.0, 48, 4, 8, 16, 16)]
        wide = [Phase(0.8, 48, 4, 12, 24, 48), Phase(1.0, 96, 2, 12, 24, 48)]
        published = [Phase(0.5, 96, 16, 12, 24, 48), Phase(1.0, 144, 8, 36, 72, 144)]
        rates = (1e-3, 2e-4)
      case .superResolution:
        damage = .bicubic(scale: scale)
        title = "super-resolution x\(scale), bicubic"
        short = [Phase(1.0, 32, 8, 8, 16, 16)]
        wide = [Phase(0.8, 32, 8, 16, 32, 32), Phase(1.0, 64, 2, 16, 32, 64)]
        published = [Phase(0.5, 32, 32, 8, 16, 16), Phase(1.0, 64, 16, 32, 64, 64)]
        rates = (1e-3, 3e-4)
      case .realSuperResolution:
        damage = .realWorld(scale: scale)
        title = "real-world super-resolution x\(scale), L1 only"
        short = [Phase(1.0, 32, 4, 8, 16, 16)]
        published = [Phase(0.5, 32, 32, 8, 16, 16), Phase(1.0, 64, 16, 16, 32, 64)]
        rates = (1e-3, 3e-4)
      case .demosaic:
        damage = .mosaic
        title = "demosaicking, RGGB through 5x5 linear interpolation"
        short = [Phase(1.0, 32, 8, 8, 16, 16)]
        published = [Phase(0.4, 64, 32, 8, 16, 16), Phase(1.0, 64, 32, 8, 32, 32)]
        rates = (1e-3, 2e-4)
      case .motionDeblur:
        damage = .motion(length: 28)
        title = "motion deblurring, moving camera and things that move"
        short = [Phase(0.75, 96, 2, 12, 24, 48), Phase(1.0, 192, 2, 12, 48, 96)]
        published = [Phase(0.5, 96, 16, 12, 24, 48), Phase(1.0, 192, 8, 12, 48, 96)]
        rates = (5e-4, 2e-4)
        spectrumWeight = 0.05
      case .defocusDeblur:
        damage = .defocus(radius: 10, isDualPixel: isDualPixel)
        title = isDualPixel ? "dual-pixel defocus deblurring, synthetic" : "defocus deblurring, synthetic"
        short = [Phase(0.75, 96, 2, 8, 24, 48), Phase(1.0, 192, 2, 16, 48, 96)]
        published = [Phase(0.5, 96, 16, 8, 24, 48), Phase(1.0, 192, 8, 16, 48, 96)]
        rates = (5e-4, 2e-4)
        spectrumWeight = 0.05
      }
    }
  }
}
