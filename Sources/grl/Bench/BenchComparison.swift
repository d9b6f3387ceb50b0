import Checkpoints
import Foundation
import GRLModel
import GRLTraining
import Restoration
import Tensors
import Trainer

/// Other engines on the network that is timed, in a temporary folder of their own.
final class BenchComparison {
  private let engines: [PeerProcess.Engine]
  private let python: String
  private let script: String
  private let folder: URL
  /// Where a training's engines find the batch of a step.
  private var input = ""
  private var peers: [Peer] = []

  private struct Peer {
    let process: PeerProcess
    var seconds: [Double] = []
    /// Of each step of a training.
    var losses: [Double] = []
    /// Of its first result from ours.
    var difference = 0.0
  }

  /// - Throws: `Failure` where `peer.py` is not at hand.
  init(_ engines: [PeerProcess.Engine], python: String) throws(Failure) {
    guard let script = Self.script else {
      throw Failure(
        .usage, "--compare: peer.py of the sources' folder Training is not beside this program; set GRL_TRAINING to it")
    }
    (self.engines, self.python, self.script) = (engines, python, script)
    folder = FileManager.default.temporaryDirectory.appending(path: "grl-bench-" + UUID().uuidString)
  }

  /// `peer.py`: in the folder `GRL_TRAINING`, in `share/grl/training` beside `bin`, or in the sources that the program was built from.
  private static var script: String? {
    let environment = ProcessInfo.processInfo.environment
    var folders = environment["GRL_TRAINING"].map { [URL(filePath: $0)] } ?? []
    var place = ModelLibrary.executablePath.map { URL(filePath: $0).deletingLastPathComponent() }
    if let place { folders.append(place.deletingLastPathComponent().appending(path: "share/grl/training")) }
    for _ in 0..<4 {
      place?.deleteLastPathComponent()
      if let place { folders.append(place.appending(path: "Sources/Training")) }
    }
    return folders.map { $0.appending(path: "peer.py").path }.first { FileManager.default.fileExists(atPath: $0) }
  }

  /// Writes model and picture, starts every engine and takes its first result.
  func start(
    _ checkpoint: Checkpoint, _ configuration: GRLConfiguration, _ picture: Tensor, _ size: PictureSize, threads: Int,
    ours: Tensor
  ) throws(Failure) {
    let task = PeerProcess.Task(folder: folder.path, size: size, threads: threads)
    try write(checkpoint, configuration, task, input: Self.planes(picture))
    let wanted = Self.planes(ours)
    for engine in engines {
      let process = try PeerProcess(engine, task, python: python, script: script)
      let theirs = FileManager.default.contents(atPath: task.output(engine)) ?? Data()
      guard theirs.count == wanted.count * MemoryLayout<Float>.stride else {
        throw Failure(.someFailed, "\(engine.rawValue): its result has \(theirs.count) bytes, ours \(wanted.count * 4)")
      }
      let difference = theirs.withUnsafeBytes { bytes in
        zip(bytes.bindMemory(to: Float.self), wanted).reduce(0) { max($0, abs(Double($1.0) - Double($1.1))) }
      }
      peers.append(Peer(process: process, difference: difference))
    }
  }

  /// Writes the model and starts every engine on a training of it.
  func start(
    _ checkpoint: Checkpoint, _ configuration: GRLConfiguration, _ phase: TrainingPreset.Phase, threads: Int
  ) throws(Failure) {
    let size = PictureSize(width: phase.patch, height: phase.patch)
    let task = PeerProcess.Task(folder: folder.path, size: size, threads: threads, batch: phase.batch)
    try write(checkpoint, configuration, task, input: [])
    input = task.input
    for engine in engines {
      peers.append(Peer(process: try PeerProcess(engine, task, python: python, script: script)))
    }
  }

  private func write(
    _ checkpoint: Checkpoint, _ configuration: GRLConfiguration, _ task: PeerProcess.Task, input: [Float]
  ) throws(Failure) {
    let model = Checkpoint(
      path: checkpoint.path, metadata: ["config": configuration.json], tensors: checkpoint.tensors)
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data(model.safetensorsFile()).write(to: URL(filePath: task.model))
      try input.withUnsafeBytes { Data($0) }.write(to: URL(filePath: task.input))
    } catch { throw Failure(.someFailed, "\(folder.path): \(error)") }
  }

  /// One pass of each.
  func runAll() throws(Failure) {
    for index in peers.indices { peers[index].seconds.append(try peers[index].process.run().seconds) }
  }

  /// One step of each with the same patches.
  func runAll(_ batch: Batch, rate: Float) throws(Failure) {
    do {
      try (batch.inputs + batch.targets).withUnsafeBytes { Data($0) }.write(to: URL(filePath: input))
    } catch { throw Failure(.someFailed, "\(input): \(error)") }
    for index in peers.indices {
      let (seconds, loss) = try peers[index].process.run(rate: rate)
      peers[index].seconds.append(seconds)
      peers[index].losses.append(loss ?? .nan)
    }
  }

  func endTraining(ours report: TrainingBenchReport) throws(Failure) -> [TrainingBenchReport.Peer] {
    let ours = report.losses
    return try peers.map { (peer) throws(Failure) in
      let seconds = Array(peer.seconds.dropFirst())
      let theirs = BenchReport.median(seconds)
      let last = max(1, ours.count / 10)
      func lastMean(_ losses: [Double]) -> Double { losses.suffix(last).reduce(0, +) / Double(last) }
      return TrainingBenchReport.Peer(
        name: peer.process.name, seconds: seconds, medianSeconds: theirs, ratio: theirs / report.medianSeconds,
        peakBytes: try peer.process.end(), losses: peer.losses,
        largestDifference: zip(peer.losses, ours).map { abs($0 - $1) / $1 }.max() ?? 0,
        lastDifference: abs(lastMean(peer.losses) - lastMean(ours)) / lastMean(ours))
    }
  }

  func end(ours median: Double) throws(Failure) -> [BenchReport.Peer] {
    var reports: [BenchReport.Peer] = []
    for peer in peers {
      let theirs = BenchReport.median(peer.seconds)
      reports.append(
        BenchReport.Peer(
          name: peer.process.name, seconds: peer.seconds, medianSeconds: theirs, ratio: theirs / median,
          peakBytes: try peer.process.end(), largestDifference: peer.difference))
    }
    return reports
  }

  /// What was written for the engines is of no use to anybody afterwards.
  func removeFolder() {
    do { try FileManager.default.removeItem(at: folder) } catch { return }
  }

  /// `[H, W, C]` to `[C, H, W]`.
  private static func planes(_ picture: Tensor) -> [Float] {
    let (pixels, channels) = (picture.shape.height * picture.shape.width, picture.shape.channels)
    return (0..<(pixels * channels)).map { picture.values[$0 % pixels * channels + $0 / pixels] }
  }
}
