import Base
import GRLModel
import Imaging
import Restoration
import Tensors
import Testing

/// Every task through the real network, with made-up weights.
@Suite("End to end") struct EndToEndTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let request: RestorationRequest
    let configuration: GRLConfiguration
    let layouts: [Image.Layout]
    var testDescription: String { "\(request.task) x\(configuration.upscale), \(configuration.inputChannels) channels" }
  }

  static let cases: [Case] = {
    let colour = TestNetworks.configuration()
    let gray = TestNetworks.configuration(inputChannels: 1)
    let dual = TestNetworks.configuration(inputChannels: 6, outputChannels: 3)
    let direct = [2, 3, 4].map { TestNetworks.configuration(upscale: $0, upsampler: .pixelShuffleDirect) }
    let shuffle = [2, 3].map { TestNetworks.configuration(upscale: $0, upsampler: .pixelShuffle) }
    let nearest = TestNetworks.configuration(upscale: 4, upsampler: .nearestConvolution, hasChannelAttention: true)
    let all = [Image.Layout.gray, .grayAlpha, .rgb, .rgbAlpha]
    return [
      Case(request: .init(.denoise, sigma: 25), configuration: colour, layouts: all),
      Case(request: .init(.denoise), configuration: gray, layouts: [.gray, .grayAlpha]),
      Case(request: .init(.jpeg, quality: 20), configuration: colour, layouts: all),
      Case(request: .init(.jpeg), configuration: gray, layouts: [.gray, .grayAlpha]),
      Case(request: .init(.demosaic), configuration: colour, layouts: all),
      Case(request: .init(.demosaic, filters: .gbrg), configuration: colour, layouts: [.rgb]),
      Case(request: .init(.realSuperResolution), configuration: nearest, layouts: [.gray, .rgbAlpha]),
      Case(request: .init(.motionDeblur), configuration: colour, layouts: [.rgb, .gray]),
      Case(request: .init(.defocusDeblur), configuration: colour, layouts: [.rgb]),
      Case(request: .init(.defocusDeblur, isDualPixel: true), configuration: dual, layouts: [.rgb, .gray, .rgbAlpha]),
    ]
      + (direct + shuffle).map {
        Case(
          request: .init(.superResolution, scale: $0.upscale), configuration: $0,
          layouts: [.rgb, .rgbAlpha, .grayAlpha])
      }
  }()

  private func restore(
    _ picture: Image, _ restorer: Restorer, _ request: RestorationRequest,
    _ change: (inout RestorationOptions) -> Void = { _ in }
  ) throws -> RestoredImage {
    var options = RestorationOptions()
    change(&options)
    let plan = try restorer.plan(for: PictureShape(picture), request: request, options: options)
    return try restorer.restore(picture, right: request.isDualPixel ? picture : nil, plan: plan)
  }

  @Test("Each task restores pictures of every size, kind and depth", arguments: cases)
  func tasks(_ test: Case) throws {
    let restorer = Restorer(
      model: try TestNetworks.model(test.request.task, test.configuration), threads: ThreadLease(threadCount: 1))
    let scale = test.configuration.upscale
    for (index, layout) in test.layouts.enumerated() {
      for (width, height) in [(1, 1), (1, 60), (45, 1), (19, 33)] {
        let picture = TestPictures.picture(width, height, layout, bits: index % 2 == 0 ? 8 : 16)
        let result = try restore(picture, restorer, test.request) { $0.tile = .side(32) }
        let image = result.image
        #expect(image.width == width * scale && image.height == height * scale)
        #expect(image.bitDepth == picture.bitDepth && image.layout.hasAlpha == layout.hasAlpha)
        let becomesColour = test.request.task == .demosaic || test.request.isDualPixel
        #expect(image.layout.isColour == (layout.isColour || becomesColour))
        #expect(result.report.seconds > 0 && result.report.pixelsPerSecond > 0 && result.report.model == "test")
        if layout.hasAlpha && scale == 1 {
          let all = image.bounds
          #expect(
            image.integers(channel: image.layout.channels - 1, of: all)
              == picture.integers(channel: layout.channels - 1, of: all))
        }
      }
    }
  }

  @Test("The bytes are the same for one, two and three threads", arguments: [cases[0], cases[6], cases[9]])
  func threads(_ test: Case) throws {
    let model = try TestNetworks.model(test.request.task, test.configuration)
    let picture = TestPictures.picture(53, 41, .rgb, bits: 16)
    let images = try [1, 2, 3].map { threads in
      try restore(picture, Restorer(model: model, threads: ThreadLease(threadCount: threads)), test.request) {
        $0.tile = .side(32)
      }.image
    }
    #expect(images[0].integers == images[1].integers && images[0].integers == images[2].integers)
  }

  @Test("The network changes the picture, and tiles give nearly what the whole picture gives")
  func tiledAgainstWhole() throws {
    let restorer = Restorer(model: try TestNetworks.model(.denoise), threads: ThreadLease(threadCount: 2))
    let picture = TestPictures.picture(160, 112, .rgb, bits: 16)
    let whole = try restore(picture, restorer, .init(.denoise)) { $0.tile = .whole }
    let tiled = try restore(picture, restorer, .init(.denoise)) {
      $0.tile = .side(64)
      $0.overlap = 16
    }
    func distance(_ a: Image, _ b: Image) -> Double {
      zip(a.integers, b.integers).reduce(0) { $0 + Double(abs($1.0 - $1.1)) } / Double(a.integers.count)
    }
    let change = distance(whole.image, picture)
    #expect(change > 65535 * 0.002)
    #expect(distance(tiled.image, whole.image) < change * 0.1)
    #expect(tiled.report.seamScore.map { abs($0 - 1) < 0.1 } == true)
  }

  @Test("A region comes out nearly as in the whole picture")
  func region() throws {
    let restorer = Restorer(model: try TestNetworks.model(.denoise), threads: ThreadLease(threadCount: 2))
    let picture = TestPictures.picture(160, 112, .rgb, bits: 16)
    let whole = try restore(picture, restorer, .init(.denoise)).image
    let region = Rectangle(x: 75, y: 40, width: 30, height: 20)
    let part = try restore(picture, restorer, .init(.denoise)) { $0.region = region }.image
    for channel in 0..<3 {
      let (a, b) = (part.integers(channel: channel, of: part.bounds), whole.integers(channel: channel, of: region))
      #expect(zip(a, b).reduce(0) { $0 + abs($1.0 - $1.1) } / a.count < 65535 / 1000)
    }
  }

  @Test("The self-ensemble is another picture, near the plain one")
  func ensemble() throws {
    let restorer = Restorer(model: try TestNetworks.model(.denoise), threads: ThreadLease(threadCount: 2))
    let picture = TestPictures.picture(48, 32, .rgb, bits: 16)
    let plain = try restore(picture, restorer, .init(.denoise)).image.integers
    let mean = try restore(picture, restorer, .init(.denoise)) { $0.usesSelfEnsemble = true }.image.integers
    #expect(plain != mean)
    #expect(zip(plain, mean).reduce(0) { $0 + abs($1.0 - $1.1) } / plain.count < 65535 / 20)
  }

  @Test("Cancelling inside a tile of the real network stops it")
  func cancel() throws {
    let restorer = Restorer(model: try TestNetworks.model(.denoise), threads: ThreadLease(threadCount: 1))
    let picture = TestPictures.picture(64, 64)
    let plan = try restorer.plan(for: PictureShape(picture), request: .init(.denoise))
    var fraction = 0.0
    let error = #expect(throws: RestorationError.self) {
      try restorer.restore(picture, plan: plan, isCancelled: { fraction > 0.3 }, onProgress: { fraction = $0.fraction })
    }
    #expect(error?.kind == .cancelled && fraction < 0.7)
  }

  @Test("The bundled denoiser takes most of the noise away", arguments: [TileChoice.whole, .side(48)])
  func bundledDenoiser(tile: TileChoice) throws {
    // Shades, an edge and a disc, without noise of their own.
    let (width, height) = (80, 72)
    let clean = (0..<width * height * 3).map { i -> Float in
      let (x, y, channel) = (i / 3 % width, i / 3 / width, i % 3)
      let isInDisc = (x - 50) * (x - 50) + (y - 30) * (y - 30) < 300
      return (isInDisc ? 0.75 : x + y < 60 ? 0.3 : 0.5) - 0.05 * Float(channel) + 0.1 * Float(y) / Float(height)
    }
    let noise = Degradation.noise(GaussianNoise(sigma: 25, seed: .number(1)))
    let shape = Shape(height: height, width: width, channels: 3)
    let noisy = try noise.apply(to: Tensor(shape: shape, values: clean))
    let picture = Image(width: width, height: height, colour: noisy.values, bitDepth: 16)

    let library = ModelLibrary.standard(environment: ["HOME": "/nowhere"])
    let card = try library.best(for: .init(.denoise, sigma: 25), picture: PictureShape(picture))
    let restorer = Restorer(model: try library.load(card), threads: ThreadLease(threadCount: 2))
    let restored = try restore(picture, restorer, .init(.denoise, sigma: 25)) { $0.tile = tile }
    func error(_ image: Image) -> Double {
      zip(image.floats(.rgb), clean).reduce(0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) } / Double(clean.count)
    }
    // 1/10 of the squared error: 10 dB.
    #expect(error(restored.image) < error(picture) / 10)
  }
}
