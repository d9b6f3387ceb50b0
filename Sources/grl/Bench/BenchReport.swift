import Restoration

/// What `grl bench` measured.
struct BenchReport: Encodable {
  let network: String
  let width: Int
  let height: Int
  let threads: Int
  let instructionSet: String
  /// Each timed pass, in the order they ran.
  let seconds: [Double]
  let medianSeconds: Double
  let fastestSeconds: Double
  let slowestSeconds: Double
  /// Slowest less fastest, as a share of the median.
  let spread: Double
  let pixelsPerSecond: Double
  /// The most memory that this process ever held resident.
  let peakBytes: Int
  let machine: String

  /// - Precondition: `seconds` is not empty.
  init(
    network: String, width: Int, height: Int, threads: Int, instructionSet: String, seconds: [Double], peakBytes: Int,
    machine: String
  ) {
    let sorted = seconds.sorted()
    let middle = sorted.count / 2
    self.network = network
    self.width = width
    self.height = height
    self.threads = threads
    self.instructionSet = instructionSet
    self.seconds = seconds
    medianSeconds = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    fastestSeconds = sorted[0]
    slowestSeconds = sorted[sorted.count - 1]
    spread = (slowestSeconds - fastestSeconds) / medianSeconds
    pixelsPerSecond = Double(width * height) / medianSeconds
    self.peakBytes = peakBytes
    self.machine = machine
  }

  var lines: [String] {
    [
      "\(network), \(width) x \(height) px, \(threads) threads, \(instructionSet), float32",
      "median \((medianSeconds * 1000).fixed(1)) ms of \(seconds.count) runs, "
        + "\((fastestSeconds * 1000).fixed(1)) to \((slowestSeconds * 1000).fixed(1)) ms (spread \((spread * 100).fixed(1)) %)",
      "\((pixelsPerSecond / 1e6).fixed(3)) megapixels a second, peak memory \(MemoryBudget.text(peakBytes))",
      machine,
    ]
  }
}
