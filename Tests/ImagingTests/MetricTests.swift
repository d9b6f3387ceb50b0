import Foundation
import Imaging
import TestSupport
import Testing

@Suite("PSNR, SSIM and mean absolute error")
struct MetricTests {
  /// A row of `Tests/Fixtures/metrics/values.json`, which `generate.py` beside it computes with NumPy and SciPy.
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
        #expect(abs(try metric(a, b) - expected) <= 1e-6, "\(metric)")
        #expect(abs(try metric(b, a) - expected) <= 1e-6, "\(metric) the other way round")
      case .tooSmall:
        #expect(throws: MetricError.tooSmall(width: a.width, height: a.height, shave: row.shave, smallestSide: 11)) {
          try metric(a, b)
        }
      }
    }
  }

  @Test("all pairs and conventions are there")
  func completeness() {
    #expect(Set(Self.rows.map(\.pair)).count == 8)
    #expect(Self.rows.count == 8 * 3 * 3)
  }

  @Test("equal pictures: PSNR infinite, SSIM 1, error 0", arguments: Metric.Convention.allCases)
  func equalPictures(convention: Metric.Convention) throws {
    let image = Pictures.pattern(.rgb, bitDepth: 16, width: 30, height: 20)
    #expect(try Metric(.psnr, convention: convention)(image, image) == .infinity)
    #expect(try Metric(.psnrY, convention: convention)(image, image) == .infinity)
    #expect(abs(try Metric(.ssim, convention: convention)(image, image) - 1) < 1e-12)
    #expect(try Metric(.mae, convention: convention)(image, image) == 0)
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
  }
}
