/// Draws what lies over the screen.
struct OverlayView {
  let session: Session
  let look: Look
  let themes: [Theme]

  func draw(_ overlay: Overlay, on canvas: inout Canvas, _ frame: ScreenFrame) {
    switch overlay {
    case .prompt(let prompt): draw(prompt, on: &canvas, frame)
    case .question(let question): draw(question, on: &canvas)
    case .report(let report): draw(report, on: &canvas)
    case .finder(let finder): draw(finder, on: &canvas, frame)
    case .themes(let chooser): draw(chooser, on: &canvas, frame)
    case .picture: break
    }
  }

  /// Blanks an area with a line around it, where the screen has room for that; pictures under it go.
  private func clear(_ area: CanvasArea, on canvas: inout Canvas) {
    let around = CanvasArea(
      column: area.column - 1, row: area.row - 1, columns: area.columns + 2, rows: area.rows + 2
    ).clipped(to: canvas.area)
    canvas.fill(area, look[.panel])
    if around.columns == area.columns + 2 && around.rows == area.rows + 2 {
      canvas.drawBorder(around, look[.border, on: .panel])
    }
    canvas.pictures.removeAll { !$0.area.clipped(to: around).isEmpty }
  }

  /// A blank box and the room within it; pictures of graphics protocols under it go. Small boxes lose their margin.
  private func box(_ area: CanvasArea, title: String, on canvas: inout Canvas) -> CanvasArea {
    clear(area, on: &canvas)
    canvas.cursor = nil
    let margin = area.columns > 12 ? 2 : 0
    let inner = area.inset(columns: margin)
    guard area.rows > 2, !title.isEmpty else { return inner }
    let head = area.top(1)
    canvas.fill(head, look[.cursor])
    canvas.write(title, in: head.inset(columns: margin), look[.title, on: .cursor])
    return inner.dropTop(1)
  }

  private func draw(_ prompt: Prompt, on canvas: inout Canvas, _ frame: ScreenFrame) {
    let line = frame.footer
    canvas.fill(line, look[.input])
    let title = canvas.columns >= 40 ? " \(prompt.title): " : " "
    let used = canvas.write(title, in: line.left(canvas.columns * 2 / 3), look[.accent, on: .input])
    drawLine(prompt.line, on: &canvas, in: line.dropLeft(used).dropRight(1), look[.input])
    guard !frame.body.isEmpty else { return }
    var body = frame.body
    if let problem = prompt.problem {
      let lines = problem.wrapped(columns: max(1, body.columns - 2)).prefix(max(1, body.rows / 2))
      for (row, line) in lines.enumerated() {
        let place = body.bottom(lines.count).dropTop(row).top(1)
        canvas.fill(place, look[.panel])
        canvas.write(line, in: place.dropLeft(1), look[.error, on: .panel])
      }
      canvas.pictures.removeAll { !$0.area.clipped(to: body.bottom(lines.count)).isEmpty }
      body = body.dropBottom(lines.count)
    }
    if !prompt.candidates.isEmpty, !body.isEmpty { drawCandidates(prompt, on: &canvas, body) }
  }

  private func drawCandidates(_ prompt: Prompt, on canvas: inout Canvas, _ body: CanvasArea) {
    let names = prompt.candidates.map { name in
      // Of paths only the last part: what comes before is the same for all.
      prompt.completion == .path ? name.lastPathPart + (name.hasSuffix("/") ? "/" : "") : name
    }
    let width = min(body.columns, max(8, (names.map(\.columns).max() ?? 0) + 2))
    let across = max(1, body.columns / width)
    let rowsNeeded = (names.count + across - 1) / across
    let rows = min(rowsNeeded, max(1, body.rows / 2))
    let area = body.bottom(rows)
    canvas.fill(area, look[.panel])
    canvas.pictures.removeAll { !$0.area.clipped(to: area).isEmpty }
    let chosenRow = (prompt.candidate ?? 0) / across
    let first = min(max(0, chosenRow - rows + 1), max(0, rowsNeeded - rows))
    for (place, name) in names.enumerated() {
      let row = place / across - first
      guard (0..<rows).contains(row) else { continue }
      let cell = area.dropTop(row).top(1).dropLeft(place % across * width).left(width)
      let isChosen = place == prompt.candidate
      if isChosen { canvas.fill(cell, look[.cursor]) }
      canvas.write(name, in: cell.dropLeft(1).dropRight(1), look[isChosen ? .cursor : .panel])
    }
  }

  /// A line being typed, moved so that the cursor is in sight.
  func drawLine(_ line: LineEditor, on canvas: inout Canvas, in area: CanvasArea, _ style: Style) {
    guard !area.isEmpty else { return }
    let before = ShownText(String(line.characters[..<line.position]))
    let after = ShownText(String(line.characters[line.position...]), limit: area.columns)
    let cut = before.cut(to: max(0, area.columns - 1), from: .start)
    let used = canvas.write(cut.string, in: area, style, cut: .silently)
    canvas.write(after.string, in: area.dropLeft(used), style)
    canvas.cursor = CanvasPoint(column: min(area.column + used, canvas.columns - 1), row: area.row)
  }

  private func draw(_ question: Confirmation, on canvas: inout Canvas) {
    let choices = question.choices.enumerated().map { place, choice in
      (key: String(choice.key), title: choice.title + (place == 0 ? " (Enter)" : ""))
    }
    let width = min(64, canvas.columns - 2)
    let lines = question.text.wrapped(columns: max(1, width - 4))
    let area = box(
      canvas.area.centred(columns: width, rows: lines.count + choices.count + 4), title: "Question", on: &canvas)
    var rest = area.dropTop(area.rows > lines.count + choices.count ? 1 : 0)
    for line in lines.prefix(max(1, rest.rows - choices.count)) {
      canvas.write(line, in: rest, look[.panel])
      rest = rest.dropTop(1)
    }
    if rest.rows > choices.count + 1 { rest = rest.dropTop(1) }
    for choice in choices {
      let used = canvas.write(choice.key, in: rest, look[.accent, on: .panel])
      canvas.write(choice.title, in: rest.dropLeft(used + 2), look[.panel])
      rest = rest.dropTop(1)
    }
  }

  private func draw(_ report: Report, on canvas: inout Canvas) {
    let room = Report.room(session)
    let lines = report.text.wrapped(columns: room.columns)
    let shown = lines.dropFirst(report.scroll).prefix(room.rows)
    let inner = box(
      canvas.area.centred(columns: room.columns + 4, rows: min(lines.count, room.rows) + 3), title: report.title,
      on: &canvas)
    let text = inner.dropTop(inner.rows > shown.count ? 1 : 0)
    for (row, line) in shown.enumerated() { canvas.write(line, in: text.dropTop(row).top(1), look[.panel]) }
  }

  private func draw(_ chooser: ThemeChooser, on canvas: inout Canvas, _ frame: ScreenFrame) {
    let labels = chooser.names.map { name in
      let theme = themes.first { $0.name == name }
      return (title: theme?.title ?? name, note: theme?.isLight == true ? "light" : "dark")
    }
    let widest = labels.map(\.title.columns).max() ?? 0
    let width = min(canvas.columns, max(28, widest + 13))
    // At the right, so that most of the screen shows how the theme looks.
    let side = frame.body.isEmpty ? canvas.area : frame.body
    let area = side.right(width).dropTop(side.rows > labels.count + 6 ? 1 : 0).top(labels.count + 4)
    var list = box(area, title: "Theme", on: &canvas)
    if list.rows > labels.count + 1 {
      canvas.write("Enter keep  Esc back", in: list.bottom(1), look[.faint, on: .panel])
      list = list.dropTop(1).dropBottom(list.rows > labels.count + 2 ? 2 : 1)
    }
    let rows = max(1, list.rows)
    let first = min(max(0, chooser.choice - rows / 2), max(0, labels.count - rows))
    for (row, label) in labels.enumerated().dropFirst(first).prefix(rows) {
      let line = list.dropTop(row - first).top(1)
      let ground: Look.Role = row == chooser.choice ? .cursor : .panel
      canvas.fill(line, look[ground])
      canvas.write(label.note, in: line.dropRight(1), look[.faint, on: ground], .right)
      canvas.write(label.title, in: line.dropLeft(1).dropRight(7), look[ground])
    }
  }
}

extension OverlayView {
  /// The help or the palette: a line to type in, and what it leaves.
  func draw(_ finder: CommandFinder, on canvas: inout Canvas, _ frame: ScreenFrame) {
    let side = frame.body.isEmpty ? canvas.area : frame.body
    let width = side.columns < 64 ? side.columns : min(96, side.columns - 4)
    let height = side.rows < 12 ? side.rows : min(side.rows - 2, max(8, finder.offers.count + 4))
    let area = side.centred(columns: width, rows: height)
    clear(area, on: &canvas)

    let head = area.top(1)
    canvas.fill(head, look[.input])
    let title = canvas.write(" \(finder.title)  ", in: head.left(area.columns / 2), look[.title, on: .input])
    let count = "\(finder.found.count) of \(finder.offers.count) "
    let countRoom = area.columns > 50 ? count.columns + 1 : 0
    let line = head.dropLeft(title).dropRight(countRoom)
    if finder.line.text.isEmpty, line.columns > 24 {
      canvas.write("type to find, Enter runs it", in: line, look[.faint, on: .input])
    }
    drawLine(finder.line, on: &canvas, in: line, look[.input])
    if countRoom > 0 { canvas.write(count, in: head, look[.faint, on: .input], .right) }

    let list = area.dropTop(area.rows > 8 ? 2 : 1).dropBottom(area.rows > 10 ? 1 : 0)
    guard !list.isEmpty else { return }
    if finder.found.isEmpty {
      canvas.write("nothing of that name", in: list.inset(columns: 1), look[.faint, on: .panel])
      return
    }
    let first = min(max(0, finder.choice - list.rows / 2), max(0, finder.found.count - list.rows))
    let table = finder.kind == .help ? Self.helpTable : Self.paletteTable
    let shown = finder.found.dropFirst(first).prefix(list.rows).map { texts(of: $0, finder.kind) }
    let places = table.places(in: list.columns - 2, texts: shown)
    for (row, offer) in finder.found.enumerated().dropFirst(first).prefix(list.rows) {
      let line = list.dropTop(row - first).top(1)
      let ground: Look.Role = row == finder.choice ? .cursor : .panel
      canvas.fill(line, look[ground])
      let texts = texts(of: offer, finder.kind)
      for place in places {
        let role: Look.Role =
          switch table.columns[place.index].title {
          case "key": .accent
          case "where": .faint
          default: ground
          }
        let cell = line.dropLeft(1 + place.offset).left(place.width)
        canvas.write(texts[place.index], in: cell, look[role, on: ground], table.columns[place.index].alignment)
      }
    }
  }

  private static let helpTable = Table([
    .init("key", least: 10, most: 18), .init("does", least: 12, most: 60), .init("where", .right, least: 9, rank: 1),
  ])

  private static let paletteTable = Table([
    .init("name", least: 12, most: 30), .init("does", least: 12, most: 60, rank: 3),
    .init("key", .right, least: 8, rank: 2), .init("where", .right, least: 9, rank: 1),
  ])

  private func texts(of offer: CommandFinder.Offer, _ kind: CommandFinder.Kind) -> [String] {
    let command = offer.command
    let place = offer.screen.map(\.title) ?? "anywhere"
    let keys = command.keys.map { $0.map(\.name).joined(separator: " ") }
    if kind == .help { return [keys.prefix(2).joined(separator: ", "), command.title, place] }
    return [offer.name, offer.title ?? command.title, offer.argument == nil ? keys.first ?? "" : "", place]
  }
}
