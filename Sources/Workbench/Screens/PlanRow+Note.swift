import Base
import EngineWire

extension PlanRow {
  /// What the engine and the models say to the row's value; "" for nothing.
  ///
  /// - Parameter picture: of the plan, the one that is looked at; nil before there is a plan.
  func note(_ request: JobRequest, _ picture: JobPlan.Picture?, _ totals: PlanTotals?, _ session: Session) -> String {
    let picture = picture?.problem == nil ? picture : nil
    switch self {
    case .task: return picture?.advice ?? Self.about[request.task] ?? ""
    case .model:
      if let problem = PlanModels.problem(request, session.models) { return problem }
      let name = request.model ?? picture?.model
      guard let model = session.models.first(where: { $0.name == name }) else { return name ?? "" }
      return PlanModels.text(model, isNamed: request.model == nil)
    case .tile:
      guard let picture, picture.tileCount > 0 else { return "" }
      let tiles = "\(Quantity.count(picture.tileCount, "tile")) of \(picture.tileWidth) x \(picture.tileHeight)"
      return picture.reason.isEmpty ? tiles : "\(tiles): \(picture.reason)"
    case .overlap: return request.overlap == nil && picture != nil ? "\(picture!.overlap) pixels" : ""
    case .memory:
      if session.draft.request.memoryBytes == nil, request.memoryBytes != nil { return "as set in screen 7" }
      return request.memoryBytes == nil ? picture.map { "\(Quantity.memory($0.budgetBytes)) budget" } ?? "" : ""
    case .threads:
      if session.draft.request.threadCount == nil, request.threadCount != nil { return "as set in screen 7" }
      return session.engine.map { Quantity.count($0.threadCount, "core") } ?? ""
    case .scale: return picture.map { "\($0.outputWidth) x \($0.outputHeight)" } ?? ""
    case .name: return picture.map { lastComponent($0.output) } ?? ""
    case .existing:
      guard let totals, totals.clashes > 0 else { return "" }
      return "\(totals.clashes) of \(totals.pictures) exist"
    default: return ""
    }
  }

  private static let about = [
    "denoise": "takes noise away", "sr": "enlarges clean pictures", "jpeg": "takes JPEG damage away",
    "demosaic": "makes colours of a Bayer mosaic", "real-sr": "enlarges pictures of unknown damage",
    "motion-deblur": "takes motion blur away", "defocus-deblur": "sharpens what is out of focus",
  ]
}
