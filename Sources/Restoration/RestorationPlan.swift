/// What a restoration will do, settled before it starts: tiles, memory, output, and what will be converted on the way.
public struct RestorationPlan: Sendable {
  public let request: RestorationRequest
  public let options: RestorationOptions
  public let input: PictureShape
  public let output: PictureShape
  /// The part of the input that goes through the network: all of it, or the region asked for with its surroundings.
  public let area: PixelRegion
  public let tiles: TilePlan
  public let estimate: MemoryEstimate
  /// One line on each thing that will be converted or not kept.
  public let notes: [String]
}
