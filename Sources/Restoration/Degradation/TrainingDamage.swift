import Foundation
import Tensors

/// The damage that a training draws for each patch: its kind and its range of strengths.
///
/// What ``Degradation`` does at one strength this does at a random one, with the ranges that the bundled models were trained on. Pairs are
/// not meant to be reproduced by another program; that the two distributions agree is tested on statistics.
public enum TrainingDamage: Hashable, Sendable {
  /// White Gaussian noise of a deviation drawn from the range, in 8-bit levels; neither clipped nor rounded. Any channels.
  case noise(sigma: ClosedRange<Double>)
  /// JPEG at a quality drawn from the range, 1...100; 4:2:0. One or three channels.
  case jpeg(quality: ClosedRange<Int>)
  /// Matlab's bicubic at 8 bits; 2...4.
  case bicubic(scale: Int)
  /// An RGGB mosaic interpolated by the filters of Malvar, He and Cutler.
  case mosaic
  /// A camera and things that move, on paths of up to so many pixels.
  case motion(length: Double)
  /// Lens blur by depth, discs of up to so many pixels of radius (16 at most); for dual pixel in two views.
  case defocus(radius: Double, isDualPixel: Bool)
  /// Photographs as cameras leave them: sensor noise, processing, grain, JPEG.
  case photograph
  /// Blur, resizing, noise and JPEG in random order.
  case realWorld(scale: Int)

  /// Target pixels for one of the input.
  public var scale: Int {
    switch self {
    case .bicubic(let scale), .realWorld(let scale): scale
    default: 1
    }
  }

  /// What of a crop is cut away on each side, in pixels of the input: its own edges are not those of a picture.
  private var margin: Int {
    switch self {
    case .bicubic, .mosaic: 4
    case .motion: 24
    case .defocus: 16
    case .noise, .jpeg, .photograph, .realWorld: 0
    }
  }

  /// Whether it is defined for gray pictures.
  public var takesGray: Bool {
    switch self {
    case .noise, .jpeg, .bicubic: true
    case .mosaic, .motion, .defocus, .photograph, .realWorld: false
    }
  }

  /// Squares of which the most detailed is taken: blur changes nothing in a sky.
  public var choices: Int {
    switch self {
    case .motion, .defocus: 2
    default: 1
    }
  }

  /// Channels of the input for targets of `channels`.
  public func inputChannels(_ channels: Int) -> Int {
    if case .defocus(_, isDualPixel: true) = self { 2 * channels } else { channels }
  }

  /// Side of the square of a good picture that a patch is made of.
  ///
  /// - Parameter patch: side of the input.
  public func cropSide(patch: Int) -> Int {
    self == .photograph ? PhotographDamage.cropSide(patch: patch) : (patch + 2 * margin) * scale
  }

  /// The same damage at the strength that published tables are about, where there is one, so that what is measured on held-out pictures
  /// can be compared: sigma 25, quality 20.
  public var measured: TrainingDamage {
    switch self {
    case .noise: .noise(sigma: 25...25)
    case .jpeg: .jpeg(quality: 20...20)
    default: self
    }
  }

  /// Draws the strengths and makes a pair.
  ///
  /// - Parameters:
  ///   - crop: `[cropSide, cropSide, C]`, values in 0...1; C is 3, or 1 where ``takesGray``.
  ///   - patch: side of the input.
  /// - Returns: `[patch, patch, inputChannels]` and `[patch * scale, patch * scale, C]`. All but noise gives whole levels of 8 bits where
  ///   a file of the published protocols would.
  /// - Throws: what the JPEG library refuses.
  public func pair(
    _ crop: Tensor, patch: Int, random: inout RandomStream
  ) throws(DegradationError) -> (input: Tensor, target: Tensor) {
    precondition(crop.shape.height == cropSide(patch: patch) && crop.shape.width == crop.shape.height)
    precondition(crop.shape.channels == 3 || crop.shape.channels == 1 && takesGray)
    switch self {
    case .noise(let sigma):
      let level = random.uniform(Float(sigma.lowerBound), Float(sigma.upperBound)) / 255
      return (crop.mapped { $0 + level * random.normal() }, crop)
    case .jpeg(let quality):
      return (
        try crop.throughJPEG(quality: quality.lowerBound + random.integer(below: quality.count)), crop
      )
    case .bicubic(let scale):
      let small = try Degradation.bicubic(scale: scale, bitDepth: 8).apply(to: crop)
      return (small.inside(margin), crop.inside(margin * scale))
    case .mosaic:
      return (crop.mosaicked(.rggb).demosaicked(.rggb).inside(margin), crop.inside(margin))
    case .motion(let length):
      return MotionDamage.pair(crop, margin: margin, longest: Float(length), &random)
    case .defocus(let radius, let isDualPixel):
      return DefocusDamage.pair(
        crop, margin: margin, largest: Float(radius), isDualPixel: isDualPixel, &random)
    case .photograph: return try PhotographDamage.pair(crop, patch: patch, &random)
    case .realWorld(let scale): return (try RealWorldChain.apply(to: crop, scale: scale, &random), crop)
    }
  }
}
