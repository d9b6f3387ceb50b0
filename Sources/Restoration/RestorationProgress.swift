/// How far a restoration has come.
public struct RestorationProgress: Hashable, Sendable {
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

/// Turns tiles and shares of tiles into progress by the clock.
struct ProgressMeter {
  private let tileCount: Int
  private let pixels: Int
  private let start = ContinuousClock.now

  init(tileCount: Int, pixels: Int) {
    self.tileCount = tileCount
    self.pixels = pixels
  }

  func progress(tilesDone: Int, shareOfNext: Double = 0) -> RestorationProgress {
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let fraction = min(1, (Double(tilesDone) + shareOfNext) / Double(tileCount))
    return RestorationProgress(
      tilesDone: tilesDone, tileCount: tileCount, fraction: fraction, secondsElapsed: seconds,
      pixelsPerSecond: seconds > 0 ? fraction * Double(pixels) / seconds : 0,
      secondsRemaining: fraction > 0 ? seconds / fraction * (1 - fraction) : nil)
  }
}
