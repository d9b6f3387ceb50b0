import Base
import EngineCore
import EngineWire
import Imaging
import Restoration
import Tensors
import TestSupport
import Testing

@Suite("Engine: pictures side by side", .timeLimit(.minutes(10))) struct ComparisonTests {
  private func compare(
    _ engine: Engine, _ paths: [String], reference: Int = 0, _ question: ComparisonRequest.Question
  ) async throws -> (ComparisonReply, [UInt8]) {
    let (reply, body) = await engine.answer(
      .compare(ComparisonRequest(paths: paths, reference: reference, question)))
    guard case .comparison(let comparison) = reply else { throw Unexpected(reply) }
    return (comparison, body)
  }

  @Test("a view at full size is the pictures' own pixels, and the samples under a place")
  func wholePixels() async throws {
    let folder = try EngineFolder()
    let a = try folder.picture("a.png", width: 120, height: 90)
    let b = try folder.picture("b.png", width: 120, height: 90, phase: 0.3)
    let engine = folder.engine()
    let region = Rectangle(x: 13, y: 7, width: 40, height: 20)
    let (reply, body) = try await compare(
      engine, ["a.png", "~/b.png"], .view(region: region, width: 40, height: 20, x: 14, y: 8))
    guard case .view(let view) = reply, case .eight(let first) = a.samples, case .eight(let second) = b.samples else {
      throw Unexpected(reply)
    }
    #expect(view.region == region && body.count == 2 * 40 * 20 * 3)
    for row in 0..<20 {
      let start = ((7 + row) * 120 + 13) * 3
      #expect(Array(body[row * 120..<(row + 1) * 120]) == Array(first[start..<start + 120]))
      #expect(Array(body[2400 + row * 120..<2400 + (row + 1) * 120]) == Array(second[start..<start + 120]))
    }
    let place = (8 * 120 + 14) * 3
    #expect(view.samples == [first[place..<place + 3].map(Int.init), second[place..<place + 3].map(Int.init)])
    await engine.shutDown()
  }

  @Test(
    "a small view is the mean of the area under each pixel, whatever halves it is made from", arguments: [3, 7, 31])
  func means(width: Int) async throws {
    let folder = try EngineFolder()
    let image = try folder.picture("a.png", width: 333, height: 211)
    try folder.picture("b.png", width: 333, height: 211)
    let engine = folder.engine()
    let region = Rectangle(x: 0, y: 0, width: 333, height: 211)
    let height = width * 2 / 3 + 1
    let (_, body) = try await compare(
      engine, ["a.png", "b.png"], .view(region: region, width: width, height: height, x: 0, y: 0))
    let exact = ScaledPicture(image, region: image.bounds, width: width, height: height).pixels
    let worst = zip(body, exact).map { abs(Int($0) - Int($1)) }.max() ?? 255
    // Halves round to whole levels, and those at the border of a pixel count with their mean.
    #expect(worst <= 8, "\(worst)")
    await engine.shutDown()
  }

  @Test("questions about the whole of large pictures end in the middle when nobody waits for the answer")
  func cancelled() throws {
    let pictures = [0.0, 0.5].map { phase in
      PicturePyramid(
        Image(
          width: 300, height: 200, layout: .rgb,
          samples: .eight((0..<300 * 200 * 3).map { UInt8(truncatingIfNeeded: $0 * 7 + Int(phase * 90)) })))
    }
    let compared = ComparedPictures(paths: ["a", "b"], pictures: pictures)
    let flag = CancelFlag()
    _ = try compared.crops(side: 16, count: 4, reference: 0, flag)
    #expect(flag.lookCount >= 3 * 200)
    let looks = flag.lookCount
    _ = try compared.tilingEffect(on: 1, reference: 0, columns: [100], rows: [100], flag)
    #expect(flag.lookCount >= looks + 200)
    flag.set()
    let end = flag.lookCount
    #expect(throws: JobError.self) { try compared.crops(side: 16, count: 4, reference: 0, flag) }
    #expect(throws: JobError.self) {
      try compared.tilingEffect(on: 1, reference: 0, columns: [100], rows: [100], flag)
    }
    #expect(flag.lookCount < end + 20)
  }

  @Test("what tiling changed is what the restorer itself says, of a part of the picture too", arguments: [false, true])
  func tiling(ofPart: Bool) async throws {
    let folder = try EngineFolder()
    try folder.picture("a.png")
    var request = folder.request("a.png")
    if ofPart { request.region = Rectangle(x: 7, y: 5, width: 50, height: 41) }
    let settings = try JobSettings(request)
    let image = try ImageFile.read(folder.path("pictures/a.png")).image
    let restorer = Restorer(
      model: try folder.library.load(settings.card(in: folder.library, for: PictureShape(image))),
      threads: ThreadLease(threadCount: 1))
    let plan = try restorer.plan(for: PictureShape(image), request: settings.request, options: settings.options)
    let whole = try #require(try restorer.wholePlan(of: plan))
    let tiled = try restorer.restore(image, plan: plan).image
    let expected = try restorer.tilingEffect(on: image, tiled: tiled, plan: plan, wholePlan: whole)

    let engine = folder.engine()
    let id = try await engine.submit(request)
    let job = try #require(try await engine.wait(for: id) { $0.state == .done })
    try ImageFile.write(expected.whole, to: folder.path("whole.png"), format: .png)
    let part = request.region ?? Rectangle(x: 0, y: 0, width: 80, height: 60)
    let tiles = job.pictures[0].tiles
    let question = ComparisonRequest.Question.tiling(
      picture: 1, columns: tiles.flatMap { [$0.x - part.x, $0.x + $0.width - part.x] },
      rows: tiles.flatMap { [$0.y - part.y, $0.y + $0.height - part.y] })
    let (reply, _) = try await compare(engine, [folder.path("whole.png"), job.pictures[0].output], question)
    guard case .tiling(let info) = reply else { throw Unexpected(reply) }
    #expect(info.maximum == expected.maximum && info.mean == expected.mean && info.maximum > 0)
    #expect(info.x == expected.place.x && info.y == expected.place.y)
    #expect(info.seamScore == expected.seamScore && expected.seamScore != nil)

    let failure = await engine.refusal(
      .compare(ComparisonRequest(paths: ["a.png", folder.path("models/none")], reference: 0, question)))
    #expect(failure != nil)
    if ofPart {
      // The part is not the whole picture's size.
      let failure = await engine.refusal(
        .compare(ComparisonRequest(paths: ["a.png", job.pictures[0].output], reference: 0, question)))
      #expect(failure?.message.contains("not one picture") == true)
    }
    await engine.shutDown()
  }

  @Test("pictures of other sizes and kinds are brought together with a word")
  func sizes() async throws {
    let folder = try EngineFolder()
    try folder.picture("small.png", width: 30, height: 20)
    try folder.picture("large.png", width: 120, height: 80)
    try folder.picture("odd.png", width: 100, height: 33)
    try folder.picture("gray.png", width: 120, height: 80, layout: .gray)
    let engine = folder.engine()
    let paths = ["small.png", "large.png", "odd.png", "gray.png"]
    let (opened, _) = try await compare(engine, paths, .open)
    guard case .opened(let info) = opened else { throw Unexpected(opened) }
    #expect((info.width, info.height) == (120, 80))
    #expect(info.pictures[0].note == "30 x 20 shown at 120 x 80" && info.pictures[1].note == nil)
    #expect(
      info.pictures[2].note == "100 x 33 in the corner of 120 x 80, not measured: neither size nor shape agree")
    #expect(info.pictures[3].note == "gray beside colour")
    let whole = Rectangle(x: 0, y: 0, width: 120, height: 80)
    let (view, body) = try await compare(engine, paths, .view(region: whole, width: 120, height: 80, x: 110, y: 70))
    guard case .view(let samples) = view else { throw Unexpected(view) }
    #expect(body.count == 4 * 120 * 80 * 3)
    #expect(samples.samples.map(\.count) == [3, 3, 0, 1])
    for reference in 0..<4 {
      let (reply, _) = try await compare(
        engine, paths, reference: reference, .measure(region: nil, convention: "matlab", shave: 0))
      guard case .measures(let measures) = reply else { throw Unexpected(reply) }
      #expect(measures[0].name == "PSNR (matlab)" && measures[0].values[reference].isEmpty)
      // The odd one belongs to none of the others.
      #expect(measures[0].values.count { !$0.isEmpty } == (reference == 2 ? 0 : 2))
      #expect(measures[0].values[2].isEmpty)
    }
    let (reply, _) = try await compare(engine, paths, .crops(side: 16, count: 4))
    guard case .crops(let crops) = reply else { throw Unexpected(reply) }
    #expect(!crops.isEmpty && crops.allSatisfy { $0.x + $0.width <= 120 && $0.y + $0.height <= 80 })
    await engine.shutDown()
  }

  @Test("the whole and a part are measured as the library measures them, and the largest difference comes first")
  func measures() async throws {
    let folder = try EngineFolder()
    let a = try folder.picture("a.png", width: 128, height: 96)
    guard case .eight(var values) = a.samples else { throw Unexpected(a.samples) }
    for y in 40..<56 { for x in 64..<80 { values[(y * 128 + x) * 3] ^= 0x80 } }
    let b = Image(width: 128, height: 96, layout: .rgb, samples: .eight(values))
    try ImageFile.write(b, to: folder.path("pictures/b.png"), format: .png)
    let engine = folder.engine()
    let paths = ["a.png", "b.png"]
    let psnr = try Metric(.psnr, convention: .matlab, shave: 2)(b, a)
    let (ofWhole, _) = try await compare(engine, paths, .measure(region: nil, convention: "matlab", shave: 2))
    guard case .measures(let whole) = ofWhole else { throw Unexpected(ofWhole) }
    #expect(whole[0].name == "PSNR (matlab, shave 2)" && abs((Double(whole[0].values[1]) ?? 0) - psnr) <= 0.005)
    let quiet = Rectangle(x: 0, y: 0, width: 32, height: 32)
    let (ofPart, _) = try await compare(engine, paths, .measure(region: quiet, convention: "grl", shave: 0))
    guard case .measures(let part) = ofPart else { throw Unexpected(ofPart) }
    #expect(part[0].values == ["", "equal"])
    let (reply, _) = try await compare(engine, paths, .crops(side: 16, count: 3))
    guard case .crops(let crops) = reply else { throw Unexpected(reply) }
    #expect(crops.first == Rectangle(x: 64, y: 40, width: 16, height: 16))
    await engine.shutDown()
  }

  @Test("what does not fit is refused in words")
  func refusals() async throws {
    let folder = try EngineFolder()
    for name in ["a.png", "b.png"] { try folder.picture(name) }
    let engine = folder.engine()
    func refusal(
      _ paths: [String], reference: Int = 0, _ question: ComparisonRequest.Question
    ) async -> FailureKind? {
      await engine.refusal(.compare(ComparisonRequest(paths: paths, reference: reference, question)))?.kind
    }
    let paths = ["a.png", "b.png"]
    #expect(await refusal(["a.png"], .open) == .badRequest)
    #expect(await refusal(Array(repeating: "a.png", count: 5), .open) == .badRequest)
    #expect(await refusal(paths, reference: 2, .open) == .badRequest)
    #expect(await refusal(paths, reference: -1, .open) == .badRequest)
    #expect(await refusal(["a.png", "none.png"], .open) == .badInput)
    for region in [
      Rectangle(x: -1, y: 0, width: 2, height: 2), Rectangle(x: 0, y: 0, width: 81, height: 1),
      Rectangle(x: .max, y: 0, width: .max, height: 1), Rectangle(x: 0, y: 0, width: 0, height: 1),
    ] {
      #expect(await refusal(paths, .view(region: region, width: 1, height: 1, x: 0, y: 0)) == .badRequest)
      #expect(await refusal(paths, .measure(region: region, convention: "matlab", shave: 0)) == .badRequest)
    }
    let part = Rectangle(x: 0, y: 0, width: 8, height: 8)
    #expect(await refusal(paths, .view(region: part, width: 9, height: 8, x: 0, y: 0)) == .badRequest)
    #expect(await refusal(paths, .view(region: part, width: -9, height: .min, x: 0, y: 0)) == .badRequest)
    #expect(await refusal(paths, .measure(region: nil, convention: "mine", shave: 0)) == .badRequest)
    #expect(await refusal(paths, .measure(region: nil, convention: "grl", shave: -1)) == .badRequest)
    #expect(await refusal(paths, .crops(side: 0, count: 1)) == .badRequest)
    let (reply, body) = try await compare(
      engine, paths, .view(region: part, width: 0, height: 0, x: .max, y: .min))
    guard case .view(let view) = reply else { throw Unexpected(reply) }
    #expect(body.isEmpty && view.samples == [[], []])
    await engine.shutDown()
  }

  @Test("a file that changed is read again, and pictures beyond the budget are refused")
  func memory() async throws {
    let folder = try EngineFolder()
    let a = try folder.picture("a.png", width: 40, height: 30)
    try folder.picture("b.png", width: 40, height: 30)
    let engine = folder.engine()
    let part = Rectangle(x: 0, y: 0, width: 4, height: 1)
    let (_, before) = try await compare(
      engine, ["a.png", "b.png"], .view(region: part, width: 4, height: 1, x: 0, y: 0))
    try folder.picture("b.png", width: 40, height: 30, phase: 1)
    let (_, after) = try await compare(
      engine, ["a.png", "b.png"], .view(region: part, width: 4, height: 1, x: 0, y: 0))
    #expect(before.prefix(12) == after.prefix(12) && before.suffix(12) != after.suffix(12))
    await engine.shutDown()
    // 64 MiB are always allowed; four pictures of 5000 x 5000 gray pixels take 200 MB.
    let large = Image(
      width: 5000, height: 5000, layout: .gray, samples: .eight([UInt8](repeating: 9, count: 25_000_000)))
    try ImageFile.write(large, to: folder.path("pictures/large.png"), format: .png)
    let small = folder.engine(budgetBytes: 64 << 20)
    let failure = await small.refusal(
      .compare(ComparisonRequest(paths: Array(repeating: "large.png", count: 4), reference: 0, .open)))
    #expect(failure?.kind == .memory && failure?.message.contains("compare fewer") == true)
    _ = a
    await small.shutDown()
  }
}
