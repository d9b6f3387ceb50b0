import Foundation
import Testing
import VulkanDevice

/// Vulkan on this machine, for tests: any card, Mesa's rasteriser on the processor included.
///
/// Only in a process that is started for it (GRL_VULKAN_TESTS=1, as `.ci/tests` does, one test after the other): the rasteriser of Mesa 22.3
/// dies where several devices compile kernels at once.
public enum VulkanDevices {
  public static let areTested = ProcessInfo.processInfo.environment["GRL_VULKAN_TESTS"] == "1"

  /// With the validation layer looking on, where it is installed.
  public static let library: Result<VulkanLibrary, VulkanError> = Result { () throws(VulkanError) in
    try VulkanLibrary(validates: true)
  }

  /// The first card that can be used; nil where there is none.
  public static let any: VulkanDevice? = areTested ? try? make() : nil

  /// Another one of its own, which a test may break.
  public static func make(largestBuffer: Int? = nil, memoryLimit: Int? = nil) throws -> VulkanDevice? {
    let library = try library.get()
    guard let card = library.cards.first(where: { $0.lacks == nil }) else { return nil }
    return try VulkanDevice(card, of: library, largestBuffer: largestBuffer, memoryLimit: memoryLimit)
  }
}

extension Trait where Self == ConditionTrait {
  /// The test runs where Vulkan has a card, if only `mesa-vulkan-drivers`.
  public static var vulkan: Self {
    .enabled(
      if: VulkanDevices.any != nil,
      VulkanDevices.areTested ? "Vulkan has no card here" : "Vulkan has a run of its own: GRL_VULKAN_TESTS=1")
  }
}
