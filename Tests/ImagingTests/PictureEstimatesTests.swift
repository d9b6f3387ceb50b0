import Imaging
import Restoration
import TestSupport
import Testing

@Suite("estimates of a picture's damage", .timeLimit(.minutes(10))) struct PictureEstimatesTests {
  private static let samples = ["torii_gates", "kitten", "row_houses", "colosseum"]

  private func sample(_ name: String) throws -> Image {
    try ImageFile.read(TestData.packageRoot.appending(path: "Samples/\(name).png").path).image
  }

  private func noisy(_ image: Image, sigma: Double, bits: Int = 8) throws -> Image {
    let damaged = try Degradation.noise(GaussianNoise(sigma: sigma, seed: .text("seven"))).apply(to: image)
    return damaged.withBitDepth(bits)
  }

  @Test(
    "white noise of known strength is measured within 20 percent and one level", arguments: samples, [10.0, 25, 50])
  func noise(name: String, sigma: Double) throws {
    let image = try noisy(try sample(name), sigma: sigma)
    let measured = try #require(PictureEstimates(image).noiseSigma)
    #expect(abs(measured - sigma) < 0.2 * sigma + 1, "\(measured)")
    let deep = try #require(PictureEstimates(image.withBitDepth(16)).noiseSigma)
    #expect(abs(deep - measured) < 0.5)
  }

  @Test("clean photographs measure little noise, and flat pictures none", arguments: samples)
  func clean(name: String) throws {
    let measured = try #require(PictureEstimates(try sample(name)).noiseSigma)
    #expect(measured < 6, "\(measured)")
    let flat = Image(width: 64, height: 64, layout: .gray, samples: .eight([UInt8](repeating: 90, count: 4096)))
    #expect(try #require(PictureEstimates(flat).noiseSigma) < 0.6)
    let black = Image(width: 64, height: 64, layout: .gray, samples: .eight([UInt8](repeating: 0, count: 4096)))
    #expect(PictureEstimates(black).noiseSigma == 0)
    let tiny = Image(width: 1, height: 1, layout: .gray, samples: .eight([9]))
    #expect(PictureEstimates(tiny).noiseSigma == nil && PictureEstimates(tiny).blockiness == nil)
  }

  @Test("the grid of JPEG is seen where there is one, stronger at low quality, and not elsewhere", arguments: samples)
  func grid(name: String) throws {
    let image = try sample(name)
    func strength(_ image: Image) throws -> Double { try #require(PictureEstimates(image).blockiness) }
    func compressed(_ quality: Int) throws -> Double {
      try strength(
        try ImageFile.decode(try ImageFile.encode(image, format: .jpeg, encoding: .init(quality: quality)), path: "x")
          .image)
    }
    let (none, ten, thirty) = (try strength(image), try compressed(10), try compressed(30))
    #expect(none < 0.1 && ten > 0.5 && thirty > 0.15 && ten > thirty && thirty > none, "\(none) \(ten) \(thirty)")
    // The grid stays where a picture is cut elsewhere.
    let turned = try ImageFile.decode(
      try ImageFile.encode(image, format: .jpeg, encoding: .init(quality: 10)), path: "x"
    ).image
      .upright(from: .rotated180)
    #expect(try strength(turned) > 0.5)
  }
}
