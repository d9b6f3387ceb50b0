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
  /// Mean gradient across the tile borders over the mean gradient beside them: near 1 where no seam can be seen. Nil with a
  /// single tile, or where the picture has no gradient to compare with.
  public let seamScore: Double?
  /// One line on each thing that was converted or not kept.
  public let notes: [String]
}
