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
  /// The plan's tiles, and of each the pixels that show most in it; both in the picture's pixels.
  var tiles: [(place: Rectangle, own: Rectangle)] {
    (0..<plan.tiles.tileCount).map {
      (plan.place(ofTile: $0), plan.tiles.own($0).offset(x: plan.area.x, y: plan.area.y))
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

  func check(_ place: BlockPlace) throws(JobError) {
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
    let budget = plan.options.budgetBytes
    do {
      let weights = try TrainingWeights(try checkpoint(), configuration: configuration)
      return try InputGradient(weights, height: region.height, width: region.width, limitBytes: budget)
    } catch let error as JobError {
      throw error
    } catch let error as CheckpointError {
      throw .restoration(.checkpoint(error), picture: path)
    } catch let refusal as OutOfMemory where refusal.bytes > budget {
      throw .badRequest(
        "--span: gradients of \(region.width) x \(region.height) pixels take \(MemoryBudget.text(refusal.bytes)), the memory budget is "
          + "\(MemoryBudget.text(budget)); give a smaller --span or more --memory")
    } catch {
      throw (error as? OutOfMemory).map { .restoration(.outOfMemory($0), picture: path) } ?? .cancelled
    }
  }
}
