import GRLModel

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

  /// The task whose networks the published settings list under that name; dual pixel is a kind of `defocus-deblur`.
  public init(_ published: PublishedSettings.Task) {
    self =
      switch published {
      case .denoise: .denoise
      case .superResolution: .superResolution
      case .jpeg: .jpeg
      case .demosaic: .demosaic
      case .blindSuperResolution: .realSuperResolution
      case .motionDeblur: .motionDeblur
      case .defocusDeblur, .dualPixelDefocusDeblur: .defocusDeblur
      }
  }

  /// The name of the task's networks in the published settings and in model files.
  public func published(isDualPixel: Bool = false) -> PublishedSettings.Task {
    switch self {
    case .denoise: .denoise
    case .superResolution: .superResolution
    case .jpeg: .jpeg
    case .demosaic: .demosaic
    case .realSuperResolution: .blindSuperResolution
    case .motionDeblur: .motionDeblur
    case .defocusDeblur: isDualPixel ? .dualPixelDefocusDeblur : .defocusDeblur
    }
  }
}
