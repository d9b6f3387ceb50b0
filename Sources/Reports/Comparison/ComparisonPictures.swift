import Base
import Imaging
import Restoration

/// The pictures that `grl compare` draws of what it measured.
package struct ComparisonPictures {
  package let report: ComparisonReport
  package let fitted: FittedPictures.Part
  /// As the user named them, in the order of the report's rows.
  package let names: [String]
  package let look: SheetLook

  package init(report: ComparisonReport, fitted: FittedPictures.Part, names: [String], look: SheetLook) {
    self.report = report
    self.fitted = fitted
    self.names = names
    self.look = look
  }

  /// - Parameter gain: how much differences are enlarged; nil takes what fits all of them.
  package func difference(_ kind: DifferenceMap.Kind, gain: Double?) -> Image {
    let reference = Self.short(report.reference)
    let panels = zip(names, fitted.pictures).map { name, picture in
      DifferencePicture.Panel(
        title: "\(Self.short(name)) - \(reference)", map: DifferenceMap(picture, fitted.reference, kind: kind))
    }
    let fitting = panels.map(\.map.fittingGain).min() ?? 1
    return DifferencePicture(panels: panels, gain: gain ?? fitting, look: look).image
  }

  /// - Parameter zoom: of the crops; nil takes 4, or more for small pictures.
  package func sheet(crops count: Int, zoom: Int?) -> Image {
    let columnCount = names.count + 1
    let shorter = min(fitted.reference.width, fitted.reference.height)
    let zoom = zoom ?? (shorter >= 200 ? 4 : shorter >= 100 ? 6 : 8)
    let size = ContactSheet.cropSize(columns: columnCount, zoom: zoom, of: fitted.reference)
    let crops = LargestDifferences(of: fitted.pictures, from: fitted.reference)
      .regions(count, width: size.width, height: size.height)
    let isChange = !report.changes.isEmpty
    let others = names.indices.map { place in
      ContactSheet.Column(
        name: Self.short(names[place]), picture: fitted.pictures[place],
        lines: isChange
          ? report.changes[place].facts.map { "\($0.name) \($0.text)" } : lines(report.rows[place]))
    }
    let own = report.referenceRow.map(lines) ?? []
    let reference = ContactSheet.Column(
      name: (isChange ? "before: " : "reference: ") + Self.short(report.reference), picture: fitted.reference,
      lines: own)
    let convention = report.metrics.first.map { metric in
      ", convention \(metric.convention.rawValue)" + (metric.shave > 0 ? ", \(metric.shave) pixels shaved" : "")
    }
    return ContactSheet(
      title:
        "\(others.map(\.name).joined(separator: ", ")) \(isChange ? "beside" : "against") \(Self.short(report.reference))",
      columns: [reference] + others, crops: crops, cropLine: { line($0, $1, zoom) },
      footer:
        "\(report.region.width) x \(report.region.height) pixels\(convention ?? ""); "
        + "crops where pictures differ most, each pixel \(zoom) x \(zoom)",
      zoom: zoom, look: look
    ).image
  }

  /// The values of a row, two to a line.
  private func lines(_ row: ComparisonReport.Row) -> [String] {
    let texts = zip(report.metrics, row.values).compactMap { metric, value in
      value.map { metric.quantity.rawValue.uppercased() + " " + ComparisonReport.text($0, of: metric) }
    }
    return stride(from: 0, to: texts.count, by: 2).map {
      texts[$0..<min($0 + 2, texts.count)].joined(separator: "    ")
    }
  }

  /// What stands below a crop: its place, or the first two metrics that so few pixels allow.
  private func line(_ column: Int, _ crop: Rectangle, _ zoom: Int) -> String {
    guard column > 0 else { return "at \(crop.x),\(crop.y), \(crop.width) x \(crop.height)" }
    let (picture, reference) = (fitted.pictures[column - 1].cropped(to: crop), fitted.reference.cropped(to: crop))
    if !report.changes.isEmpty {
      let change = PictureChange(from: reference, to: picture)
      return change.facts.suffix(2).map { "\($0.name) \($0.text)" }.joined(separator: "    ")
    }
    var texts: [String] = []
    for metric in report.metrics where texts.count < 2 {
      let whole = Metric(metric.quantity, convention: metric.convention)
      do throws(MetricError) {
        let value = try whole(picture, reference)
        texts.append(metric.quantity.rawValue.uppercased() + " " + ComparisonReport.text(value, of: metric))
      } catch {
        continue  // Too small for this one; the next may do.
      }
    }
    return texts.joined(separator: "    ")
  }

  private static func short(_ path: String) -> String { path == "-" ? "standard input" : lastComponent(path) }
}
