/// Extent of a channels-last picture or feature map: `height` rows of `width` pixels with `channels` values each.
public struct Shape: Hashable, Sendable, CustomStringConvertible {
  public let height: Int
  public let width: Int
  public let channels: Int

  public init(height: Int, width: Int, channels: Int) {
    precondition(height >= 0 && width >= 0 && channels >= 0)
    self.height = height
    self.width = width
    self.channels = channels
  }

  public var pixels: Int { height * width }
  public var count: Int { height * width * channels }
  public var description: String { "\(height) x \(width) x \(channels)" }
}
