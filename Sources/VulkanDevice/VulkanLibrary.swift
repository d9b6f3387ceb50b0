import Base
import CVulkan
import Foundation

/// Why nothing is computed through Vulkan.
public enum VulkanError: Error, Sendable, CustomStringConvertible {
  /// There is no loader on this machine.
  case noLoader(reason: String)
  /// A loader of Vulkan 1.0.
  case oldLoader
  /// `GRL_VULKAN_DISABLE` forbids it.
  case disabled
  /// A call failed while loader or card were opened.
  case failed(call: String, code: Int)
  /// A card that lacks what the kernels need.
  case unfit(name: String, lacks: String)

  public var description: String {
    switch self {
    case .noLoader(let reason):
      "Vulkan's loader cannot be opened (\(reason)); Debian has it as 'libvulkan1', and cards need their driver beside it"
    case .oldLoader: "Vulkan's loader is of version 1.0; 1.2 or newer is needed"
    case .disabled: "Vulkan is switched off by GRL_VULKAN_DISABLE"
    case .failed(let call, let code): "\(call) of Vulkan failed with code \(code); is the card's driver installed?"
    case .unfit(let name, let lacks): "\(name) lacks \(lacks)"
    }
  }
}

/// Vulkan's loader and the cards that its drivers offer. Nothing is opened before the first is made.
public final class VulkanLibrary: @unchecked Sendable {
  // The pointer is set once; what is called with it is thread-safe.
  let handle: OpaquePointer
  public let cards: [GraphicsCard]

  /// The loader of this process.
  public static func shared() throws(VulkanError) -> VulkanLibrary { try found.get() }

  private static let found: Result<VulkanLibrary, VulkanError> = {
    if VulkanFeature.disabled.contains(.all) { return .failure(.disabled) }
    return Result { () throws(VulkanError) in try VulkanLibrary() }
  }()

  /// - Parameters:
  ///   - path: of the loader; nil for the system's.
  ///   - validates: whether the validation layer looks on, where it is installed.
  public init(path: String? = nil, validates: Bool = false) throws(VulkanError) {
    var opened: OpaquePointer?
    var reason = [CChar](repeating: 0, count: 256)
    let code = grl_vk_load(path, validates, &opened, &reason)
    guard let opened else {
      switch Int(code) {
      case Int(GRL_VK_NO_LOADER): throw .noLoader(reason: text(of: reason).printable)
      case Int(GRL_VK_TOO_OLD): throw .oldLoader
      default: throw .failed(call: "vkCreateInstance", code: Int(code))
      }
    }
    handle = opened
    cards = (0..<grl_vk_count(opened)).map { index in
      var info = grl_vk_info()
      grl_vk_describe(opened, index, &info)
      return GraphicsCard(info, index: Int(index))
    }
  }

  deinit { grl_vk_unload(handle) }

  /// The same card with the memory that is free now.
  public func refreshed(_ card: GraphicsCard) -> GraphicsCard {
    var info = grl_vk_info()
    grl_vk_describe(handle, UInt32(card.index), &info)
    return GraphicsCard(info, index: card.index)
  }

  /// Whether the validation layer looks on.
  package var validates: Bool { grl_vk_validates(handle) }

  /// What the validation layer has said: how often, and last.
  package var complaints: (count: Int, last: String) {
    var last = [CChar](repeating: 0, count: 1024)
    let count = Int(grl_vk_messages(handle, &last))
    return (count, text(of: last))
  }
}

private func text(of characters: [CChar]) -> String {
  String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// What can be switched off by its name in `GRL_VULKAN_DISABLE`, separated by commas.
public enum VulkanFeature: String, Sendable, CaseIterable {
  /// Vulkan as a whole.
  case all
  /// Submissions that are recorded once.
  case replay
  /// What the driver says of free memory.
  case budget

  public static let disabled: Set<VulkanFeature> = {
    let words = ProcessInfo.processInfo.environment["GRL_VULKAN_DISABLE"].map { $0.split(separator: ",") } ?? []
    return Set(words.compactMap { $0 == "1" ? .all : VulkanFeature(rawValue: String($0)) })
  }()
}
