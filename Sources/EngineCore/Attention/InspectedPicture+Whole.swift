import Base
import Checkpoints
import GRLModel
import GRLTraining
import Imaging
import Inspection
import Restoration
import Tensors

/// Looking at every pixel of a picture.
extension InspectedPicture {
  /// Passes over the tiles of the plan, up to a block, and what is made of that block.
  ///
  /// - Parameters:
  ///   - body: given the block of a tile; which of the tile's pixels show most there, in the picture's pixels; and the tile's number.
  package func forEachTile(
    _ place: BlockPlace, isCancelled: () -> Bool = { false },
    onBlock: (_ done: Int, _ of: Int) -> Void = { _, _ in },
    _ body: (_ block: WholeBlock, _ isOwn: (_ x: Int, _ y: Int) -> Bool) throws(OutOfMemory) -> Void
  ) throws(JobError) {
    try check(place)
    let tiles = (0..<plan.tiles.tileCount).map { plan.place(ofTile: $0) }
    for tile in tiles {
      try caught { () throws(RestorationError) in
        try withoutActuallyEscaping(body) { (body) throws(RestorationError) in
          let probe = AttentionProbe(blocks: [place], area: AttentionCell.Area(tile)) { (block) throws(OutOfMemory) in
            try body(try WholeBlock(block)) { x, y in
              tiles.count == 1 || (try? restorer.tile(forQueryAt: x, y, plan: plan)) == tile
            }
          }
          try restorer.inspect(
            image, right: right, plan: plan, tile: tile, with: probe, isCancelled: isCancelled, onBlock: onBlock)
        }
      }
    }
  }

  /// The block of the tile in whose middle a pixel lies best.
  package func wholeBlock(
    _ place: BlockPlace, x: Int, y: Int, isCancelled: () -> Bool = { false },
    onBlock: (_ done: Int, _ of: Int) -> Void = { _, _ in }
  ) throws(JobError) -> WholeBlock {
    try check(place)
    let kept = try kept([place], x: x, y: y, isCancelled: isCancelled, onBlock: onBlock)
    do { return try WholeBlock(kept[place]!) } catch { throw .restoration(.outOfMemory(error), picture: path) }
  }

  /// The inputs of some blocks, of the tile in whose middle a pixel lies best.
  package func kept(
    _ blocks: Set<BlockPlace>, x: Int, y: Int, isCancelled: () -> Bool = { false },
    onBlock: (_ done: Int, _ of: Int) -> Void = { _, _ in }
  ) throws(JobError) -> KeptActivations {
    let tile = try tile(forQueryAt: x, y)
    return try caught { () throws(RestorationError) in
      try restorer.activations(
        image, right: right, plan: plan, tile: tile, blocks: blocks, isCancelled: isCancelled, onBlock: onBlock)
    }
  }

  /// What a block makes of the tile in whose middle a pixel lies best.
  package func features(
    _ place: BlockPlace, x: Int, y: Int, isCancelled: () -> Bool = { false },
    onBlock: (_ done: Int, _ of: Int) -> Void = { _, _ in }
  ) throws(JobError) -> BlockFeatures {
    try check(place)
    let tile = try tile(forQueryAt: x, y)
    var output: Tensor?
    let area = AttentionCell.Area(tile)
    let probe = AttentionProbe(blocks: [place], area: area, visitOutput: { output = $1 }) { _ in }
    try caught { () throws(RestorationError) in
      try restorer.inspect(
        image, right: right, plan: plan, tile: tile, with: probe, isCancelled: isCancelled, onBlock: onBlock)
    }
    return BlockFeatures(output!, area: area)
  }

  private func check(_ place: BlockPlace) throws(JobError) {
    do throws(AttentionError) { try configuration.check(place) } catch {
      throw .restoration(.attention(error), picture: path)
    }
  }

  /// A square of about `span` pixels around a query, from where a window and a stripe of the whole picture begin.
  package func surroundings(x: Int, y: Int, span: Int) throws(JobError) -> Rectangle {
    _ = try tile(forQueryAt: x, y)
    let unit = configuration.padMultiple
    func side(_ at: Int, _ length: Int) -> Range<Int> {
      let start = min(max(0, at - span / 2) / unit * unit, max(0, length - 1) / unit * unit)
      return start..<min(length, start + (span + unit - 1) / unit * unit)
    }
    let (columns, rows) = (side(x, image.width), side(y, image.height))
    return Rectangle(x: columns.lowerBound, y: rows.lowerBound, width: columns.count, height: rows.count)
  }

  /// What the network is given of a part of the picture.
  package func networkInput(_ region: Rectangle) -> Tensor {
    restorer.networkInput(image, right: right, plan: plan, region: region)
  }

  /// Values of a part of another picture, 0...1.
  package func colours(of image: Image, _ region: Rectangle, channels: Int) -> Tensor {
    restorer.colours(of: image, region, channels: channels)
  }

  /// The weights of the model's file.
  package func checkpoint() throws(JobError) -> Checkpoint {
    do { return try Checkpoint(contentsOf: restorer.model.card.path) } catch {
      throw .restoration(.checkpoint(error), picture: path)
    }
  }

  /// The network on a part of the picture, as it is or with other weights.
  package func session(_ region: Rectangle, _ weights: Checkpoint? = nil) throws(JobError) -> GRLSession {
    let own = restorer.model.network
    do {
      let network =
        try weights.map { weights throws(CheckpointError) in
          try GRL(weights, configuration: configuration, on: own.device)
        } ?? own
      return try GRLSession(
        network: network, height: region.height, width: region.width,
        threads: ThreadLease(threadCount: restorer.threadCount, gate: restorer.gate))
    } catch let error as CheckpointError {
      throw .restoration(.checkpoint(error), picture: path)
    } catch {
      throw (error as? OutOfMemory).map { .restoration(.outOfMemory($0), picture: path) } ?? .cancelled
    }
  }

  /// Gradients with respect to what the network is given of a part of the picture.
  package func inputGradient(_ region: Rectangle) throws(JobError) -> InputGradient {
    do {
      let weights = try TrainingWeights(try checkpoint(), configuration: configuration)
      return try InputGradient(weights, height: region.height, width: region.width)
    } catch let error as JobError {
      throw error
    } catch let error as CheckpointError {
      throw .restoration(.checkpoint(error), picture: path)
    } catch {
      throw (error as? OutOfMemory).map { .restoration(.outOfMemory($0), picture: path) } ?? .cancelled
    }
  }
}
