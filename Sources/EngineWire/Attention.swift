import Base

/// What a query pixel of a picture is to be asked about. Stages, blocks and heads count from 0.
public struct AttentionOrder: Codable, Hashable, Sendable {
  /// In the upright picture's pixels.
  public var x: Int
  public var y: Int
  public var stage: Int
  public var block: Int
  /// `window`, `stripe`, `anchors` or `gather`.
  public var kind: String
  /// Nil for the mean over all heads.
  public var head: Int?
  public var hasBias: Bool
  public var hasTemperature: Bool
  /// The picture at half the scale is asked, at half of `x` and `y`; the answer is in its pixels.
  public var isHalfScale: Bool

  public init(
    x: Int, y: Int, stage: Int, block: Int, kind: String = "stripe", head: Int? = nil, hasBias: Bool = true,
    hasTemperature: Bool = true, isHalfScale: Bool = false
  ) {
    (self.x, self.y, self.stage, self.block) = (x, y, stage, block)
    (self.kind, self.head, self.hasBias, self.hasTemperature) = (kind, head, hasBias, hasTemperature)
    self.isHalfScale = isHalfScale
  }
}

/// A row of attention in numbers; lengths in pixels, shares 0...1.
public struct AttentionFigures: Codable, Hashable, Sendable {
  public struct Key: Codable, Hashable, Sendable {
    public var x: Int
    public var y: Int
    public var share: Double

    public init(x: Int, y: Int, share: Double) { (self.x, self.y, self.share) = (x, y, share) }
  }
  public var entropyBits: Double
  public var entropyLimitBits: Double
  public var meanDistance: Double
  public var radius90: Double
  public var massInWindow: Double
  public var massOnPadding: Double
  /// -1 up and down only, 1 to the sides only; and what the cell's shape alone would give.
  public var anisotropy: Double
  public var anisotropyOfCell: Double
  public var topKeys: [Key]

  public init(
    entropyBits: Double, entropyLimitBits: Double, meanDistance: Double, radius90: Double, massInWindow: Double,
    massOnPadding: Double, anisotropy: Double, anisotropyOfCell: Double, topKeys: [Key]
  ) {
    (self.entropyBits, self.entropyLimitBits) = (entropyBits, entropyLimitBits)
    (self.meanDistance, self.radius90) = (meanDistance, radius90)
    (self.massInWindow, self.massOnPadding) = (massInWindow, massOnPadding)
    (self.anisotropy, self.anisotropyOfCell, self.topKeys) = (anisotropy, anisotropyOfCell, topKeys)
  }
}

/// The network that is looked into.
public struct AttentionNetwork: Codable, Hashable, Sendable {
  public var model: String
  /// Blocks of each stage.
  public var depths: [Int]
  public var windowHeads: Int
  public var stripeHeads: Int

  public init(model: String, depths: [Int], windowHeads: Int, stripeHeads: Int) {
    (self.model, self.depths, self.windowHeads, self.stripeHeads) = (model, depths, windowHeads, stripeHeads)
  }
}

/// A row of attention. The raw bytes hold one byte for each key, row by row of the cell: `255 * sqrt(weight / largest)`, rounded.
public struct AttentionInfo: Codable, Hashable, Sendable {
  public var network: AttentionNetwork
  public var order: AttentionOrder
  /// Of the picture that was asked.
  public var pictureWidth: Int
  public var pictureHeight: Int
  /// The part that went through the network.
  public var tile: Rectangle
  /// Keys of the cell.
  public var rows: Int
  public var columns: Int
  /// Of the first key in the padded tile, in keys; keys wrap around at `mapColumns` and `mapRows`.
  public var left: Int
  public var top: Int
  public var mapColumns: Int
  public var mapRows: Int
  /// Side of the square that a key stands for.
  public var pixelsPerKey: Int
  /// The cell's and the square window's outlines in the picture.
  public var parts: [Rectangle]
  public var window: [Rectangle]
  public var isShifted: Bool
  /// For `gather`: the anchor's pixels.
  public var anchor: Rectangle?
  /// The largest weight.
  public var largest: Double
  /// At half scale: correlation with the same query at full scale; nil otherwise, and where nothing is seen by both.
  public var correlation: Double?
  public var figures: AttentionFigures
  /// From the question to the answer.
  public var seconds: Double
  /// A forward pass was needed; otherwise the tile's activations were at hand.
  public var isNewPass: Bool

  public init(
    network: AttentionNetwork, order: AttentionOrder, pictureWidth: Int, pictureHeight: Int, tile: Rectangle, rows: Int,
    columns: Int, left: Int, top: Int, mapColumns: Int, mapRows: Int, pixelsPerKey: Int, parts: [Rectangle],
    window: [Rectangle], isShifted: Bool, anchor: Rectangle?, largest: Double, correlation: Double?,
    figures: AttentionFigures, seconds: Double, isNewPass: Bool
  ) {
    (self.network, self.order) = (network, order)
    (self.pictureWidth, self.pictureHeight, self.tile) = (pictureWidth, pictureHeight, tile)
    (self.rows, self.columns, self.left, self.top) = (rows, columns, left, top)
    (self.mapColumns, self.mapRows, self.pixelsPerKey) = (mapColumns, mapRows, pixelsPerKey)
    (self.parts, self.window, self.isShifted, self.anchor) = (parts, window, isShifted, anchor)
    (self.largest, self.correlation, self.figures) = (largest, correlation, figures)
    (self.seconds, self.isNewPass) = (seconds, isNewPass)
  }

  public var keyCount: Int { rows * columns }
}

/// All blocks and heads for one query.
public struct AttentionOverview: Codable, Hashable, Sendable {
  public struct Entry: Codable, Hashable, Sendable {
    public var stage: Int
    public var block: Int
    /// `window` or `stripe`.
    public var kind: String
    public var head: Int
    public var figures: AttentionFigures

    public init(stage: Int, block: Int, kind: String, head: Int, figures: AttentionFigures) {
      (self.stage, self.block, self.kind, self.head, self.figures) = (stage, block, kind, head, figures)
    }
  }
  public var network: AttentionNetwork
  public var x: Int
  public var y: Int
  public var entries: [Entry]
  public var seconds: Double

  public init(network: AttentionNetwork, x: Int, y: Int, entries: [Entry], seconds: Double) {
    (self.network, self.x, self.y, self.entries, self.seconds) = (network, x, y, entries, seconds)
  }
}
