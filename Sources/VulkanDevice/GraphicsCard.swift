import Base
import CVulkan

/// A card that Vulkan offers, before it is used.
public struct GraphicsCard: Sendable, Hashable, CustomStringConvertible {
  public enum Kind: String, Sendable {
    case discrete, integrated, virtual
    /// Vulkan on the processor: for tests, never chosen unasked.
    case software
    case other
  }

  /// Place among the loader's cards.
  public let index: Int
  public let name: String
  public let kind: Kind
  /// 32 hexadecimal digits in groups, as `CUDA_VISIBLE_DEVICES` and `nvidia-smi` write them behind "GPU-".
  public let uuid: String
  /// Name and version, in the driver's own words.
  public let driver: String
  /// By its PCI number.
  public let isNVIDIA: Bool
  /// Of Vulkan: `1.3.230`.
  public let version: String
  /// Of its largest heap, in bytes.
  public let memoryBytes: Int
  /// What of it may be used now; nil where the driver does not say (`VK_EXT_memory_budget`).
  public let freeBytes: Int?
  /// Of one allocation, in bytes.
  public let largestAllocation: Int
  /// Of a workgroup: shared memory in bytes, and threads.
  public let sharedBytes: Int
  public let threads: Int
  /// `0000:01:00.0`; nil where the driver does not say.
  public let pciAddress: String?
  public let hasFloat16: Bool
  public let hasMatrices: Bool
  /// What the kernels need and it has not; nil where nothing is missing.
  public let lacks: String?

  init(_ info: grl_vk_info, index: Int) {
    self.index = index
    name = Self.text(info.name)
    driver = Self.text(info.driver)
    kind =
      switch info.kind {
      case 1: .integrated
      case 2: .discrete
      case 3: .virtual
      case 4: .software
      default: .other
      }
    let digits = withUnsafeBytes(of: info.uuid) { bytes in bytes.map { hex(UInt32($0), digits: 2) } }
    uuid = [0..<4, 4..<6, 6..<8, 8..<10, 10..<16].map { digits[$0].joined() }.joined(separator: "-")
    isNVIDIA = info.vendor == 0x10DE
    version = "\(info.version >> 22 & 127).\(info.version >> 12 & 1023).\(info.version & 4095)"
    memoryBytes = Int(clamping: info.memory)
    freeBytes = info.budget > 0 ? Int(clamping: info.budget) : nil
    largestAllocation = Int(clamping: info.largest)
    (sharedBytes, threads) = (Int(info.shared_bytes), Int(info.threads))
    let place = info.place
    pciAddress =
      info.has_place
      ? "\(hex(place.0, digits: 4)):\(hex(place.1, digits: 2)):\(hex(place.2, digits: 2)).\(place.3)" : nil
    (hasFloat16, hasMatrices) = (info.has_float16, info.has_matrices)
    lacks =
      !info.has_address
      ? "buffer device addresses of Vulkan 1.2"
      : info.shared_bytes < 16384 || info.threads < 64 ? "16 KiB of shared memory and 64 threads for each group" : nil
  }

  /// One that is made up, to try choices on.
  package init(
    index: Int, name: String, kind: Kind, uuid: String, memoryBytes: Int, pciAddress: String? = nil,
    isNVIDIA: Bool = false, lacks: String? = nil
  ) {
    (self.index, self.name, self.kind, self.uuid, self.memoryBytes) = (index, name, kind, uuid, memoryBytes)
    (self.pciAddress, self.isNVIDIA, self.lacks) = (pciAddress, isNVIDIA, lacks)
    (driver, version, freeBytes, largestAllocation) = ("made up", "1.3.0", nil, 1 << 30)
    (sharedBytes, threads, hasFloat16, hasMatrices) = (32768, 1024, false, false)
  }

  public var description: String { name }

  /// A C string of somebody else's making, fit to be shown.
  private static func text<Characters>(_ characters: Characters) -> String {
    withUnsafeBytes(of: characters) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self).printable
    }
  }
}

private func hex(_ number: UInt32, digits: Int) -> String {
  let text = String(number, radix: 16)
  return String(repeating: "0", count: max(0, digits - text.count)) + text
}
