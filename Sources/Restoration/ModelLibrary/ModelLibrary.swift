import Base
import Checkpoints
import Foundation
import GRLModel
import Tensors
import VulkanDevice

/// The models that are installed: bundled with the program, imported by the user, or where `GRL_MODELS` says.
public struct ModelLibrary: Sendable {
  /// A folder that is searched for weight files; where a name occurs twice, the earlier folder wins.
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
    /// In the order of the folders, by name within each.
    public let cards: [ModelCard]
    /// One for each file or folder that could not be read.
    public let problems: [RestorationError]
  }

  static let endings: Set = ["safetensors", "pth", "pt", "ckpt"]

  public let folders: [Folder]
  /// Where `importModel` writes.
  public let userFolder: String

  public init(folders: [Folder], userFolder: String) {
    self.folders = folders
    self.userFolder = userFolder
  }

  /// What is installed; folders that do not exist are skipped.
  public func list() -> Listing {
    var cards: [ModelCard] = []
    var problems: [RestorationError] = []
    for folder in folders where FileManager.default.fileExists(atPath: folder.path) {
      guard let names = namesInFolder(folder.path) else {
        problems.append(.checkpoint(.unreadable(path: folder.path, reason: "the folder cannot be listed")))
        continue
      }
      for file in names.sorted() where Self.isWeightFile(file) && !cards.contains(where: { $0.name == Self.stem(file) })
      {
        do throws(RestorationError) {
          cards.append(try ModelCard(path: folder.path + "/" + file, origin: folder.origin))
        } catch {
          problems.append(error)
        }
      }
    }
    return Listing(cards: cards, problems: problems)
  }

  /// Whether a denoiser for correlated noise is there, so that it is worth to measure which noise a picture has.
  public var knowsPhotoNoise: Bool { list().cards.contains { $0.noise == .photo } }

  /// The model of that name, or the weight file at that path.
  ///
  /// - Parameter overrides: what the user says about a file that does not tell all itself.
  /// - Throws: `noSuchModel`; the file's fault as `checkpoint`, `configuration` or `modelTaskUnknown`.
  public func card(
    _ nameOrPath: String, overrides: ConfigurationOverrides = .init()
  ) throws(RestorationError) -> ModelCard {
    if let (path, origin) = file(named: nameOrPath) {
      return try ModelCard(path: path, origin: origin, overrides: overrides)
    }
    if nameOrPath.contains("/") || Self.isWeightFile(nameOrPath) || FileManager.default.fileExists(atPath: nameOrPath) {
      return try ModelCard(path: nameOrPath, origin: .file, overrides: overrides)
    }
    throw .noSuchModel(name: nameOrPath, available: list().cards.map(\.name))
  }

  /// Loads the weights and builds the network; every name, shape and value is checked.
  public func load(
    _ card: ModelCard, precision: PrecisionChoice = .float32, kernels: KernelChoice = .standard,
    on place: DeviceChoice = .standard
  ) throws(RestorationError) -> RestorationModel {
    do throws(OutOfMemory) {
      try OutOfMemory.check(Self.loadingBytes(card.path))
    } catch {
      throw .outOfMemory(error)
    }
    let device = try Self.device(precision, kernels, place, for: card)
    return RestorationModel(card: card, network: try Self.network(card, on: device))
  }

  /// The device, checked on a small network of the card's widths where it is not the processor.
  private static func device(
    _ precision: PrecisionChoice, _ kernels: KernelChoice, _ place: DeviceChoice, for card: ModelCard
  ) throws(RestorationError) -> any Device {
    do throws(DeviceError) {
      let device = try precision.device(by: kernels, on: place)
      if let device = device as? VulkanDevice { try GraphicsCards.check(device, for: card.configuration) }
      return device
    } catch {
      if place == .automatic { return precision.device(by: kernels) }
      throw .device(error)
    }
  }

  /// The network of a weight file.
  static func network(_ card: ModelCard, on device: any Device) throws(RestorationError) -> GRL {
    do {
      return try GRL(Checkpoint(contentsOf: card.path), configuration: card.configuration, on: device)
    } catch {
      throw .checkpoint(error)
    }
  }

  /// What loading a weight file takes at its peak, generously: the tensors as they are stored, packed (a convolution's nine
  /// taps become 36 planes), and one on its way from the one to the other.
  private static func loadingBytes(_ path: String) -> Int {
    var status = stat()
    guard stat(path.systemPath, &status) == 0 else { return 0 }
    return status.st_size.multipliedReportingOverflow(by: 6).overflow ? .max : 6 * status.st_size
  }

  /// The installed file of a model.
  private func file(named name: String) -> (path: String, origin: ModelCard.Origin)? {
    guard !name.isEmpty && !name.contains("/") else { return nil }
    for folder in folders {
      for ending in Self.endings.sorted(by: >) {
        let path = "\(folder.path)/\(name).\(ending)"
        if FileManager.default.fileExists(atPath: path) { return (path, folder.origin) }
      }
    }
    return nil
  }

  static func isWeightFile(_ path: String) -> Bool {
    let name = lastComponent(path)
    return !name.hasPrefix(".") && name.split(separator: ".").count > 1
      && endings.contains(String(name.split(separator: ".").last!))
  }

  /// The name of a weight file without folder and ending.
  static func stem(_ path: String) -> String {
    let name = lastComponent(path)
    guard isWeightFile(name), let dot = name.lastIndex(of: ".") else { return name }
    return String(name[..<dot])
  }
}

/// A loaded model: the network and what is known of it.
public struct RestorationModel: Sendable {
  public let card: ModelCard
  public let network: GRL
  private let measured = Locked<[MeasuredTile: Int]>([:])

  public init(card: ModelCard, network: GRL) {
    self.card = card
    self.network = network
  }

  private struct MeasuredTile: Hashable {
    let height: Int
    let width: Int
    let threads: Int
  }

  /// `GRL.workspaceBytes`, measured once for each shape, one after the other: that takes milliseconds and tables, and pictures of all sizes have
  /// one tile.
  func workspaceBytes(height: Int, width: Int, threadCount: Int) -> Int {
    let tile = MeasuredTile(height: height, width: width, threads: threadCount)
    return measured.withLock { measured in
      if let bytes = measured[tile] { return bytes }
      if measured.count > 1000 { measured.removeAll() }
      let bytes = network.workspaceBytes(height: height, width: width, threadCount: threadCount)
      measured[tile] = bytes
      return bytes
    }
  }
}
