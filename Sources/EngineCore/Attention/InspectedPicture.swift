import Base
import GRLModel
import Imaging
import Restoration
import Tensors

/// A picture and the model that is looked into while it works on it.
package struct InspectedPicture: Sendable {
  package let path: String
  package let source: SourcePicture
  package let right: Image?
  package let restorer: Restorer
  package let plan: RestorationPlan

  package var image: Image { source.image }
  package var configuration: GRLConfiguration { restorer.model.card.configuration }

  /// Reads the picture and settles model and tiles. Looked into in float32 always: a row is compared with others to 1e-5.
  ///
  /// - Parameters:
  ///   - features, pixelBytes: what an analysis holds besides, for each pixel of a tile (in floats for each of the network's channels) and
  ///     of the picture. Tiles become smaller by it.
  /// - Throws: what `grl restore` would say of the same picture and settings.
  package init(
    _ path: String, _ settings: JobSettings, _ models: ModelCatalogue, threads: ThreadLease, features: Int = 0,
    pixelBytes: Int = 0
  ) throws(JobError) {
    if settings.isChain {
      throw .badRequest("attention is of one network: give a single --task, without commas")
    }
    let source = try SourcePicture(path, settings, models, threadCount: threads.threadCount)
    let right = try source.settings.right.map { (right) throws(JobError) in try source.rightView(right, of: path) }
    let restorer: Restorer
    let plan: RestorationPlan
    do throws(RestorationError) {
      let shape = PictureShape(source.image)
      let card = try models.card(source.settings, for: shape)
      restorer = Restorer(
        model: try models.model(card, source.settings.options, precision: .float32), threads: threads)
      var options = source.settings.options
      options.besidesFeatures = features
      options.besidesBytes += pixelBytes * shape.width * shape.height
      plan = try restorer.plan(for: shape, request: source.settings.request, options: options)
    } catch {
      throw JobError(error, picture: path)
    }
    (self.path, self.source, self.right, self.restorer, self.plan) = (path, source, right, restorer, plan)
  }

  private init(_ other: InspectedPicture, image: Image, right: Image?) throws(RestorationError) {
    (path, restorer) = (other.path, other.restorer)
    source = other.source.with(image)
    self.right = right
    plan = try restorer.plan(
      for: PictureShape(image), request: other.plan.request, options: other.plan.options)
  }

  /// The same at half the scale: means of 2 x 2 pixels.
  package func halved() throws(JobError) -> InspectedPicture {
    try caught { () throws(RestorationError) in
      try InspectedPicture(self, image: image.halved, right: right?.halved)
    }
  }

  package func tile(forQueryAt x: Int, _ y: Int) throws(JobError) -> Rectangle {
    try caught { () throws(RestorationError) in try restorer.tile(forQueryAt: x, y, plan: plan) }
  }

  /// Rows of some blocks for one query, all from one forward pass, in the order of the blocks.
  ///
  /// - Parameter questions: put to every one of the blocks.
  package func rows(
    x: Int, y: Int, blocks: Set<BlockPlace>, _ questions: [AttentionQuestion],
    isCancelled: () -> Bool = { false }, onBlock: (_ done: Int, _ of: Int) -> Void = { _, _ in }
  ) throws(JobError) -> (rows: [[AttentionRow]], channelWeights: [BlockPlace: [Float]], tile: Rectangle) {
    try check(x: x, y: y, blocks: blocks, questions)
    let tile = try tile(forQueryAt: x, y)
    var rows: [[AttentionRow]] = []
    let probe = AttentionProbe(blocks: blocks, area: AttentionCell.Area(tile)) { (block) throws(OutOfMemory) in
      rows.append(try block.rows(x: x, y: y, questions))
    }
    try caught { () throws(RestorationError) in
      try restorer.inspect(
        image, right: right, plan: plan, tile: tile, with: probe, isCancelled: isCancelled, onBlock: onBlock)
    }
    return (rows, probe.channelWeights, tile)
  }

  /// - Throws: `RestorationError.attention` for anything that does not exist.
  package func check(x: Int, y: Int, blocks: Set<BlockPlace>, _ questions: [AttentionQuestion]) throws(JobError) {
    _ = try tile(forQueryAt: x, y)
    do throws(AttentionError) {
      for block in blocks { try configuration.check(block) }
      for question in questions { try configuration.check(head: question.head, of: question.kind) }
    } catch {
      throw .restoration(.attention(error), picture: path)
    }
  }

  package func caught<Value>(_ body: () throws(RestorationError) -> Value) throws(JobError) -> Value {
    do { return try body() } catch {
      throw JobError(error, picture: path)
    }
  }
}
