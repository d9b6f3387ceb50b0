import Base
import Foundation
import Imaging

/// Pages and drawings as text: HTML 5 and SVG 1.1.
enum Markup {
  /// Text as it stands in HTML and XML; control characters, which XML does not know, are left out.
  static func escaped(_ text: String) -> String {
    text.printable.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }

  static func page(_ title: String, _ body: String) -> String {
    let style =
      "body{font:16px/1.5 system-ui,sans-serif;max-width:960px;margin:2em auto;padding:0 1em}img,svg{max-width:100%;height:auto}"
      + "figure{margin:1.5em 0}td,th{padding:.2em .8em;text-align:left;border-bottom:1px solid #8884}"
    return "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>\(escaped(title))</title>"
      + "<style>\(style)</style><h1>\(escaped(title))</h1>" + body + "</html>\n"
  }

  /// Rows of cells, the first one the heading.
  static func table(_ rows: [[String]]) -> String {
    "<table>"
      + rows.enumerated().map { number, row in
        "<tr>" + row.map { number == 0 ? "<th>\(escaped($0))</th>" : "<td>\(escaped($0))</td>" }.joined() + "</tr>"
      }.joined() + "</table>"
  }

  static func png(_ image: Image) throws -> String {
    "data:image/png;base64," + Data(try ImageFile.encode(image, format: .png)).base64EncodedString()
  }
}

extension Drawing {
  /// As SVG: maps as an embedded picture, above it frames, curves and text that stay sharp and can be edited.
  package func svg(_ title: String) throws -> String {
    func colour(_ colour: Colour) -> String {
      "rgb(\(colour.red),\(colour.green),\(colour.blue))"
    }
    func number(_ value: Float) -> String { Double(value).fixed(2) }
    let shapes = strokes.map { stroke in
      switch stroke {
      case .frame(let place, let ink, let t):
        return "<rect x=\"\(number(Float(place.x) - Float(t) / 2))\" y=\"\(number(Float(place.y) - Float(t) / 2))\" "
          + "width=\"\(place.width + t)\" height=\"\(place.height + t)\" fill=\"none\" stroke=\"\(colour(ink))\" "
          + "stroke-width=\"\(t)\"/>"
      case .line(let points, let weight, let ink):
        return "<polyline points=\"" + points.map { number($0.x) + "," + number($0.y) }.joined(separator: " ") + "\" "
          + "fill=\"none\" stroke=\"\(colour(ink))\" stroke-width=\"\(number(weight))\" stroke-linecap=\"round\" "
          + "stroke-linejoin=\"round\"/>"
      case .text(let text, let font, let x, let y, let ink):
        // Of the height and width of the strokes: a capital is about 0.72 of the usual fonts' size.
        return "<text x=\"\(x)\" y=\"\(y)\" font-size=\"\(number(font.size / 0.72))\" fill=\"\(colour(ink))\" "
          + "textLength=\"\(font.width(of: text))\" lengthAdjust=\"spacingAndGlyphs\">\(Markup.escaped(text))</text>"
      }
    }
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"\(width)\" "
      + "height=\"\(height)\" viewBox=\"0 0 \(width) \(height)\" font-family=\"sans-serif\">\n"
      + "<title>\(Markup.escaped(title))</title>\n"
      + "<image width=\"\(width)\" height=\"\(height)\" xlink:href=\"\(try Markup.png(ground))\"/>\n"
      + shapes.joined(separator: "\n") + "\n</svg>\n"
  }
}
