import Base
import EngineWire
import Foundation
import GRLModel
import Restoration
import Tensors

/// The installed models as jobs see them: loaded once, hashed once, shared by all threads.
package final class ModelCatalogue: Sendable {
  package let library: ModelLibrary

  /// Loaded networks kept at most; a batch mostly needs one, a mixed one a gray and a colour model.
  private static let mostLoaded = 2

  private struct Named: Hashable {
    let model: String
    let stamp: FileStamp
    let overrides: ConfigurationOverrides
    let variant: ModelVariant?
    let request: RestorationRequest
  }

  private struct State {
    /// The last used first.
    var loaded: [(stamp: FileStamp, device: String, model: RestorationModel)] = []
    var hashes: [FileStamp: String] = [:]
    var cards: [Named: ModelCard] = [:]
  }
  private let state = Locked(State())
  /// Files that some thread reads: others that want one of them wait, since reading takes a multiple of the memory that a model keeps.
  private let reading = Locked<Set<FileStamp>>([])

  package init(library: ModelLibrary) { self.library = library }

  /// The card of the model that `settings` name, or of the one that fits the picture best. A file that was read before is
  /// not read again unless it changed.
  package func card(_ settings: JobSettings, for picture: PictureShape) throws(RestorationError) -> ModelCard {
    guard let model = settings.model, let stamp = FileStamp(model) else {
      return try settings.card(in: library, for: picture)
    }
    let key = Named(
      model: model, stamp: stamp, overrides: settings.overrides, variant: settings.variant, request: settings.request)
    if let card = state.withLock({ $0.cards[key] }) { return card }
    let card = try settings.card(in: library, for: picture)
    state.withLock { state in
      if state.cards.count > 100 { state.cards.removeAll() }
      state.cards[key] = card
    }
    return card
  }

  /// The model behind a card, from memory where it was used lately and its file has not changed.
  package func model(
    _ card: ModelCard, _ options: RestorationOptions, precision: PrecisionChoice? = nil
  ) throws(RestorationError) -> RestorationModel {
    let (precision, kernels) = (precision ?? options.precision, options.kernels)
    guard let stamp = FileStamp(card.path) else {
      return try library.load(card, precision: precision, kernels: kernels, on: options.place)
    }
    var wanted = options
    wanted.precision = precision
    let device = wanted.device.description
    let find = { [state] in
      state.withLock { state -> RestorationModel? in
        let place = state.loaded.firstIndex {
          $0.stamp == stamp && $0.device == device && $0.model.card == card && !$0.model.network.device.isLost
        }
        guard let place else { return nil }
        let entry = state.loaded.remove(at: place)
        state.loaded.insert(entry, at: 0)
        return entry.model
      }
    }
    if let found = find() { return found }
    _ = reading.withLock(when: { !$0.contains(stamp) }) { $0.insert(stamp) }
    defer {
      reading.withLock { _ = $0.remove(stamp) }
      reading.wakeAll()
    }
    if let found = find() { return found }
    let model = try library.load(card, precision: precision, kernels: kernels, on: options.place)
    state.withLock { state in
      state.loaded.insert((stamp, device, model), at: 0)
      if state.loaded.count > Self.mostLoaded { state.loaded.removeLast() }
    }
    return model
  }

  /// SHA-256 of a model's file, hexadecimal.
  package func hash(_ card: ModelCard) throws(RestorationError) -> String {
    let stamp = FileStamp(card.path)
    if let stamp, let hash = state.withLock({ $0.hashes[stamp] }) { return hash }
    let hash = try card.sha256()
    if let stamp { state.withLock { $0.hashes[stamp] = hash } }
    return hash
  }

  /// Everything that is known of the installed models, and a line for each file that is none.
  package func list(speeds: SpeedProfile) -> (models: [ModelInfo], problems: [String]) {
    let listing = library.list()
    var problems = listing.problems.map(\.description)
    var models: [ModelInfo] = []
    for card in listing.cards {
      do throws(RestorationError) {
        models.append(try info(card, speeds))
      } catch {
        problems.append(error.description)
      }
    }
    return (models, problems)
  }

  private func info(_ card: ModelCard, _ speeds: SpeedProfile) throws(RestorationError) -> ModelInfo {
    let hash = try hash(card)
    let settings = ConfigurationSetting.allCases.map { setting in
      ModelInfo.Setting(
        name: setting.rawValue, value: card.configuration.text(of: setting),
        source: card.sources[setting]?.description ?? "")
    }
    return ModelInfo(
      name: card.name, path: card.path, origin: card.origin.rawValue, fileBytes: card.fileBytes, sha256: hash,
      task: card.task.rawValue, scale: card.scale, variant: card.variant?.rawValue, colours: card.colourText,
      summary: card.summary,
      parameterCount: GRL.parameters(of: card.configuration).reduce(0) { $0 + $1.shape.reduce(1, *) },
      settings: settings, facts: card.facts.map { ModelInfo.Fact(name: $0.name, text: $0.text) },
      pixelsPerSecond: speeds.pixelsPerSecond(model: hash, precision: .float32))
  }
}
