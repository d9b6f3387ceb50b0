import Foundation
import Tensors

/// Damage of unknown small pictures for training: blur, resizing, noise and JPEG in random order, then shrinking and JPEG.
///
/// ``RealWorldDamage`` is one fixed order of the same steps, for test input.
/// Source: after Zhang, Liang, Van Gool, Timofte: Designing a practical degradation model for deep blind image super-resolution
/// (ICCV 2021), section 3.
enum RealWorldChain {
  private enum Step: CaseIterable {
    case blur, secondBlur, resizing, noise, jpeg
  }

  private static let kernels: [LineFilter.Kernel] = [.cubic, .linear, .box]

  /// - Parameter crop: `[h, w, 3]`; sides are multiples of `scale`.
  /// - Returns: `[h / scale, w / scale, 3]`, whole levels of 8 bits.
  static func apply(
    to crop: Tensor, scale: Int, _ random: inout RandomStream
  ) throws(DegradationError) -> Tensor {
    let (height, width) = (crop.shape.height / scale, crop.shape.width / scale)
    var picture = crop
    var steps = Step.allCases
    for last in (1..<steps.count).reversed() { steps.swapAt(last, random.integer(below: last + 1)) }
    for step in steps {
      switch step {
      case .blur: picture = blurred(picture, largest: 3, &random)
      case .secondBlur where random.chance(0.7): picture = blurred(picture, largest: 2, &random)
      case .resizing:
        // A size between the small picture's and the large one's.
        let factor = random.uniform(1 / Float(scale), 1)
        func side(_ count: Int) -> Int { max(count, Int((Float(count * scale) * factor).rounded())) }
        let kernel = kernels[random.integer(below: kernels.count)]
        picture = picture.resized(kernel, height: side(height), width: side(width))
      case .noise where random.chance(0.8): picture = noisy(picture, &random)
      case .jpeg where random.chance(0.5): picture = try picture.throughJPEG(quality: 40 + random.integer(below: 56))
      case .secondBlur, .noise, .jpeg: break
      }
    }
    picture = picture.resized(kernels[random.integer(below: kernels.count)], height: height, width: width)
    if random.chance(0.3) { picture = noisy(picture, &random) }
    return try picture.throughJPEG(quality: 30 + random.integer(below: 66))
  }

  private static func blurred(_ picture: Tensor, largest: Float, _ random: inout RandomStream) -> Tensor {
    let sigma = Double(random.uniform(0.2, largest))
    let across = random.chance(0.5) ? sigma : Double(random.uniform(0.2, largest))
    let angle = Double(random.uniform(0, 180))
    let kernel =
      random.chance(0.2)
      ? BlurKernel.heavyTailed(sigma: sigma, sigmaAcross: across, angleDegrees: angle)
      : BlurKernel.gaussian(sigma: sigma, sigmaAcross: across, angleDegrees: angle)
    return picture.blurred(by: kernel, on: ThreadLease(threadCount: 1))
  }

  /// White or gray noise of 1 to 25 levels, in two of five pictures growing with the root of the light.
  private static func noisy(_ picture: Tensor, _ random: inout RandomStream) -> Tensor {
    let (isGray, growsWithLight) = (random.chance(0.4), random.chance(0.4))
    let (level, channels) = (random.uniform(1, 25) / 255, picture.shape.channels)
    var result = picture
    var noise: Float = 0
    for i in result.values.indices {
      if !isGray || i % channels == 0 { noise = level * random.normal() }
      let value = picture.values[i]
      result.values[i] = value + (growsWithLight ? noise * min(max(value, 0), 1).squareRoot() : noise)
    }
    return result
  }
}
