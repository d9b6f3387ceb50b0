import Glibc

/// Structural similarity through an 11 x 11 Gaussian window.
///
/// The window is the product of two lines, so means are taken along rows, then along columns. Eleven filtered rows are held
/// at a time; no plane of the picture is stored.
struct SSIMWindow {
  /// The line's weights, symmetric, with sum 1.
  let weights: [Double]
  /// Zeros assumed around the picture.
  let padding: Int

  static let length = 11
  static let matlab = SSIMWindow(padding: 0) { $0 }
  /// GRL rounds the weights to six decimals before it scales them, and pads to keep the picture's size.
  static let grl = SSIMWindow(padding: 5) { ($0 * 1e6).rounded() / 1e6 }

  private init(padding: Int, rounding: (Double) -> Double) {
    let bell = (-5...5).map { rounding(exp(-Double($0 * $0) / (2 * 1.5 * 1.5))) }
    let sum = bell.reduce(0, +)
    weights = bell.map { $0 / sum }
    self.padding = padding
  }

  /// The smallest picture with a place for the window.
  var smallestSide: Int { Self.length - 2 * padding }

  /// Mean over window positions, then over channels.
  func meanSimilarity(_ a: MeasuredRows, _ b: MeasuredRows) -> Double {
    let sum = (0..<a.channels).reduce(0) { $0 + means(a, b, channel: $1).similarity }
    return sum / Double(a.channels)
  }

  /// Means over the window's positions in one channel.
  struct Means {
    var similarity = 0.0
    /// The part of the similarity that is not luminance.
    var contrastAndStructure = 0.0
  }

  /// The five maps that SSIM is made of: both means, both mean squares, the mean product.
  private static let maps = 5

  func means<Rows: RowSource>(_ a: Rows, _ b: Rows, channel: Int = 0) -> Means {
    let lineWidth = a.width + 2 * padding
    let places = lineWidth - Self.length + 1
    var lines = [Double](repeating: 0, count: Self.maps * lineWidth)
    var filtered = [Double](repeating: 0, count: Self.length * Self.maps * places)
    var means = [Double](repeating: 0, count: Self.maps * places)
    var sums = Means()

    lines.withUnsafeMutableBufferPointer { lines in
      filtered.withUnsafeMutableBufferPointer { filtered in
        means.withUnsafeMutableBufferPointer { means in
          for line in 0..<a.height + 2 * padding {
            let slot = UnsafeMutableBufferPointer(
              rebasing: filtered[
                (line % Self.length) * Self.maps * places..<(line % Self.length + 1) * Self.maps * places])
            let y = line - padding
            if (0..<a.height).contains(y) {
              readProducts(a, b, y, channel, lines, lineWidth)
              for map in 0..<Self.maps {
                let source = UnsafePointer(lines.baseAddress! + map * lineWidth)
                weigh((0..<Self.length).map { source + $0 }, slot.baseAddress! + map * places, places)
              }
            } else {
              slot.update(repeating: 0)
            }
            guard line >= Self.length - 1 else { continue }
            let rows = (0..<Self.length).map {
              UnsafePointer(filtered.baseAddress! + ((line + 1 + $0) % Self.length) * Self.maps * places)
            }
            weigh(rows, means.baseAddress!, Self.maps * places)
            addSimilarity(means, places, to: &sums)
          }
        }
      }
    }
    let count = Double(places * (a.height + 2 * padding - Self.length + 1))
    return Means(similarity: sums.similarity / count, contrastAndStructure: sums.contrastAndStructure / count)
  }

  /// Fills the five lines with a, b, a^2, b^2 and ab of row `y`; the padding around them stays zero.
  private func readProducts<Rows: RowSource>(
    _ a: Rows, _ b: Rows, _ y: Int, _ channel: Int, _ lines: UnsafeMutableBufferPointer<Double>,
    _ lineWidth: Int
  ) {
    func inner(_ map: Int) -> UnsafeMutableBufferPointer<Double> {
      let start = map * lineWidth + padding
      return UnsafeMutableBufferPointer(rebasing: lines[start..<start + a.width])
    }
    let (valuesA, valuesB) = (inner(0), inner(1))
    a.read(y, channel, into: valuesA)
    b.read(y, channel, into: valuesB)
    let (squaresA, squaresB, products) = (inner(2), inner(3), inner(4))
    for x in 0..<a.width {
      squaresA[x] = valuesA[x] * valuesA[x]
      squaresB[x] = valuesB[x] * valuesB[x]
      products[x] = valuesA[x] * valuesB[x]
    }
  }

  /// `result[i] = sum over k of weights[k] * sources[k][i]`, using the weights' symmetry.
  private func weigh(_ sources: [UnsafePointer<Double>], _ result: UnsafeMutablePointer<Double>, _ count: Int) {
    let (s0, s1, s2, s3, s4, s5) = (sources[0], sources[1], sources[2], sources[3], sources[4], sources[5])
    let (s6, s7, s8, s9, s10) = (sources[6], sources[7], sources[8], sources[9], sources[10])
    let (w0, w1, w2, w3, w4, w5) = (weights[0], weights[1], weights[2], weights[3], weights[4], weights[5])
    for i in 0..<count {
      let outer = w0 * (s0[i] + s10[i]) + w1 * (s1[i] + s9[i]) + w2 * (s2[i] + s8[i])
      let inner = w3 * (s3[i] + s7[i]) + w4 * (s4[i] + s6[i]) + w5 * s5[i]
      result[i] = outer + inner
    }
  }

  /// Adds SSIM at the places of one row of windows.
  private func addSimilarity(_ means: UnsafeMutableBufferPointer<Double>, _ places: Int, to sums: inout Means) {
    let (c1, c2) = (0.01 * 255 * (0.01 * 255), 0.03 * 255 * (0.03 * 255))
    var (similarity, contrast) = (0.0, 0.0)
    for x in 0..<places {
      let (a, b) = (means[x], means[x + places])
      let varianceA = means[x + 2 * places] - a * a
      let varianceB = means[x + 3 * places] - b * b
      let covariance = means[x + 4 * places] - a * b
      let contrastAndStructure = (2 * covariance + c2) / (varianceA + varianceB + c2)
      contrast += contrastAndStructure
      similarity += (2 * a * b + c1) / (a * a + b * b + c1) * contrastAndStructure
    }
    sums.similarity += similarity
    sums.contrastAndStructure += contrast
  }
}
