import Base
import Foundation
import Imaging
import Restoration
import Tensors
import Testing

@Suite("Size of the result") struct ResultSizeTests {
  private static func size(_ change: (inout ResultSize) -> Void) -> ResultSize {
    var size = ResultSize()
    change(&size)
    return size
  }

  @Test("One side gives the other, both are taken, and boxes make nothing larger")
  func sides() {
    typealias Sides = (Int, Int)
    var cases: [(ResultSize, Sides, Sides)] = []
    func add(_ size: ResultSize, _ from: Sides, _ to: Sides) { cases.append((size, from, to)) }
    add(Self.size { _ in }, (300, 200), (300, 200))
    add(Self.size { $0.width = 150 }, (300, 200), (150, 100))
    add(Self.size { $0.height = 50 }, (300, 200), (75, 50))
    add(Self.size { $0.width = 600 }, (300, 200), (600, 400))
    add(Self.size { ($0.width, $0.height) = (10, 70) }, (300, 200), (10, 70))
    add(Self.size { $0.width = 1 }, (3000, 2), (1, 1))
    add(Self.size { ($0.fitWidth, $0.fitHeight) = (100, 100) }, (300, 200), (100, 67))
    add(Self.size { ($0.fitWidth, $0.fitHeight) = (1000, 1000) }, (300, 200), (300, 200))
    add(Self.size { $0.maxMegapixels = 0.015 }, (300, 200), (150, 100))
    add(Self.size { $0.maxMegapixels = 1 }, (300, 200), (300, 200))
    add(Self.size { ($0.fitWidth, $0.fitHeight, $0.maxMegapixels) = (200, 300, 0.015) }, (300, 200), (150, 99))
    for (size, from, to) in cases {
      let sides = size.sides(from.0, from.1)
      #expect((sides.width, sides.height) == to, "\(size)")
    }
  }

  @Test("A picture is resized in linear light: fine black and white stripes become the gray that is as bright")
  func linearLight() {
    let stripes = (0..<64 * 64).map { (place: Int) -> UInt8 in place / 64 % 2 == 0 ? 0 : 255 }
    let picture = Image(width: 64, height: 64, layout: .gray, samples: .eight(stripes))
    // Half the light is level 188 behind the sRGB curve; at the edges one stripe is seen twice.
    let inner = 2 * 16..<14 * 16
    #expect(picture.resized(width: 16, height: 16).integers[inner].allSatisfy { abs($0 - 188) <= 1 })
    // Samples that are linear already are averaged as they are.
    let linear = Image(width: 64, height: 64, layout: .gray, samples: .sixteen(stripes.map { $0 == 0 ? 0 : .max }))
    #expect(linear.resized(width: 16, height: 16, isLinear: true).integers[inner].allSatisfy { abs($0 - 32_768) < 300 })
  }

  @Test("It is Matlab's bicubic of light, in bands of rows as at once", arguments: [(40, 90), (120, 33), (7, 5)])
  func bicubic(_ size: (width: Int, height: Int)) {
    func decoded(_ value: Float) -> Float { value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4) }
    func encoded(_ light: Float) -> Float { light <= 0.0031308 ? light * 12.92 : 1.055 * pow(light, 1 / 2.4) - 0.055 }
    let picture = TestPictures.picture(60, 70, .rgb, bits: 16)
    let light = Tensor(shape: Shape(height: 70, width: 60, channels: 3), values: picture.floats(.rgb).map(decoded))
    let expected = light.bicubicResized(height: size.height, width: size.width).values.map {
      Int((encoded(min(max($0, 0), 1)) * 65_535).rounded())
    }
    let resized = picture.resized(width: size.width, height: size.height).integers
    #expect(zip(expected, resized).allSatisfy { abs($0 - $1) <= 2 })
  }

  @Test("Colours that cannot be seen do not bleed into those beside them")
  func transparent() {
    // Opaque dark gray on the left, transparent white on the right.
    let samples = (0..<40 * 40).flatMap { place -> [UInt8] in place % 40 < 20 ? [60, 60, 60, 255] : [255, 255, 255, 0] }
    let picture = Image(width: 40, height: 40, layout: .rgbAlpha, samples: .eight(samples))
    let small = picture.resized(width: 13, height: 13)
    for place in 0..<13 * 13 where small.integers[place * 4 + 3] > 20 {
      #expect(abs(small.integers[place * 4] - 60) <= 3)
    }
  }

  @Test("A result is resized behind the network, keeps its depth and its metadata, and is planned for")
  func restored() throws {
    let restorer = try TestNetworks.restorer(
      .superResolution, TestNetworks.configuration(upscale: 2, upsampler: .pixelShuffleDirect)
    ) { TestNetworks.enlarged($0, scale: 2) }
    var picture = TestPictures.picture(40, 30, .rgbAlpha)
    picture.metadata.pixelsPerMetre = .init(horizontal: 2835, vertical: 2835)
    var options = RestorationOptions()
    options.size = Self.size { $0.width = 60 }
    let request = RestorationRequest(.superResolution, scale: 2)
    let plan = try restorer.plan(for: PictureShape(picture), request: request, options: options)
    #expect((plan.output.width, plan.output.bitDepth) == (80, 16))
    #expect((plan.result.width, plan.result.height, plan.result.bitDepth) == (60, 45, 8))
    let plain = try restorer.plan(for: PictureShape(picture), request: request)
    #expect(plan.estimate.totalBytes > plain.estimate.totalBytes)
    let image = plan.finished(try restorer.restore(picture, plan: plan).image)
    #expect((image.width, image.height, image.bitDepth, image.layout) == (60, 45, 8, .rgbAlpha))
    #expect(image.metadata.pixelsPerMetre?.horizontal == 2835)
  }

  @Test("Made small again, a result is held against its input as grl compare would", arguments: [2, 3, 4])
  func consistency(scale: Int) throws {
    let restorer = try TestNetworks.restorer(
      .superResolution, TestNetworks.configuration(upscale: scale, upsampler: .pixelShuffleDirect)
    ) { TestNetworks.enlarged($0.mapped { $0 + 0.01 }, scale: scale) }
    let picture = TestPictures.picture(50, 41)
    let request = RestorationRequest(.superResolution, scale: scale)
    let plan = try restorer.plan(for: PictureShape(picture), request: request)
    let result = try restorer.restore(picture, plan: plan)
    let small = Tensor(
      shape: Shape(height: result.image.height, width: result.image.width, channels: 3),
      values: result.image.floats(.rgb)
    ).bicubicResized(height: 41, width: 50, bitDepth: 8)
    let image = Image(width: 50, height: 41, colour: small.values, bitDepth: 8)
    let expected = try Metric(.psnr, convention: .matlab)(image, picture)
    #expect(abs(try #require(result.report.consistency) - expected) < 1e-3)
    var options = RestorationOptions()
    options.region = Rectangle(x: 8, y: 10, width: 24, height: 20)
    let part = try restorer.plan(for: PictureShape(picture), request: request, options: options)
    #expect(abs(try #require(try restorer.restore(picture, plan: part).report.consistency) - expected) < 3)
    let denoise = try TestNetworks.restorer { $0 }
    let same = try denoise.plan(for: PictureShape(picture), request: .init(.denoise))
    #expect(try denoise.restore(picture, plan: same).report.consistency == nil)
  }
}
