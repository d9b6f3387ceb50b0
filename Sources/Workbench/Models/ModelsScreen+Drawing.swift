import EngineWire

extension ModelsScreen {
  private static let columns: [Table.Column] = [
    .init("name", least: 19, most: 30), .init("task", least: 14, rank: 6), .init("variant", least: 7, rank: 4),
    .init("colours", least: 7, most: 10, rank: 3), .init("size", .right, least: 7, rank: 2),
    .init("Mpx/s", .right, least: 5, rank: 5), .init("from", least: 7, most: 11, rank: 1),
  ]
  /// Only where there is something to note.
  private static let note = Table.Column("note", least: 12, rank: 7)

  func draw(on canvas: inout Canvas, in area: CanvasArea, _ session: Session, _ look: Look) {
    let layout = ModelsLayout(area, count: session.models.count, pane: pane)
    drawList(on: &canvas, layout, session, look)
    drawDetails(on: &canvas, layout, session, look)
  }

  private func drawList(on canvas: inout Canvas, _ layout: ModelsLayout, _ session: Session, _ look: Look) {
    guard !layout.list.isEmpty else { return }
    let heads = layout.list.inset(columns: layout.list.columns > 20 ? 2 : 0)
    let count = session.models.isEmpty ? "" : "\(cursor.index + 1) of \(session.models.count)"
    if layout.rows.row > layout.list.row {
      canvas.write("Models", in: heads, look[pane == .list ? .title : .faint])
      canvas.write(count, in: heads, look[.faint], .right)
    }
    // Names are told apart by their ends: they stay whole before anything else is shown.
    let longest = session.models.map(\.name.columns).max() ?? 0
    let names = Table.Column("name", least: min(max(19, longest), max(19, heads.columns - 10)), most: 40)
    let table = Table(
      [names] + Self.columns.dropFirst() + (session.models.contains(where: \.isExperimental) ? [Self.note] : []))
    let places = table.places(in: heads.columns)
    if layout.hasHeads { canvas.writeTitles(of: table, at: places, in: heads.dropTop(1), look) }
    guard !session.models.isEmpty else {
      let text = session.isConnected ? "no model is installed: grl models import FILE" : "no engine to ask yet"
      canvas.write(text, in: layout.rows.inset(columns: layout.list.columns > 20 ? 2 : 0), look[.faint])
      return
    }
    let first = cursor.firstRow(count: session.models.count, visible: layout.listRows)
    for (row, model) in session.models.enumerated().dropFirst(first).prefix(layout.rows.rows) {
      let line = layout.rows.dropTop(row - first).top(1)
      let isChosen = row == cursor.index
      if isChosen { canvas.fill(line, look[.cursor]) }
      let speed = model.pixelsPerSecond.map { $0.isFinite && $0 > 0 ? Quantity.decimal($0 / 1e6, 3) : "-" } ?? "-"
      canvas.write(
        [
          model.name, model.task == "sr" || model.task == "real-sr" ? "\(model.task) x\(model.scale)" : model.task,
          model.variant ?? "-", model.colours, Quantity.bytes(model.fileBytes), speed, model.origin,
          model.isExperimental ? "experimental" : "",
        ], of: table, at: places, in: line.inset(columns: layout.list.columns > 20 ? 2 : 0),
        look[isChosen ? .cursor : .text])
    }
    canvas.drawScrollMarks(first: first, count: session.models.count, in: layout.rows, on: .text, look)
  }

  private func drawDetails(on canvas: inout Canvas, _ layout: ModelsLayout, _ session: Session, _ look: Look) {
    let area = layout.details
    guard !area.isEmpty else { return }
    canvas.fill(area, look[.panel])
    guard let model = model(session) else { return }
    let text = layout.detailText
    let lines = ModelDetails.lines(of: model, columns: layout.detailColumns)
    let first = min(scroll, max(0, lines.count - text.rows))
    if text.row > area.row {
      let head = area.top(1).inset(columns: area.columns > 20 ? 2 : 0).left(92)
      let more = lines.count > text.rows ? "\(first + 1)-\(min(first + text.rows, lines.count)) of \(lines.count)" : ""
      canvas.write(
        model.name, in: head.dropRight(more.columns + 1), look[pane == .details ? .title : .faint, on: .panel])
      canvas.write(more, in: head, look[.faint, on: .panel], .right)
    }
    for (row, line) in lines.dropFirst(first).prefix(text.rows).enumerated() {
      let place = text.dropTop(row).top(1)
      guard layout.detailColumns >= 44 else {
        canvas.write(line.text, in: place, look[line.role, on: .panel])
        continue
      }
      let label: Look.Role = line.role == .title ? .title : .faint
      canvas.write(line.label, in: place.left(ModelDetails.labelColumns - 1), look[label, on: .panel])
      let value = place.dropLeft(ModelDetails.labelColumns)
      canvas.write(line.text, in: value, look[line.role, on: .panel])
      canvas.write(line.source, in: value, look[.faint, on: .panel], .right)
    }
  }

  func plainLines(_ session: Session) -> [String] {
    guard !session.models.isEmpty else {
      return [session.isConnected ? "no model is installed: grl models import FILE" : "no engine to ask yet"]
    }
    var lines = session.models.enumerated().map { place, model in
      "\(place + 1) \(model.name): \(model.summary), \(model.origin)"
    }
    if let model = model(session) {
      lines.append("here: \(model.name)")
      lines += ModelDetails.lines(of: model, columns: 1000).filter { $0.role != .title && !$0.text.isEmpty }.map {
        line in
        [line.label, line.text, line.source].filter { !$0.isEmpty }.joined(separator: ": ")
      }
    }
    return lines
  }

  mutating func choose(row: Int, _ session: inout Session) -> Bool {
    guard session.models.indices.contains(row - 1) else { return false }
    pane = .list
    cursor.move(to: row - 1, count: session.models.count, visible: layout(session).listRows)
    scroll = 0
    return true
  }
}

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
      return "not known yet; the first plan measures it"
    }
    return "\(Quantity.megapixels(speed))/s: a picture of 1 megapixel takes \(Quantity.duration(1e6 / speed))"
  }
}
