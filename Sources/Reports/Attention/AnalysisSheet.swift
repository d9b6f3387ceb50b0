import Base
import EngineWire
import Foundation
import Imaging

extension AnalysisReport {
  /// The picture with its marks, all maps beside it, each over its colour bar, and the charts below.
  ///
  /// - Parameters:
  ///   - picture: nil leaves it out.
  package func drawing(over picture: Image?, _ look: HeatLook) -> Drawing {
    let (margin, gap, side) = (20, 18, 320)
    let cells = (picture == nil ? 0 : 1) + maps.count
    let perLine = cells <= 2 ? max(1, cells) : 3
    let scale = Double(side) / Double(max(region.width, region.height, 1))
    let (width, height) = (
      max(1, Int(Double(region.width) * scale)), max(1, Int(Double(region.height) * scale))
    )
    let lines = (cells + perLine - 1) / perLine
    let cellHeight = height + 64
    let contentWidth = max(perLine * (side + gap) - gap, charts.isEmpty ? 460 : 660)
    let chartHeight = 240
    let sheet = look.sheet
    var drawing = Drawing(
      width: contentWidth + 2 * margin,
      height: 70 + lines * (cellHeight + gap) + charts.count * (chartHeight + gap) + 8,
      background: sheet.background)
    drawing.write(sheet.title.fitted(title, to: contentWidth), sheet.title, x: margin, y: 30, sheet.text)
    drawing.write(sheet.label.fitted(explanation, to: contentWidth), sheet.label, x: margin, y: 50, sheet.faint)
    func place(_ cell: Int) -> (x: Int, y: Int) {
      (margin + cell % perLine * (side + gap), 66 + cell / perLine * (cellHeight + gap))
    }
    if let picture {
      let (x, y) = place(0)
      drawing.place(picture, region, x, y, width, height)
      for mark in marks { outline(mark, region, x, y, width, height, on: &drawing, look) }
      drawing.write(sheet.label.fitted("the picture", to: side), sheet.label, x: x, y: y + height + 18, sheet.text)
    }
    for (index, map) in maps.enumerated() {
      let (x, y) = place(index + (picture == nil ? 0 : 1))
      draw(map, x, y, width, height, on: &drawing, look)
      for mark in marks { outline(mark, region, x, y, width, height, on: &drawing, look) }
      let unit = map.unit.isEmpty ? "" : ", \(map.unit)"
      drawing.write(sheet.label.fitted(map.name + unit, to: side), sheet.label, x: x, y: y + height + 18, sheet.text)
      legend(map, x, y + height + 26, width: width, on: &drawing, look)
    }
    for (index, chart) in charts.enumerated() {
      chart.draw(
        margin, 66 + lines * (cellHeight + gap) + index * (chartHeight + gap), contentWidth, chartHeight, on: &drawing,
        look)
    }
    return drawing
  }

  private func draw(
    _ map: PlaneMap, _ x: Int, _ y: Int, _ width: Int, _ height: Int, on drawing: inout Drawing, _ look: HeatLook
  ) {
    for row in 0..<height {
      let source = min(map.height - 1, row * map.height / height)
      for column in 0..<width {
        let pixel = source * map.width + min(map.width - 1, column * map.width / width)
        drawing.put(x + column, y + row, map.colour(pixel, look) ?? look.sheet.well)
      }
    }
  }

  private func outline(
    _ mark: Rectangle, _ region: Rectangle, _ x: Int, _ y: Int, _ width: Int, _ height: Int, on drawing: inout Drawing,
    _ look: HeatLook
  ) {
    let left = x + (mark.x - region.x) * width / region.width
    let top = y + (mark.y - region.y) * height / region.height
    let right = x + (mark.x + mark.width - region.x) * width / region.width
    let bottom = y + (mark.y + mark.height - region.y) * height / region.height
    drawing.frame(left, top, max(2, right - left), max(2, bottom - top), look.stripeAccent, thickness: 2)
  }

  private func legend(
    _ map: PlaneMap, _ x: Int, _ y: Int, width: Int, on drawing: inout Drawing, _ look: HeatLook
  ) {
    let sheet = look.sheet
    let (low, high) = map.range
    switch map.look {
    case .colours: return
    case .categories(let names):
      var left = x
      for (index, name) in names.enumerated() where left < x + width - 20 {
        drawing.fill(left, y, 10, 10, sheet.accents[index % sheet.accents.count])
        let text = sheet.small.fitted(name, to: x + width - left - 14)
        left += 24 + drawing.write(text, sheet.small, x: left + 14, y: y + 9, sheet.faint)
      }
      return
    case .magnitude, .signed, .axis:
      for column in 0..<width {
        let share = Float(column) / Float(max(1, width - 1))
        let colour: Colour
        switch map.look {
        case .signed: colour = ColourMap.signed[share]
        case .axis: colour = PlaneMap.axisColour(degrees: low + (high - low) * share, strength: 1)
        default: colour = look.colours[share]
        }
        drawing.fill(x + column, y, 1, 10, colour)
      }
      let (left, right) = (significant(Double(low)), significant(Double(high)))
      drawing.write(left, sheet.small, x: x, y: y + 24, sheet.faint)
      drawing.write(right, sheet.small, x: x + width - sheet.small.width(of: right), y: y + 24, sheet.faint)
    }
  }
}

extension Chart {
  fileprivate func draw(
    _ x: Int, _ y: Int, _ width: Int, _ height: Int, on drawing: inout Drawing, _ look: HeatLook
  ) {
    let sheet = look.sheet
    let (left, top, bottom) = (x + 64, y + 24, y + height - 34)
    let (inner, tall) = (width - 64, bottom - top)
    drawing.write(sheet.label.fitted(title, to: width), sheet.label, x: x, y: y + 12, sheet.text)
    drawing.write(
      axis, sheet.small, x: x + width - sheet.small.width(of: axis), y: y + height - 6, sheet.faint)
    let all = series.flatMap(\.values).filter { $0.isFinite && (!isLogarithmic || $0 > 0) }
    guard let most = all.max(), let least = all.min() else { return }
    func level(_ value: Double) -> Double { isLogarithmic ? log10(max(value, most * 1e-6)) : value }
    let high = level(most)
    let low = isLogarithmic ? level(max(least, most * 1e-6)) : min(0, least)
    func level(of value: Double) -> Float {
      Float(bottom) - Float((level(value) - low) / max(high - low, .leastNormalMagnitude)) * Float(tall)
    }
    for step in 0...4 {
      let value = low + (high - low) * Double(step) / 4
      let text = significant(isLogarithmic ? pow(10, value) : value)
      let at = bottom - tall * step / 4
      drawing.fill(left, at, inner, 1, sheet.well)
      drawing.write(text, sheet.small, x: left - 8 - sheet.small.width(of: text), y: at + 4, sheet.faint)
    }
    let count = series.map(\.values.count).max() ?? 0
    var name = left
    for (index, line) in series.enumerated() {
      let colour = sheet.accents[index % sheet.accents.count]
      if labels.isEmpty {
        let points = line.values.enumerated().filter { $0.element.isFinite }.map { place, value in
          SIMD2(Float(left) + Float(inner - 4) * Float(place) / Float(max(1, count - 1)), level(of: value))
        }
        for (a, b) in zip(points, points.dropFirst()) { drawing.draw([a, b], weight: 2, colour) }
      } else {
        let slot = Double(inner) / Double(count)
        let bar = max(1, Int(slot * 0.8) / series.count)
        for (place, value) in line.values.enumerated() {
          let (zero, end) = (Int(level(of: isLogarithmic ? most * 1e-6 : 0)), Int(level(of: value)))
          drawing.fill(
            left + Int(slot * (Double(place) + 0.1)) + index * bar, min(zero, end), bar, max(1, abs(zero - end)), colour
          )
        }
      }
      if series.count > 1 {
        drawing.fill(name, bottom + 20, 10, 10, colour)
        name += 26 + drawing.write(line.name, sheet.small, x: name + 14, y: bottom + 29, sheet.faint)
      }
    }
    let widest = labels.map { sheet.small.width(of: $0) + 8 }.max() ?? 0
    let step = widest * labels.count / max(1, inner) + 1
    for (place, label) in labels.enumerated() where place % step == 0 {
      let at = left + inner * (2 * place + 1) / (2 * labels.count)
      drawing.write(label, sheet.small, x: at - sheet.small.width(of: label) / 2, y: bottom + 14, sheet.faint)
    }
  }
}
