import CVulkan
import Tensors

/// A piece of the card's memory that weights lie in; free when the last of them goes.
final class WeightBlock: @unchecked Sendable {
  // The buffer is made before `init` and freed in `deinit`.
  private let context: VulkanContext
  fileprivate var buffer: grl_vk_buffer

  fileprivate init(_ buffer: grl_vk_buffer, of context: VulkanContext) {
    (self.buffer, self.context) = (buffer, context)
  }

  deinit {
    // A pass that was cancelled may have left work behind that reads them.
    grl_vk_idle(context.handle)
    grl_vk_free(context.handle, &buffer)
  }
}

/// Values in the memory of a card.
struct StoredWeights: Sendable {
  /// Nil where there was no memory for them: the context has the fault.
  let block: WeightBlock?
  let address: UInt64
  let bytes: Int
}

/// Where the weights of networks go on the card: large blocks, filled in the order in which layers are made, and copied there before they are used.
struct WeightPool {
  private static let blockBytes = 16 << 20
  /// What kernels load at once.
  private static let alignment = 16

  private weak var current: WeightBlock?
  private var used = 0
  private var waiting: [Waiting] = []

  private struct Waiting {
    weak var block: WeightBlock?
    let offset: Int
    let values: [Float]
  }

  /// - Returns: 0, or the code of the call that failed.
  mutating func store(_ values: [Float], on context: VulkanContext, into stored: inout StoredWeights?) -> Int32 {
    let bytes = 4 * values.count
    var block = current
    if block == nil || used + bytes > Int(block!.buffer.bytes) {
      var buffer = grl_vk_buffer()
      let size = max(Self.blockBytes, bytes)
      let code = grl_vk_allocate(context.handle, UInt64(size), GRL_VK_CARD, &buffer)
      guard code == 0 else { return code }
      block = WeightBlock(buffer, of: context)
      (current, used) = (block, 0)
    }
    waiting.append(Waiting(block: block, offset: used, values: values))
    stored = StoredWeights(block: block, address: block!.buffer.address + UInt64(used), bytes: bytes)
    used += (bytes + Self.alignment - 1) / Self.alignment * Self.alignment
    return 0
  }

  /// Copies what waits to the card; returns when it is there.
  mutating func upload(on context: VulkanContext) -> Int32 {
    guard !waiting.isEmpty else { return 0 }
    let pieces = waiting.compactMap { item in item.block.map { (block: $0, offset: item.offset, values: item.values) } }
    waiting = []
    let total = pieces.reduce(0) { $0 + 4 * $1.values.count }
    guard total > 0 else { return 0 }
    var staging = grl_vk_buffer()
    var code = grl_vk_allocate(context.handle, UInt64(total), GRL_VK_UPLOAD, &staging)
    guard code == 0 else { return code }
    defer { grl_vk_free(context.handle, &staging) }
    var commands: OpaquePointer?
    code = grl_vk_make_commands(context.handle, &commands)
    guard code == 0, let commands else { return code }
    defer { grl_vk_free_commands(commands) }
    code = grl_vk_begin(commands)
    guard code == 0 else { return code }
    var offset = 0
    for piece in pieces where !piece.values.isEmpty {
      let bytes = 4 * piece.values.count
      piece.values.withUnsafeBytes {
        staging.host.advanced(by: offset).copyMemory(from: $0.baseAddress!, byteCount: bytes)
      }
      grl_vk_copy(commands, &staging, UInt64(offset), &piece.block.buffer, UInt64(piece.offset), UInt64(bytes))
      offset += bytes
    }
    code = grl_vk_end(commands)
    if code == 0 { code = grl_vk_submit(commands) }
    var seconds = 0.0
    return code == 0 ? grl_vk_wait(commands, &seconds) : code
  }

  mutating func removeAll() { (current, waiting) = (nil, []) }
}
