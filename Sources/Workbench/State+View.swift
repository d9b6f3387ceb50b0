extension State {
  /// The whole screen at the size of the last resize.
  public func view() -> Canvas {
    var canvas = Canvas(columns: session.columns, rows: session.rows, style: look[.text])
    let frame = ScreenFrame(columns: canvas.columns, rows: canvas.rows)
    if !frame.header.isEmpty {
      Header(session, retryTime: retryTime).draw(on: &canvas, in: frame.header, front: session.screen, look)
    }
    if !frame.body.isEmpty { front.draw(on: &canvas, in: frame.body, session, look) }
    drawFooter(on: &canvas, in: frame.footer, isSmall: frame.isSmall)
    if let overlay = session.overlay {
      let view = OverlayView(session: session, look: look, themes: themes)
      view.draw(overlay, on: &canvas, frame)
    }
    if case .picture(let picture) = session.overlay { drawFull(picture, on: &canvas) }
    if look.isASCII { canvas.makeASCII() }
    return canvas
  }

  private func drawFull(_ picture: FullPicture, on canvas: inout Canvas) {
    canvas.fill(canvas.area, look[.text])
    canvas.pictures = []
    let area = FullPicture.area(columns: canvas.columns, rows: canvas.rows)
    switch picture.outcome {
    case .shown(let shown): canvas.draw(ShownPicture(shown.pixels, region: shown.info.region), in: area, look)
    case .failed(let reason):
      for (row, line) in reason.wrapped(columns: area.columns).prefix(area.rows).enumerated() {
        canvas.write(line, in: area.dropTop(row), look[.error])
      }
    case nil: canvas.write("reading", in: area.dropTop(area.rows / 2), look[.faint], .centre)
    }
    if area.row > 0 {
      canvas.write(picture.path.shortened(to: canvas.columns - 10), in: canvas.area.top(1), look[.title])
    }
    canvas.write("Esc back", in: canvas.area.top(area.row), look[.faint], .right)
  }

  /// The notice if there is one, else the keys of the screen, as many as fit.
  private func drawFooter(on canvas: inout Canvas, in area: CanvasArea, isSmall: Bool) {
    canvas.fill(area, look[.bar])
    var line = area.inset(columns: area.columns > 2 ? 1 : 0)
    if !begun.isEmpty {
      let text = begun.map(\.name).joined(separator: " ") + " .."
      canvas.write(text, in: line, look[.accent, on: .bar], .right)
      line = line.dropRight(text.columns + 2)
    }
    if let notice = session.notice {
      let role: Look.Role =
        switch notice.kind {
        case .info: .bar
        case .warning: .warning
        case .error: .error
        }
      // What does not fit into one row takes a few of the screen's.
      let text = notice.text.columns > line.columns ? notice.text.reasonFirst : notice.text
      let lines = text.wrapped(columns: max(1, line.columns))
      let more = isSmall ? 0 : min(lines.count - 1, 2)
      guard more > 0 else {
        canvas.write(text, in: line, look[role, on: .bar])
        return
      }
      let box = CanvasArea(column: area.column, row: area.row - more, columns: area.columns, rows: more + 1)
      canvas.fill(box, look[.bar])
      canvas.pictures.removeAll { !$0.area.clipped(to: box).isEmpty }
      for (row, text) in lines.prefix(more + 1).enumerated() {
        let place = CanvasArea(column: line.column, row: box.row + row, columns: line.columns, rows: 1)
        canvas.write(row == more && lines.count > more + 1 ? text + " .." : text, in: place, look[role, on: .bar])
      }
      return
    }
    if isSmall {
      canvas.write(
        "\(canvas.columns)x\(canvas.rows) is small; made for 60x15 and up", in: line, look[.faint, on: .bar])
      return
    }
    // The way to all the rest always stands at the end.
    let rest: [Command] = [.help, .palette.called("", short: "commands")]
    let own = front.hints(session).filter { $0.short != nil && $0.keyName != nil }
    let restWidth = rest.reduce(0) { $0 + Self.hintColumns($1) }
    let room = line.columns - restWidth
    var used = 0
    for command in own {
      let width = Self.hintColumns(command)
      guard used + width <= room else { break }
      used += hint(command, on: &canvas, in: line.dropLeft(used))
    }
    for command in rest { used += hint(command, on: &canvas, in: line.dropLeft(used)) }
  }

  private static func hintColumns(_ command: Command) -> Int {
    (command.keyName?.columns ?? 0) + (command.short?.columns ?? 0) + 3
  }

  private func hint(_ command: Command, on canvas: inout Canvas, in area: CanvasArea) -> Int {
    guard let key = command.keyName, let short = command.short else { return 0 }
    let used = canvas.write(key, in: area, look[.barKey]) + 1
    canvas.write(short, in: area.dropLeft(used), look[.bar])
    return Self.hintColumns(command)
  }
}
