import Imaging

/// A task and what the person says about the damage.
public struct RestorationRequest: Hashable, Sendable {
  public var task: RestorationTask
  /// Standard deviation of the noise on the scale 0...255; nil asks for a blind model. `denoise` only.
  public var sigma: Double?
  /// Kind of the noise; nil leaves it to what the picture measures. `denoise` only.
  public var noise: NoiseKind?
  /// What the picture's noise was measured to be; counts where neither `noise` nor `sigma` says anything.
  public var measuredNoise: NoiseKind?
  /// JPEG quality 1...100 that the picture was saved with; nil asks for a blind model. `jpeg` only.
  public var quality: Int?
  /// Enlargement: 2, 3 or 4 for `sr`, 4 for `real-sr`. `sr` needs it unless the model is named.
  public var scale: Int?
  /// What the enlargement is after; nil takes any model, a faithful one first. `real-sr` only.
  public var style: EnlargementStyle?
  /// Colours of the mosaic's first 2 x 2 pixels. `demosaic` only.
  public var filters: ColourFilterArray
  /// Left and right view of a dual-pixel sensor come in. `defocus-deblur` only.
  public var isDualPixel: Bool

  public init(
    _ task: RestorationTask, sigma: Double? = nil, noise: NoiseKind? = nil, quality: Int? = nil, scale: Int? = nil,
    style: EnlargementStyle? = nil, filters: ColourFilterArray = .rggb, isDualPixel: Bool = false
  ) {
    self.task = task
    self.sigma = sigma
    self.noise = noise
    self.quality = quality
    self.scale = scale
    self.style = style
    self.filters = filters
    self.isDualPixel = isDualPixel
  }

  /// The enlargement, as far as it is known without the model.
  package var leastScale: Int { scale ?? (task == .realSuperResolution ? RealWorldDamage.scale : 1) }

  /// The kind of noise that a model is looked for; a level is one of white noise.
  public var wantedNoise: NoiseKind { noise ?? (sigma == nil ? measuredNoise : nil) ?? .gaussian }

  /// Throws a usage error for a parameter that is missing, out of range, or not of this task.
  ///
  /// - Parameter modelIsNamed: the person chose a model, so the scale is known from it.
  public func validate(modelIsNamed: Bool = false) throws(RestorationError) {
    func reject(_ option: String, _ isGiven: Bool, unless tasks: RestorationTask...) throws(RestorationError) {
      guard !isGiven || tasks.contains(task) else { throw .optionNotOfTask(option: option, task: task, tasks: tasks) }
    }
    try reject("--sigma", sigma != nil, unless: .denoise)
    try reject("--noise", noise != nil, unless: .denoise)
    try reject("--quality", quality != nil, unless: .jpeg)
    try reject("--scale", scale != nil, unless: .superResolution, .realSuperResolution)
    try reject("--style", style != nil, unless: .realSuperResolution)
    try reject("--cfa", filters != .rggb, unless: .demosaic)
    try reject("--right", isDualPixel, unless: .defocusDeblur)
    if let sigma, !(sigma >= 0 && sigma <= 255) {
      throw .optionOutOfRange(option: "--sigma", value: "\(sigma)", allowed: "0 to 255")
    }
    if let quality, !(1...100).contains(quality) {
      throw .optionOutOfRange(option: "--quality", value: "\(quality)", allowed: "1 to 100")
    }
    switch (task, scale) {
    case (.superResolution, nil) where !modelIsNamed:
      throw .optionMissing(option: "--scale", task: task, allowed: "2, 3 or 4")
    case (.superResolution, let scale?) where !(2...4).contains(scale):
      throw .optionOutOfRange(option: "--scale", value: "\(scale)", allowed: "2, 3 or 4 for sr")
    case (.realSuperResolution, let scale?) where scale != 4:
      throw .optionOutOfRange(option: "--scale", value: "\(scale)", allowed: "4 for real-sr")
    default: break
    }
  }
}

public typealias ColourFilterArray = Imaging.ColourFilterArray
