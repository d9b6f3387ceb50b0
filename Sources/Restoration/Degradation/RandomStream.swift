import Foundation

/// Random numbers that depend on their address alone: Philox4x32-10 in counter mode.
///
/// A stream is named by a seed, the step and the place in its batch for which it is drawn, and a purpose. Two streams with different names
/// share no block of the generator's 2^128, and no stream has a state that another one could change, so whatever is drawn is the same for
/// any number of threads and after any interruption.
/// Source: Salmon, Moraes, Dror and Shaw: Parallel random numbers: as easy as 1, 2, 3 (SC 2011), section 3.3, with ten rounds.
public struct RandomStream: Sendable {
  /// What a patch needs numbers for.
  public enum Purpose: UInt8, Sendable {
    /// Which picture, where in it, and how it is turned.
    case place
    /// The strengths of the damage, and its noise.
    case damage
    /// Which of several sources a patch is drawn from.
    case source
  }

  private let key: SIMD2<UInt32>
  private var counter: SIMD4<UInt32>
  private var block = SIMD4<UInt32>()
  /// Words of `block` that were handed out.
  private var used = 4
  private var pendingNormal: Float?

  /// - Parameters:
  ///   - seed: of the training.
  ///   - step: not negative.
  ///   - patch: its place in the batch; 0..<2^24.
  public init(seed: UInt64, step: Int, patch: Int, purpose: Purpose) {
    precondition(step >= 0 && patch >= 0 && patch < 1 << 24)
    self.init(
      key: [UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)],
      counter: [
        0, UInt32(patch) << 8 | UInt32(purpose.rawValue), UInt32(truncatingIfNeeded: step),
        UInt32(truncatingIfNeeded: step >> 32),
      ])
  }

  /// The generator's own words; the first of `counter` counts blocks.
  package init(key: SIMD2<UInt32>, counter: SIMD4<UInt32>) {
    self.key = key
    self.counter = counter
  }

  /// The next 32 bits. A stream has 2^34 words, after which it would begin again.
  public mutating func nextWord() -> UInt32 {
    if used == 4 {
      block = Self.block(key: key, counter: counter)
      counter[0] &+= 1
      used = 0
    }
    defer { used += 1 }
    return block[used]
  }

  private static func block(key: SIMD2<UInt32>, counter: SIMD4<UInt32>) -> SIMD4<UInt32> {
    var (k0, k1) = (key[0], key[1])
    var (c0, c1, c2, c3) = (counter[0], counter[1], counter[2], counter[3])
    for _ in 0..<10 {
      let first = UInt64(c0) * 0xD251_1F53
      let second = UInt64(c2) * 0xCD9E_8D57
      (c0, c1, c2, c3) = (
        UInt32(truncatingIfNeeded: second >> 32) ^ c1 ^ k0, UInt32(truncatingIfNeeded: second),
        UInt32(truncatingIfNeeded: first >> 32) ^ c3 ^ k1, UInt32(truncatingIfNeeded: first)
      )
      k0 &+= 0x9E37_79B9
      k1 &+= 0xBB67_AE85
    }
    return [c0, c1, c2, c3]
  }

  /// Uniform in 0..<1, 24 bits.
  public mutating func uniform() -> Float { Float(nextWord() >> 8) * 0x1p-24 }

  /// Uniform between `low` and `high`.
  public mutating func uniform(_ low: Float, _ high: Float) -> Float { low + (high - low) * uniform() }

  /// True with probability `share`.
  public mutating func chance(_ share: Float) -> Bool { uniform() < share }

  /// Uniform in 0..<`count`, which is 1...2^31.
  public mutating func integer(below count: Int) -> Int { Int((UInt64(nextWord()) * UInt64(count)) >> 32) }

  /// An index of `weights`, each as probable as its weight; the weights are not negative and their sum is positive.
  public mutating func index(weights: [Double]) -> Int {
    let bits = UInt64(nextWord()) << 21 ^ UInt64(nextWord()) >> 11
    var rest = Double(bits) * 0x1p-53 * weights.reduce(0, +)
    for (index, weight) in weights.enumerated() where weight > 0 {
      if rest < weight { return index }
      rest -= weight
    }
    return weights.lastIndex { $0 > 0 } ?? 0
  }

  /// Normal with mean 0 and deviation 1, by the transform of Box and Muller.
  public mutating func normal() -> Float {
    if let normal = pendingNormal {
      pendingNormal = nil
      return normal
    }
    let radius = (-2 * log((Float(nextWord() >> 8) + 1) * 0x1p-24)).squareRoot()
    let angle = 2 * Float.pi * uniform()
    pendingNormal = radius * sin(angle)
    return radius * cos(angle)
  }

  /// `count` normal numbers.
  public mutating func normals(_ count: Int) -> [Float] {
    [Float](unsafeUninitializedCapacity: count) { buffer, filled in
      for i in 0..<count { buffer.initializeElement(at: i, to: normal()) }
      filled = count
    }
  }
}
