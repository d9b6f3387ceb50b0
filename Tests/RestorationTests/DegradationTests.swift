import Imaging
import Restoration
import Tensors
import Testing

@Suite struct DegradationTests {
  struct JPEGCase: Decodable {
    let quality, channels: Int
    let levels: [Int]
  }

  @Test("JPEG damage equals Pillow's at 4:2:0, colour and gray, sides that are no multiple of a block")
  func jpeg() throws {
    let picture = try DegradationFixture.picture()
    for expected in try DegradationFixture.load("jpeg", as: [JPEGCase].self) {
      let input = expected.channels == 3 ? picture : picture.channel(1)
      let damaged = try Degradation.jpeg(quality: expected.quality).apply(to: input)
      #expect(damaged.shape == input.shape)
      #expect(damaged.levels() == expected.levels, "quality \(expected.quality), \(expected.channels) channels")
    }
  }

  struct RealWorldCase: Decodable {
    let seed: UInt32
    let strengths: [Double]
    let levels: [Int]
  }

  @Test("The real-world chain draws NumPy's strengths and makes the same small picture")
  func realWorld() throws {
    for expected in try DegradationFixture.load("real-world", as: [RealWorldCase].self) {
      let damage = RealWorldDamage(seed: expected.seed)
      #expect(
        [
          damage.blurSigma, damage.blurSigmaAcross, damage.blurAngleDegrees, damage.noiseSigma,
          Double(damage.jpegQuality),
        ] == expected.strengths)
      let small = try Degradation.realWorld(seed: expected.seed).apply(to: DegradationFixture.picture())
      #expect(small.shape == Shape(height: 4, width: 6, channels: 3))
      #expect(small.levels() == expected.levels)
    }
  }

  @Test("The same damage twice gives the same values")
  func deterministic() throws {
    let picture = try DegradationFixture.picture()
    let damages: [Degradation] = [
      .noise(GaussianNoise(sigma: 25, seed: .text("a"))), .bicubic(scale: 3), .jpeg(quality: 40), .mosaic(.grbg),
      .motionBlur(length: 9, angleDegrees: 20), .defocus(radius: 2), .realWorld(seed: 9),
    ]
    for damage in damages {
      #expect(try damage.apply(to: picture).values == damage.apply(to: picture).values)
    }
  }

  @Test("Noise is neither clipped nor rounded and has the deviation asked for")
  func unclippedNoise() throws {
    let black = Tensor(shape: Shape(height: 100, width: 100, channels: 1))
    let noisy = try Degradation.noise(GaussianNoise(sigma: 50, seed: .number(1))).apply(to: black)
    let variance = noisy.values.reduce(0.0) { $0 + Double($1 * $1) } / 10_000
    #expect(noisy.values.contains { $0 < 0 })
    #expect(abs(variance.squareRoot() * 255 - 50) < 1)
  }

  static let wrong: [(Degradation, String)] = [
    (.noise(GaussianNoise(sigma: -1, seed: .number(0))), "sigma -1 is outside 0...255; choose a value in that range"),
    (
      .noise(GaussianNoise(sigma: .nan, seed: .number(0))), "sigma nan is outside 0...255; choose a value in that range"
    ),
    (.bicubic(scale: 5), "scale 5 is outside 2...4; choose a value in that range"),
    (.bicubic(scale: 2, bitDepth: 32), "bit depth 32 is outside 1...16; choose a value in that range"),
    (.jpeg(quality: 0), "quality 0 is outside 1...100; choose a value in that range"),
    (
      .motionBlur(length: 300.5, angleDegrees: 0),
      "motion length 300.5 is outside 0...256; choose a value in that range"
    ),
    (
      .motionBlur(length: 3, angleDegrees: .infinity),
      "motion angle inf is outside -360...360; choose a value in that range"
    ),
    (.defocus(radius: 0), "defocus radius 0 is outside 0.5...64; choose a value in that range"),
  ]

  @Test("A strength out of range is refused with the range", arguments: wrong)
  func ranges(damage: Degradation, message: String) throws {
    let picture = try DegradationFixture.picture()
    let error = #expect(throws: DegradationError.self) { try damage.apply(to: picture) }
    #expect(error?.description == message)
    #expect(throws: DegradationError.self) { try damage.validate() }
  }

  @Test("A picture of the wrong kind or size is refused")
  func unfit() throws {
    let gray = try DegradationFixture.picture().channel(0)
    let mosaic = #expect(throws: DegradationError.self) { try Degradation.mosaic(.rggb).apply(to: gray) }
    #expect(mosaic?.description == "a mosaic works on pictures of 3 channels, this one has 1; convert it first")

    let six = Tensor(shape: Shape(height: 2, width: 2, channels: 6))
    let jpeg = #expect(throws: DegradationError.self) { try Degradation.jpeg(quality: 50).apply(to: six) }
    #expect(jpeg?.description == "JPEG works on pictures of 1 or 3 channels, this one has 6; convert it first")

    let thin = gray.topLeft(height: 3, width: 20)
    for damage in [Degradation.bicubic(scale: 4), .realWorld(seed: 1)] {
      let error = #expect(throws: DegradationError.self) { try damage.apply(to: thin) }
      #expect(
        error?.description
          == "a picture of 20 x 3 pixels cannot be made 4 times smaller; both sides must be 4 or more")
    }
  }

  @Test("A single pixel survives every damage that keeps the size")
  func singlePixel() throws {
    let pixel = Tensor(shape: Shape(height: 1, width: 1, channels: 3), repeating: 0.5)
    for damage in [
      Degradation.motionBlur(length: 20, angleDegrees: 45), .defocus(radius: 9), .jpeg(quality: 90), .mosaic(.bggr),
    ] {
      #expect(try damage.apply(to: pixel).values.allSatisfy { abs($0 - 0.5) < 0.01 })
    }
  }

  @Test("A picture keeps depth, alpha and metadata; a smaller one has its alpha shrunk alike")
  func images() throws {
    var metadata = ImageMetadata()
    metadata.exif = [1, 2, 3]
    let colours = try DegradationFixture.picture()
    let alpha = (0..<colours.shape.pixels).map { Float($0 % 27) / 26 }
    let image = Image(
      width: 27, height: 19, colour: colours.values, alpha: alpha, bitDepth: 16, metadata: metadata)

    let noisy = try Degradation.noise(GaussianNoise(sigma: 15, seed: .number(4))).apply(to: image)
    #expect(noisy.bitDepth == 16 && noisy.layout == .rgbAlpha && noisy.metadata == metadata)
    #expect(noisy.floats(.alpha) == image.floats(.alpha) && noisy.floats(.rgb) != image.floats(.rgb))

    let small = try Degradation.bicubic(scale: 2).apply(to: image)
    #expect(small.width == 13 && small.height == 9 && small.layout == .rgbAlpha)
    let expected = try Degradation.bicubic(scale: 2, bitDepth: 16).apply(to: colours)
    #expect(small.floats(.rgb) == expected.values)
    #expect(zip(small.floats(.alpha).prefix(12), small.floats(.alpha).dropFirst()).allSatisfy { $0 < $1 })

    #expect(try Degradation.jpeg(quality: 50).apply(to: image).bitDepth == 8)
    #expect(try Degradation.mosaic(.rggb).apply(to: image).layout == .gray)
  }

  @Test("A gray picture stays gray, the two dual-pixel views of a picture differ")
  func grayAndViews() throws {
    let gray = Image(
      width: 27, height: 19, colour: try DegradationFixture.picture().channel(2).values, bitDepth: 8)
    #expect(try Degradation.motionBlur(length: 5, angleDegrees: 90).apply(to: gray).layout == .gray)
    let views = try Degradation.dualPixelDefocus(gray, radius: 3)
    #expect(views.left.layout == .gray && views.left.floats(.gray) != views.right.floats(.gray))
  }
}
