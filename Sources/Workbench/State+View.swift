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
    if look.isASCII { canvas.makeASCII() }
    return canvas
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
      canvas.write(notice.text, in: line, look[role, on: .bar])
      return
    }
    if isSmall {
      canvas.write(
        "\(canvas.columns)x\(canvas.rows) is small; made for 60x15 and up", in: line, look[.faint, on: .bar])
      return
    }
    // The way to all the rest always stands at the end.
    let rest: [Command] = [.help, .palette.called("", short: "commands")]
    let own = front.hints.filter { $0.short != nil && $0.keyName != nil }
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
