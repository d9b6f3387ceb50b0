extension State {
  /// The whole screen at the size of the last resize.
  public func view() -> Canvas {
    var canvas = Canvas(columns: session.columns, rows: session.rows, style: look[.text])
    let frame = ScreenFrame(columns: canvas.columns, rows: canvas.rows)
    drawHeader(on: &canvas, in: frame.header)
    if !frame.body.isEmpty { front.draw(on: &canvas, in: frame.body, session, look) }
    drawFooter(on: &canvas, in: frame.footer)
    drawOverlay(on: &canvas, frame)
    if look.isASCII { canvas.makeASCII() }
    return canvas
  }

  private func drawHeader(on canvas: inout Canvas, in area: CanvasArea) {
    canvas.fill(area, look[.bar])
    let state = linkText
    let room = area.dropRight(state.columns + 2)
    var used = canvas.write(" GRL ", in: room, look[.title, on: .bar])
    for screen in ScreenID.allCases {
      let isFront = screen == session.screen
      let text = " \(screen.rawValue) \(screen.title) "
      used += canvas.write(text, in: room.dropLeft(used), isFront ? look[.barActive] : look[.bar])
    }
    canvas.write(state, in: area.dropRight(1), look[.bar], .right)
  }

  private var linkText: String {
    switch session.link {
    case .connecting(let what): what
    case .lost(let reason, _): "engine lost: \(reason)"
    case .connected(let info): session.jobs.contains { $0.state == .running } ? "running" : "idle, \(info.threadCount) cores"
    }
  }

  private func drawFooter(on canvas: inout Canvas, in area: CanvasArea) {
    canvas.fill(area, look[.bar])
    let line = area.dropLeft(1)
    if let notice = session.notice {
      let role: Look.Role = switch notice.kind {
      case .info: .bar
      case .warning: .warning
      case .error: .error
      }
      canvas.write(notice.text, in: line, look[role, on: .bar])
      return
    }
    var used = 0
    for command in type(of: front).commands + [.help] {
      guard let key = command.keyName, let short = command.short else { continue }
      guard used + key.columns + short.columns + 3 <= line.columns else { break }
      used += canvas.write(key, in: line.dropLeft(used), look[.barKey]) + 1
      used += canvas.write(short, in: line.dropLeft(used), look[.bar]) + 2
    }
  }

  private func drawOverlay(on canvas: inout Canvas, _ frame: ScreenFrame) {
    switch session.overlay {
    case nil: break
    case .prompt(let prompt):
      canvas.fill(frame.footer, look[.input])
      let used = canvas.write(" \(prompt.title): ", in: frame.footer, look[.accent, on: .input])
      let rest = frame.footer.dropLeft(used)
      let written = canvas.write(prompt.line.text, in: rest, look[.input], cut: .start)
      canvas.cursor = CanvasPoint(column: min(rest.column + written, canvas.columns - 1), row: rest.row)
    case .question(let question):
      canvas.fill(frame.footer, look[.input])
      let choices = question.choices.map { "\($0.key) \($0.title)" }.joined(separator: "  ")
      canvas.write(" \(question.text)  \(choices)", in: frame.footer, look[.input])
    case .report(let title, let lines):
      let box = frame.body.centred(columns: frame.body.columns - 4, rows: lines.count + 2)
      canvas.fill(box, look[.panel])
      canvas.write(title, in: box.inset(columns: 1), look[.title, on: .panel])
      for (row, line) in lines.enumerated() { canvas.write(line, in: box.inset(columns: 1).dropTop(row + 1), look[.panel]) }
    }
  }
}
