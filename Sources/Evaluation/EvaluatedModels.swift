import GRLModel
import Restoration

/// A model that is evaluated: its card, and the hash of its file, which results are kept under.
package struct EvaluatedModel {
  package let card: ModelCard
  package let hash: String

  /// In millions.
  package var parameters: Double {
    let shapes = GRL.parameters(of: card.configuration).map { $0.1 }
    return Double(shapes.reduce(0) { $0 + $1.reduce(1, *) }) / 1e6
  }
}

/// Finds the models for each damage: those that the user named, or the library's best.
package struct EvaluatedModels {
  package let library: ModelLibrary
  /// Empty to choose one by task, level and colours.
  package let named: [ModelCard]
  package let variant: ModelVariant?
  private var found: [String: EvaluatedModel] = [:]

  package init(library: ModelLibrary, named: [ModelCard], variant: ModelVariant?) {
    self.library = library
    self.named = named
    self.variant = variant
  }

  /// - Throws: `noFittingModel` that says what to do where none fits.
  package mutating func models(for setting: EvaluationSetting, isColour: Bool) throws(EvaluationError)
    -> [EvaluatedModel]
  {
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
        throw .restoration(error, picture: nil)
      }
      throw .noFittingModel(error)
    }
  }
}
