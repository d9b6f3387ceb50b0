import Base
import Testing

@Suite("Pictures in boxes")
struct FitTests {
  @Test("a picture fills its box one way and leaves it nowhere, and is never less than a pixel")
  func sides() {
    for (width, height) in [(1, 1), (640, 480), (3, 4000), (4000, 3), (17, 17)] {
      for box in [(width: 1, height: 1), (width: 80, height: 24), (width: 7, height: 900)] {
        let shrunk = Fit.shrunk(width, height, within: box)
        #expect((1...box.width).contains(shrunk.width) && (1...box.height).contains(shrunk.height))
        #expect(shrunk.width <= width && shrunk.height <= height)
        let filled = Fit.filled(width, height, within: box)
        #expect((1...box.width).contains(filled.width) && (1...box.height).contains(filled.height))
      }
    }
    #expect(Fit.shrunk(640, 480, within: (320, 320)) == (320, 240))
    #expect(Fit.filled(4, 2, within: (9, 100)) == (9, 4))
    #expect(Fit.scale(4, 2, within: (8, 8)) == 2 && Fit.step(4, 2, within: (8, 8)) == 0.5)
  }

  @Test("the spans of a line cover it where it is made smaller, and hold one pixel each where it is enlarged")
  func spans() {
    #expect((0..<4).flatMap { Array(Fit.span($0, of: 4, over: 10)) } == Array(0..<10))
    #expect((0..<6).map { Fit.span($0, of: 6, over: 3) } == [0..<1, 0..<1, 1..<2, 1..<2, 2..<3, 2..<3])
  }
}
