import Base
import EngineCore
import EngineWire
import Foundation
import Imaging
import Restoration
import TestSupport
import Testing

@Suite("the time that a plan tells", .timeLimit(.minutes(10))) struct PlanTimeTests {
  private static func planner(
    _ library: ModelLibrary, _ speeds: SpeedProfile, isBusy: @escaping @Sendable () -> Bool = { false }
  ) -> JobPlanner {
    JobPlanner(
      models: ModelCatalogue(library: library), speeds: speeds, budgetBytes: 1 << 30, threadCount: 2, isBusy: isBusy)
  }

  @Test("a model that was never timed here is timed once, unless something else computes")
  func measured() throws {
    let folder = try EngineFolder()
    try folder.picture("a.png")
    let speeds = SpeedProfile(path: folder.path("state/speeds.json"), threadCount: 2)
    let busy = try Self.planner(folder.library, speeds, isBusy: { true }).plan(folder.request("a.png"))
    #expect(busy.problem == nil && busy.pictures.map(\.seconds) == [nil])
    #expect(!folder.exists("state/speeds.json"))
    let first = try Self.planner(folder.library, speeds).plan(folder.request("a.png"))
    let seconds = try #require(first.pictures[0].seconds)
    #expect(seconds > 0 && first.pictures[0].alternatives == nil)
    // Another process knows it, busy or not, and does not measure again.
    let other = SpeedProfile(path: folder.path("state/speeds.json"), threadCount: 2)
    #expect(try Self.planner(folder.library, other, isBusy: { true }).plan(folder.request("a.png")) == first)
  }

  @Test("a larger picture's plan tells what the other size of its model takes and brings")
  func alternatives() throws {
    let folder = try EngineFolder()
    try folder.picture("large.png", width: 640, height: 420)
    let library = ModelLibrary.standard(environment: ["HOME": "/nowhere"])
    let planner = Self.planner(library, SpeedProfile(path: nil, threadCount: 2))
    var request = folder.request("large.png")
    (request.tile, request.overlap, request.noise) = (.automatic, nil, "gaussian")
    let picture = try planner.plan(request).pictures[0]
    let other = try #require(picture.alternatives?.first)
    #expect(picture.model == "denoise-color-tiny" && other.model == "denoise-color-small" && other.variant == "small")
    #expect(other.gain > 0.1 && picture.alternatives?.count == 1)
    #expect(try #require(other.seconds) > #require(picture.seconds))
    // Nobody asks where one was named.
    request.variant = "small"
    #expect(try planner.plan(request).pictures[0].alternatives == nil)
  }
}
