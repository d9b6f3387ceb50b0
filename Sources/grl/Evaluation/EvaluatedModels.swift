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

/// Finds the models for each damage: those that the user named, or the library's best.
struct EvaluatedModels {
  let library: ModelLibrary
  /// Empty to choose one by task, level and colours.
  let named: [ModelCard]
  let variant: ModelVariant?
  private var found: [String: EvaluatedModel] = [:]

  init(library: ModelLibrary, named: [ModelCard], variant: ModelVariant?) {
    self.library = library
    self.named = named
    self.variant = variant
  }

  /// - Throws: a failure with `modelProblem` that says what to do where none fits.
  mutating func models(for setting: EvaluationSetting, isColour: Bool) throws(Failure) -> [EvaluatedModel] {
    do throws(RestorationError) {
      let picture = PictureShape(width: 64, height: 64, layout: isColour ? .rgb : .gray)
      let cards =
        named.isEmpty ? [try library.best(for: setting.request, picture: picture, variant: variant)] : named
      return try cards.map { (card: ModelCard) throws(RestorationError) in
        if let known = found[card.path] { return known }
        let model = EvaluatedModel(card: card, hash: try card.sha256())
        found[card.path] = model
        return model
      }
    } catch {
      guard case .noFittingModel = error else {
        throw Failure(libraryError: error) ?? Failure(.modelProblem, "\(error)")
      }
      throw Failure(.modelProblem, "\(error); or measure the input alone with --baseline-only")
    }
  }
}
