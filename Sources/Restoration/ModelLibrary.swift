import Checkpoints
import GRLModel

/// The models that are installed: bundled with the program, imported by the user, or where `GRL_MODELS` says.
public struct ModelLibrary: Sendable {
  /// A folder that is searched for `*.safetensors`; earlier folders win where a name occurs twice.
  public struct Folder: Hashable, Sendable {
    public let path: String
    public let origin: ModelCard.Origin

    public init(path: String, origin: ModelCard.Origin) {
      self.path = path
      self.origin = origin
    }
  }

  /// All models found, and the files that are none.
  public struct Listing: Sendable {
    /// Sorted by task, then name.
    public let cards: [ModelCard]
    /// One for each file that could not be read.
    public let problems: [RestorationError]
  }

  public let folders: [Folder]
  /// Where `importModel` writes.
  public let userFolder: String

  public init(folders: [Folder], userFolder: String) {
    self.folders = folders
    self.userFolder = userFolder
  }

  /// What is installed; folders that do not exist are skipped.
  public func list() -> Listing { fatalError() }

  /// The model of that name, or the weight file at that path.
  public func card(_ nameOrPath: String) throws(RestorationError) -> ModelCard { fatalError() }

  /// Loads the weights and builds the network.
  public func load(_ card: ModelCard) throws(RestorationError) -> RestorationModel { fatalError() }

  /// Validates a weight file in full, then writes it with its settled configuration to the user's folder, whole or not at all.
  public func importModel(from path: String, name: String? = nil) throws(RestorationError) -> ModelCard { fatalError() }
}

/// A loaded model: the network and what is known of it.
public struct RestorationModel: Sendable {
  public let card: ModelCard
  public let network: GRL

  public init(card: ModelCard, network: GRL) {
    self.card = card
    self.network = network
  }
}
