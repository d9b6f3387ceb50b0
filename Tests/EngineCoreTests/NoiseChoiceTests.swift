import Base
import EngineCore
import EngineWire
import Foundation
import Imaging
import Restoration
import TestSupport
import Testing

@Suite("the choice of a model by the picture's noise", .timeLimit(.minutes(10))) struct NoiseChoiceTests {
  /// A part of a photograph, clean.
  private static func photograph() throws -> Image {
    try ImageFile.read(TestData.packageRoot.appending(path: "Samples/torii_gates.png").path).image
      .cropped(to: Rectangle(x: 96, y: 64, width: 128, height: 96))
  }

  /// White noise in `white.png`, the same saved as JPEG 95 with 4:2:0 in `camera.jpg`.
  private static func writePictures(_ folder: EngineFolder) throws {
    let noisy = try Degradation.noise(GaussianNoise(sigma: 25, seed: .number(4))).apply(to: try photograph())
    try ImageFile.write(noisy, to: folder.path("pictures/white.png"), format: .png)
    try ImageFile.write(
      noisy, to: folder.path("pictures/camera.jpg"), format: .jpeg, encoding: .init(quality: 95, chroma: .half))
  }

  private static func writePhotoModel(_ folder: EngineFolder) throws {
    try TestModel.write(
      to: URL(filePath: folder.path("models")), "photo-test", seed: 2,
      degradation: #"{"kind": "photo", "sigma": [0, 75]}"#)
  }

  private static func plan(_ engine: Engine, _ request: JobRequest) async -> JobPlan? {
    guard case .plan(let plan) = await engine.ask(.plan(request)) else { return nil }
    return plan
  }

  @Test("the plan measures it, a word or a level decides before, and the plan says why")
  func plans() async throws {
    let folder = try EngineFolder()
    try Self.writePictures(folder)
    try Self.writePhotoModel(folder)
    let engine = folder.engine()
    var request = folder.request("white.png", "camera.jpg")
    func models() async -> [String]? { await Self.plan(engine, request)?.pictures.map(\.model) }
    #expect(await models() == ["denoise-test", "photo-test"])
    let notes = await Self.plan(engine, request)?.pictures.map(\.notes)
    #expect(notes?[0].contains { $0.contains("correlated") } == false)
    #expect(notes?[1].contains { $0.contains("correlated") && $0.contains("--noise gaussian") } == true)
    request.noise = "gaussian"
    #expect(await models() == ["denoise-test", "denoise-test"])
    request.noise = "photo"
    #expect(await models() == ["photo-test", "photo-test"])
    (request.noise, request.sigma) = (nil, 25)
    #expect(await models() == ["denoise-test", "denoise-test"])
    (request.noise, request.sigma) = ("pink", nil)
    #expect(await Self.plan(engine, request)?.problem?.contains("pink") == true)
    await engine.shutDown()
  }

  @Test("what runs is what was planned, and a trial takes the same model")
  func runs() async throws {
    let folder = try EngineFolder()
    try Self.writePictures(folder)
    try Self.writePhotoModel(folder)
    let engine = folder.engine()
    var request = folder.request("white.png", "camera.jpg")
    request.region = Rectangle(x: 0, y: 0, width: 24, height: 16)
    let id = try await engine.submit(request)
    let job = try await engine.wait(for: id) { $0.state == .done }
    #expect(job.pictures.map(\.model) == ["denoise-test", "photo-test"])
    let part = Rectangle(x: 0, y: 0, width: 16, height: 16)
    for (name, model) in [("white.png", "denoise-test"), ("camera.jpg", "photo-test")] {
      let (reply, _) = await engine.answer(.tryRegion(request, path: name, region: part, width: 16, height: 16))
      guard case .trial(let info) = reply else {
        Issue.record("\(reply)")
        continue
      }
      #expect(info.model == model)
    }
    await engine.shutDown()
  }

  @Test("without a model for it, correlated noise takes the other, and asking for one is refused by name")
  func noPhotoModel() async throws {
    let folder = try EngineFolder()
    try Self.writePictures(folder)
    let engine = folder.engine()
    var request = folder.request("camera.jpg")
    #expect(await Self.plan(engine, request)?.pictures.map(\.model) == ["denoise-test"])
    request.noise = "photo"
    let problem = await Self.plan(engine, request)?.pictures.first?.problem
    #expect(problem?.contains("denoise of photo noise of a colour picture") == true, "\(problem ?? "")")
    await engine.shutDown()
  }

  @Test("sr of a noisy or JPEG-damaged picture names real-sr, of a clean one nothing")
  func enlarging() async throws {
    let folder = try EngineFolder()
    // A gray wall: networks of made-up weights give gray, and a change of colour is refused.
    let clean = try ImageFile.read(TestData.packageRoot.appending(path: "Samples/lattice_facade.png").path).image
      .cropped(to: Rectangle(x: 88, y: 0, width: 128, height: 96))
    let noisy = try Degradation.noise(GaussianNoise(sigma: 25, seed: .number(4))).apply(to: clean)
    try ImageFile.write(noisy, to: folder.path("pictures/white.png"), format: .png)
    try ImageFile.write(clean, to: folder.path("pictures/clean.png"), format: .png)
    try ImageFile.write(clean, to: folder.path("pictures/blocks.jpg"), format: .jpeg, encoding: .init(quality: 6))
    try TestModel.write(
      to: URL(filePath: folder.path("models")), "sr-test", task: "sr", TestModel.configuration(upscale: 2))
    let engine = folder.engine()
    var request = folder.request("clean.png", "white.png", "blocks.jpg")
    (request.task, request.scale) = ("sr", 2)
    let advice = try #require(await Self.plan(engine, request)).pictures.map(\.advice)
    #expect(advice[0] == nil)
    #expect(advice[1]?.contains("noise (sigma 2") == true && advice[1]?.contains("real-sr") == true)
    #expect(advice[2]?.contains("JPEG damage") == true && advice[2]?.contains("real-sr") == true)
    request.region = Rectangle(x: 0, y: 0, width: 16, height: 16)
    let id = try await engine.submit(request)
    let job = try await engine.wait(for: id) { $0.state == .done || $0.state == .failed }
    #expect(job.pictures.map(\.reason) == [nil, nil, nil])
    let notes = job.pictures.map { $0.notes.filter { $0.contains("real-sr") }.count }
    #expect(notes == [0, 1, 1])
    await engine.shutDown()
  }
}
