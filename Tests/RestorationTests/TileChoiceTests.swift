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
    // As many pixels as two or three tiles of that side share, so that no other fits better.
    func tiles(_ task: RestorationTask, _ variant: ModelVariant, _ width: Int, _ height: Int) throws -> [Int] {
      let tiles = try plan(width, height, task, variant: variant).tiles
      return [tiles.tileWidth, tiles.tileHeight, tiles.overlap]
    }
    #expect(try tiles(.denoise, .base, 480, 480) == [256, 256, 32])
    #expect(try tiles(.jpeg, .small, 540, 540) == [288, 288, 36])
    #expect(try tiles(.defocusDeblur, .base, 912, 1344) == [480, 480, 48])
    for (task, variant) in [
      (RestorationTask.denoise, ModelVariant.tiny), (.denoise, .small), (.demosaic, .small), (.motionDeblur, .base),
    ] {
      #expect(try tiles(task, variant, 2000, 1500).prefix(2) == [2000, 1500])
    }
    #expect(try plan(100, 100, .jpeg).tiles.reason == "published tile of jpeg tiny")
    #expect(try plan(480, 480, variant: .base).tiles.reason == "published tile of denoise base")
  }

  @Test(
    "A published tile that computes a third of the pixels twice gives way to one that fits the picture",
    arguments: [(4000, 3000), (3024, 4032), (4608, 2592), (6000, 4000), (4243, 2828)])
  func fitsBetter(width: Int, height: Int) throws {
    for (task, variant, published) in [
      (RestorationTask.denoise, ModelVariant.base, 256), (.jpeg, .small, 288), (.defocusDeblur, .base, 480),
    ] {
      let fitted = try plan(width, height, task, variant: variant)
      let taken = try plan(width, height, task, variant: variant) { $0.tile = .side(published) }
      #expect(taken.networkPixels > width * height * 5 / 4, "nothing to be gained")
      #expect(fitted.networkPixels <= width * height * 5 / 4, "\(fitted.tiles)")
      #expect((published...2 * published).contains(fitted.tiles.tileWidth) && fitted.tiles.tileWidth % 16 == 0)
      #expect(fitted.tiles.reason.hasPrefix("fits the picture better than the published tile of"))
      #expect(fitted.tiles.overlap == taken.tiles.overlap)
      // The published protocol keeps its own, and so does who has no memory for a larger one.
      let means = try plan(width, height, task, variant: variant) { $0.blending = .average }
      let little = try plan(width, height, task, variant: variant) { $0.memoryBytes = taken.estimate.totalBytes }
      #expect(means.tiles.tileWidth == published && little.tiles.tileWidth == published)
    }
  }

  @Test(
    "Of the tiles within the memory the one is taken that computes the fewest pixels",
    arguments: [(4000, 3000), (3024, 4032), (4608, 2592), (6000, 4000), (4243, 2828)])
  func fewestPixels(width: Int, height: Int) throws {
    for side in [608, 1008, 1808] {
      let largest = try plan(width, height) { $0.tile = .side(side) }
      let chosen = try plan(width, height) { $0.memoryBytes = largest.estimate.totalBytes }
      #expect(chosen.estimate.totalBytes <= largest.estimate.totalBytes)
      #expect(chosen.networkPixels <= largest.networkPixels)
      #expect(chosen.networkPixels <= width * height * 5 / 4, "\(chosen.tiles)")
      #expect(chosen.tiles.overlap == 32)
    }
  }

  @Test(
    "A large picture that could be one tile is split where that costs under 5 %, and only there",
    arguments: [
      (3000, 2000, 6), (4000, 3000, 12), (6000, 4000, 6), (3024, 4032, 1), (2000, 1500, 1), (1504, 1000, 1),
      (768, 512, 1), (1600, 800, 2),
    ])
  func split(width: Int, height: Int, count: Int) throws {
    let whole = try plan(width, height) { $0.tile = .whole }
    let chosen = try plan(width, height)
    func computed(_ plan: RestorationPlan) -> Int {
      func padded(_ side: Int) -> Int { (side + 15) / 16 * 16 }
      return plan.tiles.tileCount * padded(plan.tiles.tileWidth) * padded(plan.tiles.tileHeight)
    }
    #expect(computed(chosen) * 100 <= computed(whole) * 105, "\(chosen.tiles)")
    #expect(chosen.tiles.tileCount == count, "\(chosen.tiles)")
    if count > 1 {
      #expect(min(chosen.tiles.tileWidth, chosen.tiles.tileHeight) >= 768 && chosen.tiles.overlap == 32)
      #expect(chosen.estimate.totalBytes < whole.estimate.totalBytes)
      #expect(chosen.tiles.reason.hasPrefix("the whole picture would fit"))
    }
    // The published protocol of plain means takes the whole picture, and so does who asks for it.
    let means = try plan(width, height) { $0.blending = .average }
    #expect(means.tiles.tileCount == 1 && whole.tiles.tileCount == 1)
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

  @Test("A smaller budget gives smaller tiles that fit, with the reason")
  func budget() throws {
    let whole = try plan(3000, 2000) { $0.tile = .whole }
    #expect(whole.tiles.tileCount == 1 && whole.tiles.reason.hasPrefix("whole picture"))
    for share in [0.9, 0.8, 0.7, 0.65] {
      let budget = Int(Double(whole.estimate.totalBytes) * share)
      let plan = try plan(3000, 2000) { $0.memoryBytes = budget }
      #expect(plan.estimate.totalBytes <= budget && plan.tiles.tileWidth % 16 == 0 && plan.tiles.tileCount > 1)
      #expect(
        plan.tiles.reason.hasPrefix("fits the picture best in ")
          && plan.tiles.reason.contains("the whole picture needs"))
      // Plain means take one square side, the largest.
      let means = try self.plan(3000, 2000) {
        ($0.memoryBytes, $0.blending) = (budget, .average)
      }
      #expect(means.estimate.totalBytes <= budget && means.tiles.reason.hasPrefix("largest in "))
      let larger = try self.plan(3000, 2000) {
        ($0.tile, $0.blending) = (.side(means.tiles.tileWidth + 16), .average)
      }
      #expect(larger.estimate.totalBytes > budget || larger.tiles.tileWidth == 2000)
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
