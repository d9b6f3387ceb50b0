/// What one frame may hold. Both sides check before they send and before they read.
public struct FrameLimits: Hashable, Sendable {
  /// Of the whole frame, its eight bytes of lengths included.
  public let bytes: Int
  /// JSON values in the head, counted by their commas, brackets and colons: at least as many as there are.
  public let values: Int
  /// Arrays and objects within each other.
  public let depth: Int

  /// For what a client sends. The values keep the reading of one head under about 20 ms.
  public static let questions = FrameLimits(bytes: 1 << 20, values: 50_000, depth: 32)
  /// For what the engine sends. The values keep the reading of one head under about half a second.
  public static let answers = FrameLimits(bytes: WireProtocol.frameLimit, values: 1_000_000, depth: 32)

  /// Looks at the shape of a JSON text in one pass, without understanding it.
  ///
  /// - Throws: `WireError.tooDeep`, `WireError.tooManyValues`.
  func check(_ head: [UInt8]) throws(WireError) {
    var (level, count, isInString, isEscaped) = (0, 1, false, false)
    var deepest = 0
    for byte in head {
      if isInString {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInString = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): isInString = true
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        level += 1
        count += 1
        deepest = max(deepest, level)
      case UInt8(ascii: "]"), UInt8(ascii: "}"): level -= 1
      case UInt8(ascii: ","), UInt8(ascii: ":"): count += 1
      default: break
      }
    }
    guard deepest <= depth else { throw .tooDeep(limit: depth) }
    guard count <= values else { throw .tooManyValues(limit: values) }
  }
}
