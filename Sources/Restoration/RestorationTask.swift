/// The seven tasks (names as in the command line and in model files).
public enum RestorationTask: String, Sendable, CaseIterable {
  case denoise
  case superResolution = "sr"
  case jpeg
  case demosaic
  case realSuperResolution = "real-sr"
  case motionDeblur = "motion-deblur"
  case defocusDeblur = "defocus-deblur"
}
