import Base
import Imaging
import JobStore
import Restoration
import Tensors

/// How a picture is cut: afresh, or as an earlier run began it.
struct PictureWork {
  let plan: RestorationPlan
  /// Why this tile, as it was said when the picture was begun.
  let reason: String
  /// The tiles that are kept still belong to the picture.
  let isResumed: Bool

  /// - Parameters:
  ///   - found: what the job's folder knows of the picture, if anything.
  ///   - onRestart: called with the reason why the tiles of an earlier run cannot be used.
  init(
    _ order: PictureOrder, _ shape: PictureShape, _ restorer: Restorer, _ models: ModelCatalogue,
    found: JobRecord.Picture?, onRestart: (String) -> Void
  ) throws(RestorationError) {
    let (request, options) = (order.settings.request, order.settings.options)
    if let record = found?.record {
      if let reason = Self.reasonToRestart(record, order, try models.hash(restorer.model.card)) {
        onRestart("begun anew: \(reason)")
      } else if let plan = Self.plan(as: record, shape, restorer, request, options) {
        (self.plan, reason, isResumed) = (plan, record.reason, true)
        return
      } else {
        onRestart("begun anew: its tiles of \(record.side) pixels do not fit the memory budget any more")
      }
    }
    plan = try restorer.plan(for: shape, request: request, options: options)
    (reason, isResumed) = (plan.tiles.reason, false)
  }

  /// The plan with the tiles of `record`: blending needs the same ones, and the budget may have moved since.
  private static func plan(
    as record: PictureRecord, _ shape: PictureShape, _ restorer: Restorer, _ request: RestorationRequest,
    _ options: RestorationOptions
  ) -> RestorationPlan? {
    var options = options
    options.tile = .side(record.side)
    options.overlap = record.overlap
    let plan: RestorationPlan
    do { plan = try restorer.plan(for: shape, request: request, options: options) } catch { return nil }
    return plan.tiles.tileCount == record.tileCount && plan.tileShape.count * 4 == record.tileBytes
      && plan.tiles.overlap == record.overlap ? plan : nil
  }

  private static func reasonToRestart(_ record: PictureRecord, _ order: PictureOrder, _ modelHash: String) -> String? {
    if record.modelHash != modelHash { return "the model is another one than before" }
    if record.instructionSet != order.settings.options.device.description {
      return "it was begun with instruction set \(record.instructionSet)"
    }
    guard record.input.isStill(order.input) else { return "the picture has changed since" }
    guard let right = order.settings.right else { return nil }
    return record.right?.isStill(right) == true ? nil : "the right view has changed since"
  }

  /// What has to be so for the tiles to be used again.
  func record(_ order: PictureOrder, _ card: ModelCard, _ models: ModelCatalogue) throws(JobError) -> PictureRecord {
    let hash: String
    do { hash = try models.hash(card) } catch { throw .restoration(error, picture: order.input) }
    let (input, right) = try JobError.storing { () throws(StoreError) in
      (
        try PictureRecord.Identity(of: order.input),
        try order.settings.right.map { (path) throws(StoreError) in try PictureRecord.Identity(of: path) }
      )
    }
    return PictureRecord(
      input: input, right: right,
      model: card.name, modelHash: hash, instructionSet: order.settings.options.device.description,
      width: plan.input.width, height: plan.input.height, side: max(plan.tiles.tileWidth, plan.tiles.tileHeight),
      overlap: plan.tiles.overlap, tileCount: plan.tiles.tileCount, tileBytes: plan.tileShape.count * 4, reason: reason)
  }
}
