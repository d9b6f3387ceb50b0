import EngineWire

// The preview at the right.

extension FilesScreen {
  func drawSide(on canvas: inout Canvas, _ layout: FilesLayout, _ session: Session, _ look: Look) {
    canvas.fill(layout.side, look[.panel])
    let inner = layout.side.inset(columns: layout.side.columns >= 20 ? 1 : 0)
    guard let row, let entry = tree.entry(row) else { return }
    if layout.picture.row > layout.side.row {
      let role: Look.Role = pane == .preview ? .accent : .title
      canvas.write(entry.name, in: inner.top(1), look[role, on: .panel])
    }
    guard entry.kind == .picture else { return drawOther(entry, on: &canvas, in: layout.picture, look) }
    switch preview.outcome {
    case .shown(let shown): canvas.draw(picture(shown, session), in: layout.picture, look)
    case .failed(let reason):
      for (line, text) in reason.wrapped(columns: layout.picture.columns).prefix(layout.picture.rows).enumerated() {
        canvas.write(text, in: layout.picture.dropTop(line), look[.error, on: .panel])
      }
    case nil:
      canvas.write(
        session.isConnected ? "reading" : "no engine", in: layout.picture.dropTop(layout.picture.rows / 2),
        look[.faint, on: .panel], .centre)
    }
    for (line, fact) in facts(tree.path(of: row), entry, session).prefix(layout.facts.rows).enumerated() {
      canvas.write(fact.text, in: layout.facts.dropTop(line), look[fact.role, on: .panel])
    }
  }

  private func picture(_ shown: FilesPreview.Shown, _ session: Session) -> ShownPicture {
    var picture = ShownPicture(shown.pixels, region: shown.info.region, enlargement: nil)
    if let frame = session.framed {
      picture.outlines = [ShownPicture.Outline(rectangle: frame, role: .accent)]
    }
    return picture
  }

  private func drawOther(
    _ entry: FolderListing.Entry, on canvas: inout Canvas, in area: CanvasArea, _ look: Look
  ) {
    let text: String
    switch entry.kind {
    case .folder: text = "a folder: Enter goes in, l opens it here, Space marks all its pictures"
    case .other: text = "not a picture, \(Quantity.bytes(entry.bytes))"
    case .unreadable: text = "its name or kind cannot be told, so it cannot be opened"
    case .picture: text = ""
    }
    for (row, line) in text.wrapped(columns: area.columns).prefix(area.rows).enumerated() {
      canvas.write(line, in: area.dropTop(row), look[.faint, on: .panel])
    }
  }

  /// Lines below the picture, the most useful first.
  private func facts(
    _ path: String, _ entry: FolderListing.Entry, _ session: Session
  ) -> [(text: String, role: Look.Role)] {
    var lines: [(text: String, role: Look.Role)] = []
    switch details[path] {
    case .picture(let info):
      lines.append(
        ("\(info.width) x \(info.height), \(info.kindText), \(info.format) \(Quantity.bytes(info.bytes))", .text))
      if !info.carried.isEmpty { lines.append(("carries " + info.carried.joined(separator: ", "), .text)) }
    case .failed(let reason): lines.append((reason, .error))
    case nil: lines.append((Quantity.bytes(entry.bytes), .faint))
    }
    if let info = preview.shown?.info {
      let impression = PictureImpression(info)
      if let text = impression.text {
        lines.append((text, .faint))
        lines.append((impression.suggestion, impression.task == nil ? .faint : .accent))
      }
    }
    if let frame = session.framed {
      lines.append(("frame \(frame.width) x \(frame.height) at \(frame.x),\(frame.y): p restores it", .accent))
    } else if pane == .preview {
      lines.append(("hjkl moves a frame, + - its size, p restores it", .faint))
    }
    return lines
  }
}
