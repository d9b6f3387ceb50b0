import Restoration
import Tensors
import Testing

@Suite struct MosaicTests {
  struct Case: Decodable {
    let pattern: String
    let height, width: Int
    let mosaic: [Double]
    let values: [Double]
  }

  @Test("Mosaic and Malvar's interpolation equal masks and convolutions in every pattern, odd sides included")
  func interpolation() throws {
    let picture = try DegradationFixture.picture()
    let cases = try DegradationFixture.load("demosaic", as: [Case].self)
    #expect(Set(cases.map(\.pattern)).count == 4)
    for expected in cases {
      let filters = try #require(ColourFilterArray(name: expected.pattern.uppercased()))
      let mosaic = picture.topLeft(height: expected.height, width: expected.width).mosaicked(filters)
      #expect(mosaic.shape == Shape(height: expected.height, width: expected.width, channels: 1))
      #expect(largestDifference(mosaic.values, expected.mosaic) < 1e-6)
      let colours = mosaic.demosaicked(filters)
      #expect(colours.shape == Shape(height: expected.height, width: expected.width, channels: 3))
      #expect(largestDifference(colours.values, expected.values) < 1e-6, "\(filters) \(expected.width)")
    }
  }

  @Test("Names say which colour lies where", arguments: ColourFilterArray.allCases)
  func names(filters: ColourFilterArray) {
    let letters = (0..<4).map { ["r", "g", "b"][filters.channel(y: $0 / 2, x: $0 % 2)] }.joined()
    #expect(letters == filters.rawValue)
    #expect(filters.channel(y: 6, x: 9) == filters.channel(y: 0, x: 1))
    #expect(ColourFilterArray(name: "rgbg") == nil)
  }

  @Test("A gray surface stays gray and samples stay as they are", arguments: ColourFilterArray.allCases)
  func invariants(filters: ColourFilterArray) throws {
    let flat = Tensor(shape: Shape(height: 5, width: 8, channels: 1), repeating: 0.25)
    #expect(flat.demosaicked(filters).values.allSatisfy { $0 == 0.25 })

    let picture = try DegradationFixture.picture()
    let mosaic = picture.mosaicked(filters)
    #expect(mosaic.demosaicked(filters).mosaicked(filters).values == mosaic.values)
  }

  @Test("A single pixel, row or column gives finite colours", arguments: [(1, 1), (1, 6), (5, 1), (2, 2)])
  func small(height: Int, width: Int) {
    let mosaic = Tensor(shape: Shape(height: height, width: width, channels: 1), repeating: 0.5)
    #expect(mosaic.demosaicked(.gbrg).values.allSatisfy { $0 == 0.5 })
  }
}
