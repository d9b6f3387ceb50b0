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

/// How far a restoration has come.
public struct RestorationProgress: Sendable {
  public let tilesDone: Int
  public let tileCount: Int
  /// Share of all the work that is done, 0...1, counted in transformer blocks.
  public let fraction: Double
  public let secondsElapsed: Double
  /// Input pixels by the second so far; 0 before anything is done.
  public let pixelsPerSecond: Double
  /// Time left at the speed so far; nil before anything is done.
  public let secondsRemaining: Double?
}
