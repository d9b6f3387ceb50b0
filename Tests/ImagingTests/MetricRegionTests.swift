import Base
import Imaging
import Testing

@Suite("places where pictures differ most")
struct MetricRegionTests {
  private let clean = Pictures.shades(.rgb, width: 100, height: 70)

  /// `clean` with a square made brighter.
  private func damaged(x: Int, y: Int, side: Int, by levels: Int) -> Image {
    var values = clean.values.map { UInt8($0) }
    for row in y..<y + side {
      for column in x..<x + side { for c in 0..<3 { values[(row * 100 + column) * 3 + c] += UInt8(levels) } }
    }
    return Image(width: 100, height: 70, layout: .rgb, samples: .eight(values))
  }

  @Test("the largest difference comes first, and regions do not overlap")
  func order() {
    let (strong, weak) = (damaged(x: 72, y: 48, side: 8, by: 60), damaged(x: 8, y: 8, side: 8, by: 20))
    let regions = LargestDifferences(of: [weak, strong], from: clean).regions(3, width: 24, height: 16)
    #expect(regions.count == 3)
    #expect(regions[0].overlaps(Rectangle(x: 72, y: 48, width: 8, height: 8)))
    #expect(regions[1].overlaps(Rectangle(x: 8, y: 8, width: 8, height: 8)))
    for (i, a) in regions.enumerated() {
      #expect(a.width == 24 && a.height == 16 && a.x + 24 <= 100 && a.y + 16 <= 70)
      for b in regions[(i + 1)...] { #expect(!a.overlaps(b)) }
    }
  }

  @Test("a region larger than the picture is all of it; there are no more than there is room for")
  func room() {
    let found = LargestDifferences(of: [damaged(x: 0, y: 0, side: 4, by: 9)], from: clean)
    #expect(found.regions(5, width: 500, height: 500) == [clean.bounds])
    #expect(found.regions(0, width: 10, height: 10).isEmpty)
    #expect(found.regions(99, width: 50, height: 70).count == 2)
  }

  @Test("a part of a picture has its pixels", arguments: [8, 16])
  func crop(depth: Int) {
    let image = Pictures.pattern(.rgbAlpha, bitDepth: depth)
    let part = image.cropped(to: Rectangle(x: 3, y: 2, width: 5, height: 4))
    #expect(part.width == 5 && part.height == 4 && part.layout == .rgbAlpha && part.bitDepth == depth)
    for c in 0..<4 {
      for y in 0..<4 { for x in 0..<5 { #expect(part.value(x, y, c) == image.value(x + 3, y + 2, c)) } }
    }
    #expect(image.cropped(to: image.bounds).values == image.values)
  }
}
