import EngineWire

/// Everything that is known about a model, in lines to read.
enum ModelDetails {
  struct Line: Hashable {
    var label = ""
    var text: String
    /// Where it comes from, at the end of the line.
    var source = ""
    var role = Look.Role.text
  }

  /// Cells for the labels.
  static let labelColumns = 18

  static func lines(of model: ModelInfo, columns: Int) -> [Line] {
    let narrow = columns < 44
    let room = max(8, columns - (narrow ? 2 : labelColumns))
    func entry(_ label: String, _ text: String, _ role: Look.Role = .text) -> [Line] {
      let parts = text.wrapped(columns: room)
      if narrow { return [Line(text: label, role: .faint)] + parts.map { Line(text: "  " + $0, role: role) } }
      return parts.enumerated().map { Line(label: $0 == 0 ? label : "", text: $1, role: role) }
    }
    var lines = entry("task", model.summary)
    lines += entry("size", "\(parameters(model.parameterCount)) parameters, \(Quantity.bytes(model.fileBytes))")
    lines += entry("speed here", speed(model), model.pixelsPerSecond == nil ? .faint : .text)
    for fact in model.facts { lines += entry(fact.name, fact.text) }
    lines += entry("file", "\(model.path) (\(model.origin))")
    lines += entry("SHA-256", model.sha256, .faint)
    lines.append(Line(text: ""))
    lines.append(Line(label: narrow ? "" : "configuration", text: narrow ? "configuration" : "", role: .title))
    for setting in model.settings {
      if narrow {
        lines += entry(setting.name, "\(setting.value) (\(setting.source))")
        continue
      }
      let source = setting.source.shown
      if setting.value.columns + source.columns + 3 <= room {
        lines.append(Line(label: setting.name, text: setting.value, source: source))
      } else {
        lines += entry(setting.name, setting.value)
        lines += source.wrapped(columns: room).map { Line(text: $0, role: .faint) }
      }
    }
    return lines
  }

  static func parameters(_ count: Int) -> String { Quantity.decimal(Double(max(0, count)) / 1e6, 2) + " M" }

  static func speed(_ model: ModelInfo) -> String {
    guard let speed = model.pixelsPerSecond, speed.isFinite, speed > 0 else {
      return "not measured yet; the first run measures it"
    }
    return "\(Quantity.megapixels(speed))/s: a picture of 1 megapixel takes \(Quantity.duration(1e6 / speed))"
  }
}
