/// How far a job is as a whole, and how long the rest of it takes.
public struct JobEstimate: Codable, Hashable, Sendable {
  /// Pictures that are settled, whatever became of them.
  public var settled: Int
  public var count: Int
  /// Share of the pixels that is done, 0...1.
  public var fraction: Double
  /// Time of computing that is left; nil while nothing tells.
  public var secondsRemaining: Double?

  public init(settled: Int, count: Int, fraction: Double, secondsRemaining: Double?) {
    self.settled = settled
    self.count = count
    self.fraction = fraction
    self.secondsRemaining = secondsRemaining
  }

  /// Several jobs, one after the other: pictures are added up, and times where all are known.
  ///
  /// - Parameter pixels: of each job, by which its share counts.
  public init(_ jobs: [JobEstimate], pixels: [Double]) {
    let total = pixels.reduce(0, +)
    let done = zip(jobs, pixels).reduce(0) { $0 + $1.0.fraction * $1.1 }
    let seconds = jobs.map(\.secondsRemaining)
    self.init(
      settled: jobs.reduce(0) { $0 + $1.settled }, count: jobs.reduce(0) { $0 + $1.count },
      fraction: total > 0 ? done / total : 0,
      secondsRemaining: seconds.contains(nil) ? nil : seconds.reduce(0) { $0 + ($1 ?? 0) })
  }
}

/// Tells from what was done of a job, and in which time, how long the rest takes.
///
/// The work of a picture is taken to be proportional to its pixels, and what is left to go on at the mean pace so far, files read and written
/// included. Reads no clock: whoever uses it says what time it is, so that the engine, `grl restore` and tests share the arithmetic.
public struct JobPace: Sendable {
  private struct Picture: Sendable {
    /// nil until it was measured.
    var pixels: Int?
    /// That is done, 0...1.
    var share: Double
    /// Done in the time that was measured.
    var worked = 0.0
    var isSettled: Bool
  }

  private var pictures: [Picture]
  /// Seconds a pixel that such work took before; holds until enough was measured here.
  public var expectedPace: Double?
  /// Of work that was measured.
  private var seconds = 0.0
  /// When something was heard last; nil while the work rests.
  private var last: Double?
  /// Less time tells no pace.
  private static let fewestSeconds = 0.5

  /// - Parameter shares: what is done of each picture already; 1 where it is settled.
  public init(shares: [Double], pixels: [Int?] = []) {
    pictures = shares.enumerated().map { number, share in
      Picture(pixels: pixels.indices.contains(number) ? pixels[number] : nil, share: share, isSettled: share >= 1)
    }
  }

  /// Sets what pictures have in pixels: of the part that is restored.
  public mutating func measured(_ pixels: [Int?]) {
    for (number, count) in pixels.enumerated() where pictures.indices.contains(number) {
      if let count { pictures[number].pixels = count }
    }
  }

  /// A picture is done by `share`, 0...1. Called a few times a second while one is restored.
  public mutating func advance(_ number: Int, share: Double, at time: Double) {
    guard pictures.indices.contains(number), share.isFinite else { return }
    let gain = max(0, min(share, 1) - pictures[number].share)
    // What was done before the clock ran is not part of the pace.
    if tick(time) { pictures[number].worked += gain }
    pictures[number].share += gain
  }

  /// Nothing more is to be done for a picture, since it is done or cannot be.
  public mutating func settle(_ number: Int, at time: Double) {
    guard pictures.indices.contains(number) else { return }
    if tick(time), pictures[number].share > 0 { pictures[number].worked += max(0, 1 - pictures[number].share) }
    (pictures[number].share, pictures[number].isSettled) = (1, true)
  }

  /// A picture is to be restored again from its beginning.
  public mutating func reopen(_ number: Int) {
    guard pictures.indices.contains(number) else { return }
    (pictures[number].share, pictures[number].worked, pictures[number].isSettled) = (0, 0, false)
  }

  /// The work rests from here until it is heard of again.
  public mutating func rest() { last = nil }

  /// - Returns: whether the time since the last call was one of work.
  private mutating func tick(_ time: Double) -> Bool {
    defer { last = time }
    guard let last, time >= last else { return false }
    seconds += time - last
    return true
  }

  /// Pixels of a picture; those that were not measured are taken to be like the others.
  private var weights: [Double] {
    let known = pictures.compactMap(\.pixels)
    let mean = known.isEmpty ? 1 : Double(known.reduce(0, +)) / Double(known.count)
    return pictures.map { $0.pixels.map(Double.init) ?? mean }
  }

  /// Of all pictures.
  public var pixels: Double { weights.reduce(0, +) }

  /// Seconds a pixel, as measured here; nil while that is too little to tell.
  public var measuredPace: Double? { pace(weights) }

  private func pace(_ weights: [Double]) -> Double? {
    let worked = zip(pictures, weights).reduce(0) { $0 + $1.0.worked * $1.1 }
    return worked > 0 && seconds >= Self.fewestSeconds ? seconds / worked : nil
  }

  public var estimate: JobEstimate {
    let weights = weights
    let total = weights.reduce(0, +)
    let left = zip(pictures, weights).reduce(0) { $0 + (1 - $1.0.share) * $1.1 }
    let settled = pictures.count(where: \.isSettled)
    let isOver = settled == pictures.count
    return JobEstimate(
      settled: settled, count: pictures.count, fraction: isOver ? 1 : total > 0 ? max(0, 1 - left / total) : 0,
      secondsRemaining: isOver ? 0 : (pace(weights) ?? expectedPace).map { $0 * left })
  }
}
