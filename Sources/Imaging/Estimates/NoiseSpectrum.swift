import Base
import Glibc

/// Kinds of noise that want different models. Raw values are the names on the command line.
public enum NoiseKind: String, Sendable, CaseIterable {
  /// White: every sample of every colour has noise of its own, as test sets are made.
  case gaussian
  /// Correlated between pixels or colours, as demosaicking, scaling and JPEG leave the noise of a sensor.
  case photo
}

/// How the energy of a picture's flattest places spreads over frequencies and colours, which tells white noise from correlated.
///
/// The picture is cut into blocks of 8 x 8 on a grid beside that of JPEG, and a tenth of them, those with the least energy in
/// their lowest frequencies, is transformed (DCT-II, orthonormal: white noise has the same energy at all frequencies). White
/// noise has as much in the high band (u + v of 7 and more) as in the low one (2 to 4) and nothing in common between colours.
/// A mosaic, a smaller or larger picture and JPEG take the high band away; a sensor's colours, taken from one mosaic, and JPEG's
/// 4:2:0, which keeps fine detail in luma alone, have it in common.
///
/// Medians over blocks, on parts of photographs (CBSD68, every sixth; PolyU, all 31 inputs): white noise of sigma 10 to 75 has a
/// high band of 0.32 to 1.36 and a correlation of at most 0.5; PolyU's pictures 0.05 to 0.16 and at least 0.87; white noise
/// interpolated from a mosaic at most 0.06; white noise saved as JPEG 95 with 4:2:0 a correlation of at least 0.98.
///
/// Texture is correlated too, and the flattest places of a small picture have some. But noise lies over all of them alike, where
/// texture thins out: correlated noise of a small picture counts only where its flattest blocks are ``evenness`` itself.
public struct NoiseSpectrum: Hashable, Sendable {
  /// Square root of the low band's mean energy, in levels 0...255: noise and what texture the flattest places have.
  public let level: Double
  /// Energy of the high band over that of the low one; about 1 for white noise.
  public let highShare: Double
  /// Correlation between two colours in the high band, -1...1; nil for gray pictures.
  public let correlation: Double?
  /// Low energy of the flattest fiftieth of all blocks, half of which overlap, over that of the flattest tenth, times the fourth
  /// root of the latter over the median; near 1 for noise alone. Nil where it is not asked for: white noise, and pictures
  /// of ``fewBlocks`` and more.
  ///
  /// White noise of sigma 10 interpolated from a mosaic has 0.22 and more in all of 37 photographs reduced to 128, 200 and 300
  /// pixels, 19 of 20 with that of JPEG 95; two of three of the photographs without it less. Weak noise is missed at times: of the middle 128,
  /// 200 and 300 pixels of PolyU's 31 inputs 18, 14 and 25 have 0.22 and more; the others get the model for white noise, which gains less. Taking texture
  /// for noise costs more: the model for photographs keeps clean photographs of 200 x 200 at 43.4 dB, the worst at 29.0, where the other keeps 45.4 and 35.9.
  public let evenness: Double?

  static let side = 8
  /// Of a picture that is not small: about 360 x 360 pixels.
  static let fewBlocks = 2000
  /// Blocks looked at, at most, spread evenly.
  static let mostBlocks = 1 << 14
  static let fewestBlocks = 32
  /// A block with a larger share of samples at black or white tells little.
  private static let mostClipped = 0.25
  private static let flattestShare = 0.1
  /// Less than this many levels is no noise to speak of.
  private static let leastLevel = 0.3
  /// White noise over texture has no less.
  private static let leastHighShare = 0.25
  /// White noise over texture has no more.
  private static let mostCorrelation = 0.7
  private static let leastEvenness = 0.22
  /// Energy of rounding to levels.
  private static let rounding = 1.0 / 12

  /// Nil where too little of the picture can be used.
  ///
  /// - Parameter flag: looked at in every row of blocks; what comes back once it is set means nothing.
  public init?(_ image: Image, heeding flag: CancelFlag? = nil) {
    let found = Self.blocks(of: image, spacing: Self.side, flag)
    guard found.count >= Self.fewestBlocks else { return nil }
    let count = max(Self.fewestBlocks, Int(Double(found.count) * Self.flattestShare))
    let flattest = found.sorted { $0.activity < $1.activity }.prefix(count)
    let colours = image.layout.colourChannels
    func medians(_ count: Int, _ value: (Block, Int) -> Double) -> Double? {
      var values = (0..<count).compactMap { channel in
        var values = flattest.map { value($0, channel) }
        return values.median()
      }
      return values.median()
    }
    guard let low = medians(colours, { $0.low[$1] }), let high = medians(colours, { $0.high[$1] }) else { return nil }
    level = low.squareRoot()
    highShare = high / max(low, 1e-9)
    correlation = colours == 3 ? medians(3) { $0.correlations[$1] } : nil
    isWhite = highShare >= Self.leastHighShare && (correlation ?? 0) <= Self.mostCorrelation
    let isSmall = Self.places(image.width, Self.side) * Self.places(image.height, Self.side) < Self.fewBlocks
    evenness = isSmall && !isWhite && level >= Self.leastLevel ? Self.evenness(of: image, flag) : nil
  }

  private let isWhite: Bool

  /// What the noise is; nil where there is none to speak of.
  public var kind: NoiseKind? {
    guard level >= Self.leastLevel else { return nil }
    if isWhite { return .gaussian }
    if let evenness, evenness < Self.leastEvenness { return nil }
    return .photo
  }

  private static func evenness(of image: Image, _ flag: CancelFlag?) -> Double? {
    let colours = image.layout.colourChannels
    let energies = blocks(of: image, spacing: side / 2, flag).map { block in
      (0..<colours).reduce(0) { $0 + block.low[$1] } / Double(colours) + rounding
    }.sorted()
    guard !energies.isEmpty else { return nil }
    func lowest(_ share: Double) -> Double { energies[Int(Double(energies.count) * share)] }
    let floor = lowest(flattestShare)
    return lowest(0.02) / floor * (floor / lowest(0.5)).squareRoot().squareRoot()
  }

  private struct Block {
    /// Energy of the lowest frequencies, all colours together.
    var activity = 0.0
    /// Mean energies of the bands, by colour.
    var low = SIMD4<Double>.zero
    var high = SIMD4<Double>.zero
    /// Of red and green, green and blue, red and blue in the high band.
    var correlations = SIMD4<Double>.zero
  }

  /// Blocks that fit beside each other on an axis, `spacing` pixels on.
  private static func places(_ length: Int, _ spacing: Int) -> Int {
    length < side / 2 + side ? 0 : (length - side / 2 - side) / spacing + 1
  }

  private static func blocks(of image: Image, spacing: Int, _ flag: CancelFlag?) -> [Block] {
    let rows = MeasuredRows(
      of: image, as: Metric(.noise, convention: .basicsr), isColour: image.layout.isColour)
    let origin = side / 2
    let (across, down) = (places(image.width, spacing), places(image.height, spacing))
    guard across > 0, down > 0 else { return [] }
    var step = 1
    while ((across + step - 1) / step) * ((down + step - 1) / step) > mostBlocks { step += 1 }
    let transform = Transform()
    var blocks: [Block] = []
    var lines = [Double](repeating: 0, count: rows.channels * side * rows.width)
    for row in stride(from: 0, to: down, by: step) {
      if flag?.isSet == true { return [] }
      lines.withUnsafeMutableBufferPointer { lines in
        for line in 0..<rows.channels * side {
          let place = line * rows.width..<(line + 1) * rows.width
          rows.read(
            origin + row * spacing + line % side, line / side, into: UnsafeMutableBufferPointer(rebasing: lines[place]))
        }
      }
      for column in stride(from: 0, to: across, by: step) {
        if let block = block(lines, rows, at: origin + column * spacing, transform) { blocks.append(block) }
      }
    }
    return blocks
  }

  /// Nil where the block is clipped.
  private static func block(_ lines: [Double], _ rows: MeasuredRows, at x: Int, _ transform: Transform) -> Block? {
    var block = Block()
    var highs: [[Double]] = []
    for channel in 0..<rows.channels {
      var values = [Double](repeating: 0, count: side * side)
      var clipped = 0
      for y in 0..<side {
        let start = (channel * side + y) * rows.width + x
        for i in 0..<side {
          let value = lines[start + i]
          values[y * side + i] = value
          if value <= 0 || value >= 255 { clipped += 1 }
        }
      }
      guard Double(clipped) < mostClipped * Double(side * side) else { return nil }
      let frequencies = transform(values)
      func energy(_ band: [Int]) -> Double { band.reduce(0) { $0 + frequencies[$1] * frequencies[$1] } }
      block.activity += energy(transform.lowest)
      block.low[channel] = energy(transform.low) / Double(transform.low.count)
      block.high[channel] = energy(transform.high) / Double(transform.high.count)
      highs.append(transform.high.map { frequencies[$0] })
    }
    if rows.channels == 3 {
      for (pair, (a, b)) in [(0, 1), (1, 2), (0, 2)].enumerated() {
        let product = zip(highs[a], highs[b]).reduce(0) { $0 + $1.0 * $1.1 } / Double(transform.high.count)
        block.correlations[pair] = product / max((block.high[a] * block.high[b]).squareRoot(), 1e-9)
      }
    }
    return block
  }
}

/// The DCT-II of a block of 8 x 8, orthonormal, and its bands as places `u * 8 + v`.
private struct Transform {
  let lowest: [Int]
  let low: [Int]
  let high: [Int]
  /// Basis vectors, a row each.
  private let basis: [Double]

  private static let side = NoiseSpectrum.side

  init() {
    let side = Self.side
    func band(_ range: ClosedRange<Int>) -> [Int] {
      (0..<side * side).filter { range.contains($0 / side + $0 % side) }
    }
    (lowest, low, high) = (band(1...3), band(2...4), band(7...14))
    basis = (0..<side * side).map { place in
      let (frequency, sample) = (place / side, place % side)
      let scale = (frequency == 0 ? 1.0 : 2.0) / Double(side)
      return scale.squareRoot() * cos(Double(2 * sample + 1) * Double(frequency) * .pi / Double(2 * side))
    }
  }

  func callAsFunction(_ values: [Double]) -> [Double] {
    let side = Self.side
    var half = [Double](repeating: 0, count: side * side)
    var result = half
    for y in 0..<side {
      for v in 0..<side {
        var sum = 0.0
        for x in 0..<side { sum += basis[v * side + x] * values[y * side + x] }
        half[y * side + v] = sum
      }
    }
    for u in 0..<side {
      for v in 0..<side {
        var sum = 0.0
        for y in 0..<side { sum += basis[u * side + y] * half[y * side + v] }
        result[u * side + v] = sum
      }
    }
    return result
  }
}
