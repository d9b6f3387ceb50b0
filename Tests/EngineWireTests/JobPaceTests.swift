import EngineWire
import Testing

/// How far a job is and when it ends, by a clock that only counts: tasks take the times that the test gives them.
@Suite struct JobPaceTests {
  /// Steele, Lea and Flood's: the same pictures in every run.
  private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  /// A job of pictures with so many pixels that take so many seconds each, told five times a second; calls `look` after each word with the
  /// time so far, the time in all, and the estimate.
  private static func run(
    _ pixels: [Int], seconds: [Double], tells sizes: [Int?]? = nil, loading: Double = 0.4, pause: Double = 0,
    look: (_ time: Double, _ total: Double, JobEstimate) -> Void
  ) {
    var pace = JobPace(shares: pixels.map { _ in 0 }, pixels: sizes ?? pixels)
    let total = seconds.reduce(0, +)
    // A model is read before the first picture; nobody counts it among the pictures.
    var clock = 1000 + loading
    var worked = 0.0
    for (number, own) in seconds.enumerated() {
      var done = 0.0
      while done < own {
        let step = min(0.2, own - done)
        (done, worked, clock) = (done + step, worked + step, clock + step)
        pace.advance(number, share: done / own, at: clock)
        look(worked, total, pace.estimate)
      }
      pace.settle(number, at: clock)
      if pause > 0, number == seconds.count / 3 {
        pace.rest()
        clock += pause
      }
    }
    let end = pace.estimate
    #expect(end.fraction == 1 && end.secondsRemaining == 0 && end.settled == pixels.count)
  }

  /// Pictures from 0.3 to 24 megapixels whose times scatter by 7 % around a pace and have an overhead besides.
  private static func pictures(_ count: Int, seed: UInt64) -> (pixels: [Int], seconds: [Double]) {
    var random = Generator(state: seed)
    let pixels = (0..<count).map { _ in Int.random(in: 300_000...24_000_000, using: &random) }
    let seconds = pixels.map { Double($0) / 1e6 * 4 * Double.random(in: 0.93...1.07, using: &random) + 0.3 }
    return (pixels, seconds)
  }

  @Test(
    "after a tenth of the job the time left is within 20 %, however sizes and speeds scatter",
    arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64], [1, 2, 5, 30])
  func withinAFifth(seed: UInt64, count: Int) {
    let (pixels, seconds) = Self.pictures(count, seed: seed)
    var worst = 0.0
    for pause in [0.0, 3600] {
      Self.run(pixels, seconds: seconds, pause: pause) { time, total, estimate in
        // Seconds before the end a scatter of one picture is all that is left.
        guard estimate.fraction >= 0.1, total - time > total / 20 else { return }
        let left = estimate.secondsRemaining ?? .infinity
        worst = max(worst, abs(left - (total - time)) / (total - time))
      }
    }
    #expect(worst <= 0.2, "\(worst)")
  }

  @Test("pictures count by their pixels, not by their number")
  func byPixels() {
    var pace = JobPace(shares: [0, 0], pixels: [1_000_000, 9_000_000])
    pace.advance(0, share: 0.001, at: 10)
    pace.settle(0, at: 11)
    #expect(abs(pace.estimate.fraction - 0.1) < 1e-9)
    #expect(pace.estimate.settled == 1 && pace.estimate.count == 2)
    // One second for a megapixel: nine are left.
    #expect(abs((pace.estimate.secondsRemaining ?? 0) - 9) < 0.02)
    pace.advance(1, share: 0.5, at: 15.5)
    #expect(abs((pace.estimate.secondsRemaining ?? 0) - 4.5) < 0.02)
  }

  @Test(
    "what earlier runs did and what cannot be restored is no part of the pace, and an unknown size is taken to be like the others"
  )
  func pacesOfWork() {
    var pace = JobPace(shares: [1, 0.5, 0, 0], pixels: [1_000_000, 1_000_000, nil, 1_000_000])
    #expect(pace.estimate.fraction == 0.375 && pace.estimate.secondsRemaining == nil)
    pace.expectedPace = 2e-6
    #expect(pace.estimate.secondsRemaining == 5)
    pace.advance(1, share: 0.5, at: 0)
    pace.advance(1, share: 1, at: 2)
    pace.settle(1, at: 2)
    #expect(pace.estimate.secondsRemaining == 8, "four seconds a picture")
    pace.settle(2, at: 2)
    #expect(pace.estimate.secondsRemaining == 4 && pace.estimate.settled == 3)
    pace.reopen(2)
    #expect(pace.estimate.secondsRemaining == 8)
  }

  @Test("several jobs add up, and where one's time is not known neither is the sum")
  func queue() {
    let first = JobEstimate(settled: 1, count: 2, fraction: 0.5, secondsRemaining: 10)
    let second = JobEstimate(settled: 0, count: 3, fraction: 0, secondsRemaining: 30)
    let both = JobEstimate([first, second], pixels: [1, 3])
    #expect(both == JobEstimate(settled: 1, count: 5, fraction: 0.125, secondsRemaining: 40))
    var unknown = second
    unknown.secondsRemaining = nil
    #expect(JobEstimate([first, unknown], pixels: [1, 3]).secondsRemaining == nil)
  }

  @Test("numbers that cannot be, and pictures that do not exist, change nothing")
  func hostile() {
    var pace = JobPace(shares: [0, 0])
    pace.advance(7, share: 0.5, at: 0)
    pace.advance(0, share: .nan, at: 1)
    pace.advance(0, share: 0.5, at: 5)
    pace.advance(0, share: 0.25, at: 4)
    pace.settle(-1, at: 6)
    #expect(pace.estimate.fraction == 0.25)
    #expect(JobPace(shares: []).estimate == JobEstimate(settled: 0, count: 0, fraction: 1, secondsRemaining: 0))
    #expect(JobPace(shares: [0], pixels: [0]).estimate.fraction == 0)
  }
}
