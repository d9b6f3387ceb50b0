import GRLModel
import Restoration

/// A model that is evaluated: its card, and the hash of its file, which results are kept under.
struct EvaluatedModel {
  let card: ModelCard
  let hash: String

  /// In millions.
  var parameters: Double {
    let shapes = GRL.parameters(of: card.configuration).map { $0.1 }
    return Double(shapes.reduce(0) { $0 + $1.reduce(1, *) }) / 1e6
  }
}

/// Finds the model for each damage: the one that the user named, or the library's best.
struct EvaluatedModels {
  let library: ModelLibrary
  /// Nil to choose by task, level and colours.
  let fixed: ModelCard?
  let variant: ModelVariant?
  private var found: [String: EvaluatedModel] = [:]

  init(library: ModelLibrary, fixed: ModelCard?, variant: ModelVariant?) {
    self.library = library
    self.fixed = fixed
    self.variant = variant
  }

  /// - Throws: a failure with `modelProblem` that says what to do where none fits.
  mutating func model(for setting: EvaluationSetting, isColour: Bool) throws(Failure) -> EvaluatedModel {
    do throws(RestorationError) {
      let picture = PictureShape(width: 64, height: 64, layout: isColour ? .rgb : .gray)
      let card: ModelCard
      if let fixed {
        card = fixed
      } else {
        card = try library.best(for: setting.request, picture: picture, variant: variant)
      }
      if let known = found[card.path] { return known }
      let model = EvaluatedModel(card: card, hash: try card.sha256())
      found[card.path] = model
      return model
    } catch {
      guard case .noFittingModel = error else {
        throw Failure(libraryError: error) ?? Failure(.modelProblem, "\(error)")
      }
      throw Failure(.modelProblem, "\(error); or measure the input alone with --baseline-only")
    }
  }
}
