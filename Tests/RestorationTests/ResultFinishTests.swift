import Base
import Imaging
import Restoration
import Tensors
import Testing

@Suite("What becomes of the network's result") struct ResultFinishTests {
  /// Makes everything half as bright.
  private static func dimmer(_ task: RestorationTask = .denoise, channels: Int = 3) throws -> Restorer {
    try TestNetworks.restorer(task, TestNetworks.configuration(inputChannels: channels)) { $0.mapped { $0 / 2 } }
  }

  private static func restored(
    _ picture: Image, _ restorer: Restorer, _ request: RestorationRequest = .init(.denoise),
    tile: TileChoice = .side(24),
    region: Rectangle? = nil, _ change: (inout ResultFinish) -> Void = { _ in }
  ) throws -> Image {
    var options = RestorationOptions()
    (options.tile, options.region, options.checks) = (tile, region, .finiteOnly)
    change(&options.finish)
    let plan = try restorer.plan(for: PictureShape(picture), request: request, options: options)
    return plan.finished(try restorer.restore(picture, plan: plan).image)
  }

  @Test(
    "Strength 0 gives the input's bytes, 1 the network's, 0.5 the mean to one level, 1.5 as much again",
    arguments: [Image.Layout.gray, .grayAlpha, .rgb, .rgbAlpha], [8, 16])
  func strength(layout: Image.Layout, bits: Int) throws {
    let restorer = try Self.dimmer(channels: layout.isColour ? 3 : 1)
    let picture = TestPictures.picture(61, 43, layout, bits: bits)
    for tile in [TileChoice.whole, .side(24)] {
      let plain = try Self.restored(picture, restorer, tile: tile)
      func mixed(_ strength: Double) throws -> [Int] {
        try Self.restored(picture, restorer, tile: tile) { $0.strength = strength }.integers
      }
      #expect(try mixed(0) == picture.integers)
      #expect(try mixed(1) == plain.integers)
      let half = try zip(zip(picture.integers, plain.integers).map { Double($0 + $1) / 2 }, mixed(0.5))
      #expect(half.allSatisfy { abs($0 - Double($1)) <= 1 })
      let beyond = try zip(zip(picture.integers, plain.integers).map { $1 + ($1 - $0) / 2 }, mixed(1.5))
      #expect(beyond.allSatisfy { abs(max(0, $0) - $1) <= 2 })
    }
  }

  @Test("Floats are not cut: strength 0 gives the input's values, and sizes and grain keep what is brighter than white")
  func floats() throws {
    let restorer = try Self.dimmer()
    let values: [Float] = (0..<3600).map { index in Float(index % 97) / 48 - 0.25 }
    let picture = Image(width: 40, height: 30, layout: .rgb, samples: .float(values), metadata: ImageMetadata())
    let kept = try Self.restored(picture, restorer) { $0.strength = 0 }
    guard case .float(let own) = kept.samples else { return #expect(Bool(false), "no floats") }
    #expect(zip(own, values).allSatisfy { abs($0 - $1) < 1e-6 })

    var options = RestorationOptions()
    options.checks = .finiteOnly
    (options.finish.strength, options.finish.grain, options.size.width) = (0, 2, 20)
    let plan = try restorer.plan(for: PictureShape(picture), request: .init(.denoise), options: options)
    let small = plan.finished(try restorer.restore(picture, plan: plan).image)
    guard case .float(let smaller) = small.samples else { return #expect(Bool(false), "no floats") }
    #expect(small.width == 20 && small.height == 15)
    #expect(smaller.allSatisfy { $0.isFinite } && smaller.max()! > 1.01)
  }

  @Test("Where a task enlarges, strength 0 is Matlab's bicubic, in any tiles and of any region", arguments: [2, 3, 4])
  func enlarged(scale: Int) throws {
    let restorer = try TestNetworks.restorer(
      .superResolution, TestNetworks.configuration(upscale: scale, upsampler: .pixelShuffleDirect)
    ) { TestNetworks.enlarged($0, scale: scale) }
    let picture = TestPictures.picture(50, 34)
    let request = RestorationRequest(.superResolution, scale: scale)
    let whole = try Self.restored(picture, restorer, request, tile: .side(16)) { $0.strength = 0 }
    let bicubic = Tensor(
      shape: Shape(height: 34, width: 50, channels: 3), values: picture.floats(.rgb)
    ).bicubicResized(height: 34 * scale, width: 50 * scale)
    let expected = bicubic.values.map { Int((min(max($0, 0), 1) * 255).rounded()) }
    #expect(whole.integers == expected)
    let region = Rectangle(x: 20, y: 8, width: 17, height: 20)
    let part = try Self.restored(picture, restorer, request, tile: .side(16), region: region) {
      ($0.strength, $0.texture) = (0, 0.5)
    }
    let place = region.scaled(by: scale)
    for channel in 0..<3 {
      #expect(part.integers(channel: channel, of: part.bounds) == whole.integers(channel: channel, of: place))
    }
  }

  @Test("Of a mosaic and of two views, strength 0 is what the network is given")
  func otherInputs() throws {
    let demosaic = try Self.dimmer(.demosaic)
    let picture = TestPictures.picture(30, 20, .rgb, bits: 16)
    let colours = try TestNetworks.restorer(.demosaic) { $0 }
    let expected = try Self.restored(picture, colours, .init(.demosaic), tile: .whole)
    let mixed = try Self.restored(picture, demosaic, .init(.demosaic)) { $0.strength = 0 }
    #expect(zip(expected.integers, mixed.integers).allSatisfy { abs($0 - $1) <= 1 })
  }

  @Test(
    "Texture 1 gives back the finest scales of the input's luma, and no colour", arguments: [(40, 30), (7, 3), (1, 1)])
  func texture(_ size: (width: Int, height: Int)) throws {
    // Gray takes away all structure, so that the loss is the input less a constant.
    let restorer = try TestNetworks.restorer { $0.mapped { 0.45 + 0.001 * $0 } }
    let picture = TestPictures.picture(size.width, size.height, .rgb, bits: 16)
    for share in [1.0, 0.4] {
      let result = try Self.restored(picture, restorer) { $0.texture = share }
      let plain = try Self.restored(picture, restorer)
      let loss = zip(Self.luma(picture), Self.luma(plain)).map { $0 - $1 }
      let smooth = Self.smoothed(Self.smoothed(loss, size, step: 1), size, step: 2)
      let expected = plain.floats(.rgb).enumerated().map { place, value in
        value + Float(share) * (loss[place / 3] - smooth[place / 3])
      }
      let difference = zip(expected, result.floats(.rgb)).map { abs($0 - $1) }.max()!
      #expect(difference < 3 / 65_535)
    }
  }

  @Test("Texture is the same in any tiles")
  func textureInTiles() throws {
    // A power of two, so that blending equal values rounds nothing.
    let restorer = try Self.dimmer()
    let picture = TestPictures.picture(90, 70, .rgb, bits: 16)
    let whole = try Self.restored(picture, restorer, tile: .whole) { ($0.texture, $0.strength) = (0.7, 0.8) }
    let tiled = try Self.restored(picture, restorer, tile: .side(16)) { ($0.texture, $0.strength) = (0.7, 0.8) }
    #expect(zip(whole.integers, tiled.integers).allSatisfy { abs($0 - $1) <= 1 })
    let plain = try Self.restored(picture, restorer, tile: .whole) { $0.strength = 0.8 }
    #expect(whole.integers != plain.integers)
  }

  @Test("Chroma only keeps the input's luma and takes the result's colours")
  func chromaOnly() throws {
    // Swaps red and blue, darker.
    let restorer = try TestNetworks.restorer { x in
      var y = x
      for i in y.values.indices { y.values[i] = 0.8 * x.values[i / 3 * 3 + 2 - i % 3] }
      return y
    }
    let picture = TestPictures.picture(40, 30, .rgb, bits: 16)
    let result = try Self.restored(picture, restorer) { $0.isChromaOnly = true }
    let plain = try Self.restored(picture, restorer)
    #expect(zip(Self.luma(picture), Self.luma(result)).allSatisfy { abs($0 - $1) < 2 / 65_535 })
    let (a, b) = (result.floats(.rgb), plain.floats(.rgb))
    for pixel in stride(from: 0, to: a.count, by: 3) {
      #expect(abs((a[pixel] - a[pixel + 2]) - (b[pixel] - b[pixel + 2])) < 3 / 65_535)
    }
    let gray = TestPictures.picture(40, 30, .gray)
    let grayRestorer = try Self.dimmer(channels: 1)
    var options = RestorationOptions()
    options.finish.isChromaOnly = true
    options.checks = .finiteOnly
    let plan = try grayRestorer.plan(for: PictureShape(gray), request: .init(.denoise), options: options)
    #expect(plan.notes.contains { $0.contains("--chroma-only gives the input back") })
    #expect(try grayRestorer.restore(gray, plan: plan).image.integers == gray.integers)
  }

  @Test("Grain is drawn from the seed, as strong as asked for at middle gray, and none in black and white")
  func grain() throws {
    let restorer = try TestNetworks.restorer { $0 }
    func flat(_ value: UInt8) -> Image {
      Image(width: 120, height: 100, layout: .rgb, samples: .eight([UInt8](repeating: value, count: 36_000)))
    }
    func grained(_ picture: Image, seed: Int, _ region: Rectangle? = nil) throws -> Image {
      try Self.restored(picture, restorer, .init(.denoise), tile: .side(64), region: region) {
        ($0.grain, $0.grainSeed) = (12, seed)
      }
    }
    let gray = flat(128)
    let first = try grained(gray, seed: 3)
    #expect(first.bitDepth == 8)
    #expect(try grained(gray, seed: 3).integers == first.integers)
    #expect(try grained(gray, seed: 4).integers != first.integers)
    let values = stride(from: 0, to: first.integers.count, by: 3).map { Double(first.integers[$0]) }
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    #expect(abs(mean - 128) < 1 && abs(variance.squareRoot() - 12) < 1)
    // Neighbours hang together as the filter (1 2 1) makes them: 2/3.
    let pairs = values.indices.dropLast().filter { $0 % 120 != 119 }
    let covariance = pairs.reduce(0) { $0 + (values[$1] - mean) * (values[$1 + 1] - mean) } / Double(pairs.count)
    #expect(abs(covariance / variance - 2.0 / 3) < 0.05)
    #expect(zip(first.integers, first.integers.dropFirst()).enumerated().allSatisfy { $0 % 3 == 2 || $1.0 == $1.1 })
    for end in [UInt8(0), 255] { #expect(try grained(flat(end), seed: 3).integers == flat(end).integers) }
    let region = Rectangle(x: 30, y: 40, width: 50, height: 33)
    let part = try grained(gray, seed: 3, region)
    #expect(part.integers(channel: 0, of: part.bounds) == first.integers(channel: 0, of: region))
  }

  @Test("A level that the model does not look at is told")
  func ignored() throws {
    func notes(_ card: ModelCard, _ request: RestorationRequest) throws -> [String: String] {
      let model = RestorationModel(card: card, network: try TestNetworks.model(.denoise).network)
      return try Restorer(model: model, threads: ThreadLease(threadCount: 1))
        .plan(for: PictureShape(width: 40, height: 30, layout: .rgb), request: request).ignored
    }
    let blind = TestNetworks.card(.denoise, sigmas: 0...50)
    #expect(
      try notes(blind, .init(.denoise, sigma: 25))["sigma"]
        == "--sigma 25 is ignored: test is blind, it finds the level of the noise itself")
    #expect(try notes(blind, .init(.denoise)).isEmpty)
    #expect(try notes(TestNetworks.card(.denoise, sigmas: 25...25), .init(.denoise, sigma: 25)).isEmpty)
    let quality = try notes(TestNetworks.card(.jpeg, qualities: 10...90), .init(.jpeg, quality: 40))
    #expect(quality["quality"]?.hasPrefix("--quality 40 is ignored: test is blind") == true)
  }

  @Test("What is out of range is a usage error")
  func ranges() throws {
    let restorer = try Self.dimmer()
    func kind(_ change: (inout RestorationOptions) -> Void) -> FailureKind? {
      var options = RestorationOptions()
      change(&options)
      do throws(RestorationError) {
        _ = try restorer.plan(
          for: PictureShape(width: 9, height: 9, layout: .rgb), request: .init(.denoise), options: options)
        return nil
      } catch {
        return error.kind
      }
    }
    #expect(kind { $0.finish.strength = 1.6 } == .usage)
    #expect(kind { $0.finish.strength = .nan } == .usage)
    #expect(kind { $0.finish.texture = -0.1 } == .usage)
    #expect(kind { $0.finish.grain = 51 } == .usage)
    #expect(kind { $0.size.width = 0 } == .usage)
    #expect(kind { $0.size.maxMegapixels = 0 } == .usage)
    #expect(kind { ($0.size.width, $0.size.maxMegapixels) = (10, 1) } == .usage)
    #expect(kind { ($0.size.width, $0.finish.strength) = (10, 1.5) } == nil)
  }

  private static func luma(_ image: Image) -> [Float] {
    let values = image.floats(.rgb)
    return stride(from: 0, to: values.count, by: 3).map {
      0.299 * values[$0] + 0.587 * values[$0 + 1] + 0.114 * values[$0 + 2]
    }
  }

  /// One scale of the transform as its definition has it: rows, then columns, mirrored with the edge repeated.
  private static func smoothed(_ values: [Float], _ size: (width: Int, height: Int), step: Int) -> [Float] {
    let weights: [Float] = [1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16]
    func mirrored(_ index: Int, _ count: Int) -> Int {
      var index = index
      while index < 0 || index >= count { index = index < 0 ? -1 - index : 2 * count - 1 - index }
      return index
    }
    func along(_ values: [Float], _ place: (_ x: Int, _ y: Int, _ offset: Int) -> Int) -> [Float] {
      (0..<size.height).flatMap { y in
        (0..<size.width).map { x in
          (0..<5).reduce(0) { $0 + weights[$1] * values[place(x, y, ($1 - 2) * step)] }
        }
      }
    }
    let rows = along(values) { x, y, offset in y * size.width + mirrored(x + offset, size.width) }
    return along(rows) { x, y, offset in mirrored(y + offset, size.height) * size.width + x }
  }
}

extension Tensor {
  /// Every value changed by `body`.
  func mapped(_ body: (Float) -> Float) -> Tensor { Tensor(shape: shape, values: values.map(body)) }
}
