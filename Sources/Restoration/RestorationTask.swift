/// The seven tasks (names as in the command line and in model files).
public enum RestorationTask: String, Sendable, CaseIterable, CustomStringConvertible {
  case denoise
  case superResolution = "sr"
  case jpeg
  case demosaic
  case realSuperResolution = "real-sr"
  case motionDeblur = "motion-deblur"
  case defocusDeblur = "defocus-deblur"

  /// The name on the command line.
  public var description: String { rawValue }

  /// What it does, for lists and headings.
  public var title: String {
    switch self {
    case .denoise: "denoising"
    case .superResolution: "super-resolution"
    case .jpeg: "JPEG artefact removal"
    case .demosaic: "demosaicking"
    case .realSuperResolution: "super-resolution of unknown damage"
    case .motionDeblur: "motion deblurring"
    case .defocusDeblur: "defocus deblurring"
    }
  }

  /// Output is `scale` times as wide and high as the input.
  public var enlarges: Bool { self == .superResolution || self == .realSuperResolution }

  /// Models for gray pictures were published beside those for colour; the other tasks know colour only.
  public var hasGrayModels: Bool { self == .denoise || self == .jpeg }

  /// The task of a model file whose metadata names it by the key used in training (`dn`, `bsr`, `db_motion`, ...).
  ///
  /// - Returns: nil for an unknown key; `isDualPixel` is true for the six-channel network of `defocus-deblur`.
  public static func named(byTrainingKey key: String) -> (task: RestorationTask, isDualPixel: Bool)? {
    switch key {
    case "dn": (.denoise, false)
    case "sr": (.superResolution, false)
    case "jpeg": (.jpeg, false)
    case "dm": (.demosaic, false)
    case "bsr": (.realSuperResolution, false)
    case "db_motion": (.motionDeblur, false)
    case "db_defocus": (.defocusDeblur, false)
    case "db_defocus_dual": (.defocusDeblur, true)
    default: nil
    }
  }

  /// The key that model files carry for this task; the reverse of `named(byTrainingKey:)`.
  public func trainingKey(isDualPixel: Bool = false) -> String {
    switch self {
    case .denoise: "dn"
    case .superResolution: "sr"
    case .jpeg: "jpeg"
    case .demosaic: "dm"
    case .realSuperResolution: "bsr"
    case .motionDeblur: "db_motion"
    case .defocusDeblur: isDualPixel ? "db_defocus_dual" : "db_defocus"
    }
  }
}
