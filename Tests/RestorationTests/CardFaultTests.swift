import Checkpoints
import Foundation
import GRLModel
import Imaging
import Restoration
import Tensors
import TestSupport
import Testing
import VulkanDevice

/// A restoration whose card fails on the way.
@Suite(.serialized) struct CardFaultTests {
  private let folder: URL
  private let card: ModelCard
  private let image: Image

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "grl-card-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let file = try TestModel.write(to: folder)
    card = try ModelLibrary(folders: [], userFolder: "/nowhere").card(file.path)
    image = Image(
      width: 40, height: 24, layout: .rgb,
      samples: .eight(Noise.values("picture", 40 * 24 * 3).map { UInt8(128 + 90 * $0) }))
  }

  private func restored(on device: any Device) throws -> RestoredImage {
    let network = try GRL(Checkpoint(contentsOf: card.path), configuration: card.configuration, on: device)
    let restorer = Restorer(model: RestorationModel(card: card, network: network), threads: ThreadLease(threadCount: 1))
    var options = RestorationOptions()
    (options.tile, options.overlap) = (.side(16), 4)
    let request = RestorationRequest(.denoise)
    let plan = try restorer.plan(for: PictureShape(image), request: request, options: options)
    return try restorer.restore(image, plan: plan)
  }

  private func difference(_ a: Image, _ b: Image) -> Int {
    guard case .eight(let first) = a.samples, case .eight(let second) = b.samples else { return .max }
    return zip(first, second).reduce(0) { max($0, abs(Int($1.0) - Int($1.1))) }
  }

  @Test("a card restores as the processor does", .vulkan) func sound() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let expected = try restored(on: PrecisionChoice.float32.device(by: .own))
    let result = try restored(on: #require(try VulkanDevices.make()))
    #expect(difference(result.image, expected.image) <= 1)
    #expect(result.report.notes == expected.report.notes)
  }

  @Test("whatever call fails, the processor goes on, and the report says so", .vulkan, arguments: [-2, -4])
  func processorGoesOn(code: Int) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let expected = try restored(on: PrecisionChoice.float32.device(by: .own))
    let counted = try #require(try VulkanDevices.make())
    let start = counted.calls
    _ = try restored(on: counted)
    let total = counted.calls - start
    for nth in [1, 3, total / 4, total / 2, total - 8] {
      let device = try #require(try VulkanDevices.make())
      device.fail(nth, code: code)
      let result = try restored(on: device)
      #expect(difference(result.image, expected.image) <= 1, "call \(nth) of \(total)")
      #expect(
        result.report.notes.contains { $0.contains("the processor computed from tile") }, "\(result.report.notes)")
    }
  }

  @Test("tiles are chosen by what is free of the card, and what does not fit says so", .vulkan) func memory() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    func plan(_ free: Int, _ tile: TileChoice) throws -> RestorationPlan {
      let device = try #require(try VulkanDevices.make(memoryLimit: free))
      let network = try GRL(Checkpoint(contentsOf: card.path), configuration: card.configuration, on: device)
      let restorer = Restorer(
        model: RestorationModel(card: card, network: network), threads: ThreadLease(threadCount: 1))
      var options = RestorationOptions()
      options.tile = tile
      let shape = PictureShape(width: 640, height: 480, layout: .rgb)
      return try restorer.plan(for: shape, request: RestorationRequest(.denoise), options: options)
    }
    let (much, little) = (try plan(1 << 30, .automatic), try plan(12 << 20, .automatic))
    #expect(little.estimate.card <= 12 << 20 && little.estimate.card > 0)
    #expect(little.tiles.tileWidth < much.tiles.tileWidth && little.tiles.reason.contains("of the card"))
    let error = #expect(throws: RestorationError.self) { try plan(12 << 20, .side(480)) }
    #expect(error.map { "\($0)".contains("--device cpu") && $0.kind == .memory } == true)
  }

  @Test("where the model's file is gone by then, the fault is the error", .vulkan) func nothingInstead() throws {
    let device = try #require(try VulkanDevices.make())
    let network = try GRL(Checkpoint(contentsOf: card.path), configuration: card.configuration, on: device)
    try FileManager.default.removeItem(at: folder)
    let restorer = Restorer(model: RestorationModel(card: card, network: network), threads: ThreadLease(threadCount: 1))
    let plan = try restorer.plan(for: PictureShape(image), request: RestorationRequest(.denoise))
    device.fail(10, code: -4)
    #expect(throws: RestorationError.self) { try restorer.restore(image, plan: plan) }
  }
}
