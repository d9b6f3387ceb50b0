import Base
import Foundation
import Tensors

/// What cameras, their processing and saving do to photographs, with white noise, grain and hardly any noise mixed in.
///
/// Two of five pairs are photographs with sensor noise, filtered, sharpened, resized and saved as cameras, phones and web sites do; the
/// others have white noise of up to sigma 75 (three in ten), gray grain, blotches of colour, or little or nothing (a quarter), some saved
/// as JPEG. The target went through the same sharpening and resizing, so a network learns to remove noise and what saving did, and leaves
/// sharpness and size as they are.
enum PhotographDamage {
  private enum Kind: CaseIterable {
    case camera, white, grain, blotches, little

    var weight: Double {
      switch self {
      case .camera: 5
      case .white: 4
      case .grain, .blotches: 0.5
      case .little: 3
      }
    }
  }

  /// Smallest reduction of a photograph.
  private static let smallestScale: Float = 0.5
  /// Pixels by which the grid of a saved file's 16 x 16 blocks may be shifted.
  private static let shift = 16
  /// What the filters of the sensor's grid reach beyond what is kept.
  private static let reach = 12

  /// Side of the square that a pair of `patch` pixels is cut from.
  static func cropSide(patch: Int) -> Int { Int((Float(patch + 2 * shift) / smallestScale).rounded(.up)) + 8 }

  /// - Parameter crop: `[cropSide, cropSide, 3]`.
  /// - Returns: both `[patch, patch, 3]`.
  static func pair(
    _ crop: Tensor, patch: Int, _ random: inout RandomStream
  ) throws(DegradationError) -> (input: Tensor, target: Tensor) {
    let kind = Kind.allCases[random.index(weights: Kind.allCases.map(\.weight))]
    let size = patch + 2 * shift
    let scale: Float =
      random.chance(0.55) ? 1 : random.chance(0.8) ? random.uniform(smallestScale, 1) : random.uniform(1, 1.3)

    // Of the crop only what is kept, and what reaches into it.
    let span = Int((Float(size - 1) / scale).rounded(.up)) + 1
    let cut = min(crop.shape.width, span + 2 * reach)
    var clean = crop.cropped(square(cut, within: crop.shape.width, &random))
    var seen = clean
    if kind == .camera { (clean, seen) = photographed(clean, &random) }
    let start = Float((cut - span) / 2)
    let line = LineFilter(.cubic, from: cut, to: size, scale: scale, start: start, end: .cut)
    clean = clean.filtered(down: line, across: line).mapped { min(max($0, 0), 1) }
    seen = kind == .camera ? seen.filtered(down: line, across: line) : noisy(clean, kind, &random)

    // Saving, at times twice with another grid. Published protocols of white noise neither clip nor round.
    let isSaved = random.chance(kind == .camera ? 0.85 : kind == .little ? 0.15 : 0.35)
    if isSaved {
      seen = try saved(seen, &random)
    } else if !(kind == .white && random.chance(0.5)) {
      seen = seen.roundedTo8Bits()
    }
    let first = square(patch + shift, within: size, &random)
    (seen, clean) = (seen.cropped(first), clean.cropped(first))
    if isSaved && random.chance(0.3) { seen = try saved(seen, &random) }
    let second = square(patch, within: patch + shift, &random)
    return (seen.cropped(second), clean.cropped(second))
  }

  private static func square(_ side: Int, within whole: Int, _ random: inout RandomStream) -> Rectangle {
    Rectangle(
      x: random.integer(below: whole - side + 1), y: random.integer(below: whole - side + 1), width: side, height: side)
  }

  private static func saved(_ picture: Tensor, _ random: inout RandomStream) throws(DegradationError) -> Tensor {
    let quality = Int((98 - 38 * pow(random.uniform(), 1.2)).rounded())
    return try picture.throughJPEG(quality: quality, chroma: random.chance(0.3) ? .full : .half)
  }

  /// On the sensor's grid: noise, the camera's denoiser, sharpening of the clean and of the noisy picture alike.
  private static func photographed(_ picture: Tensor, _ random: inout RandomStream) -> (clean: Tensor, seen: Tensor) {
    var noise = picture.sensorNoise(&random)
    if random.chance(0.6) { noise = noise.denoisedByCamera(&random) }
    var seen = picture
    for i in seen.values.indices { seen.values[i] = min(max(seen.values[i] + noise.values[i], 0), 1) }
    guard random.chance(0.5) else { return (picture, seen) }
    let (amount, sigma) = (random.uniform(0.2, 1.5), random.uniform(0.5, 1.5))
    return (picture.sharpened(amount, sigma: sigma), seen.sharpened(amount, sigma: sigma))
  }

  /// On the grid of the file: noise of another origin than a sensor.
  private static func noisy(_ clean: Tensor, _ kind: Kind, _ random: inout RandomStream) -> Tensor {
    let (size, count) = (clean.shape.height, clean.shape.count)
    var result = clean
    func add(_ level: Float, _ noise: (Int) -> Float) {
      for i in 0..<count { result.values[i] += level / 255 * noise(i) }
    }
    switch kind {
    case .camera: break
    case .white:
      let sigma = random.uniform(0, random.chance(0.85) ? 55 : 75)
      let noise = random.normals(count)
      add(sigma) { noise[$0] }
    case .grain:
      var noise = Tensor(
        shape: Shape(height: size, width: size, channels: 1), values: random.normals(clean.shape.pixels))
      if random.chance(0.5) { noise = noise.blurred(sigma: random.uniform(0.4, 1.2)).mapped { 2 * $0 } }
      add(random.uniform(0, 40)) { noise.values[$0 / 3] }
    case .blotches:
      for factor in [2, 4] {
        let small = size / factor
        let blotch = Tensor(
          shape: Shape(height: small, width: small, channels: 3), values: random.normals(3 * small * small)
        ).resized(.linear, height: size, width: size)
        let means = (0..<clean.shape.pixels).map { pixel in blotch.values[3 * pixel..<3 * pixel + 3].reduce(0, +) / 3 }
        add(random.uniform(0, 20)) { blotch.values[$0] - 0.7 * means[$0 / 3] }
      }
      if random.chance(0.5) {
        let sigma = random.uniform(0, random.chance(0.85) ? 55 : 75)
        let noise = random.normals(count)
        add(0.3 * sigma) { noise[$0] }
      }
    case .little where random.chance(0.4):
      let level = random.uniform(0, 1.5)
      let noise = random.normals(count)
      add(level) { noise[$0] }
    case .little: break
    }
    return result
  }
}

extension Tensor {
  /// Unsharp masking, clipped to 0...1.
  fileprivate func sharpened(_ amount: Float, sigma: Float) -> Tensor {
    let soft = blurred(sigma: sigma)
    var result = self
    for i in result.values.indices {
      result.values[i] = min(max(values[i] + amount * (values[i] - soft.values[i]), 0), 1)
    }
    return result
  }
}
