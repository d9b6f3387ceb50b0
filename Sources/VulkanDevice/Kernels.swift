import CVulkan

/// The kernels, each one file of `Shaders`, and what they are specialised for.
enum Kernel: Hashable {
  /// A linear layer (1 tap) or a 3x3 convolution (9).
  case product(taps: Int, isWide: Bool, activation: UInt32)
  /// What follows layers: norm, residual, local branch.
  case norm(hasNorm: Bool, hasResidual: Bool, hasLocal: Bool)
  case attention(width: Int, isShifted: Bool)
  case meanPool, pixelShuffle, doubleNearest
  case channelSums(channels: Int)
  case channelWeights(channels: Int, hidden: Int)

  var code: [UInt8] {
    switch self {
    case .product: PackageResources.product_spv
    case .norm: PackageResources.norm_spv
    case .attention: PackageResources.attention_spv
    case .meanPool, .pixelShuffle, .doubleNearest: PackageResources.rearrange_spv
    case .channelSums, .channelWeights: PackageResources.channels_spv
    }
  }

  /// Specialisation constants 0, 1, ...
  var constants: [UInt32] {
    switch self {
    case .product(let taps, let isWide, let activation): [UInt32(taps), isWide ? 1 : 0, activation]
    case .norm(let hasNorm, let hasResidual, let hasLocal): [hasNorm ? 1 : 0, hasResidual ? 1 : 0, hasLocal ? 1 : 0]
    case .attention(let width, let isShifted):
      [UInt32(width), isShifted ? 1 : 0, UInt32(Kernel.keysAtOnce(width: width))]
    case .meanPool: [0]
    case .pixelShuffle: [1]
    case .doubleNearest: [2]
    case .channelSums(let channels): [0, UInt32(channels), 1]
    case .channelWeights(let channels, let hidden): [1, UInt32(channels), UInt32(hidden)]
    }
  }

  /// Keys and values of at most 16 KiB.
  private static func keysAtOnce(width: Int) -> Int { max(1, min(32, 512 / ((width + 3) / 4))) }
}

/// The parameters of a dispatch as its kernel reads them: addresses first, then numbers, without gaps.
struct Push: Hashable {
  private(set) var words: [UInt32] = []

  /// - Parameter addresses: nil for a part that the kernel does not touch.
  init(_ addresses: [UInt64?], _ numbers: [Int]) {
    words.reserveCapacity(2 * addresses.count + numbers.count)
    for address in addresses {
      let address = address ?? 0
      words.append(UInt32(truncatingIfNeeded: address))
      words.append(UInt32(truncatingIfNeeded: address >> 32))
    }
    for number in numbers { words.append(UInt32(truncatingIfNeeded: number)) }
    precondition(words.count <= 32, "push constants are 128 bytes")
  }
}
