import Base
import GRLModel
import Imaging
import Restoration

/// How a weight becomes a place on the colour map.
package enum HeatScale: String, CaseIterable, Sendable {
  case linear, sqrt

  package func share(_ weight: Float, of largest: Float) -> Float {
    guard largest > 0 else { return 0 }
    let share = max(0, weight / largest)
    return self == .linear ? share : share.squareRoot()
  }
}

/// How maps are drawn.
package struct HeatLook {
  package let sheet: SheetLook
  package let scaling: HeatScale
  package let isAlone: Bool
  package let colours = ColourMap.inferno

  package init(_ background: SheetLook.Background, scaling: HeatScale, isAlone: Bool) {
    (sheet, self.scaling, self.isAlone) = (SheetLook(background), scaling, isAlone)
  }

  package var stripeAccent: Colour { sheet.accents[0] }
  package var windowAccent: Colour { sheet.accents[1] }
}

/// One row over the part of the picture that it belongs to.
package struct HeatMap {
  package let row: AttentionRow
  /// In the picture's pixels.
  package let region: Rectangle
  package let width: Int
  package let height: Int
  /// Weight of a key by target pixel; NaN outside the cell.
  private let weights: [Float]
  package let largest: Float

  /// - Parameters: width and height: in target pixels. Enlarged pixels become squares, smaller ones take the largest weight.
  package init(_ row: AttentionRow, region: Rectangle, width: Int, height: Int) {
    (self.row, self.region, self.width, self.height) = (row, region, width, height)
    let (map, area) = (row.map(), row.cell.area)
    var weights = [Float](repeating: .nan, count: width * height)
    for y in 0..<height {
      let rows = Fit.span(y, of: height, over: region.height)
      for x in 0..<width {
        var best = Float.nan
        for sourceY in rows.map({ region.y + $0 }) {
          for sourceX in Fit.span(x, of: width, over: region.width).map({ region.x + $0 })
          where area.contains(x: sourceX, y: sourceY) {
            let weight = map[(sourceY - area.y) * area.width + sourceX - area.x]
            if !weight.isNaN { best = best.isNaN ? weight : max(best, weight) }
          }
        }
        weights[y * width + x] = best
      }
    }
    self.weights = weights
    largest = row.weights.max() ?? 0
  }

  package func draw(on drawing: inout Drawing, x: Int, y: Int, picture: Image?, _ look: HeatLook, thickness: Int = 2) {
    drawing.fill(x, y, width, height, look.sheet.well)
    if let picture, !look.isAlone {
      drawing.place(picture, region, x, y, width, height)
    }
    for row in 0..<height {
      for column in 0..<width {
        let weight = weights[row * width + column]
        if weight.isNaN {
          drawing.blend(x + column, y + row, look.sheet.well, look.isAlone ? 1 : 0.45)
        } else {
          let share = look.scaling.share(weight, of: largest)
          drawing.blend(x + column, y + row, look.colours[share], look.isAlone ? 1 : 0.55 + 0.4 * share)
        }
      }
    }
    if row.question.kind != .window {
      outline(row.window, look.windowAccent, on: &drawing, x, y, max(1, thickness - 1))
    }
    outline(row.cell, look.stripeAccent, on: &drawing, x, y, thickness)
    cross(on: &drawing, x, y, look, thickness)
  }

  /// The cell's border; parts that lie outside the region are left out.
  private func outline(
    _ cell: AttentionCell, _ colour: Colour, on drawing: inout Drawing, _ x: Int, _ y: Int, _ thickness: Int
  ) {
    let own = AttentionCell.Area(region)
    for part in cell.parts {
      guard let seen = part.intersection(own) else { continue }
      let left = x + (seen.x - region.x) * width / region.width
      let top = y + (seen.y - region.y) * height / region.height
      let right = x + (seen.x + seen.width - region.x) * width / region.width
      let bottom = y + (seen.y + seen.height - region.y) * height / region.height
      // Inside the rectangle, so that neighbours and captions stay clear.
      let t = thickness
      guard right - left > 2 * t, bottom - top > 2 * t else { continue }
      drawing.frame(left + t, top + t, right - left - 2 * t, bottom - top - 2 * t, colour, thickness: t)
    }
  }

  private func cross(on drawing: inout Drawing, _ x: Int, _ y: Int, _ look: HeatLook, _ thickness: Int) {
    let centreX = Float(x) + (Float(row.x - region.x) + 0.5) * Float(width) / Float(region.width)
    let centreY = Float(y) + (Float(row.y - region.y) + 0.5) * Float(height) / Float(region.height)
    let (inner, outer): (Float, Float) = thickness > 1 ? (4, 11) : (2, 5)
    for (weight, colour) in [(Float(thickness) + 2, look.sheet.shadow), (Float(thickness), Colour(0xFFFFFF))] {
      for (dx, dy) in [(Float(1), Float(0)), (-1, 0), (0, 1), (0, -1)] {
        drawing.draw(
          [
            SIMD2(centreX + dx * inner, centreY + dy * inner), SIMD2(centreX + dx * outer, centreY + dy * outer),
          ], weight: weight, colour)
      }
    }
  }
}

extension Drawing {
  /// A colour bar from 0 to `largest`, its labels below; 34 pixels high.
  package mutating func colourBar(_ x: Int, _ y: Int, width: Int, largest: Float, _ look: HeatLook) {
    for column in 0..<width {
      let share = Float(column) / Float(max(1, width - 1))
      fill(x + column, y, 1, 12, look.colours[share])
    }
    frame(x, y, width, 12, look.sheet.faint)
    let count = width >= 300 ? 4 : 2
    for tick in 0...count {
      let share = Float(tick) / Float(count)
      let weight = look.scaling == .linear ? share * largest : share * share * largest
      let text = tick == 0 ? "0" : weightText(weight)
      let place = x + Int(share * Float(width - 1))
      let textWidth = look.sheet.small.width(of: text)
      fill(place, y + 12, 1, 4, look.sheet.faint)
      write(
        text, look.sheet.small, x: min(max(x, place - textWidth / 2), x + width - textWidth), y: y + 29,
        look.sheet.faint)
    }
  }
}

/// `4.1 %`, `0.037 %`
package func weightText(_ weight: Float) -> String {
  let percent = Double(weight) * 100
  return (percent >= 1 ? percent.fixed(1) : percent >= 0.01 ? percent.fixed(3) : percent.fixed(5)) + " %"
}
