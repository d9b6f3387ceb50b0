import Base
import EngineWire
import Foundation
import Imaging

extension AnalysisReport {
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

  /// A page with the drawing and the tables.
  package func html(over picture: Image?, _ look: HeatLook) throws -> String {
    Markup.page(
      title,
      "<p>\(Markup.escaped(explanation))</p><figure>\(try drawing(over: picture, look).svg(title))</figure>"
        + tables.map(Markup.table).joined())
  }

  /// All maps, `[maps, height, width]`; nil where there is none or they differ in size.
  package var numPy: [UInt8]? {
    guard let first = maps.first, maps.allSatisfy({ ($0.width, $0.height) == (first.width, first.height) }) else {
      return nil
    }
    return NumPyFile.bytes(maps.flatMap(\.values), shape: [maps.count, first.height, first.width])
  }
}

extension PlaneMap {
  package func colour(_ pixel: Int, _ look: HeatLook) -> Colour? {
    guard let share = share(pixel) else { return nil }
    let value = values[pixel]
    switch self.look {
    case .magnitude: return look.colours[share]
    case .signed: return ColourMap.signed[share]
    case .axis(let strength): return PlaneMap.axisColour(degrees: value, strength: strength[pixel])
    case .categories: return look.sheet.accents[Int(value) % look.sheet.accents.count]
    case .colours(let colours): return Colour(colours[pixel])
    }
  }

  /// Hue goes round once in half a turn: an axis has no front.
  static func axisColour(degrees: Float, strength: Float) -> Colour {
    Colour(
      lightness: 0.3 + 0.42 * Double(strength), chroma: 0.15 * Double(min(1, strength)), hue: Double(degrees) * 2 + 60)
  }
}
