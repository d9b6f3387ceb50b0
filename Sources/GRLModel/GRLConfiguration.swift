/// Everything that decides what a GRL network computes, apart from its weights.
///
/// Field names follow the paper and the published code; `GRLConfiguration+JSON.swift` maps the `config` metadata of our files.
public struct GRLConfiguration: Hashable, Sendable {
  /// How deep features become a picture (paper section 3.1; published parameter `upsampler`).
  public enum Upsampler: String, Sendable, CaseIterable {
    /// Same size; the input picture is added when it has as many channels as the output.
    case none = ""
    case pixelShuffle = "pixelshuffle"
    case pixelShuffleDirect = "pixelshuffledirect"
    case nearestConvolution = "nearest+conv"
  }

  /// Size of a stripe along one axis: a fixed number of pixels, or a share of the padded picture.
  public enum StripeExtent: Hashable, Sendable {
    case pixels(Int)
    case groups(Int)
  }

  public var inputChannels: Int
  public var outputChannels: Int
  /// Width of the features, `C` in the paper.
  public var embeddingWidth: Int
  /// Blocks in each transformer stage.
  public var depths: [Int]
  public var windowHeads: Int
  public var stripeHeads: Int
  /// Side of the square attention window in pixels.
  public var windowSize: Int
  /// Stripe of the even (horizontal) blocks; odd blocks swap the axes.
  public var stripeRows: StripeExtent
  public var stripeColumns: StripeExtent
  public var shiftsStripes: Bool
  /// Side of the square that one anchor summarises.
  public var anchorFactor: Int
  public var mlpRatio: Double
  public var hasQKVBias: Bool
  /// Whether blocks hold the channel attention branch (paper: GRL-B).
  public var hasChannelAttention: Bool
  public var upscale: Int
  public var upsampler: Upsampler
  public var imageRange: Float

  public init(
    inputChannels: Int = 3, outputChannels: Int? = nil, embeddingWidth: Int = 64, depths: [Int] = [4, 4, 4, 4],
    windowHeads: Int = 2, stripeHeads: Int = 2, windowSize: Int = 8, stripeRows: StripeExtent = .pixels(8),
    stripeColumns: StripeExtent = .groups(4), shiftsStripes: Bool = true, anchorFactor: Int = 4, mlpRatio: Double = 2,
    hasQKVBias: Bool = true, hasChannelAttention: Bool = false, upscale: Int = 1, upsampler: Upsampler = .none,
    imageRange: Float = 1
  ) {
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels ?? inputChannels
    self.embeddingWidth = embeddingWidth
    self.depths = depths
    self.windowHeads = windowHeads
    self.stripeHeads = stripeHeads
    self.windowSize = windowSize
    self.stripeRows = stripeRows
    self.stripeColumns = stripeColumns
    self.shiftsStripes = shiftsStripes
    self.anchorFactor = anchorFactor
    self.mlpRatio = mlpRatio
    self.hasQKVBias = hasQKVBias
    self.hasChannelAttention = hasChannelAttention
    self.upscale = upscale
    self.upsampler = upsampler
    self.imageRange = imageRange
  }

  /// The multiple that height and width are padded to: the largest of window, fixed stripe sides and
  /// `anchorFactor * groups` (Docs/Network.md section 2).
  public var padMultiple: Int {
    [stripeRows, stripeColumns].reduce(windowSize) { largest, extent in
      switch extent {
      case .pixels(let side): max(largest, side)
      case .groups(let count): max(largest, anchorFactor * count)
      }
    }
  }

  /// Mean of each input channel that the network takes off the picture and puts back (that of DIV2K for colour input, 0 otherwise).
  package var subtractedMean: [Float] {
    inputChannels == 3 ? [0.4488, 0.4371, 0.4040] : [Float](repeating: 0, count: inputChannels)
  }

  /// Width of the hidden layer of the feed-forward network.
  public var hiddenWidth: Int { Int(Double(embeddingWidth) * mlpRatio) }

  /// `length` rounded up to a multiple of `padMultiple`.
  public func padded(_ length: Int) -> Int { (length + padMultiple - 1) / padMultiple * padMultiple }
}
