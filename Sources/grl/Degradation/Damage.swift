import Imaging
import Restoration
import Tensors

/// What `grl degrade` was asked to do, its options checked.
struct Damage {
  private let degradation: Degradation
  /// Radius of the blur if both views of a dual-pixel sensor are wanted.
  private let dualPixelRadius: Double?

  /// Throws a usage failure for an option that is missing, out of range or not of the task.
  init(_ command: Degrade) throws(Failure) {
    let task = command.task
    func refuse(_ option: String, _ isGiven: Bool, unless tasks: RestorationTask...) throws(Failure) {
      guard !isGiven || tasks.contains(task) else {
        let names = tasks.map(\.rawValue).joined(separator: " and ")
        throw Failure(.usage, "\(option) does not apply to task \(task), only to \(names): leave it out")
      }
    }
    func required<Value>(_ value: Value?, _ option: String) throws(Failure) -> Value {
      guard let value else { throw Failure(.usage, "task \(task) needs \(option); see grl degrade --help") }
      return value
    }
    try refuse("--sigma", command.sigma != nil, unless: .denoise)
    try refuse("--seed", command.seed != nil, unless: .denoise, .realSuperResolution)
    try refuse("--scale", command.scale != nil, unless: .superResolution)
    try refuse("--quality", command.quality != nil, unless: .jpeg)
    try refuse("--cfa", command.cfa != nil, unless: .demosaic)
    try refuse("--length", command.length != nil, unless: .motionDeblur)
    try refuse("--angle", command.angle != nil, unless: .motionDeblur)
    try refuse("--radius", command.radius != nil, unless: .defocusDeblur)
    try refuse("--right", command.right != nil, unless: .defocusDeblur)

    let seed = UInt32(command.seed ?? 0)
    degradation =
      switch task {
      case .denoise: .noise(GaussianNoise(sigma: try required(command.sigma, "--sigma"), seed: .number(seed)))
      case .superResolution: .bicubic(scale: try required(command.scale, "--scale"))
      case .jpeg: .jpeg(quality: try required(command.quality, "--quality"))
      case .demosaic: .mosaic(command.cfa ?? .rggb)
      case .realSuperResolution: .realWorld(seed: seed)
      case .motionDeblur:
        .motionBlur(length: try required(command.length, "--length"), angleDegrees: command.angle ?? 0)
      case .defocusDeblur: .defocus(radius: try required(command.radius, "--radius"))
      }
    dualPixelRadius = command.right == nil ? nil : command.radius
    do { try degradation.validate() } catch { throw Failure(.usage, "\(error)") }
  }

  private var threadCount: Int { MachineLimits.current.threadCount }

  /// The peak of memory, `decodingBytes` of the good picture included.
  func estimate(_ picture: PictureShape, decodingBytes: Int) -> MemoryEstimate {
    degradation.estimate(
      picture, views: dualPixelRadius == nil ? 1 : 2, decodingBytes: decodingBytes, threadCount: threadCount)
  }

  /// The damaged picture, or its left and right view.
  func apply(to image: Image, path: String) throws(Failure) -> [Image] {
    let threads = ThreadLease(threadCount: threadCount)
    do {
      guard let dualPixelRadius else { return [try degradation.apply(to: image, on: threads)] }
      let (left, right) = try Degradation.dualPixelDefocus(image, radius: dualPixelRadius, on: threads)
      return [left, right]
    } catch {
      throw Failure(.badInput, "\(path == "-" ? "standard input" : path): \(error)")
    }
  }
}
