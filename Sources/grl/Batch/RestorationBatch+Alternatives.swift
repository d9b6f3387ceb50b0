import Base
import EngineCore
import Restoration

extension RestorationBatch {
  /// A picture that takes less time than this, in seconds, is restored before anybody has read of other models.
  private static let shortest = 10.0

  /// Says once what other sizes of the model would take and bring, as the workbench's plan does: where the model was not asked for, the
  /// picture takes long, and the speeds of both are known here.
  func tellAlternatives(to model: ModelCard, _ plan: RestorationPlan, _ runner: PictureRunner) {
    guard settings.model == nil, settings.variant == nil, !settings.isChain, plan.options.hasKnownSpeed,
      let seconds = seconds(plan, model, runner), seconds >= Self.shortest
    else { return }
    let others = ModelLibrary.alternatives(
      to: model, of: runner.models.library.list().cards, for: plan.request, layout: plan.input.layout)
    let texts = others.compactMap { other, gain -> String? in
      guard let variant = other.variant, let seconds = self.seconds(plan, other, runner) else { return nil }
      let decibels = String(format: "%+.1f dB", gain)
      return "--variant \(variant.rawValue) about \(clockTime(seconds)), \(decibels)"
    }
    guard !texts.isEmpty else { return }
    let pictures = pictureCount > 1 ? " for the first picture" : ""
    console.note("\(model.name) takes about \(clockTime(seconds))\(pictures); \(texts.joined(separator: "; "))")
  }

  /// nil where the model was never timed here.
  private func seconds(_ plan: RestorationPlan, _ card: ModelCard, _ runner: PictureRunner) -> Double? {
    guard let hash = try? runner.models.hash(card),
      let speed = runner.speeds.pixelsPerSecond(model: hash, precision: plan.options.precision)
    else { return nil }
    return Double(plan.networkPixels) / speed
  }
}
