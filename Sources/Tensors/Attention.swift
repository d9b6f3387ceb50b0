/// One attention as a layer states it for one size of picture: cells, position bias and temperatures.
public struct AttentionRule: Sendable {
  public let geometry: AttentionGeometry
  /// Factor on the cosine of each head.
  public let temperatures: [Float]
  package let packed: any PackedData

  /// - Parameter biases: `[heads, tableRows, tableColumns]`, or nil in a pass that measures.
  public init(geometry: AttentionGeometry, biases: [Float]?, temperatures: [Float], on device: any Device) {
    precondition(biases.map { $0.count == temperatures.count * geometry.tableRows * geometry.tableColumns } ?? true)
    self.geometry = geometry
    self.temperatures = temperatures
    packed = device.pack(biases: biases, temperatures: temperatures, for: geometry)
  }

  public var bytes: Int { packed.bytes }
}

/// What the heads of an attention look at, and where their results go.
public struct AttentionSource {
  /// `[H, W, C]`: what queries, keys and values are projected from.
  public let features: FeatureMap
  /// All of the same width.
  public let heads: [HeadProjection]
  public let output: FeatureMap
  /// Where the results begin, head by head.
  public let outputChannel: Int

  public init(features: FeatureMap, heads: [HeadProjection], output: FeatureMap, outputChannel: Int) {
    precondition(heads.allSatisfy { $0.width == heads[0].width && $0.inputs == features.channels })
    self.features = features
    self.heads = heads
    self.output = output
    self.outputChannel = outputChannel
  }

  /// Channels of a head.
  public var headWidth: Int { heads[0].width }
}

/// Window attention (paper section 3.3): softmax of cosine, bias and mask inside each square window.
public struct WindowAttentionTask {
  public let source: AttentionSource
  public let rule: AttentionRule

  public init(source: AttentionSource, rule: AttentionRule) {
    self.source = source
    self.rule = rule
  }
}

/// Anchored stripe attention (paper section 3.2): anchors gather from the stripe's tokens, tokens read from the anchors.
public struct StripeAttentionTask {
  public let source: AttentionSource
  /// `[H / f, W / f, heads * headWidth]`.
  public let anchors: FeatureMap
  /// Queries are anchors, keys are tokens.
  public let gather: AttentionRule
  /// Queries are tokens, keys are anchors.
  public let read: AttentionRule

  public init(source: AttentionSource, anchors: FeatureMap, gather: AttentionRule, read: AttentionRule) {
    self.source = source
    self.anchors = anchors
    self.gather = gather
    self.read = read
  }
}
