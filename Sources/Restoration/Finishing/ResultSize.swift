import Base
import Imaging

/// The size that the result is brought to, behind the network; the standard leaves it as it is.
public struct ResultSize: Hashable, Sendable {
  /// Sides in pixels; of one alone the other follows from the shape.
  public var width: Int?
  public var height: Int?
  /// Sides that the result does not exceed, its shape kept.
  public var fitWidth: Int?
  public var fitHeight: Int?
  /// Millions of pixels that the result does not exceed, its shape kept.
  public var maxMegapixels: Double?

  public init() {}

  /// What becomes of a picture of this size; 1 x 1 at least.
  public func sides(_ width: Int, _ height: Int) -> (width: Int, height: Int) {
    func share(_ side: Int, _ wanted: Int, _ of: Int) -> Int {
      max(1, Int((Double(side) * Double(wanted) / Double(of)).rounded()))
    }
    var sides = (width: width, height: height)
    switch (self.width, self.height) {
    case (let wide?, let high?): sides = (wide, high)
    case (let wide?, nil): sides = (wide, share(height, wide, width))
    case (nil, let high?): sides = (share(width, high, height), high)
    case (nil, nil): break
    }
    if let fitWidth, let fitHeight { sides = Fit.shrunk(sides.width, sides.height, within: (fitWidth, fitHeight)) }
    if let maxMegapixels {
      let share = (maxMegapixels * 1e6 / (Double(sides.width) * Double(sides.height))).squareRoot()
      if share < 1 {
        sides = (max(1, Int(Double(sides.width) * share)), max(1, Int(Double(sides.height) * share)))
      }
    }
    return sides
  }

  /// Throws a usage error for what contradicts itself.
  package func validate() throws(RestorationError) {
    for (option, value) in [("--width", width), ("--height", height), ("--fit", fitWidth), ("--fit", fitHeight)] {
      if let value, value < 1 {
        throw .optionOutOfRange(option: option, value: "\(value)", allowed: "a number of pixels, at least 1")
      }
    }
    if let maxMegapixels, !(maxMegapixels > 0) {
      throw .optionOutOfRange(option: "--max-megapixels", value: "\(maxMegapixels)", allowed: "a number above 0")
    }
    guard width != nil || height != nil, fitWidth != nil || maxMegapixels != nil else { return }
    throw .optionsContradict(
      first: width != nil ? "--width" : "--height", second: fitWidth != nil ? "--fit" : "--max-megapixels")
  }
}

extension RestorationPlan {
  /// The picture that the network's result becomes at last: size, grain, depth.
  ///
  /// - Parameters:
  ///   - image: what `Restorer.restore` returned, sRGB-coded or of linear light.
  ///   - isLinear: which of them.
  ///   - top: of a picture that is restored by rows and not resized: where those of `image` begin in the result.
  public func finished(_ image: Image, isLinear: Bool = false, top: Int? = nil) -> Image {
    guard options.isFinishedLater else { return image }
    var finished = image
    if top == nil, result.width != image.width || result.height != image.height {
      finished = finished.resized(width: result.width, height: result.height, isLinear: isLinear)
    }
    if options.finish.grain > 0 {
      let isResized = finished.width != image.width || finished.height != image.height
      finished = FilmGrain(sigma: options.finish.grain, seed: options.finish.grainSeed)
        .grained(finished, origin: isResized ? (0, 0) : (resultOrigin.x, resultOrigin.y + (top ?? 0)))
    }
    return finished.withBitDepth(result.bitDepth)
  }
}
