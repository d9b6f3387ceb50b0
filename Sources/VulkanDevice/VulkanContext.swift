import Base
import CVulkan
import Tensors

/// A card in use: its kernels, the weights on it, and what became of it.
final class VulkanContext: @unchecked Sendable {
  // `handle` is set once and its calls are thread-safe; `kernels`, `pool` and `firstFault` are used under `lock` only.

  let library: VulkanLibrary
  let card: GraphicsCard
  let handle: OpaquePointer
  let pace = Pace()
  private let lock = Locked(())
  private var kernels: [Kernel: OpaquePointer] = [:]
  private var pool: WeightPool
  private var firstFault: DeviceFault?

  init(_ card: GraphicsCard, of library: VulkanLibrary) throws(VulkanError) {
    if let lacks = card.lacks { throw .unfit(name: card.name, lacks: lacks) }
    var opened: OpaquePointer?
    let code = grl_vk_open(library.handle, UInt32(card.index), &opened)
    guard let opened else { throw .failed(call: "vkCreateDevice", code: Int(code)) }
    (self.library, self.card, handle) = (library, card, opened)
    pool = WeightPool()
  }

  deinit {
    pool.removeAll()
    for kernel in kernels.values { grl_vk_free_kernel(handle, kernel) }
    grl_vk_close(handle)
  }

  // MARK: Faults

  /// What made it unusable for good: weights that did not get there, or a device that is lost.
  var fault: DeviceFault? { lock.withLock { _ in firstFault } }

  /// The fault of a call that failed; nil where it did not.
  func fault(of code: Int32) -> DeviceFault? {
    guard code != 0 else { return nil }
    let kind: DeviceFault.Kind =
      switch Int(code) {
      case Int(GRL_VK_LOST): .lost
      case Int(GRL_VK_OUT_OF_MEMORY), -1: .outOfMemory
      default: .failed(code: Int(code))
      }
    let fault = DeviceFault(device: card.name, call: String(cString: grl_vk_failed_call(handle)), kind: kind)
    if kind == .lost { note(fault) }
    return fault
  }

  private func note(_ fault: DeviceFault) {
    lock.withLock { _ in if firstFault == nil { firstFault = fault } }
  }

  // MARK: Kernels

  /// Compiled when first wanted.
  func pointer(to kernel: Kernel) throws(DeviceFault) -> OpaquePointer {
    var code: Int32 = 0
    var found: OpaquePointer?
    lock.withLock { _ in
      found = kernels[kernel]
      guard found == nil else { return }
      let constants = kernel.constants
      code = kernel.code.withUnsafeBytes {
        grl_vk_make_kernel(handle, $0.baseAddress, $0.count, constants, UInt32(constants.count), &found)
      }
      kernels[kernel] = found
    }
    if let fault = fault(of: code) { throw fault }
    return found!
  }

  // MARK: Weights

  /// Puts values into memory of the card, behind those before: rows that are stored one after the other are one matrix.
  func store(_ values: [Float]) -> StoredWeights {
    var stored: StoredWeights?
    var code: Int32 = 0
    lock.withLock { _ in code = pool.store(values, on: self, into: &stored) }
    if let fault = fault(of: code) { note(fault) }
    return stored ?? StoredWeights(block: nil, address: 0, bytes: 4 * values.count)
  }

  /// Copies what has been stored to the card.
  func uploadWeights() -> DeviceFault? {
    var code: Int32 = 0
    lock.withLock { _ in code = pool.upload(on: self) }
    let fault = fault(of: code)
    if let fault { note(fault) }
    return fault
  }

  /// Lets the `nth` call from now on fail; see `grl_vk_fail`.
  func fail(_ nth: Int, code: Int) { grl_vk_fail(handle, UInt64(nth), Int32(code)) }
  var calls: Int { Int(grl_vk_calls(handle)) }
}
