import Base
import Imaging
import Testing

@Suite("Floats, depths and layouts")
struct ConversionTests {
  @Test(
    "floats of a whole picture make the same picture again",
    arguments: [Image.Layout.gray, .grayAlpha, .rgb, .rgbAlpha], [8, 16])
  func roundTrip(layout: Image.Layout, bitDepth: Int) {
    let image = Pictures.pattern(layout, bitDepth: bitDepth, width: 80, height: 60)
    let again = Image(
      width: image.width, height: image.height, colour: image.floats(layout.isColour ? .rgb : .gray),
      alpha: layout.hasAlpha ? image.floats(.alpha) : nil, bitDepth: bitDepth)
    #expect(again.layout == layout)
    #expect(again.values == image.values)
  }

  @Test("every 16-bit value survives the way through floats")
  func allValues() {
    let image = Image(width: 256, height: 256, layout: .gray, samples: .sixteen(Array(0...UInt16.max)))
    #expect(Image(width: 256, height: 256, colour: image.floats(.gray), bitDepth: 16).values == image.values)
  }

  @Test("a region gives its own pixels, channels last")
  func region() {
    let image = Pictures.pattern(.rgbAlpha, bitDepth: 8, width: 9, height: 6)
    let floats = image.floats(.rgb, of: Rectangle(x: 2, y: 3, width: 4, height: 2))
    #expect(floats.count == 24)
    for y in 0..<2 {
      for x in 0..<4 {
        for c in 0..<3 { #expect(floats[(y * 4 + x) * 3 + c] == Float(image.value(x + 2, y + 3, c)) / 255) }
      }
    }
    #expect(
      image.floats(.alpha, of: Rectangle(x: 8, y: 5, width: 1, height: 1)) == [Float(image.value(8, 5, 3)) / 255])
  }

  @Test("floats go to the first places of a longer buffer")
  func longerBuffer() {
    var values = [Float](repeating: -1, count: 5)
    var span = values.mutableSpan
    let image = Image(width: 2, height: 1, layout: .gray, samples: .eight([0, 255]))
    image.writeFloats(.gray, of: image.bounds, into: &span)
    #expect(values == [0, 1, -1, -1, -1])
  }

  @Test("gray counts as three equal colours, colours as their luma, no alpha as opaque")
  func planes() {
    let gray = Image(width: 1, height: 1, layout: .gray, samples: .eight([51]))
    #expect(gray.floats(.rgb) == [0.2, 0.2, 0.2])
    #expect(gray.floats(.alpha) == [1])
    let colour = Image(width: 1, height: 1, layout: .rgb, samples: .eight([255, 0, 0]))
    #expect(abs(colour.floats(.gray)[0] - 0.299) < 1e-6)
  }

  @Test("floats are clamped and rounded to the nearest; what is not a number is black")
  func quantising() {
    let floats: [Float] = [-1, 0, 0.49 / 255, 0.51 / 255, 254.6 / 255, 1, 7, .infinity, -.infinity, .nan]
    let image = Image(width: 10, height: 1, colour: floats, bitDepth: 8)
    #expect(image.values == [0, 0, 0, 1, 255, 255, 255, 255, 0, 0])
    let deep = Image(width: 3, height: 1, colour: [0.5, 1, .nan], bitDepth: 16)
    #expect(deep.values == [32_768, 65_535, 0])
  }

  @Test("8 bits become 16 and come back")
  func depths() {
    let image = Pictures.pattern(.rgb, bitDepth: 8, width: 40, height: 20)
    let deep = image.withBitDepth(16)
    #expect(deep.values == image.values.map { $0 * 257 })
    #expect(deep.withBitDepth(8).values == image.values)
    let edges = Image(width: 4, height: 1, layout: .gray, samples: .sixteen([0, 128, 129, 65_535]))
    #expect(edges.withBitDepth(8).values == [0, 0, 1, 255])
  }

  @Test("layouts convert: gray to colour and back, alpha added and dropped")
  func layouts() {
    let gray = Pictures.pattern(.gray, bitDepth: 16)
    let colour = gray.converted(to: .rgbAlpha)
    #expect(colour.value(3, 2, 0) == gray.value(3, 2) && colour.value(3, 2, 2) == gray.value(3, 2))
    #expect(colour.value(3, 2, 3) == 65_535)
    #expect(colour.isEffectivelyGray && colour.isOpaque)
    #expect(colour.converted(to: .gray).values == gray.values)
    let luma = Image(width: 1, height: 1, layout: .rgb, samples: .eight([10, 200, 30])).converted(to: .grayAlpha)
    #expect(luma.values == [124, 255])  // 2.99 + 117.4 + 3.42 = 123.81
  }

  @Test("a picture is gray in effect only if every pixel is")
  func effectivelyGray() {
    var samples = [UInt8](repeating: 90, count: 300)
    #expect(Image(width: 10, height: 10, layout: .rgb, samples: .eight(samples)).isEffectivelyGray)
    samples[299] = 91
    #expect(!Image(width: 10, height: 10, layout: .rgb, samples: .eight(samples)).isEffectivelyGray)
    #expect(Pictures.pattern(.grayAlpha, bitDepth: 8).isEffectivelyGray)
  }

  @Test("over white, half transparent black is middle gray")
  func overWhite() {
    let image = Image(width: 3, height: 1, layout: .grayAlpha, samples: .eight([0, 128, 7, 0, 7, 255]))
    #expect(image.overWhite().values == [127, 255, 7])
    #expect(!image.isOpaque)
  }
}
