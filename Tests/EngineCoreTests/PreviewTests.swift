import Base
import EngineCore
import Imaging
import Restoration
import TestSupport
import Testing

@Suite("Scaling and estimating", .timeLimit(.minutes(10))) struct PreviewTests {
  @Test("a size fits its box, keeps the aspect and never grows")
  func fit() {
    for (width, height, box, expected) in [
      (100, 50, (200, 200), (100, 50)), (100, 50, (50, 50), (50, 25)), (50, 100, (50, 50), (25, 50)),
      (1000, 1, (10, 10), (10, 1)), (1, 1000, (10, 10), (1, 10)), (3, 3, (0, 0), (1, 1)),
      (65_535, 65_535, (80, 24), (24, 24)),
    ] {
      let size = Fit.shrunk(width, height, within: box)
      #expect(size == expected, "\(width) x \(height) in \(box)")
    }
  }

  @Test("each pixel is the mean of the area under it, parts of pixels included")
  func area() {
    let image = Image(width: 3, height: 2, layout: .gray, samples: .eight([0, 60, 120, 200, 100, 40]))
    let small = ScaledPicture(image, region: image.bounds, width: 2, height: 1)
    // (0 + 60 / 2) / 1.5 = 20 and (200 + 50) / 1.5 = 166.7, their mean 93.3; on the right (30 + 120) / 1.5 = 100, 60: 80.
    #expect(small.pixels == [93, 93, 93, 80, 80, 80])
    let same = ScaledPicture(image, region: image.bounds, width: 3, height: 2)
    #expect(same.pixels == [0, 60, 120, 200, 100, 40].flatMap { [$0, $0, $0] })
    let part = ScaledPicture(image, region: Rectangle(x: 1, y: 1, width: 1, height: 1), width: 2, height: 2)
    #expect(part.pixels == [UInt8](repeating: 100, count: 12))
    let deep = Image(width: 2, height: 1, layout: .rgb, samples: .sixteen([0, 65535, 0, 65535, 0, 32768]))
    #expect(ScaledPicture(deep, region: deep.bounds, width: 1, height: 1).pixels == [128, 128, 64])
  }

  @Test("the mean of a large picture stays, whatever the scale", arguments: [1, 7, 99, 250])
  func mean(side: Int) throws {
    let image = try ImageFile.read(TestData.packageRoot.appending(path: "Samples/torii_gates.png").path).image
    func mean(_ picture: ScaledPicture) -> Double {
      Double(picture.pixels.reduce(0) { $0 + Int($1) }) / Double(picture.pixels.count)
    }
    let whole = ScaledPicture(image, region: image.bounds, width: image.width, height: image.height)
    let small = ScaledPicture(image, region: image.bounds, width: side, height: side)
    #expect(abs(mean(whole) - mean(small)) < 0.6)
  }

  @Test("transparency shows gray checks of eight pixels")
  func alpha() {
    let values = [UInt8](repeating: 0, count: 20 * 16 * 4)
    let image = Image(width: 20, height: 16, layout: .rgbAlpha, samples: .eight(values))
    let picture = ScaledPicture(image, region: image.bounds, width: 20, height: 16)
    func pixel(_ x: Int, _ y: Int) -> UInt8 { picture.pixels[(y * 20 + x) * 3] }
    #expect(pixel(0, 0) == 153 && pixel(8, 0) == 102 && pixel(8, 8) == 153 && pixel(0, 8) == 102 && pixel(17, 0) == 153)
    let half = Image(width: 1, height: 1, layout: .grayAlpha, samples: .eight([255, 128]))
    let light = ScaledPicture(half, region: half.bounds, width: 1, height: 1).pixels[0]
    #expect(abs(Int(light) - 204) <= 1)
  }
}
