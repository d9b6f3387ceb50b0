import Base
import Tensors

/// How far a restoration has come.
public struct RestorationProgress: Hashable, Sendable {
  public let tilesDone: Int
  public let tileCount: Int
  /// Share of the next tile that is done, 0...1, counted in transformer blocks.
  public let tileFraction: Double
  /// Share of all the work that is done, 0...1.
  public let fraction: Double
  /// Time spent in this run, pauses left out.
  public let secondsElapsed: Double
  /// Input pixels by the second, of the tiles computed in this run; 0 before anything is computed.
  public let pixelsPerSecond: Double
  /// Time left at that speed; nil before anything is computed.
  public let secondsRemaining: Double?
}

/// Turns tiles and shares of tiles into progress by the gate's clock. Only computing counts for the speed: neither pauses nor tiles
/// that were there already.
struct ProgressMeter {
  private let tileCount: Int
  private let pixels: Int
  private let gate: WorkGate
  private let start: ContinuousClock.Instant
  private let pausedAtStart: Duration
  private var loaded = 0
  private var loading = Duration.zero
  /// What was told last: a tile that has to be computed again takes nothing back.
  private var fraction = 0.0

  init(tileCount: Int, pixels: Int, gate: WorkGate) {
    self.tileCount = tileCount
    self.pixels = pixels
    self.gate = gate
    start = gate.now()
    pausedAtStart = gate.pausedTime
  }

  /// Time of this run so far, pauses left out.
  var elapsed: Duration { gate.now() - start - (gate.pausedTime - pausedAtStart) }

  /// One more tile was there already, and reading it took this long.
  mutating func addLoaded(_ duration: Duration) {
    loaded += 1
    loading += duration
  }

  mutating func progress(tilesDone: Int, shareOfNext: Double = 0) -> RestorationProgress {
    let elapsed = elapsed
    let computing = max(0, (elapsed - loading).seconds)
    let computed = Double(tilesDone - loaded) + shareOfNext
    let left = Double(tileCount - tilesDone) - shareOfNext
    fraction = max(fraction, min(1, (Double(tilesDone) + shareOfNext) / Double(tileCount)))
    return RestorationProgress(
      tilesDone: tilesDone, tileCount: tileCount, tileFraction: min(1, shareOfNext), fraction: fraction,
      secondsElapsed: elapsed / .seconds(1),
      pixelsPerSecond: computing > 0 ? computed / Double(tileCount) * Double(pixels) / computing : 0,
      secondsRemaining: left <= 0 ? 0 : computed > 0 ? computing / computed * left : nil)
  }
}
