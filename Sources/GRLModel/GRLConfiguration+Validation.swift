extension GRLConfiguration {
  /// This configuration, if a network can be built from it and cut into windows and stripes.
  ///
  /// The bounds leave room for experiments far beyond GRL-B and keep every later size computation far from overflow.
  public func validated() throws(ConfigurationFault) -> GRLConfiguration {
    try Self.check(inputChannels, 1...16, "in_channels")
    try Self.check(outputChannels, 1...16, "out_channels")
    // Three means are added to the output of a colour network (Docs/Network.md section 2, step 7).
    guard inputChannels != 3 || outputChannels == 1 || outputChannels == 3 else {
      throw .wrongValue(key: "out_channels", found: "\(outputChannels)", allowed: "1 or 3 with three input channels")
    }
    try Self.check(embeddingWidth, 2...1024, "embed_dim")
    try Self.check(depths.count, 1...64, "number of stages in depths")
    for depth in depths { try Self.check(depth, 1...64, "depths") }
    try checkHeads()
    try Self.check(windowSize, 2...128, "window")
    try Self.check(anchorFactor, 1...64, "anchor_factor")
    try checkStripes()
    guard mlpRatio > 0, mlpRatio <= 16, hiddenWidth >= 1 else {
      throw .wrongValue(
        key: "mlp_ratio", found: "\(mlpRatio)", allowed: "a number up to 16 that leaves a hidden channel")
    }
    guard imageRange >= 1e-3, imageRange <= 65536 else {
      throw .wrongValue(key: "img_range", found: "\(imageRange)", allowed: "0.001 to 65536")
    }
    // The branch squeezes C to C div 4 and its gate to C div 18.
    guard !hasChannelAttention || embeddingWidth >= 18 else {
      throw .inconsistent("local_connection: needs embed_dim of at least 18, not \(embeddingWidth)")
    }
    try checkUpscale()
    return self
  }

  private static func check(_ value: Int, _ range: ClosedRange<Int>, _ key: String) throws(ConfigurationFault) {
    guard range.contains(value) else {
      throw .wrongValue(key: key, found: "\(value)", allowed: "\(range.lowerBound) to \(range.upperBound)")
    }
  }

  /// Each half of the channels is shared out among its heads.
  private func checkHeads() throws(ConfigurationFault) {
    for (heads, key) in [(windowHeads, "heads_window"), (stripeHeads, "heads_stripe")] {
      try Self.check(heads, 1...64, key)
      guard embeddingWidth.isMultiple(of: 2 * heads) else {
        throw .inconsistent("embed_dim: \(embeddingWidth) does not divide into two halves of \(heads) heads (\(key))")
      }
    }
  }

  /// Windows, stripes and their anchors must tile the padded picture, and no stripe may be a single pixel along an axis (its
  /// table of offsets would divide by zero).
  private func checkStripes() throws(ConfigurationFault) {
    for (extent, axis) in [(stripeRows, "rows"), (stripeColumns, "columns")] {
      switch extent {
      case .pixels(let side):
        try Self.check(side, 2...1024, "stripe_size (\(axis))")
        guard side.isMultiple(of: anchorFactor) else {
          throw .inconsistent("stripe_size (\(axis)): \(side) is not a multiple of anchor_factor \(anchorFactor)")
        }
      case .groups(let count): try Self.check(count, 1...64, "stripe_groups (\(axis))")
      }
    }
    guard padMultiple.isMultiple(of: windowSize) else {
      throw .inconsistent("window: the padded size \(padMultiple) is not a multiple of \(windowSize)")
    }
    for (extent, axis) in [(stripeRows, "rows"), (stripeColumns, "columns")] {
      switch extent {
      case .pixels(let side):
        guard padMultiple.isMultiple(of: side) else {
          throw .inconsistent("stripe_size (\(axis)): the padded size \(padMultiple) is not a multiple of \(side)")
        }
      case .groups(let count):
        guard padMultiple.isMultiple(of: anchorFactor * count), padMultiple / count >= 2 else {
          throw .inconsistent(
            "stripe_groups (\(axis)): the padded size \(padMultiple) does not divide into \(count) stripes of whole anchors"
          )
        }
      }
    }
  }

  private func checkUpscale() throws(ConfigurationFault) {
    let allowed: [Int] =
      switch upsampler {
      case .none: [1]
      case .pixelShuffle: [2, 3, 4, 8]
      case .pixelShuffleDirect: Array(1...8)
      case .nearestConvolution: [4]
      }
    guard allowed.contains(upscale) else {
      throw .wrongValue(
        key: "upscale", found: "\(upscale)",
        allowed: allowed.map(String.init).joined(separator: ", ") + " with upsampler \"\(upsampler.rawValue)\"")
    }
  }
}
