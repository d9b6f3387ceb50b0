import Base
import Imaging
import Restoration
import Tensors
import Testing

@Suite("Restorer") struct RestorerTests {
  typealias Filters = Imaging.ColourFilterArray
  static let sizes = [(1, 1), (1, 200), (200, 1), (3, 5), (61, 47), (130, 70)]

  @Test(
    "A network that changes nothing gives back the very samples, tiled or whole",
    arguments: [Image.Layout.gray, .grayAlpha, .rgb, .rgbAlpha], [8, 16])
  func identity(layout: Image.Layout, bits: Int) throws {
    let channels = layout.isColour ? 3 : 1
    let restorer = try TestNetworks.restorer(.denoise, TestNetworks.configuration(inputChannels: channels)) { $0 }
    for (width, height) in Self.sizes {
      let picture = TestPictures.picture(width, height, layout, bits: bits)
      for tile in [TileChoice.whole, .side(16), .side(40)] {
        var options = RestorationOptions()
        options.tile = tile
        let plan = try restorer.plan(for: PictureShape(picture), request: .init(.denoise), options: options)
        let result = try restorer.restore(picture, plan: plan)
        #expect(result.image.integers == picture.integers, "\(width) x \(height), \(plan.tiles)")
        #expect(result.image.layout == layout && result.image.bitDepth == bits)
      }
    }
  }

  @Test("A gray picture goes through a colour model three times and comes back gray")
  func grayThroughColour() throws {
    // Channels come out 0.1 lower, equal and 0.1 higher: their mean is the input.
    let restorer = try TestNetworks.restorer { x in
      var y = x
      for i in y.values.indices { y.values[i] += Float(i % 3 - 1) * 0.1 }
      return y
    }
    let picture = TestPictures.picture(50, 20, .grayAlpha)
    let plan = try restorer.plan(for: PictureShape(picture), request: .init(.denoise))
    let result = try restorer.restore(picture, plan: plan)
    #expect(result.image.integers == picture.integers)
    #expect(result.report.notes.contains { $0.contains("gray picture through a colour model") })
  }

  @Test("Enlarging multiplies the sides and resizes alpha beside the colours", arguments: [2, 3, 4])
  func enlarges(scale: Int) throws {
    let restorer = try TestNetworks.restorer(
      .superResolution, TestNetworks.configuration(upscale: scale, upsampler: .pixelShuffleDirect)
    ) { TestNetworks.enlarged($0, scale: scale) }
    for (width, height) in Self.sizes {
      let picture = TestPictures.picture(width, height, .rgbAlpha)
      var options = RestorationOptions()
      options.tile = .side(16)
      let plan = try restorer.plan(
        for: PictureShape(picture), request: .init(.superResolution, scale: scale), options: options)
      let image = try restorer.restore(picture, plan: plan).image
      #expect(image.width == width * scale && image.height == height * scale && image.layout == .rgbAlpha)
      let all = Rectangle(x: 0, y: 0, width: image.width, height: image.height)
      for channel in 0..<3 {
        let source = picture.integers(channel: channel, of: Rectangle(x: 0, y: 0, width: width, height: height))
        let expected = (0..<image.height).flatMap { y in
          (0..<image.width).map { source[y / scale * width + $0 / scale] }
        }
        #expect(image.integers(channel: channel, of: all) == expected)
      }
      // Bicubic stays near the values around it.
      let alpha = picture.integers(channel: 3, of: Rectangle(x: 0, y: 0, width: width, height: height))
      let enlarged = image.integers(channel: 3, of: all)
      #expect(enlarged.min()! >= alpha.min()! - 12 && enlarged.max()! <= alpha.max()! + 12)
    }
  }

  @Test(
    "Demosaicking keeps the samples that the mosaic has, whatever the filters and tiles",
    arguments: Filters.allCases)
  func mosaic(filters: Filters) throws {
    let restorer = try TestNetworks.restorer(.demosaic) { $0 }
    let picture = TestPictures.picture(61, 43, .rgb, bits: 16)
    func restored(_ tile: TileChoice, _ picture: Image) throws -> Image {
      var options = RestorationOptions()
      options.tile = tile
      let plan = try restorer.plan(
        for: PictureShape(picture), request: .init(.demosaic, filters: filters), options: options)
      return try restorer.restore(picture, plan: plan).image
    }
    let whole = try restored(.whole, picture)
    for y in 0..<43 {
      for x in 0..<61 {
        let sample = (y * 61 + x) * 3 + filters.channel(y: y, x: x)
        #expect(whole.integers[sample] == picture.integers[sample])
      }
    }
    // Blending two equal values may move one that lies between two levels.
    let tiled = try restored(.side(17), picture).integers
    #expect(zip(tiled, whole.integers).allSatisfy { abs($0 - $1) <= 1 })
    // The mosaic itself, as a gray picture, gives the same colours.
    let mosaic = (0..<61 * 43).map { UInt16(picture.integers[$0 * 3 + filters.channel(y: $0 / 61, x: $0 % 61)]) }
    let gray = Image(width: 61, height: 43, layout: .gray, samples: .sixteen(mosaic))
    let fromGray = try restored(.whole, gray)
    #expect(fromGray.layout == .rgb && fromGray.integers == whole.integers)
  }

  @Test("Both views of a dual-pixel picture reach the network, the left one first")
  func dualPixel() throws {
    let restorer = try TestNetworks.restorer(
      .defocusDeblur, TestNetworks.configuration(inputChannels: 6, outputChannels: 3)
    ) { x in
      var y = Tensor(shape: Shape(height: x.shape.height, width: x.shape.width, channels: 3))
      for i in y.values.indices {
        y.values[i] = (3 * x.values[i / 3 * 6 + i % 3] + x.values[i / 3 * 6 + 3 + i % 3]) / 4
      }
      return y
    }
    let left = TestPictures.picture(40, 30)
    let right = Image(width: 40, height: 30, layout: .rgb, samples: .eight(left.integers.map { UInt8($0 - 40) }))
    var options = RestorationOptions()
    options.tile = .side(16)
    let request = RestorationRequest(.defocusDeblur, isDualPixel: true)
    let plan = try restorer.plan(for: PictureShape(left), request: request, options: options)
    let image = try restorer.restore(left, right: right, plan: plan).image
    #expect(image.integers == left.integers.map { $0 - 10 })

    let narrow = TestPictures.picture(39, 30)
    #expect(throws: RestorationError.self) { try restorer.restore(left, right: narrow, plan: plan) }
    #expect(throws: RestorationError.self) {
      try restorer.plan(for: PictureShape(left), request: .init(.defocusDeblur))
    }
  }

  @Test("A region is the same part of the picture")
  func region() throws {
    let restorer = try TestNetworks.restorer { $0 }
    let picture = TestPictures.picture(120, 90, .rgbAlpha)
    for region in [
      Rectangle(x: 0, y: 0, width: 120, height: 90), Rectangle(x: 119, y: 89, width: 1, height: 1),
      Rectangle(x: 37, y: 53, width: 40, height: 21),
    ] {
      var options = RestorationOptions()
      options.region = region
      options.tile = .side(32)
      let plan = try restorer.plan(for: PictureShape(picture), request: .init(.denoise), options: options)
      let image = try restorer.restore(picture, plan: plan).image
      #expect(image.width == region.width && image.height == region.height)
      let all = Rectangle(x: 0, y: 0, width: region.width, height: region.height)
      for channel in 0..<4 {
        #expect(image.integers(channel: channel, of: all) == picture.integers(channel: channel, of: region))
      }
    }
    for outside in ["0,0,0,5", "100,0,21,5", "0,90,1,1", "1,1,9223372036854775807,1"] {
      var options = RestorationOptions()
      options.region = Rectangle(outside)
      #expect(throws: RestorationError.self) {
        try restorer.plan(for: PictureShape(picture), request: .init(.denoise), options: options)
      }
    }
  }

  @Test("The self-ensemble turns each tile eight ways and turns the results back")
  func ensemble() throws {
    let calls = Locked<[Shape]>([])
    let restorer = try TestNetworks.restorer { x in
      calls.withLock { $0.append(x.shape) }
      return x
    }
    let picture = TestPictures.picture(30, 20)
    var options = RestorationOptions()
    options.usesSelfEnsemble = true
    let plan = try restorer.plan(for: PictureShape(picture), request: .init(.denoise), options: options)
    #expect(try restorer.restore(picture, plan: plan).image.integers == picture.integers)
    let shapes = calls.withLock { $0 }
    #expect(shapes.count == 8 && shapes.filter { $0.height == 20 }.count == 4)
  }

  @Test("The eight orientations differ, and each is undone by its inverse")
  func orientations() {
    let x = Tensor(shape: Shape(height: 3, width: 2, channels: 2), values: (0..<12).map(Float.init))
    #expect(Set(TileOrientation.all.map { x.oriented($0).values }).count == 8)
    for orientation in TileOrientation.all {
      #expect(x.oriented(orientation).oriented(orientation.inverse).values == x.values)
    }
  }

  @Test("Depth and metadata come out as asked")
  func depthAndMetadata() throws {
    let restorer = try TestNetworks.restorer { $0 }
    var picture = TestPictures.picture(20, 20, .rgbAlpha, bits: 16)
    picture.metadata.iccProfile = [1, 2, 3]
    picture.metadata.exif = [4, 5]
    picture.metadata.pixelsPerMetre = .init(horizontal: 3000, vertical: 2000)
    picture.metadata.pngGamma = 45455
    func restored(_ change: (inout RestorationOptions) -> Void) throws -> RestoredImage {
      var options = RestorationOptions()
      change(&options)
      let plan = try restorer.plan(for: PictureShape(picture), request: .init(.denoise), options: options)
      return try restorer.restore(picture, plan: plan)
    }
    #expect(try restored { _ in }.image.metadata == picture.metadata)
    let eight = try restored { $0.depth = .eight }
    #expect(eight.image.integers == picture.integers.map { Int((Double($0) / 257).rounded()) })
    #expect(eight.report.notes == ["16-bit samples rounded to 8 bits"])
    let stripped = try restored { $0.metadata = .strip }.image.metadata
    #expect(stripped.exif == nil && stripped.pixelsPerMetre == nil)
    #expect(stripped.iccProfile == [1, 2, 3] && stripped.pngGamma == 45455)
  }

  @Test("Values beyond black and white are clamped, not wrapped")
  func clamps() throws {
    let restorer = try TestNetworks.restorer { x in
      var y = x
      for i in y.values.indices { y.values[i] = i % 2 == 0 ? -0.5 : 1.5 }
      return y
    }
    let picture = TestPictures.picture(8, 8)
    var options = RestorationOptions()
    options.checks = .finiteOnly
    let plan = try restorer.plan(for: PictureShape(picture), request: .init(.denoise), options: options)
    #expect(Set(try restorer.restore(picture, plan: plan).image.integers) == [0, 255])
  }

  @Test("Progress only grows, counts tiles and blocks, and ends at one")
  func progress() throws {
    let restorer = try TestNetworks.restorer { $0 }
    let picture = TestPictures.picture(60, 40)
    var options = RestorationOptions()
    options.tile = .side(32)
    let plan = try restorer.plan(for: PictureShape(picture), request: .init(.denoise), options: options)
    var seen: [RestorationProgress] = []
    _ = try restorer.restore(picture, plan: plan, onProgress: { seen.append($0) })
    let fractions = seen.map(\.fraction)
    #expect(plan.tiles.tileCount == 6 && seen.count == 6 * 5)
    #expect(fractions == fractions.sorted() && fractions.last == 1 && fractions.first == 1.0 / 24)
    #expect(seen.map(\.tilesDone).max() == 6 && seen.last?.secondsRemaining == 0)
  }

  @Test("Cancelling stops between two blocks, inside a tile", arguments: [0, 1, 2, 7, 12])
  func cancels(after questions: Int) throws {
    let restorer = try TestNetworks.restorer { $0 }
    let picture = TestPictures.picture(60, 40)
    var options = RestorationOptions()
    options.tile = .side(32)
    let plan = try restorer.plan(for: PictureShape(picture), request: .init(.denoise), options: options)
    let asked = Locked(0)
    let error = #expect(throws: RestorationError.self) {
      try restorer.restore(
        picture, plan: plan,
        isCancelled: {
          asked.withLock { count in
            count += 1
            return count > questions
          }
        })
    }
    #expect(error?.kind == .cancelled && asked.withLock { $0 } == questions + 1)
  }
}
