import Foundation

/// A point spread function: how the light of one point lands on the pixels around it.
///
/// `weights[(dy + radius) * side + dx + radius]` is the share that moves `dx` pixels to the right and `dy` down. Shares are not
/// negative and sum to one.
public struct BlurKernel: Sendable {
  public let radius: Int
  public let weights: [Float]

  /// Width and height: `2 * radius + 1`.
  public var side: Int { 2 * radius + 1 }

  private init(radius: Int, share: (_ dy: Double, _ dx: Double) -> Double) {
    let steps = (-radius...radius).map(Double.init)
    self.init(radius: radius, shares: steps.flatMap { dy in steps.map { dx in share(dy, dx) } })
  }

  private init(radius: Int, shares: [Double]) {
    let sum = shares.reduce(0, +)
    self.radius = radius
    weights = shares.map { Float($0 / sum) }
  }

  /// A steady movement of the camera along a straight line, centred on the sharp position.
  ///
  /// - Parameters:
  ///   - length: how far a point travels during the exposure, in pixels; 0 leaves it where it is.
  ///   - angleDegrees: direction, counter-clockwise from the right.
  public static func motion(length: Double, angleDegrees: Double) -> BlurKernel {
    let angle = angleDegrees * .pi / 180
    let radius = Int((length / 2).rounded(.up)) + 1
    let side = 2 * radius + 1
    var shares = [Double](repeating: 0, count: side * side)
    // Points along the path, 16 to a pixel, each shared among the four pixels around it by bilinear weights.
    let count = max(1, Int((16 * length).rounded(.up)))
    for i in 0..<count {
      let along = ((Double(i) + 0.5) / Double(count) - 0.5) * length
      let x = Double(radius) + along * cos(angle)
      let y = Double(radius) - along * sin(angle)
      let left = Int(x)
      let top = Int(y)
      let (fx, fy) = (x - Double(left), y - Double(top))
      shares[top * side + left] += (1 - fy) * (1 - fx)
      shares[top * side + left + 1] += (1 - fy) * fx
      shares[(top + 1) * side + left] += fy * (1 - fx)
      shares[(top + 1) * side + left + 1] += fy * fx
    }
    return BlurKernel(radius: radius, shares: shares)
  }

  /// Which part of a lens the light came through.
  public enum Aperture: Sendable {
    case full, left, right
  }

  /// Light of a point out of focus: an evenly lit disc with an edge one pixel wide.
  ///
  /// The half apertures are what the two photodiodes of a dual-pixel sensor see: the same disc, lit from one side by a slope that
  /// falls from 1 at one edge to 0 at the other, so that their mean is the whole disc. The two overlap by 0.58 and their
  /// centres lie 1.07 rms radii apart; calibrated sensors have 0.57 to 0.66 and 0.83 to 0.98. For a point behind the plane of focus the sides change places; exchange the views for that.
  ///
  /// - Parameter radius: of the disc, in pixels.
  public static func disc(radius: Double, through aperture: Aperture = .full) -> BlurKernel {
    let lean: Double =
      switch aperture {
      case .full: 0
      case .left: -1
      case .right: 1
      }
    return BlurKernel(radius: Int((radius + 0.5).rounded(.up))) { dy, dx in
      let disc = min(max(radius - (dy * dy + dx * dx).squareRoot() + 0.5, 0), 1)
      return disc * min(max(0.5 + 0.5 * lean * dx / max(radius, 1), 0), 1)
    }
  }

  /// An elliptic Gaussian, cut off three deviations out.
  ///
  /// - Parameters:
  ///   - sigma: deviation along the axis that `angleDegrees` (counter-clockwise from the right) points to, in pixels.
  ///   - sigmaAcross: deviation along the other axis.
  public static func gaussian(sigma: Double, sigmaAcross: Double, angleDegrees: Double) -> BlurKernel {
    let (c, s) = (cos(angleDegrees * .pi / 180), sin(angleDegrees * .pi / 180))
    return BlurKernel(radius: max(1, Int((3 * max(sigma, sigmaAcross)).rounded(.up)))) { dy, dx in
      let along = (c * dx - s * dy) / sigma
      let across = (s * dx + c * dy) / sigmaAcross
      return exp(-0.5 * (along * along + across * across))
    }
  }

  /// The same ellipse with long tails, 1 / (1 + d^2) at d deviations; cut off ten pixels out.
  static func heavyTailed(sigma: Double, sigmaAcross: Double, angleDegrees: Double) -> BlurKernel {
    let (c, s) = (cos(angleDegrees * .pi / 180), sin(angleDegrees * .pi / 180))
    return BlurKernel(radius: 10) { dy, dx in
      let along = (c * dx - s * dy) / sigma
      let across = (s * dx + c * dy) / sigmaAcross
      return 1 / (1 + along * along + across * across)
    }
  }
}
