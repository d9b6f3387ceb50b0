import Foundation
import Tensors

/// Motion blur: a moving camera, and things that move before the background, composited along the exposure in linear light.
///
/// The camera shifts and turns in its plane; in half of the pictures near things shift further than far ones. Layers cut from the picture,
/// as it is or turned around, move before it on paths of their own and cover it, so that blurred edges mix what lies before and behind.
struct MotionDamage {
  private static let steps = 25
  private static let middle = steps / 2
  /// How frequent each layer is.
  private static let layers: [Float] = [0.6, 0.3]

  /// Where a point lies at each step, in pixels from where it is in the middle of the exposure.
  private typealias Path = [SIMD2<Float>]

  private struct Layer {
    /// Colours times the share that is covered, and that share.
    let pixels: [SIMD4<Float>]
    let path: Path
  }

  private let light: SceneLight
  private let margin: Int
  private let camera: Path
  /// Turn of the camera at each step, in radians.
  private let turn: [Float]
  private let centre: SIMD2<Float>
  /// How far each pixel of the result moves with the camera; 1 is the plane in focus.
  private let parallax: [Float]
  private let before: [Layer]
  private let strength: SceneLight.Strength

  /// - Parameters:
  ///   - crop: `[h, w, 3]`, display values.
  ///   - margin: pixels on each side that may move in.
  ///   - longest: length of the longest path, in pixels.
  /// - Returns: both `[h - 2 margin, w - 2 margin, 3]`, rounded to 8 bits; the target is the middle of the exposure.
  static func pair(
    _ crop: Tensor, margin: Int, longest: Float, _ random: inout RandomStream
  ) -> (input: Tensor, target: Tensor) {
    let damage = MotionDamage(crop, margin: margin, longest: longest, &random)
    let shape = Shape(height: crop.shape.height - 2 * margin, width: crop.shape.width - 2 * margin, channels: 3)
    let target = SceneLight.display(damage.exposed(during: middle..<middle + 1), shape)
    guard damage.strength != .none else {
      let rounded = target.roundedTo8Bits()
      return (rounded, rounded)
    }
    let blurred = SceneLight.display(damage.exposed(during: 0..<steps), shape)
    return (SceneLight.grain(blurred, &random).roundedTo8Bits(), target.roundedTo8Bits())
  }

  private init(_ crop: Tensor, margin: Int, longest: Float, _ random: inout RandomStream) {
    let (height, width) = (crop.shape.height, crop.shape.width)
    let side = Float(max(height, width))
    strength = SceneLight.Strength(&random)
    let longest = strength == .slight ? random.uniform(0, 1.5) : longest
    let reach = random.chance(0.85) ? longest * random.uniform() : 0
    camera = Self.walk(dimensions: 2, &random).map { $0 * reach }
    let most = random.chance(0.5) ? random.uniform(0, 2 * .pi / 180) * min(longest / 24, 1) : 0
    turn = Self.walk(dimensions: 1, &random).map { $0.x * most }
    centre = SIMD2(random.uniform(-2, 2), random.uniform(-2, 2)) * side
    let depth = random.chance(0.5) ? random.uniform(0, 0.6) : 0
    let (inner, across) = (height - 2 * margin, width - 2 * margin)
    parallax =
      depth > 0
      ? Tensor.smoothField(cells: 3, height: inner, width: across, random: &random).values.map { 1 + tanh($0) * depth }
      : [Float](repeating: 1, count: inner * across)
    let scene = SceneLight(crop, &random)
    light = scene
    self.margin = margin

    var before: [Layer] = []
    for presence in Self.layers where random.chance(presence) {
      let cells = 3 + random.integer(below: 5)
      let field = Tensor.smoothField(cells: cells, height: height, width: width, random: &random)
      let threshold = random.uniform(0, 1.2)
      // An edge of about a pixel.
      let steepness = side / Float(cells - 1) * random.uniform(0.4, 1.2)
      let isTurned = random.chance(0.5)
      let brightness = isTurned ? random.uniform(0.6, 1.4) : 1
      let pixels = field.values.indices.map { i -> SIMD4<Float> in
        let share = min(max(0.5 + (field.values[i] - threshold) * steepness, 0), 1)
        var pixel = scene.pixels[isTurned ? field.values.count - 1 - i : i] * brightness
        pixel.w = 1
        return pixel * share
      }
      let follows = random.uniform(0, 1.5)
      let own = random.chance(0.8) ? longest * random.uniform() : 0
      let path = zip(camera, Self.walk(dimensions: 2, &random)).map { $0 * follows + $1 * own }
      before.append(Layer(pixels: pixels, path: path))
    }
    self.before = before
  }

  /// A random smooth path of length 1 whose middle step lies at 0.
  private static func walk(dimensions: Int, _ random: inout RandomStream) -> Path {
    func draw() -> SIMD2<Float> { SIMD2(random.normal(), dimensions > 1 ? random.normal() : 0) }
    let drift = draw() * random.uniform(0, 3)
    let keep = random.uniform(0.5, 0.95)
    var (speed, place, length) = (SIMD2<Float>(), SIMD2<Float>(), Float(0))
    let path = (0..<steps).map { step in
      speed = keep * speed + (1 - keep * keep).squareRoot() * draw()
      let move = speed + drift
      if step > 0 { length += (move * move).sum().squareRoot() }
      place += move
      return place
    }
    return path.map { ($0 - path[middle]) / max(length, 1e-6) }
  }

  /// The mean light of some steps, for each pixel of the result.
  private func exposed(during exposure: Range<Int>) -> [SIMD4<Float>] {
    let (height, width) = (light.height - 2 * margin, light.width - 2 * margin)
    let share = 1 / Float(exposure.count)
    var result = [SIMD4<Float>](repeating: .zero, count: height * width)
    for step in exposure {
      let (c, s) = (cos(turn[step]), sin(turn[step]))
      let origin = SIMD2(Float(light.width - 1) / 2, Float(light.height - 1) / 2) + centre
      for y in 0..<height {
        let dy = Float(y) - Float(height - 1) / 2 - centre.y
        for x in 0..<width {
          let dx = Float(x) - Float(width - 1) / 2 - centre.x
          let turned = SIMD2(c * dx - s * dy, s * dx + c * dy) + origin
          let i = y * width + x
          var seen = at(turned + camera[step] * parallax[i], in: light.pixels)
          for layer in before {
            let over = at(turned + layer.path[step], in: layer.pixels)
            seen = seen * (1 - over.w) + over
          }
          result[i] += seen * share
        }
      }
    }
    return result
  }

  /// Between four pixels; the edge pixels go on beyond the edges.
  @inline(__always)
  private func at(_ place: SIMD2<Float>, in pixels: [SIMD4<Float>]) -> SIMD4<Float> {
    let x = min(max(place.x, 0), Float(light.width - 1))
    let y = min(max(place.y, 0), Float(light.height - 1))
    let (left, top) = (Int(x), Int(y))
    let (right, below) = (min(left + 1, light.width - 1), min(top + 1, light.height - 1))
    let (fx, fy) = (x - Float(left), y - Float(top))
    return pixels.withUnsafeBufferPointer { pixels in
      let upper = pixels[top * light.width + left] * (1 - fx) + pixels[top * light.width + right] * fx
      let lower = pixels[below * light.width + left] * (1 - fx) + pixels[below * light.width + right] * fx
      return upper * (1 - fy) + lower * fy
    }
  }
}
