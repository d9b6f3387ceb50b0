import Base
import Foundation
import GRLModel
import Tensors
import TestSupport
import Testing
import VulkanDevice

/// What is a card's own: pieces of memory, recorded work, faults. Its arithmetic is in `DeviceTests` and `GoldenTests`.
@Suite("Vulkan", .serialized) struct VulkanDeviceTests {
  static let configuration = GRLConfiguration(
    inputChannels: 3, embeddingWidth: 36, depths: [4, 1], windowHeads: 3, stripeHeads: 2, windowSize: 8,
    stripeRows: .pixels(8), stripeColumns: .pixels(16), anchorFactor: 2, hasChannelAttention: true, upscale: 2,
    upsampler: .pixelShuffle)
  static let shape = Shape(height: 21, width: 18, channels: 3)
  static let input = Tensor(shape: shape, values: Noise.values("picture", shape.count).map { ($0 + 1) / 2 })

  static func session(on device: any Device) throws -> GRLSession {
    let checkpoint = GeneratedWeights.checkpoint(configuration, seed: 9)
    let network = try GRL(checkpoint, configuration: configuration, on: device)
    return try GRLSession(
      network: network, height: shape.height, width: shape.width, threads: ThreadLease(threadCount: 1))
  }

  @Test("memory in several pieces: the same bytes", .vulkan)
  func pieces() throws {
    let whole = try Self.session(on: #require(try VulkanDevices.make())).restore(Self.input)
    // No larger than the largest map, so that hardly two maps share a piece.
    let device = try #require(try VulkanDevices.make(largestBuffer: 48 * 48 * 4 * 64 * 4))
    let session = try Self.session(on: device)
    #expect(try session.restore(Self.input).values == whole.values)
    #expect(session.fault == nil)
  }

  @Test("a map that is larger than a piece can be is a fault, and has no result", .vulkan)
  func mapTooLarge() throws {
    let device = try #require(try VulkanDevices.make(largestBuffer: 16384))
    let session = try Self.session(on: device)
    #expect(throws: CancellationError.self) { try session.restore(Self.input) }
    #expect(session.fault?.kind == .mapTooLarge)
  }

  @Test("work is recorded once and submitted again, with the same bytes", .vulkan)
  func replay() throws {
    let session = try Self.session(on: #require(try VulkanDevices.make()))
    let memory = try #require(session.memory as? VulkanMemory)
    let first = try session.restore(Self.input)
    var other = Self.input
    for index in other.values.indices { other.values[index] = 1 - other.values[index] }
    // What the host gets is made room for in the first pass; submissions find their size in the first ones.
    var isReplayed = false
    for _ in 0..<8 where !isReplayed {
      let before = memory.statistics
      let (second, third) = (try session.restore(other), try session.restore(Self.input))
      #expect(first.values == third.values && first.values != second.values)
      isReplayed =
        memory.statistics.recordings == before.recordings && memory.statistics.submissions > before.submissions
    }
    #expect(isReplayed, "passes of one shape are recorded again and again")
  }

  @Test("a paused gate holds submissions, a cancelled one ends them", .vulkan)
  func gate() throws {
    let checkpoint = GeneratedWeights.checkpoint(Self.configuration, seed: 9)
    let device = try #require(try VulkanDevices.make())
    let network = try GRL(checkpoint, configuration: Self.configuration, on: device)
    let threads = ThreadLease(threadCount: 1)
    let session = try GRLSession(network: network, height: 21, width: 18, threads: threads)
    let expected = try session.restore(Self.input)
    threads.gate.cancel()
    #expect(throws: CancellationError.self) { try session.restore(Self.input) }
    #expect(session.fault == nil)
    threads.gate.reopen()
    #expect(try session.restore(Self.input).values == expected.values)
  }

  @Test(
    "whatever call fails: an error, no result, and nothing hangs", .vulkan,
    arguments: [-2, -4])
  func faults(code: Int) throws {
    let counted = try #require(try VulkanDevices.make())
    let start = counted.calls
    _ = try Self.session(on: counted).restore(Self.input)
    let total = counted.calls - start
    #expect(total > 40)
    // The first ones and some of the rest: memory of weights and of the pass, kernels, recording, submissions, waiting.
    for nth in [1, 2, 3, 4, 9, total / 4, total / 2, total - 9, total - 2, total] {
      let device = try #require(try VulkanDevices.make())
      device.fail(nth, code: code)
      do {
        let session = try Self.session(on: device)
        #expect(throws: CancellationError.self, "call \(nth) of \(total)") { try session.restore(Self.input) }
        let kind: DeviceFault.Kind = code == -4 ? .lost : .outOfMemory
        #expect(session.fault?.kind == kind, "call \(nth): \(String(describing: session.fault))")
      } catch {
        #expect(error is OutOfMemory && code == -2, "call \(nth): \(error)")
      }
    }
  }

  @Test(
    "the validation layer has nothing to say", .vulkan,
    .enabled(if: (try? VulkanDevices.library.get().validates) == true, "the validation layer is not installed"))
  func validated() throws {
    let library = try VulkanDevices.library.get()
    _ = try Self.session(on: #require(VulkanDevices.any)).restore(Self.input)
    let complaints = library.complaints
    #expect(complaints.count == 0, "\(complaints.last)")
  }

  @Test("a machine without a loader says so") func noLoader() throws {
    let error = #expect(throws: VulkanError.self) { try VulkanLibrary(path: "/nowhere/libvulkan.so.1") }
    #expect(error.map { "\($0)".contains("libvulkan1") && "\($0)".contains("/nowhere") } == true)
  }

  // MARK: Kernels as files

  private static let shaders = TestData.packageRoot.appending(path: "Sources/VulkanDevice/Shaders")

  @Test("compiled kernels are those of their sources: both have the noted hashes")
  func hashes() throws {
    let lines = try String(contentsOf: Self.shaders.appending(path: "SHA256SUMS"), encoding: .utf8)
      .split(separator: "\n")
    var noted: Set<String> = []
    for line in lines where !line.hasPrefix("#") {
      let (hash, name) = (line.prefix(64), String(line.dropFirst(66)))
      let data = try Data(contentsOf: Self.shaders.appending(path: name))
      #expect(SHA256.hex([UInt8](data)) == hash, "\(name): run Sources/VulkanDevice/Shaders/compile")
      noted.insert(name)
    }
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.shaders.path)
      .filter { $0.hasSuffix(".comp") || $0.hasSuffix(".glsl") || $0.hasSuffix(".spv") }
    #expect(Set(files) == noted)
    #expect(files.count { $0.hasSuffix(".spv") } == files.count { $0.hasSuffix(".comp") })
  }

  /// Whether this machine has the compiler, in the version that made the files.
  private static let hasCompiler: Bool = {
    guard let noted = try? String(contentsOf: shaders.appending(path: "SHA256SUMS"), encoding: .utf8) else {
      return false
    }
    let version = noted.split(separator: "\n").filter { $0.hasPrefix("# ") }.map { String($0.dropFirst(2)) }
    let words = (try? output(of: ["glslc", "--version"])).map { String(decoding: $0, as: UTF8.self) } ?? ""
    return !version.isEmpty && words.split(separator: "\n").map(String.init) == version
  }()

  private static func output(of words: [String]) throws -> Data {
    let (process, pipe) = (Process(), Pipe())
    process.executableURL = URL(filePath: "/usr/bin/env")
    (process.arguments, process.standardOutput, process.standardError) = (words, pipe, FileHandle.nullDevice)
    try process.run()
    let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return data
  }

  @Test(
    "the compiler makes the same bytes of them again",
    .enabled(if: hasCompiler, "glslc of the noted version is not here"))
  func compiled() throws {
    for file in try FileManager.default.contentsOfDirectory(atPath: Self.shaders.path) where file.hasSuffix(".comp") {
      let source = Self.shaders.appending(path: file).path
      let made = try Self.output(of: ["glslc", "--target-env=vulkan1.2", "-O", "-o", "-", source])
      #expect(made == (try Data(contentsOf: Self.shaders.appending(path: file.dropLast(5) + ".spv"))), "\(file)")
    }
  }
}
