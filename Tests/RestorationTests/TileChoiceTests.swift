import Base
import GRLModel
import Imaging
import Restoration
import Tensors
import Testing

@Suite("Choice of tiles and memory") struct TileChoiceTests {
  private func plan(
    _ width: Int, _ height: Int, _ task: RestorationTask = .denoise, variant: ModelVariant? = .tiny,
    _ change: (inout RestorationOptions) -> Void = { _ in }
  ) throws -> RestorationPlan {
    let restorer = Restorer(model: try TestNetworks.model(task, variant: variant), threads: ThreadLease(threadCount: 1))
    var options = RestorationOptions()
    options.memoryBytes = 1 << 40
    change(&options)
    return try restorer.plan(
      for: PictureShape(width: width, height: height, layout: .rgb), request: .init(task), options: options)
  }

  @Test("With memory enough, the published tile of the task and variant is taken")
  func published() throws {
    func tiles(_ task: RestorationTask, _ variant: ModelVariant) throws -> [Int] {
      let tiles = try plan(2000, 1500, task, variant: variant).tiles
      return [tiles.tileWidth, tiles.tileHeight, tiles.overlap]
    }
    #expect(try tiles(.denoise, .base) == [256, 256, 32])
    #expect(try tiles(.jpeg, .small) == [288, 288, 36])
    #expect(try tiles(.defocusDeblur, .base) == [480, 480, 48])
    for (task, variant) in [
      (RestorationTask.denoise, ModelVariant.tiny), (.denoise, .small), (.demosaic, .small), (.motionDeblur, .base),
    ] {
      #expect(try tiles(task, variant).prefix(2) == [2000, 1500])
    }
    #expect(try plan(100, 100, .jpeg).tiles.reason == "published tile of jpeg tiny")
  }

  @Test("A region outside of the picture is refused, whatever its numbers, and estimated as the whole until then")
  func regionOutside() throws {
    for region in [Rectangle(x: 0, y: 0, width: 1 << 62, height: 16), Rectangle(x: 90, y: 0, width: 11, height: 1)] {
      var options = RestorationOptions()
      let shape = PictureShape(width: 100, height: 100, layout: .rgb)
      let whole = MemoryEstimate(leastFor: shape, .init(.denoise), options)
      options.region = region
      #expect(MemoryEstimate(leastFor: shape, .init(.denoise), options).totalBytes == whole.totalBytes)
      #expect(throws: RestorationError.self) { try plan(100, 100) { $0.region = region } }
    }
  }

  @Test("The estimate names every part and grows with the tile")
  func estimate() throws {
    var last = 0
    for side in [16, 64, 256, 1024] {
      let estimate = try plan(2000, 2000) { $0.tile = .side(side) }.estimate
      #expect(estimate.pictures == 2 * 2000 * 2000 * 3)
      #expect(estimate.band == side * 2000 * 3 * 4 && estimate.tiles == 2 * side * side * 3 * 4)
      #expect(estimate.process > 0 && estimate.totalBytes > last)
      last = estimate.totalBytes
    }
    let ensemble = try plan(300, 300) { $0.usesSelfEnsemble = true }.estimate
    #expect(try ensemble.totalBytes > plan(300, 300).estimate.totalBytes)
  }

  @Test("A smaller budget gives smaller tiles, the largest that fit, with the reason")
  func budget() throws {
    let whole = try plan(3000, 2000)
    #expect(whole.tiles.tileCount == 1 && whole.tiles.reason.hasPrefix("whole picture"))
    var last = 3000
    for share in [0.9, 0.8, 0.7, 0.65] {
      let budget = Int(Double(whole.estimate.totalBytes) * share)
      let plan = try plan(3000, 2000) { $0.memoryBytes = budget }
      #expect(plan.estimate.totalBytes <= budget && plan.tiles.tileWidth % 16 == 0 && plan.tiles.tileWidth < last)
      #expect(plan.tiles.reason.contains("largest in"))
      let larger = try self.plan(3000, 2000) { $0.tile = .side(plan.tiles.tileWidth + 16) }
      #expect(larger.estimate.totalBytes > budget)
      last = plan.tiles.tileWidth
    }
  }

  @Test(
    "Over the budget nothing starts; the error has the numbers and says what fits",
    arguments: [TileChoice.whole, .side(1024)])
  func overBudget(tile: TileChoice) throws {
    let needed = try plan(3000, 2000) { $0.tile = tile }.estimate.totalBytes
    let small = try plan(3000, 2000) { $0.tile = .side(64) }.estimate.totalBytes
    let error = #expect(throws: RestorationError.self) {
      try plan(3000, 2000) {
        $0.tile = tile
        $0.memoryBytes = small
      }
    }
    guard case .overBudget(let estimate, small, let advice) = error else {
      Issue.record("expected overBudget, not \(String(describing: error))")
      return
    }
    #expect(estimate.totalBytes == needed && advice.contains("--tile 64") && error?.kind == .memory)

    let hopeless = #expect(throws: RestorationError.self) { try plan(3000, 2000) { $0.memoryBytes = 1 << 20 } }
    #expect(hopeless?.description.contains("raise --memory") == true)
  }

  @Test("Any tile from 16 pixels up and any overlap up to half of it can be asked for")
  func explicit() throws {
    for (side, overlap) in [(16, 8), (17, 0), (100, 50), (4096, 2048)] {
      let tiles = try plan(333, 222) {
        $0.tile = .side(side)
        $0.overlap = overlap
      }.tiles
      #expect(tiles.tileWidth == min(side, 333) && tiles.tileHeight == min(side, 222) && tiles.overlap == overlap)
    }
    for (tile, overlap) in [
      (TileChoice.side(15), nil), (.side(-1), nil), (.side(64), 33), (.side(64), -1), (.automatic, 9000),
      (.automatic, -1),
    ] {
      let error = #expect(throws: RestorationError.self) {
        try plan(333, 222) {
          $0.tile = tile
          $0.overlap = overlap
        }
      }
      #expect(error?.kind == .usage)
    }
  }

  @Test("A region brings its surroundings, from where a window of the whole picture begins")
  func region() throws {
    func area(_ region: Rectangle) throws -> Rectangle { try plan(300, 200) { $0.region = region }.area }
    // Windows of 8 and stripes of 16: the network pads to 16.
    #expect(try area(.init(x: 100, y: 100, width: 1, height: 30)) == .init(x: 80, y: 80, width: 48, height: 80))
    #expect(try area(.init(x: 0, y: 0, width: 300, height: 200)) == .init(x: 0, y: 0, width: 300, height: 200))
    #expect(try area(.init(x: 299, y: 199, width: 1, height: 1)) == .init(x: 272, y: 176, width: 28, height: 24))
  }

  @Test(
    "Sizes of memory are read and written",
    arguments: [
      ("4G", 4 << 30, "4.00 GiB"), ("512M", 512 << 20, "512 MiB"), ("1.5g", 3 << 29, "1.50 GiB"),
      ("800KiB", 800 << 10, "800 KiB"),
      ("12345", 12345, "12.1 KiB"), ("999", 999, "999 B"), ("1000MB", 1000 << 20, "0.98 GiB"),
    ])
  func sizes(text: String, bytes: Int, written: String) {
    #expect(MemoryBudget.bytes(text) == bytes && MemoryBudget.text(bytes) == written)
  }

  @Test("What is no size is refused", arguments: ["", "G", "-1G", "0", "1X", "1 G", "nan", "1e30T", "４G"])
  func noSizes(text: String) {
    #expect(MemoryBudget.bytes(text) == nil)
  }

  @Test("The standard budget is below the machine's memory and above nothing")
  func standardBudget() {
    #expect(MemoryBudget.standard > 1 << 20 && MemoryBudget.standard < 1 << 44)
  }
}
