import Base
import CPUDevice
import Foundation
import GRLModel
import Tensors
import VulkanDevice

/// Where networks are computed.
public enum DeviceChoice: Hashable, Sendable, CustomStringConvertible {
  /// A graphics card where there is one, else the processor; never a card that is the processor.
  case automatic
  case cpu
  /// The best card that Vulkan has, one in software too where it has no other.
  case vulkan
  /// A card by its name or a part of it, its UUID, or its PCI address.
  case card(String)

  public init(_ text: String) {
    self =
      switch text.lowercased() {
      case "auto": .automatic
      case "cpu": .cpu
      case "vulkan": .vulkan
      default: .card(text)
      }
  }

  public var description: String {
    switch self {
    case .automatic: "auto"
    case .cpu: "cpu"
    case .vulkan: "vulkan"
    case .card(let name): name
    }
  }

  /// Where nothing else is said: what `GRL_DEVICE` names, else `automatic`.
  public static let standard =
    ProcessInfo.processInfo.environment["GRL_DEVICE"].map { DeviceChoice($0) } ?? .automatic
}

/// Why a choice of a device cannot be followed.
public enum DeviceError: Error, Hashable, Sendable, CustomStringConvertible {
  /// There is no Vulkan, or it failed.
  case unavailable(choice: String, reason: String)
  case noCard(choice: String)
  case noSuchCard(name: String, available: [String])
  case severalCards(name: String, found: [String])
  /// What it computes for a network is not what the processor computes.
  case wrongResults(card: String, distance: Float)
  /// It failed while a network was tried.
  case fault(DeviceFault)
  /// It does not go with another choice.
  case contradiction(choice: String, option: String)

  public var description: String {
    switch self {
    case .unavailable(let choice, let reason): "--device \(choice): \(reason); without it the processor computes"
    case .noCard(let choice): "--device \(choice): Vulkan has no card here; grl devices says what there is"
    case .noSuchCard(let name, let available):
      "--device \(name): no card has that name, UUID or address; there are "
        + (available.isEmpty ? "none" : available.listed(separator: ", ")) + "; see grl devices"
    case .severalCards(let name, let found):
      "--device \(name) could be \(found.listed(separator: " or ")); take a UUID from grl devices"
    case .wrongResults(let card, let distance):
      "\(card) computes wrongly: results are \(distance) of their range off; update its driver, or take --device cpu"
    case .fault(let fault): "\(fault); take --device cpu, or see grl devices"
    case .contradiction(let choice, let option):
      "--device \(choice) computes in float32 by its own kernels: leave \(option) away, or take --device cpu"
    }
  }
}

extension DeviceChoice {
  /// The card that is chosen among `cards`; nil for the processor.
  ///
  /// - Parameter environment: its `CUDA_VISIBLE_DEVICES` hides NVIDIA's cards from `automatic` and `vulkan`, as it does from CUDA.
  package func card(
    among cards: [GraphicsCard], _ environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(DeviceError) -> GraphicsCard? {
    switch self {
    case .cpu: return nil
    case .automatic:
      return Self.visible(cards, environment).filter { $0.kind != .software && $0.lacks == nil }.max {
        $0.rank < $1.rank
      }
    case .vulkan:
      let usable = Self.visible(cards, environment).filter { $0.lacks == nil }
      guard let best = usable.max(by: { $0.rank < $1.rank }) else { throw .noCard(choice: description) }
      return best
    case .card(let text):
      let wanted = text.lowercased()
      let id = wanted.hasPrefix("gpu-") ? String(wanted.dropFirst(4)) : wanted
      let exact = cards.filter { $0.uuid == id || $0.pciAddress == id || $0.name.lowercased() == wanted }
      let found = exact.isEmpty ? cards.filter { $0.name.lowercased().contains(wanted) } : exact
      guard let card = found.first else { throw .noSuchCard(name: text.printable(), available: cards.map(\.name)) }
      guard found.count == 1 else {
        throw .severalCards(name: text.printable(), found: found.map { "\($0.name) (\($0.uuid))" })
      }
      return card
    }
  }

  /// The cards that CUDA would be shown: by UUID (or its beginning), or by number in the order of PCI addresses.
  private static func visible(_ cards: [GraphicsCard], _ environment: [String: String]) -> [GraphicsCard] {
    guard let list = environment["CUDA_VISIBLE_DEVICES"] else { return cards }
    let ordered = cards.filter(\.isNVIDIA).sorted { ($0.pciAddress ?? "") < ($1.pciAddress ?? "") }
    var shown: [GraphicsCard] = []
    // What comes behind a word that names no card is not shown: CUDA reads it so.
    for word in list.split(separator: ",", omittingEmptySubsequences: false) {
      let word = word.trimmingCharacters(in: .whitespaces).lowercased()
      if let number = Int(word), ordered.indices.contains(number) {
        shown.append(ordered[number])
      } else if word.hasPrefix("gpu-"), let card = ordered.first(where: { $0.uuid.hasPrefix(word.dropFirst(4)) }) {
        shown.append(card)
      } else {
        break
      }
    }
    return cards.filter { !$0.isNVIDIA || shown.contains($0) }
  }
}

extension GraphicsCard {
  /// Cards of their own before parts of a processor, then those with more memory.
  fileprivate var rank: Int {
    let kinds: [Kind: Int] = [.discrete: 4, .virtual: 3, .integrated: 2, .other: 1]
    return kinds[kind, default: 0] << 48 + memoryBytes >> 20
  }
}
