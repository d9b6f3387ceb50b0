import Tensors

/// The inputs of blocks of one tile, kept so that any query is answered without another forward pass.
public final class KeptActivations {
  public let network: GRL
  public let area: AttentionCell.Area
  /// By block: weights of the channels of the local branch (GRL-B).
  public private(set) var channelWeights: [BlockPlace: [Float]] = [:]

  private let rules: [[BlockRules]]
  private let threads: ThreadLease
  private let inputs: [BlockPlace: Tensor]

  /// Runs a forward pass up to the last of `blocks`.
  ///
  /// - Parameters:
  ///   - input: `[h, w, inputChannels]`, values in 0...1.
  ///   - blocks: those whose inputs are kept; nil for all.
  ///   - x, y: of the tile in the picture.
  ///   - isCancelled, onBlock: see `GRLSession.restore`.
  public init(
    of input: Tensor, through network: GRL, blocks: Set<BlockPlace>? = nil, x: Int = 0, y: Int = 0,
    threads: ThreadLease,
    isCancelled: () -> Bool = { false }, onBlock: (_ done: Int, _ of: Int) -> Void = { _, _ in }
  ) throws(InspectionError) {
    self.network = network
    self.threads = threads
    area = AttentionCell.Area(x: x, y: y, width: input.shape.width, height: input.shape.height)
    let session: GRLSession
    do {
      session = try GRLSession(network: network, height: input.shape.height, width: input.shape.width, threads: threads)
    } catch {
      throw .outOfMemory(error)
    }
    rules = session.rules
    var kept: [BlockPlace: Tensor] = [:]
    let probe = AttentionProbe(blocks: blocks ?? Set(network.configuration.blocks), area: area) {
      (block) throws(OutOfMemory) in
      try OutOfMemory.check(block.input.shape.count * MemoryLayout<Float>.stride)
      kept[block.place] = block.input.copy()
    }
    try session.inspect(input, with: probe, isCancelled: isCancelled, onBlock: onBlock)
    inputs = kept
    channelWeights = probe.channelWeights
  }

  /// A block to ask; nil where its input was not kept.
  public subscript(place: BlockPlace) -> ProbedBlock? {
    inputs[place].map {
      ProbedBlock(
        place: place, attention: network.stages[place.stage].blocks[place.block].attention,
        rules: rules[place.stage][place.block], input: BlockInput($0), device: network.device, threads: threads,
        area: area
      )
    }
  }

  public var blocks: [BlockPlace] { inputs.keys.sorted() }

  /// Bytes that the inputs of one block of a tile of this size take.
  public static func bytesPerBlock(_ configuration: GRLConfiguration, height: Int, width: Int) -> Int {
    configuration.padded(height) * configuration.padded(width) * configuration.embeddingWidth
      * MemoryLayout<Float>.stride
  }
}
