import Imaging
import Restoration

/// One damage at one strength: what a block of the table is about.
package struct EvaluationSetting: Hashable, Sendable {
  package let task: RestorationTask
  /// Sigma, scale or quality; nil where the task has none, or where the set brings pictures of unknown damage.
  package let level: Int?
  package let isDualPixel: Bool
  package let rules: EvaluationProtocol
  /// `denoise`: as the user says; nil takes what is measured.
  package var noise: NoiseKind? = nil
  /// What most of the set's own inputs were measured to have.
  package var measuredNoise: NoiseKind? = nil

  package init(
    task: RestorationTask, level: Int?, isDualPixel: Bool, rules: EvaluationProtocol, noise: NoiseKind? = nil,
    measuredNoise: NoiseKind? = nil
  ) {
    self.task = task
    self.level = level
    self.isDualPixel = isDualPixel
    self.rules = rules
    self.noise = noise
    self.measuredNoise = measuredNoise
  }

  /// 1 for tasks that keep the size.
  package var scale: Int { task == .superResolution ? level ?? 1 : task == .realSuperResolution ? 4 : 1 }

  package var request: RestorationRequest {
    var request = RestorationRequest(
      task, sigma: task == .denoise ? level.map(Double.init) : nil, noise: noise, quality: task == .jpeg ? level : nil,
      scale: task == .superResolution ? level : nil, isDualPixel: isDualPixel)
    request.measuredNoise = measuredNoise
    return request
  }

  package var measures: [EvaluationMeasure] { EvaluationMeasure.all(task: task, scale: scale, under: rules) }

  /// `denoise sigma 25`
  package var title: String {
    switch task {
    case .denoise: "denoise" + (level.map { " sigma \($0)" } ?? "")
    case .superResolution: "sr x\(level ?? 1)"
    case .jpeg: "jpeg" + (level.map { " quality \($0)" } ?? "")
    case .defocusDeblur: "defocus-deblur\(isDualPixel ? ", dual pixel" : "")"
    default: task.rawValue
    }
  }

  /// The levels that papers report, where the user names none.
  package static func publishedLevels(_ task: RestorationTask) -> [Int?] {
    switch task {
    case .denoise: [15, 25, 50]
    case .jpeg: [10, 20, 30, 40]
    case .superResolution: [2, 3, 4]
    default: [nil]
    }
  }

  /// What stands in the table for the restored picture when nothing restores it.
  package var baselineName: String {
    switch task {
    case .denoise: "noisy input"
    case .superResolution, .realSuperResolution: "bicubic (Matlab)"
    case .jpeg: "JPEG input"
    case .demosaic: "Malvar (Matlab)"
    case .motionDeblur, .defocusDeblur: "blurred input"
    }
  }

  /// The name under which papers quote the baseline.
  package var quotedBaselineName: String? {
    switch task {
    case .jpeg: "JPEG"
    case .demosaic: "Matlab"
    default: nil
    }
  }

  /// How test input comes about, in words.
  package func explanation(of source: TestSet.InputSource) -> String {
    switch (task, source) {
    case (.superResolution, .files): "small pictures as the set has them; luma, \(scale) pixels shaved"
    case (.demosaic, .files): "input as the set has it; gray ones are RGGB mosaics, interpolated by Malvar's filters"
    case (_, .files): "input as the set has it"
    case (.superResolution, .made):
      "made small by Matlab's bicubic, sides cut to multiples of \(scale); luma, \(scale) pixels shaved"
    case (.denoise, .made):
      rules == .grl
        ? "sides cut to multiples of 8, noise seeded by the SHA-256 of set and name, neither clipped nor rounded"
        : "noise with seed 0 for each picture, neither clipped nor rounded"
    case (.jpeg, .made): "libjpeg, 4:2:0"
    case (.demosaic, .made):
      "sides cut to multiples of \(rules.sideMultiple(task)), RGGB mosaic, interpolated by Malvar's filters"
    case (.realSuperResolution, .made):
      "synthetic: blur, shrinking, noise and JPEG drawn from the name; no paper's protocol"
    case (.motionDeblur, .made):
      "synthetic: straight shake of 15 pixels in a direction drawn from the name; no paper's protocol"
    case (.defocusDeblur, .made): "synthetic: disc of radius 4; no paper's protocol"
    }
  }

  /// Whether published rows may stand beside numbers from this input.
  package func isPublished(_ source: TestSet.InputSource) -> Bool {
    switch task {
    case .realSuperResolution: false
    case .motionDeblur, .defocusDeblur: source == .files
    case .superResolution: true
    case .denoise, .jpeg, .demosaic: source == .made
    }
  }
}
