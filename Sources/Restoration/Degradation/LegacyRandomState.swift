import Foundation

/// NumPy's `RandomState`, bit for bit: the Mersenne Twister MT19937 and the "legacy" normal deviates.
///
/// Papers state their test noise by its seed, so the same seed has to give the same picture here. Uniform numbers are equal
/// to NumPy's in every bit; normal ones are as far as `log` of the C library is (NumPy uses the same).
/// Source: Matsumoto and Nishimura (1998), `mt19937ar`; NumPy's `legacy_gauss`, frozen since version 1.16.
public struct LegacyRandomState: Hashable, Sendable {
  private static let size = 624

  private var state: [UInt32]
  private var position = size
  private var pendingNormal: Double?

  /// `RandomState(seed)` with an integer.
  public init(seed: UInt32) {
    state = [UInt32](repeating: seed, count: Self.size)
    for i in 1..<Self.size {
      state[i] = 1_812_433_253 &* (state[i - 1] ^ (state[i - 1] >> 30)) &+ UInt32(i)
    }
  }

  /// `RandomState([...])` with an array of 32-bit integers. As in NumPy, an array of one is that integer.
  ///
  /// - Precondition: at least one integer.
  public init(seeds: [UInt32]) {
    precondition(!seeds.isEmpty)
    if seeds.count == 1 {
      self.init(seed: seeds[0])
      return
    }
    self.init(seed: 19_650_218)
    let last = Self.size - 1
    var i = 1
    func scrambled(_ i: Int, _ state: [UInt32]) -> UInt32 { state[i - 1] ^ (state[i - 1] >> 30) }
    func advance() {
      i += 1
      if i > last {
        state[0] = state[last]
        i = 1
      }
    }
    for round in 0..<max(Self.size, seeds.count) {
      let j = round % seeds.count
      state[i] = (state[i] ^ (scrambled(i, state) &* 1_664_525)) &+ seeds[j] &+ UInt32(j)
      advance()
    }
    for _ in 0..<last {
      state[i] = (state[i] ^ (scrambled(i, state) &* 1_566_083_941)) &- UInt32(i)
      advance()
    }
    state[0] = 0x8000_0000
  }

  /// The next 32 random bits.
  public mutating func nextWord() -> UInt32 {
    if position == Self.size { refill() }
    var word = state[position]
    position += 1
    word ^= word >> 11
    word ^= (word << 7) & 0x9d2c_5680
    word ^= (word << 15) & 0xefc6_0000
    return word ^ (word >> 18)
  }

  /// The next number of `random_sample()`: uniform in 0..<1, 53 bits.
  public mutating func nextUniform() -> Double {
    let high = nextWord() >> 5
    let low = nextWord() >> 6
    return (Double(high) * 67_108_864 + Double(low)) / 9_007_199_254_740_992
  }

  /// The next number of `standard_normal()`: Marsaglia's polar method, which yields two at a time.
  public mutating func nextNormal() -> Double {
    if let normal = pendingNormal {
      pendingNormal = nil
      return normal
    }
    while true {
      let x = 2 * nextUniform() - 1
      let y = 2 * nextUniform() - 1
      let square = x * x + y * y
      if square < 1 && square != 0 {
        let factor = (-2 * log(square) / square).squareRoot()
        pendingNormal = factor * x
        return factor * y
      }
    }
  }

  private mutating func refill() {
    state.withUnsafeMutableBufferPointer { state in
      for i in 0..<Self.size {
        let joined = (state[i] & 0x8000_0000) | (state[(i + 1) % Self.size] & 0x7fff_ffff)
        state[i] = state[(i + 397) % Self.size] ^ (joined >> 1) ^ (joined & 1 == 0 ? 0 : 0x9908_b0df)
      }
    }
    position = 0
  }
}
