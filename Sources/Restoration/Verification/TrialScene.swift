import Base
import Glibc
import Imaging
import Tensors

/// The bundled photograph, damaged for one model.
struct TrialScene {
  /// `noise of sigma 25`
  let damage: String
  let request: RestorationRequest
  /// What the model gets, of dual pixel the left view.
  let input: Image
  let right: Image?
  /// The input at the size and in the colours of the photograph.
  let baseline: Image
  /// The best that is had without a network, beside the input itself: of noise, the input smoothed.
  private let smoothed: [Image]

  private let photograph: Image
  /// Pixels that are not measured on each side.
  private let shave: Int
  /// Decibels above the best that is had without a network.
  private let margin: Double

  /// Networks trained to paint (GAN) trade decibels for texture; any that enlarges at all stays within this of bicubic.
  private static let leastGainOfPainters = -3.0
  private static let leastGain = 0.2
  /// Deviations of Gaussians in pixels; around the middle one most of a photograph's gain is had at sigma 25.
  private static let smoothings = [0.5, 0.8, 1.2]
  private static let sigma = 25.0
  private static let quality = 20.0
  private static let shake = (length: 9.0, angleDegrees: 30.0)
  private static let defocusRadius = 2.0
  private static let seed: UInt32 = 1

  /// - Throws: `modelNotForTask` for a network that no picture of the task can be made for.
  init(_ card: ModelCard, on threads: ThreadLease) throws(RestorationError) {
    guard card.task.enlarges || card.scale == 1 else {
      throw .modelNotForTask(model: card.name, reason: "it enlarges x\(card.scale), task \(card.task) keeps the size")
    }
    // Bicubic reduction leaves out what is over.
    let side = Self.photograph.width / card.scale * card.scale
    let whole = Self.photograph.cropped(to: Rectangle(x: 0, y: 0, width: side, height: side))
    let photograph = card.isGray ? whole.converted(to: .gray) : whole
    self.photograph = photograph
    shave = card.task.enlarges ? card.scale : 0
    margin = card.task == .realSuperResolution ? Self.leastGainOfPainters : Self.leastGain
    var request = RestorationRequest(card.task)
    var right: Image?
    let input: Image
    func damaged(_ degradation: Degradation) throws(RestorationError) -> Image {
      do { return try degradation.apply(to: photograph, on: threads) } catch {
        throw .modelNotForTask(model: card.name, reason: "\(error)")
      }
    }
    switch card.task {
    case .denoise:
      let sigma = Self.sigma.clamped(to: card.sigmas)
      request.sigma = sigma
      if card.noise == .photo {
        damage = "sensor noise of sigma \(sigma.shortText)"
        input = photograph.withSensorNoise(sigma: sigma, seed: Self.seed)
      } else {
        damage = "noise of sigma \(sigma.shortText)"
        input = try damaged(.noise(GaussianNoise(sigma: sigma, seed: .number(Self.seed))))
      }
    case .jpeg:
      let quality = Int(Self.quality.clamped(to: card.qualities).rounded())
      request.quality = quality
      damage = "JPEG of quality \(quality)"
      input = try damaged(.jpeg(quality: quality))
    case .superResolution:
      request.scale = card.scale
      damage = "bicubic 1/\(card.scale)"
      input = try damaged(.bicubic(scale: card.scale, bitDepth: 8))
    case .realSuperResolution:
      request.scale = card.scale
      damage = "blur, shrinking, noise and JPEG"
      input = try damaged(.realWorld(seed: Self.seed))
    case .demosaic:
      damage = "an RGGB mosaic"
      input = try damaged(.mosaic(.rggb))
    case .motionDeblur:
      let length = min(Self.shake.length, card.largestBlur ?? .infinity)
      damage = "a shake of \(length.shortText) pixels"
      input = try damaged(.motionBlur(length: length, angleDegrees: Self.shake.angleDegrees))
    case .defocusDeblur:
      let radius = max(
        min(Self.defocusRadius, card.largestBlur ?? .infinity), Degradation.Limits.defocusRadius.lowerBound)
      damage = "defocus of radius \(radius.shortText)" + (card.isDualPixel ? " in two views" : "")
      request.isDualPixel = card.isDualPixel
      if card.isDualPixel {
        do {
          let views = try Degradation.dualPixelDefocus(photograph, radius: radius, on: threads)
          (input, right) = (views.left, views.right)
        } catch {
          throw .modelNotForTask(model: card.name, reason: "\(error)")
        }
      } else {
        input = try damaged(.defocus(radius: radius))
      }
    }
    self.request = request
    self.input = input
    self.right = right
    let tensor = Tensor(input, input.bounds, channels: input.layout.colourChannels)
    smoothed =
      card.task != .denoise
      ? []
      : Self.smoothings.map { sigma in
        tensor.blurred(by: .gaussian(sigma: sigma, sigmaAcross: sigma, angleDegrees: 0), on: threads).image
      }
    baseline =
      card.task == .demosaic
      ? tensor.demosaicked(.rggb).image
      : card.task.enlarges ? tensor.bicubicResized(height: photograph.height, width: photograph.width).image : input
  }

  /// Decibels that a sound model gains at least.
  var leastGain: Double {
    let input = decibels(of: baseline)
    return smoothed.reduce(0) { max($0, decibels(of: $1) - input) } + margin
  }

  /// PSNR of `picture` against the photograph.
  func decibels(of picture: Image) -> Double {
    do { return try Metric(.psnr, convention: .grl, shave: shave)(picture, photograph) } catch {
      preconditionFailure("the bundled photograph: \(error)")
    }
  }

  /// Root mean square of the differences between means of 16 x 16 pixels, in levels of 255.
  func lowFrequencyError(of picture: Image) -> Double {
    let (found, wanted) = (Self.blockMeans(picture), Self.blockMeans(photograph))
    let sum = zip(found, wanted).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    return 255 * (sum / Double(wanted.count)).squareRoot()
  }

  private static func blockMeans(_ image: Image) -> [Double] {
    let side = 16
    let planes: Image.Planes = image.layout.isColour ? .rgb : .gray
    return stride(from: 0, to: image.height, by: side).flatMap { y in
      stride(from: 0, to: image.width, by: side).flatMap { x in
        let block = Rectangle(x: x, y: y, width: min(side, image.width - x), height: min(side, image.height - y))
        let values = image.floats(planes, of: block)
        return (0..<planes.channels).map { channel in
          stride(from: channel, to: values.count, by: planes.channels).reduce(0) { $0 + Double(values[$1]) }
            / Double(block.pixels)
        }
      }
    }
  }

  /// 128 x 128 pixels of `Samples/colosseum.png`.
  private static let photograph: Image = {
    do {
      return try ImageFile.decode(PackageResources.photograph_jpg, path: "the bundled photograph").image
    } catch {
      preconditionFailure("\(error)")
    }
  }()
}

extension Double {
  /// The value of `range` next to this one.
  fileprivate func clamped(to range: ClosedRange<Double>?) -> Double {
    range.map { Swift.min(Swift.max(self, $0.lowerBound), $0.upperBound) } ?? self
  }
}

extension Image {
  /// With noise as a sensor has it before its colours are interpolated: correlated between neighbours and colours.
  ///
  /// Interpolation is linear, so the noise alone goes through it and the picture stays as it is.
  fileprivate func withSensorNoise(sigma: Double, seed: UInt32) -> Image {
    let mosaic = Tensor(shape: Shape(height: height, width: width, channels: 1))
      .adding(GaussianNoise(sigma: sigma, seed: .number(seed)))
    let noise = mosaic.demosaicked(.rggb)
    let picture = Tensor(self, bounds, channels: 3)
    let noisy = zip(picture.values, noise.values).map { $0 + $1 }
    return Tensor(shape: picture.shape, values: noisy).image.converted(to: layout)
  }
}

extension Tensor {
  /// As an 8-bit picture: clamped and rounded.
  fileprivate var image: Image { Image(width: shape.width, height: shape.height, colour: values, bitDepth: 8) }
}
