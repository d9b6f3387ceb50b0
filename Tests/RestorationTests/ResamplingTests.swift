import Foundation
import Imaging
import Restoration
import Tensors
import TestSupport
import Testing

@Suite struct ResamplingTests {
  struct Fixture: Decodable {
    struct Case: Decodable, CustomTestStringConvertible {
      let kind: String
      let inputHeight, inputWidth, height, width: Int
      let values: [Double]
      var testDescription: String { kind }
    }
    struct Scaled: Decodable {
      let scale: Double
      let height, width: Int
      let values: [Double]
    }
    struct Levels: Decodable {
      let bitDepth, height, width: Int
      let levels: [Int]
    }
    let cases: [Case]
    let scales: [Scaled]
    let levels: [Levels]
  }

  @Test("Bicubic resizing equals Matlab's formula to 1e-6: by 2, 3 and 4 both ways, odd sizes, single pixels")
  func sizes() throws {
    let picture = try DegradationFixture.picture()
    for expected in try DegradationFixture.load("bicubic", as: Fixture.self).cases {
      let input = picture.topLeft(height: expected.inputHeight, width: expected.inputWidth)
      let resized = input.bicubicResized(height: expected.height, width: expected.width)
      #expect(resized.shape == Shape(height: expected.height, width: expected.width, channels: 3))
      #expect(largestDifference(resized.values, expected.values) < 1e-6, "\(expected.kind)")
    }
  }

  @Test("A factor rounds the size up and keeps itself in the weights")
  func factors() throws {
    let picture = try DegradationFixture.picture()
    for expected in try DegradationFixture.load("bicubic", as: Fixture.self).scales {
      let resized = picture.bicubicResized(scale: expected.scale)
      #expect(resized.shape == Shape(height: expected.height, width: expected.width, channels: 3))
      #expect(largestDifference(resized.values, expected.values) < 1e-6, "x \(expected.scale)")
    }
  }

  @Test("Integer samples are rounded after each axis, as Matlab does")
  func integerSamples() throws {
    let picture = try DegradationFixture.picture()
    for expected in try DegradationFixture.load("bicubic", as: Fixture.self).levels {
      let resized = picture.bicubicResized(
        height: expected.height, width: expected.width, bitDepth: expected.bitDepth)
      let white = Float((1 << expected.bitDepth) - 1)
      #expect(resized.levels(white: white) == expected.levels, "\(expected.bitDepth) bits to \(expected.width)")
    }
  }

  @Test("One channel is resized as it is beside others")
  func channels() throws {
    let picture = try DegradationFixture.picture()
    let together = picture.bicubicResized(height: 40, width: 11)
    for channel in 0..<3 {
      let alone = picture.channel(channel).bicubicResized(height: 40, width: 11)
      #expect(alone.values == together.channel(channel).values)
    }
  }

  @Test("Cropping to a multiple keeps the top left")
  func cropping() throws {
    let picture = try DegradationFixture.picture()
    let cropped = picture.cropped(toMultipleOf: 4)
    #expect(cropped.shape == Shape(height: 16, width: 24, channels: 3))
    #expect(cropped.values == picture.topLeft(height: 16, width: 24).values)
    #expect(picture.cropped(toMultipleOf: 20).shape.count == 0)
  }

  /// The small pictures of Set5 were made with Matlab; papers print 33.66, 30.39 and 28.42 dB for its bicubic enlargement.
  @Test(
    "Set5: small pictures equal the published files, bicubic PSNR equals the published", .shared("data/testsets/Set5"),
    arguments: [2, 3, 4])
  func set5(scale: Int) throws {
    let folder = try #require(TestData.shared("data/testsets/Set5"))
    let names = ["baby", "bird", "butterfly", "head", "woman"]
    var sum = 0.0
    for name in names {
      let image = try ImageFile.read(folder.appending(path: "HR/\(name).png").path).image
      let picture = Tensor(
        shape: Shape(height: image.height, width: image.width, channels: 3), values: image.floats(.rgb))
      let published = try ImageFile.read(folder.appending(path: "LR_bicubic/X\(scale)/\(name)x\(scale).png").path).image

      let small = try Degradation.bicubic(scale: scale, bitDepth: 8).apply(to: picture)
      #expect(small.values == published.floats(.rgb), "\(name)")

      // The papers' baseline resizes rounded luma only, in floating point both ways.
      let luma = picture.cropped(toMultipleOf: scale).roundedLuma
      let enlarged = luma.bicubicResized(height: luma.shape.height / scale, width: luma.shape.width / scale)
        .bicubicResized(height: luma.shape.height, width: luma.shape.width)
      sum += psnr(enlarged, luma, shave: scale)
    }
    let published = [2: 33.66, 3: 30.39, 4: 28.42][scale]!
    #expect(abs(sum / Double(names.count) - published) < 0.005)
  }

  private func psnr(_ picture: Tensor, _ reference: Tensor, shave: Int) -> Double {
    var sum = 0.0
    var count = 0.0
    for y in shave..<reference.shape.height - shave {
      for x in shave..<reference.shape.width - shave {
        let level = (picture[y, x, 0] * 255).rounded()
        sum += Double((level - reference[y, x, 0] * 255) * (level - reference[y, x, 0] * 255))
        count += 1
      }
    }
    return -10 * log10(sum / count / (255 * 255))
  }
}

extension Tensor {
  /// Matlab's `rgb2ycbcr` of 8-bit samples, luma only.
  fileprivate var roundedLuma: Tensor {
    let luma = (0..<shape.pixels).map { pixel -> Float in
      let red: Float = 65.481 * values[3 * pixel]
      let green: Float = 128.553 * values[3 * pixel + 1]
      let blue: Float = 24.966 * values[3 * pixel + 2]
      return (16 + red + green + blue).rounded() / 255
    }
    return Tensor(shape: Shape(height: shape.height, width: shape.width, channels: 1), values: luma)
  }
}
