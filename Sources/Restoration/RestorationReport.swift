import Imaging

/// A finished restoration.
public struct RestoredImage: Sendable {
  public let image: Image
  public let report: RestorationReport
}

/// How a picture was restored.
public struct RestorationReport: Sendable {
  public let task: RestorationTask
  /// Name of the model.
  public let model: String
  public let plan: TilePlan
  public let seconds: Double
  /// Input pixels that came out restored, by the second.
  public let pixelsPerSecond: Double
  public let estimate: MemoryEstimate
  /// Gradient across the lines where a tile begins or ends, over the gradient there in the tiles that lie on both sides: 1
  /// where no seam was added, whatever the picture shows there. Without an overlap, over the gradient beside the lines, and
  /// then edges along a line count. Nil with a single tile, or where there is no gradient to compare with.
  public let seamScore: Double?
  /// One line on each thing that was converted or not kept.
  public let notes: [String]
}
