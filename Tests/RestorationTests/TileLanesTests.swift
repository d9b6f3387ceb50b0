import Base
import Imaging
import Restoration
import Synchronization
import Tensors
import Testing

@Suite("Several tiles at once, and pictures by rows", .timeLimit(.minutes(5))) struct TileLanesTests {
  /// Rows of a picture that is there, none more than are asked for, with the order of the calls looked at.
  private final class Rows: PictureSource {
    private let image: Image
    private var last = 0..<0
    private(set) var most = 0

    init(_ image: Image) { self.image = image }

    func band(_ rows: Range<Int>) -> ImageBand {
      #expect(rows.lowerBound >= last.lowerBound && rows.upperBound >= last.upperBound)
      (last, most) = (rows, max(most, rows.count))
      let part = image.cropped(to: Rectangle(x: 0, y: rows.lowerBound, width: image.width, height: rows.count))
      return ImageBand(part, top: rows.lowerBound, of: image.height)
    }
  }

  private final class Memory: TileStore {
    var tiles: [Int: Tensor] = [:]
    private(set) var kept: [Int] = []
    func tile(_ index: Int, shape: Shape) -> Tensor? { tiles[index] }
    func keep(_ tile: Tensor, at index: Int, seconds: Double) throws(CancellationError) {
      #expect(seconds >= 0)
      kept.append(index)
      tiles[index] = tile
    }
  }

  private static func plan(
    _ restorer: Restorer, _ picture: Image, _ request: RestorationRequest = .init(.denoise), isBanded: Bool = false,
    _ change: (inout RestorationOptions) -> Void = { _ in }
  ) throws -> RestorationPlan {
    var options = RestorationOptions()
    (options.tile, options.overlap, options.isBanded) = (.side(24), 6, isBanded)
    change(&options)
    return try restorer.plan(for: PictureShape(picture), request: request, options: options)
  }

  @Test("The samples, the seam score, and the order of all that is told do not depend on how many are computed at once")
  func threads() throws {
    let picture = TestPictures.picture(150, 100, .rgbAlpha, bits: 16)
    let model = try TestNetworks.model(.denoise)
    let pool = ThreadPool()
    var expected: RestoredImage?
    for (threads, lanes) in [(1, 1), (3, 1), (4, 2), (31, 15), (64, 32)] {
      let restorer = Restorer(model: model, threads: ThreadLease(threadCount: threads, of: pool))
      let plan = try Self.plan(restorer, picture)
      #expect(plan.lanes == lanes && plan.tiles.tileCount == 48)
      let memory = Memory()
      var (began, finished, fractions) = ([Int](), [Int](), [Double]())
      let result = try restorer.restore(
        picture, plan: plan, tileStore: memory,
        onTile: {
          switch $0 {
          case .began(let index): began.append(index)
          case .finished(let index, let place, _, let isComputed):
            #expect(place == plan.place(ofTile: index) && isComputed && began.contains(index))
            finished.append(index)
          }
        },
        onProgress: { fractions.append($0.fraction) })
      let all = Array(0..<48)
      #expect(began == all && finished == all && memory.kept == all)
      #expect(fractions.last == 1 && fractions == fractions.sorted())
      if let expected {
        #expect(result.image.integers == expected.image.integers, "\(threads) threads")
        #expect(result.report.seamScore == expected.report.seamScore)
      } else {
        expected = result
      }
    }
  }

  @Test("Tiles that are there are not computed, and those between are")
  func someThere() throws {
    let picture = TestPictures.picture(150, 100)
    let restorer = Restorer(model: try TestNetworks.model(.denoise), threads: ThreadLease(threadCount: 32))
    let plan = try Self.plan(restorer, picture)
    let memory = Memory()
    let whole = try restorer.restore(picture, plan: plan, tileStore: memory)
    let some = Memory()
    for (index, tile) in memory.tiles where index % 3 > 0 && index < 40 { some.tiles[index] = tile }
    let there = Set(some.tiles.keys)
    let again = try restorer.restore(picture, plan: plan, tileStore: some)
    #expect(again.image.integers == whole.image.integers)
    #expect(some.kept == (0..<48).filter { !there.contains($0) })
  }

  @Test("Cancelling ends all of them, and a paused gate holds them")
  func gate() throws {
    let picture = TestPictures.picture(150, 100)
    let gate = WorkGate()
    let restorer = Restorer(
      model: try TestNetworks.model(.denoise), threads: ThreadLease(threadCount: 32, gate: gate))
    let plan = try Self.plan(restorer, picture)
    let memory = Memory()
    var count = 0
    let error = #expect(throws: RestorationError.self) {
      try restorer.restore(
        picture, plan: plan, tileStore: memory, isCancelled: { memory.kept.count >= 5 },
        onTile: { if case .began = $0 { count += 1 } })
    }
    #expect(error?.kind == .cancelled && memory.kept == Array(0..<5) && count < 48)
    let closed = #expect(throws: RestorationError.self) {
      try restorer.restore(
        picture, plan: plan, tileStore: memory,
        onProgress: { if $0.tilesDone == 10 { gate.cancel() } })
    }
    #expect(closed?.kind == .cancelled && memory.tiles.count == 10)
    gate.reopen()
    let whole = try restorer.restore(picture, plan: plan)
    let resumed = try restorer.restore(picture, plan: plan, tileStore: memory)
    #expect(resumed.image.integers == whole.image.integers)
  }

  @Test("More at once than memory allows are not planned; the estimate counts them")
  func memory() throws {
    let picture = TestPictures.picture(150, 100)
    let restorer = Restorer(model: try TestNetworks.model(.denoise), threads: ThreadLease(threadCount: 64))
    let free = try Self.plan(restorer, picture)
    #expect(free.lanes == 32)
    let bound = try Self.plan(restorer, picture) { $0.memoryBytes = free.estimate.totalBytes - 1 }
    #expect((1..<32).contains(bound.lanes) && bound.estimate.totalBytes < free.estimate.totalBytes)
    #expect(bound.tiles == free.tiles)
  }

  @Test("A tile that fails ends the work with its error, whoever computed it")
  func fault() throws {
    let count = Atomic<Int>(0)
    let restorer = try TestNetworks.restorer(threads: 32) { input in
      let number = count.wrappingAdd(1, ordering: .relaxed).newValue
      return number == 20 ? input.mapped { _ in .nan } : input
    }
    let picture = TestPictures.picture(150, 100)
    let plan = try Self.plan(restorer, picture)
    #expect(plan.lanes == 16)
    let error = #expect(throws: RestorationError.self) { try restorer.restore(picture, plan: plan) }
    #expect(error?.kind == .verification)
  }

  struct Case: Sendable, CustomStringConvertible {
    let description: String
    let request: RestorationRequest
    let network: Network
    let layout: Image.Layout
    var bits = 8
    var change: @Sendable (inout RestorationOptions) -> Void = { _ in }
  }

  enum Network: Sendable { case plain, enlarging, dualPixel }

  static let cases: [Case] = [
    Case(description: "plain", request: .init(.denoise), network: .plain, layout: .rgb),
    Case(description: "alpha, 16 bits", request: .init(.denoise), network: .plain, layout: .rgbAlpha, bits: 16),
    Case(description: "gray through colour", request: .init(.denoise), network: .plain, layout: .grayAlpha),
    Case(description: "texture and strength", request: .init(.denoise), network: .plain, layout: .rgb) {
      ($0.finish.strength, $0.finish.texture) = (0.5, 0.5)
    },
    Case(
      description: "enlarged, with alpha and texture", request: .init(.superResolution, scale: 4),
      network: .enlarging, layout: .rgbAlpha
    ) { ($0.finish.strength, $0.finish.texture) = (0.7, 0.5) },
    Case(description: "a region", request: .init(.denoise), network: .plain, layout: .rgbAlpha) {
      $0.region = Rectangle(x: 11, y: 33, width: 40, height: 101)
      $0.finish.strength = 0.5
    },
    Case(description: "mosaic", request: .init(.demosaic), network: .plain, layout: .rgb) {
      $0.finish.strength = 0.5
    },
    Case(
      description: "dual pixel", request: .init(.defocusDeblur, isDualPixel: true), network: .dualPixel,
      layout: .rgb),
  ]

  @Test("By rows a picture has the samples that it has as a whole, alone and several tiles at once", arguments: cases)
  func rows(_ test: Case) throws {
    let configuration =
      switch test.network {
      case .plain: TestNetworks.configuration()
      case .enlarging: TestNetworks.configuration(upscale: 4, upsampler: .pixelShuffleDirect)
      case .dualPixel: TestNetworks.configuration(inputChannels: 6, outputChannels: 3)
      }
    let model = try TestNetworks.model(test.request.task, configuration)
    let picture = TestPictures.picture(70, 190, test.layout, bits: test.bits)
    let right = test.request.isDualPixel ? TestPictures.picture(70, 190, test.layout, bits: test.bits) : nil
    for threads in [2, 32] {
      let restorer = Restorer(model: model, threads: ThreadLease(threadCount: threads))
      let plan = try Self.plan(restorer, picture, test.request, test.change)
      let whole = try restorer.restore(picture, right: right, plan: plan)
      let banded = try Self.plan(restorer, picture, test.request, isBanded: true, test.change)
      #expect(banded.tiles == plan.tiles && banded.estimate.pictures < plan.estimate.pictures * 4)
      let source = Rows(picture)
      var (integers, heights) = ([Int](), [Int]())
      let report = try restorer.restore(
        rowsOf: source, right: right.map { Rows($0) }, plan: banded
      ) { (rows) throws(RestorationError) in
        #expect(rows.layout == plan.output.layout && rows.bitDepth == plan.output.bitDepth)
        integers += rows.integers
        heights.append(rows.height)
      }
      #expect(integers == whole.image.integers)
      #expect(report.seamScore == whole.report.seamScore)
      #expect(heights.reduce(0, +) == plan.output.height && heights.count > 3)
      #expect(source.most < 190)
    }
  }

  @Test("Rows that cannot be read or taken end the work with their error")
  func failures() throws {
    final class Broken: PictureSource {
      func band(_ rows: Range<Int>) throws(ImageError) -> ImageBand {
        throw .unreadable(path: "a.png", reason: "the disk is gone")
      }
    }
    let picture = TestPictures.picture(70, 190)
    let restorer = Restorer(model: try TestNetworks.model(.denoise), threads: ThreadLease(threadCount: 2))
    let plan = try Self.plan(restorer, picture, isBanded: true)
    let read = #expect(throws: RestorationError.self) {
      try restorer.restore(rowsOf: Broken(), plan: plan) { (_) throws(RestorationError) in }
    }
    #expect(read?.description.contains("the disk is gone") == true)
    let written = #expect(throws: RestorationError.self) {
      try restorer.restore(rowsOf: Rows(picture), plan: plan) { (_) throws(RestorationError) in
        throw .picture(.unwritable(path: "b.png", reason: "no room"))
      }
    }
    #expect(written?.description.contains("no room") == true)
  }
}
