import Base
import Foundation
import Tensors

/// Another inference engine in a Python of its own: `Sources/Training/peer.py`, asked pass by pass.
final class PeerProcess {
  /// What `--compare` can name.
  enum Engine: String, CaseIterable, Sendable {
    case pytorch
    /// The same with the scores of attention written out, operator by operator, as the published code computes them.
    case pytorchExplicit = "pytorch-explicit"
    case onnxruntime
    /// The same with the biases of every window written out.
    case onnxruntimeFolded = "onnxruntime-folded"
    case openvino
    case openvinoBF16 = "openvino-bf16"
    /// Steps of a training, the batch shared by processes of one thread each.
    case pytorchTraining = "pytorch-training"
    /// The same under autocast to bfloat16.
    case pytorchTrainingBF16 = "pytorch-training-bf16"

    var isTraining: Bool { self == .pytorchTraining || self == .pytorchTrainingBF16 }
  }

  /// Where everybody's model and picture, or batch of patches, lie.
  struct Task {
    let folder: String
    let size: PictureSize
    let threads: Int
    /// Patches of a training's step.
    var batch: Int?
    var model: String { folder + "/model.safetensors" }
    var input: String { folder + "/input.f32" }
    func output(_ engine: Engine) -> String { folder + "/\(engine.rawValue).f32" }
  }

  let engine: Engine
  /// Name and version, as the engine says.
  private(set) var name = ""
  private let process = Process()
  private let questions = Pipe()
  private let answers = Pipe()
  private var pending: [UInt8] = []

  private struct Answer: Decodable {
    var ready: String?
    var seconds: Double?
    var loss: Double?
    var peakBytes: Int?
  }

  /// Starts the engine and waits until it has loaded the model and run it once.
  ///
  /// - Parameters:
  ///   - python: a Python that has the engine, PyTorch, NumPy and safetensors.
  ///   - script: `peer.py`.
  init(_ engine: Engine, _ task: Task, python: String, script: String) throws(Failure) {
    self.engine = engine
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      python, "-B", script, engine.rawValue, task.model, "--size", "\(task.size.width)x\(task.size.height)",
      "--threads", "\(task.threads)", "--input", task.input, "--output", task.output(engine),
    ]
    if let batch = task.batch { process.arguments! += ["--batch", "\(batch)"] }
    // glibc then keeps freed memory, which makes these engines faster; and they are told of no more processors than ours.
    let settings = [
      "MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "100000000000", "OMP_NUM_THREADS": "\(task.threads)",
    ]
    process.environment = ProcessInfo.processInfo.environment.merging(settings) { old, _ in old }
    (process.standardInput, process.standardOutput) = (questions, answers)
    process.standardError = FileHandle.nullDevice

    do { try process.run() } catch { throw Failure(.usage, "\(python): cannot be started: \(error)") }
    let first = try answer()
    guard let ready = first.ready else { throw ended }
    name = ready
  }

  /// Runs one pass, or a training's step at a rate, and tells its seconds, and of a step its loss.
  func run(rate: Float? = nil) throws(Failure) -> (seconds: Double, loss: Double?) {
    let question = rate.map { "run \($0)\n" } ?? "run\n"
    do { try questions.fileHandleForWriting.write(contentsOf: Data(question.utf8)) } catch { throw ended }
    let answer = try answer()
    guard let seconds = answer.seconds else { throw ended }
    return (seconds, answer.loss)
  }

  /// Ends the engine and tells the most memory that it ever held resident.
  func end() throws(Failure) -> Int {
    do { try questions.fileHandleForWriting.close() } catch { throw ended }
    guard let bytes = try answer().peakBytes else { throw ended }
    process.waitUntilExit()
    return bytes
  }

  deinit { if process.isRunning { process.terminate() } }

  private func answer() throws(Failure) -> Answer {
    while true {
      if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        let line = Data(pending[..<end])
        pending.removeSubrange(...end)
        do { return try JSONDecoder().decode(Answer.self, from: line) } catch { throw ended }
      }
      let more = answers.fileHandleForReading.availableData
      if more.isEmpty { throw ended }
      pending += more
    }
  }

  private var ended: Failure {
    process.waitUntilExit()
    let why =
      process.terminationReason == .uncaughtSignal
      ? "it was ended by signal \(process.terminationStatus)" : "it ended with status \(process.terminationStatus)"
    return Failure(
      .someFailed,
      "\(engine.rawValue): \(why) before its answer; try `\((process.arguments ?? []).joined(separator: " "))`")
  }
}
