import Base
import Imaging
import JobStore
import Restoration
import Tensors

/// How a picture is cut in each step: afresh, or as an earlier run began it.
struct PictureWork {
  struct Step {
    let settings: JobSettings
    let card: ModelCard
    let plan: RestorationPlan
    /// Why this tile, as it was said when the picture was begun.
    let reason: String
  }
  /// One for a single task.
  let steps: [Step]
  /// The tiles that are kept still belong to the picture.
  let isResumed: Bool

  typealias Planner = (JobSettings, PictureShape) throws(RestorationError) -> (RestorationPlan, ModelCard)

  /// - Parameters:
  ///   - found: what the job's folder knows of the picture, if anything.
  ///   - plan: plans a step.
  ///   - onRestart: called with the reason why the tiles of an earlier run cannot be used.
  init(
    _ order: PictureOrder, _ shape: PictureShape, _ models: ModelCatalogue, found: JobRecord.Picture?,
    plan: Planner, onRestart: (String) -> Void
  ) throws(RestorationError) {
    if let record = found?.record {
      let kept = record.steps
      if let reason = Self.reasonToRestart(record, order) {
        onRestart("begun anew: \(reason)")
      } else if let steps = Self.steps(order, shape, as: kept, plan) {
        if try Self.areKept(steps, kept, models) {
          (self.steps, isResumed) = (steps, true)
          return
        }
        onRestart("begun anew: the model is another one than before")
      } else {
        let sides = kept.map { String($0.side) }.joined(separator: " and ")
        onRestart("begun anew: its tiles of \(sides) pixels do not fit the memory budget any more")
      }
    }
    (steps, isResumed) = (try Self.steps(order, shape, plan), false)
  }

  /// Of all steps.
  var tileCount: Int { steps.reduce(0) { $0 + $1.plan.tiles.tileCount } }

  /// Number of the step's first tile, counted over all steps.
  func firstTile(of step: Int) -> Int { steps[..<step].reduce(0) { $0 + $1.plan.tiles.tileCount } }

  /// - Parameter kept: how an earlier run cut the tiles: blending needs the same ones, and the budget may have moved since.
  private static func steps(
    _ order: PictureOrder, _ shape: PictureShape, cut kept: [PictureRecord.Step]? = nil, _ plan: Planner
  ) throws(RestorationError) -> [Step] {
    var steps: [Step] = []
    _ = try order.settings.plans(for: shape) { (settings, shape) throws(RestorationError) in
      let kept = kept?[steps.count]
      let settings = kept.map { settings.cut(side: $0.side, overlap: $0.overlap) } ?? settings
      let (plan, card) = try plan(settings, shape)
      steps.append(Step(settings: settings, card: card, plan: plan, reason: kept?.reason ?? plan.tiles.reason))
      return plan
    }
    return steps
  }

  /// The steps with the tiles of an earlier run; nil where they cannot be made.
  private static func steps(
    _ order: PictureOrder, _ shape: PictureShape, as kept: [PictureRecord.Step], _ plan: Planner
  ) -> [Step]? {
    let steps: [Step]
    do throws(RestorationError) { steps = try self.steps(order, shape, cut: kept, plan) } catch { return nil }
    let fits = zip(steps, kept).allSatisfy { step, kept in
      step.plan.tiles.tileCount == kept.tileCount && step.plan.tileShape.count * 4 == kept.tileBytes
        && step.plan.tiles.overlap == kept.overlap
    }
    return fits ? steps : nil
  }

  private static func areKept(
    _ steps: [Step], _ kept: [PictureRecord.Step], _ models: ModelCatalogue
  ) throws(RestorationError) -> Bool {
    for (step, kept) in zip(steps, kept) where try models.hash(step.card) != kept.modelHash { return false }
    return true
  }

  private static func reasonToRestart(_ record: PictureRecord, _ order: PictureOrder) -> String? {
    if record.steps.count != order.settings.steps.count { return "it has other steps than before" }
    if record.instructionSet != order.settings.options.device.description {
      return "it was begun with instruction set \(record.instructionSet)"
    }
    guard record.input.isStill(order.source) else { return "the picture has changed since" }
    guard let right = order.settings.right else { return nil }
    return record.right?.isStill(right) == true ? nil : "the right view has changed since"
  }

  /// What has to be so for the tiles to be used again.
  func record(_ order: PictureOrder, _ models: ModelCatalogue) throws(JobError) -> PictureRecord {
    var kept: [PictureRecord.Step] = []
    for step in steps {
      let hash: String
      do { hash = try models.hash(step.card) } catch { throw .restoration(error, picture: order.input) }
      kept.append(
        PictureRecord.Step(
          model: step.card.name, modelHash: hash, side: max(step.plan.tiles.tileWidth, step.plan.tiles.tileHeight),
          overlap: step.plan.tiles.overlap, tileCount: step.plan.tiles.tileCount,
          tileBytes: step.plan.tileShape.count * 4, reason: step.reason))
    }
    let (input, right) = try JobError.storing { () throws(StoreError) in
      (
        try PictureRecord.Identity(of: order.source),
        try order.settings.right.map { (path) throws(StoreError) in try PictureRecord.Identity(of: path) }
      )
    }
    let (first, shape) = (kept[0], steps[0].plan.input)
    return PictureRecord(
      input: input, right: right,
      model: first.model, modelHash: first.modelHash, instructionSet: order.settings.options.device.description,
      width: shape.width, height: shape.height, side: first.side,
      overlap: first.overlap, tileCount: first.tileCount, tileBytes: first.tileBytes, reason: first.reason,
      later: kept.count > 1 ? Array(kept.dropFirst()) : nil)
  }
}
