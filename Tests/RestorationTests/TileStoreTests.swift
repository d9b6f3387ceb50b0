import Imaging
import Restoration
import Tensors
import TestSupport
import Testing

@Suite("Tiles that are kept") struct TileStoreTests {
  /// Keeps tiles in memory; some may be lost again.
  private final class Memory: TileStore {
    var tiles: [Int: Tensor] = [:]
    var limit = Int.max
    private(set) var kept: [Int] = []

    func tile(_ index: Int, shape: Shape) -> Tensor? { tiles[index] }

    func keep(_ tile: Tensor, at index: Int, seconds: Double) throws(CancellationError) {
      if kept.count >= limit { throw CancellationError() }
      kept.append(index)
      tiles[index] = tile
    }
  }

  private struct Case {
    let picture: Image
    let restorer: Restorer
    let plan: RestorationPlan

    init(_ layout: Image.Layout, ensemble: Bool = false) throws {
      picture = TestPictures.picture(90, 61, layout, bits: layout == .rgb ? 16 : 8)
      restorer = Restorer(model: try TestNetworks.model(.denoise), threads: ThreadLease(threadCount: 2))
      var options = RestorationOptions()
      options.tile = .side(32)
      options.overlap = 8
      options.usesSelfEnsemble = ensemble
      plan = try restorer.plan(for: PictureShape(picture), request: .init(.denoise), options: options)
    }
  }

  @Test(
    "A restoration that stops after any number of tiles and goes on gives the same samples and the same seam score",
    arguments: [Image.Layout.rgb, .grayAlpha])
  func resumed(layout: Image.Layout) throws {
    let run = try Case(layout)
    let whole = try run.restorer.restore(run.picture, plan: run.plan)
    let count = run.plan.tiles.tileCount
    #expect(count == 12)
    for stop in [0, 1, 4, 5, 11] {
      let memory = Memory()
      memory.limit = stop
      let error = #expect(throws: RestorationError.self) {
        try run.restorer.restore(run.picture, plan: run.plan, tileStore: memory)
      }
      #expect(error?.kind == .cancelled && memory.tiles.count == stop)
      memory.limit = .max
      var news: [(index: Int, isComputed: Bool)] = []
      var began: [Int] = []
      let resumed = try run.restorer.restore(
        run.picture, plan: run.plan, tileStore: memory,
        onTile: {
          switch $0 {
          case .began(let index): began.append(index)
          case .finished(let index, let place, let pixels, let isComputed):
            news.append((index, isComputed))
            #expect(place == run.plan.place(ofTile: index) && pixels.shape == run.plan.tileShape)
          }
        })
      #expect(resumed.image.integers == whole.image.integers)
      #expect(resumed.report.seamScore == whole.report.seamScore)
      #expect(memory.kept == Array(0..<count))
      #expect(news.map(\.index) == Array(0..<count) && news.map(\.isComputed) == (0..<count).map { $0 >= stop })
      #expect(began == Array(stop..<count))
    }
  }

  @Test("A tile lost in the middle is computed again, and nothing else is")
  func lost() throws {
    let run = try Case(.rgb)
    let memory = Memory()
    let whole = try run.restorer.restore(run.picture, plan: run.plan, tileStore: memory)
    memory.tiles[7] = nil
    let again = try run.restorer.restore(run.picture, plan: run.plan, tileStore: memory)
    #expect(memory.kept == Array(0..<12) + [7])
    #expect(again.image.integers == whole.image.integers)
  }

  @Test("A kept tile is checked as a computed one is")
  func checked() throws {
    let run = try Case(.rgb)
    let memory = Memory()
    memory.tiles[3] = Tensor(shape: run.plan.tileShape, repeating: .nan)
    let error = #expect(throws: RestorationError.self) {
      try run.restorer.restore(run.picture, plan: run.plan, tileStore: memory)
    }
    #expect(error?.kind == .verification)
  }

  @Test("Speed and time left count only what is computed in this run, and leave pauses out")
  func progress() throws {
    // Each tile takes 20 s; four are there already, and the fifth waits at the gate for 300 s.
    let clock = ManualClock()
    let restorer = try TestNetworks.restorer(gate: WorkGate(now: { clock.now })) { tile in
      clock.advance(by: .seconds(20))
      return tile
    }
    let picture = TestPictures.picture(90, 61)
    var options = RestorationOptions()
    options.tile = .side(32)
    options.overlap = 8
    let plan = try restorer.plan(for: PictureShape(picture), request: .init(.denoise), options: options)
    let memory = Memory()
    _ = try restorer.restore(picture, plan: plan, tileStore: memory)
    for index in 4..<12 { memory.tiles[index] = nil }
    var seen: [RestorationProgress] = []
    var isFirst = true
    _ = try restorer.restore(
      picture, plan: plan, tileStore: memory,
      onTile: { news in
        if case .began = news, isFirst {
          isFirst = false
          restorer.gate.pause()
          clock.advance(by: .seconds(300))
          restorer.gate.resume()
        }
      }, onProgress: { seen.append($0) })
    #expect(seen.prefix(4).allSatisfy { $0.secondsRemaining == nil && $0.pixelsPerSecond == 0 })
    for done in 5...12 {
      let progress = try #require(seen.first { $0.tilesDone == done })
      #expect(abs(progress.secondsElapsed - Double(done - 4) * 20) < 1e-6)
      #expect(abs(try #require(progress.secondsRemaining) - Double(12 - done) * 20) < 1e-6)
      #expect(abs(progress.pixelsPerSecond - 90 * 61 / 12 / 20) < 1e-6)
    }
  }
}
