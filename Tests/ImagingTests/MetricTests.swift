import Foundation
import Imaging
import TestSupport
import Testing

@Suite("measures of quality")
struct MetricTests {
  /// A row of `Tests/Fixtures/metrics/values.json`, which `generate.py` beside it computes with NumPy, SciPy, scikit-image
  /// and PyWavelets; the second picture is measured, the first is the reference.
  struct Row: Decodable, CustomTestStringConvertible {
    let pair: String
    let convention: String
    let shave: Int
    let values: [String: Value]
    var testDescription: String { "\(pair), \(convention), shave \(shave)" }

    /// A number, "inf", or null where the picture is too small for the window.
    enum Value: Decodable {
      case number(Double)
      case tooSmall

      init(from decoder: Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
          self = .tooSmall
        } else if let number = try? container.decode(Double.self) {
          self = .number(number)
        } else {
          self = .number(try #require(Double(container.decode(String.self))))
        }
      }
    }
  }

  private static let folder = TestData.fixtures.appending(path: "metrics")
  static let rows: [Row] = {
    do {
      return try JSONDecoder().decode([Row].self, from: Data(contentsOf: folder.appending(path: "values.json")))
    } catch {
      fatalError("values.json: \(error)")
    }
  }()

  private static func read(_ name: String) throws -> Image {
    try ImageFile.read(folder.appending(path: name).path).image
  }

  @Test("every quantity equals the independent value to 1e-6", arguments: rows)
  func independentValues(row: Row) throws {
    let (a, b) = (try Self.read("\(row.pair)-a.png"), try Self.read("\(row.pair)-b.png"))
    #expect(row.values.count == Metric.Quantity.allCases.count)
    for quantity in Metric.Quantity.allCases {
      let convention = try #require(Metric.Convention(rawValue: row.convention))
      let metric = Metric(quantity, convention: convention, shave: row.shave)
      switch try #require(row.values[quantity.rawValue]) {
      case .number(let expected):
        #expect(Self.isEqual(try metric(b, a), expected), "\(metric)")
        guard Self.isSymmetric(quantity) else { continue }
        #expect(Self.isEqual(try metric(a, b), expected), "\(metric) the other way round")
      case .tooSmall:
        let error = MetricError.tooSmall(
          width: b.width, height: b.height, shave: row.shave, smallestSide: Self.smallestSide(quantity))
        #expect(throws: error) { try metric(b, a) }
      }
    }
  }

  /// Within 1e-6; infinite where infinity is expected.
  private static func isEqual(_ value: Double, _ expected: Double) -> Bool {
    value == expected || abs(value - expected) <= 1e-6
  }

  private static func isSymmetric(_ quantity: Metric.Quantity) -> Bool {
    quantity.needsReference && quantity != .psnrB && quantity != .psnrBY
  }

  private static func smallestSide(_ quantity: Metric.Quantity) -> Int {
    switch quantity {
    case .ssim, .ssimY: 11
    case .msSSIM, .msSSIMY: 176
    case .psnrB, .psnrBY, .blur: 16
    case .blockiness: 32
    default: 1
    }
  }

  @Test("all pairs and conventions are there, and each quantity has numbers in all conventions")
  func completeness() {
    #expect(Set(Self.rows.map(\.pair)).count == 22)
    #expect(Self.rows.count == 8 * 3 * 3 + 14 * 3 * 2)
    for quantity in Metric.Quantity.allCases {
      for convention in Metric.Convention.allCases {
        let numbers = Self.rows.filter { row in
          guard case .number? = row.values[quantity.rawValue] else { return false }
          return row.convention == convention.rawValue
        }
        #expect(numbers.count >= 3, "\(quantity), \(convention)")
      }
    }
  }

  @Test("equal pictures: PSNR infinite, SSIM 1, error 0", arguments: Metric.Convention.allCases)
  func equalPictures(convention: Metric.Convention) throws {
    let image = Pictures.pattern(.rgb, bitDepth: 16, width: 30, height: 20)
    #expect(try Metric(.psnr, convention: convention)(image, image) == .infinity)
    #expect(try Metric(.psnrY, convention: convention)(image, image) == .infinity)
    #expect(abs(try Metric(.ssim, convention: convention)(image, image) - 1) < 1e-12)
    #expect(try Metric(.mae, convention: convention)(image, image) == 0)
    #expect(try Metric(.gmsd, convention: convention)(image, image) == 0)
    let large = Pictures.shades(.rgb, width: 200, height: 180)
    #expect(abs(try Metric(.msSSIM, convention: convention)(large, large) - 1) < 1e-12)
  }

  @Test("each measure goes the way its direction says when a picture is damaged more")
  func directions() throws {
    let clean = Pictures.shades(.gray, width: 180, height: 176)
    func noisy(_ amount: Int) -> Image {
      let noise = Pictures.noise(width: 180, height: 176).values
      let samples = zip(clean.values, noise).map { UInt8(clamping: $0 + ($1 - 128) * amount / 128) }
      return Image(width: 180, height: 176, layout: .gray, samples: .eight(samples))
    }
    let (little, much) = (noisy(8), noisy(60))
    for quantity in Metric.Quantity.allCases where quantity.needsReference || quantity == .noise {
      let metric = Metric(quantity, convention: .matlab)
      let isLarger = try metric(little, clean) > metric(much, clean)
      #expect(isLarger == quantity.isBetterWhenLarger, "\(metric)")
    }
    #expect(abs(try Metric(.noise, convention: .matlab)(much) - 60 / 3.0.squareRoot()) < 4)
  }

  @Test("blocks are found in the picture itself")
  func blockiness() throws {
    let samples = (0..<64 * 48).map { pixel -> UInt8 in
      let (column, row) = (pixel % 64 / 8, pixel / 64 / 8)
      return UInt8(40 + (column + row) % 3 * 50)
    }
    let blocks = Image(width: 64, height: 48, layout: .gray, samples: .eight(samples))
    #expect(try Metric(.blockiness, convention: .matlab)(blocks) > 1)
    let flat = Image(width: 32, height: 32, layout: .gray, samples: .eight([UInt8](repeating: 9, count: 1024)))
    #expect(try Metric(.blockiness, convention: .matlab)(flat) == 0)
    #expect(try Metric(.blur, convention: .matlab)(flat) == 1)
    #expect(try Metric(.noise, convention: .matlab)(flat) == 0)
  }

  @Test("alpha is not measured")
  func alpha() throws {
    let (a, b) = (Pictures.shades(.rgb), Pictures.shades(.rgbAlpha))
    #expect(try Metric(.psnr, convention: .basicsr)(a, b) == .infinity)
  }

  @Test("sides that differ and pictures shaved away are errors with the numbers")
  func errors() throws {
    let (a, b) = (Pictures.shades(.gray), Pictures.shades(.gray, width: 47))
    #expect(throws: MetricError.differentSizes(width: 48, height: 32, referenceWidth: 47, referenceHeight: 32)) {
      try Metric(.psnr, convention: .grl)(a, b)
    }
    #expect(throws: MetricError.tooSmall(width: 48, height: 32, shave: 16, smallestSide: 1)) {
      try Metric(.psnr, convention: .grl, shave: 16)(a, a)
    }
    #expect(try Metric(.ssim, convention: .grl, shave: 15)(a, a) > 0.999)
  }

  @Test("a metric's description names its convention")
  func description() {
    #expect("\(Metric(.psnrY, convention: .basicsr, shave: 4))" == "PSNR-Y (basicsr, shave 4)")
    #expect("\(Metric(.ssim, convention: .grl))" == "SSIM (grl)")
    #expect("\(Metric(.gmsd, convention: .matlab))" == "GMSD (xue2014, matlab)")
  }
}
