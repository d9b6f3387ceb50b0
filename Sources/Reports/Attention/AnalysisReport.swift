import Base
import Foundation
import Imaging

/// What an analysis of a picture and a network found: numbers, maps over the picture, and a chart.
package struct AnalysisReport {
  package let title: String
  /// What is shown and how, in a sentence or two.
  package let explanation: String
  /// Rows of cells, the first one the heading.
  package var tables: [[[String]]] = []
  package var maps: [PlaneMap] = []
  package var charts: [Chart] = []

  package init(title: String, explanation: String) { (self.title, self.explanation) = (title, explanation) }

  /// For the terminal.
  package var lines: [String] {
    [title] + tables.enumerated().flatMap { (index, rows) in (index > 0 ? [""] : []) + table(rows) }
  }

  /// The tables, one after the other, each behind its heading.
  package var csv: String {
    func cell(_ text: String) -> String {
      text.contains { ",\"\n".contains($0) } ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
    }
    return tables.map { $0.map { $0.map(cell).joined(separator: ",") }.joined(separator: "\n") }
      .joined(separator: "\n\n") + "\n"
  }

  private struct Record: Encodable {
    struct Map: Encodable {
      let name: String
      let unit: String
      let width: Int
      let height: Int
      let numbers: PlaneMap.Numbers
    }
    let picture: String
    let model: String
    let title: String
    let tables: [[[String]]]
    let maps: [Map]
  }

  package func json(picture: String, model: String) -> String {
    jsonLine(
      Record(
        picture: picture, model: model, title: title, tables: tables,
        maps: maps.map {
          Record.Map(name: $0.name, unit: $0.unit, width: $0.width, height: $0.height, numbers: $0.numbers)
        }))
  }

  /// All maps, `[maps, height, width]`; nil where there is none or they differ in size.
  package var numPy: [UInt8]? {
    guard let first = maps.first, maps.allSatisfy({ ($0.width, $0.height) == (first.width, first.height) }) else {
      return nil
    }
    return NumPyFile.bytes(maps.flatMap(\.values), shape: [maps.count, first.height, first.width])
  }
}

/// A number for every pixel, or every square of pixels, of a part of a picture.
package struct PlaneMap {
  package enum Look {
    /// From 0, or the least number, to the largest.
    case magnitude(fromZero: Bool)
    /// Below and above zero.
    case signed
    /// Degrees of an axis as hue, as strong as `strength` (0...1) says.
    case axis(strength: [Float])
    /// Whole numbers from 0 on, each its name and colour.
    case categories([String])
    /// `values` is nothing but the mean of these colours.
    case colours([Colour])
  }

  package let name: String
  /// Behind the numbers; empty for none.
  package let unit: String
  package let width: Int
  package let height: Int
  package let values: [Float]
  package let look: Look
  /// The ends of its colours.
  package let range: (low: Float, high: Float)

  package init(
    _ name: String, unit: String = "", width: Int, height: Int, values: [Float], look: Look = .magnitude(fromZero: true)
  ) {
    precondition(values.count == width * height)
    (self.name, self.unit, self.width, self.height, self.values) = (name, unit, width, height, values)
    self.look = look
    let finite = values.filter { $0.isFinite }
    let (least, most) = (finite.min() ?? 0, finite.max() ?? 0)
    switch look {
    case .magnitude(let fromZero): range = (fromZero ? 0 : least, most)
    case .signed: range = (-max(abs(least), abs(most)), max(abs(least), abs(most)))
    case .axis: range = (-90, 90)
    case .categories(let names): range = (0, Float(names.count - 1))
    case .colours: range = (0, 1)
    }
  }

  package struct Numbers: Encodable {
    package let mean: Double
    package let least: Double
    package let median: Double
    package let largest: Double
  }

  /// Of what is a number; all 0 where nothing is.
  package var numbers: Numbers {
    let sorted = values.filter { $0.isFinite }.sorted()
    guard !sorted.isEmpty else { return Numbers(mean: 0, least: 0, median: 0, largest: 0) }
    return Numbers(
      mean: sorted.reduce(0.0) { $0 + Double($1) } / Double(sorted.count), least: Double(sorted[0]),
      median: Double(sorted[sorted.count / 2]), largest: Double(sorted[sorted.count - 1]))
  }

  package func colour(_ pixel: Int, _ look: HeatLook) -> Colour? {
    let value = values[pixel]
    guard value.isFinite else { return nil }
    let (low, high) = range
    let share = high > low ? (value - low) / (high - low) : 0
    switch self.look {
    case .magnitude: return look.colours[share]
    case .signed: return ColourMap.signed[share]
    case .axis(let strength): return PlaneMap.axisColour(degrees: value, strength: strength[pixel])
    case .categories: return look.sheet.accents[Int(value) % look.sheet.accents.count]
    case .colours(let colours): return colours[pixel]
    }
  }

  /// Hue goes round once in half a turn: an axis has no front.
  static func axisColour(degrees: Float, strength: Float) -> Colour {
    Colour(
      lightness: 0.3 + 0.42 * Double(strength), chroma: 0.15 * Double(min(1, strength)), hue: Double(degrees) * 2 + 60)
  }
}

/// Lines or bars of numbers.
package struct Chart {
  package struct Series {
    package let name: String
    package let values: [Double]

    package init(_ name: String, _ values: [Double]) { (self.name, self.values) = (name, values) }
  }

  package let title: String
  /// What is counted along the lower edge.
  package let axis: String
  package let series: [Series]
  /// Whether upwards counts powers of ten.
  package let isLogarithmic: Bool
  /// By bar, below it; empty for lines.
  package let labels: [String]

  package init(_ title: String, axis: String, _ series: [Series], isLogarithmic: Bool = false, labels: [String] = []) {
    (self.title, self.axis, self.series, self.isLogarithmic, self.labels) = (title, axis, series, isLogarithmic, labels)
  }
}
