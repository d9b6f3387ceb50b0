import Base
import CPUDevice
import Restoration
import Tensors
import VulkanDevice

/// What `grl bench` measured.
struct BenchReport: Encodable {
  /// Time and arithmetic of an operator, or of a part of the network, in a pass.
  struct Share: Encodable {
    let name: String
    /// Mean of the timed passes.
    let seconds: Double
    let shareOfTime: Double
    /// Billions of multiplications and additions, convolutions counted as direct ones.
    let gigaflop: Double
    /// Billions of exponentials of softmax, which are not part of `gigaflop`.
    let gigaexponentials: Double
    /// Of the float32 multiply-add peak.
    let shareOfPeak: Double
  }

  /// Another engine on the same model and picture, its passes between ours.
  struct Peer: Encodable {
    let name: String
    let seconds: [Double]
    let medianSeconds: Double
    /// Its median over ours: how many times as fast ours is.
    let ratio: Double
    let peakBytes: Int
    /// Of its result from ours, values being 0...1 of the picture.
    let largestDifference: Double
  }

  let network: String
  let width: Int
  let height: Int
  let threads: Int
  let instructionSet: String
  /// Instruction set, precision and the unit that computes products.
  let arithmetic: String
  /// Each timed pass, in the order they ran.
  let seconds: [Double]
  let medianSeconds: Double
  let fastestSeconds: Double
  let slowestSeconds: Double
  /// Slowest less fastest, as a share of the median.
  let spread: Double
  let pixelsPerSecond: Double
  /// Float32 multiply-adds on registers, all threads, measured between the passes.
  let peakGigaflops: Double
  let gigaflop: Double
  let shareOfPeak: Double
  let operators: [Share]
  let parts: [Share]
  var peers: [Peer] = []
  /// The most memory that this process ever held resident.
  let peakBytes: Int
  let machine: String
  /// What `peakGigaflops` is.
  let peakKind: String

  /// - Parameters:
  ///   - profile: of `profiledPasses` passes together: all that were timed, or others.
  ///   - peakRate: floating-point operations a second.
  /// - Precondition: `seconds` is not empty.
  init(
    network: String, size: PictureSize, threads: Int, device: any Device, instructionSet: String,
    profiledPasses: Int, seconds: [Double], profile: Profile,
    peakRate: Double, peakBytes: Int, machine: String
  ) {
    let sorted = seconds.sorted()
    let median = Self.median(seconds)
    self.network = network
    (width, height, self.threads) = (size.width, size.height, threads)
    self.instructionSet = instructionSet
    arithmetic = device.description
    self.seconds = seconds
    medianSeconds = median
    fastestSeconds = sorted[0]
    slowestSeconds = sorted[sorted.count - 1]
    spread = (slowestSeconds - fastestSeconds) / medianSeconds
    pixelsPerSecond = Double(width * height) / medianSeconds
    self.peakBytes = peakBytes
    self.machine = machine
    peakKind = device is VulkanDevice ? "rate of a large product on the card" : "float32 multiply-add peak"

    let passes = Double(profiledPasses)
    let total =
      profiledPasses == seconds.count ? seconds.reduce(0, +) : profile.entries.reduce(0) { $0 + $1.seconds }
    func share(_ name: String, _ entries: [Profile.Entry]) -> Share {
      let time = entries.reduce(0) { $0 + $1.seconds }
      let operations = entries.reduce(0) { $0 + $1.floatingPointOperations }
      return Share(
        name: name, seconds: time / passes, shareOfTime: time / total, gigaflop: operations / passes / 1e9,
        gigaexponentials: entries.reduce(0) { $0 + $1.exponentials } / passes / 1e9,
        shareOfPeak: time > 0 ? operations / time / peakRate : 0)
    }
    let known = profile.entries.reduce(0) { $0 + $1.seconds }
    let rest = Share(
      name: "rest", seconds: (total - known) / passes, shareOfTime: (total - known) / total, gigaflop: 0,
      gigaexponentials: 0, shareOfPeak: 0)
    operators =
      Profile.Operator.allCases.map { kind in share(kind.rawValue, profile.entries.filter { $0.operation == kind }) }
      .filter { $0.seconds > 0 } + [rest]
    let names = profile.entries.reduce(into: [String]()) { if !$0.contains($1.part) { $0.append($1.part) } }
    parts = names.map { name in share(name, profile.entries.filter { $0.part == name }) }
    gigaflop = profile.entries.reduce(0) { $0 + $1.floatingPointOperations } / passes / 1e9
    peakGigaflops = peakRate / 1e9
    shareOfPeak = gigaflop / median / peakGigaflops
  }

  static func median(_ seconds: [Double]) -> Double {
    let (sorted, middle) = (seconds.sorted(), seconds.count / 2)
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  var lines: [String] {
    let summary = [
      "\(network), \(width) x \(height) px, \(threads) threads, \(arithmetic)",
      "median \((medianSeconds * 1000).fixed(1)) ms of \(seconds.count) runs, "
        + "\((fastestSeconds * 1000).fixed(1)) to \((slowestSeconds * 1000).fixed(1)) ms (spread \((spread * 100).fixed(1)) %)",
      "\((pixelsPerSecond / 1e6).fixed(3)) megapixels a second, peak memory \(MemoryBudget.text(peakBytes))",
      "\(gigaflop.fixed(1)) GFLOP counted as direct arithmetic, \((gigaflop / medianSeconds).fixed(0)) GFLOP/s: "
        + "\((shareOfPeak * 100).fixed(0)) % of the \(peakKind) of \(peakGigaflops.fixed(0)) GFLOP/s",
    ]
    func rows(_ title: String, _ shares: [Share]) -> [String] {
      let head = [title, "ms", "time", "GFLOP", "of peak"]
      return table(
        [head]
          + shares.map {
            [
              $0.name, ($0.seconds * 1000).fixed(1), "\(($0.shareOfTime * 100).fixed(1)) %", $0.gigaflop.fixed(2),
              $0.gigaflop > 0 ? "\(($0.shareOfPeak * 100).fixed(0)) %" : "",
            ]
          })
    }
    let beside = peers.map { peer in
      "\(peer.name): median \((peer.medianSeconds * 1000).fixed(1)) ms, "
        + "\((peer.seconds.min()! * 1000).fixed(1)) to \((peer.seconds.max()! * 1000).fixed(1)) ms, ratio \(peer.ratio.fixed(2)), "
        + "peak memory \(MemoryBudget.text(peer.peakBytes)), largest difference \(peer.largestDifference.fixed(6))"
    }
    return summary + [""] + rows("operator", operators) + [""] + rows("part", parts)
      + (beside.isEmpty ? [] : [""] + beside) + ["", machine]
  }
}
