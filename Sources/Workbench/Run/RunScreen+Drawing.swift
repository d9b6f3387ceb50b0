import Base
import EngineWire

extension RunScreen {
  func draw(on canvas: inout Canvas, in area: CanvasArea, _ session: Session, _ look: Look) {
    let layout = layout(area, session)
    guard let shown = shown(session) else { return drawNothing(on: &canvas, in: area, session, look) }
    let figures = RunFigures(shown.job, shown.place, shown.picture, session)
    drawHead(figures, on: &canvas, in: layout.head, look)
    if figures.isTraining {
      drawTraining(figures, on: &canvas, layout, look)
      if !layout.queue.isEmpty { drawQueue(on: &canvas, layout, session, look) }
      if !layout.log.isEmpty { drawLog(on: &canvas, in: layout.log, session, look) }
      return
    }
    if !layout.picture.isEmpty { drawPicture(shown, on: &canvas, in: layout.picture, session, look) }
    if layout.isWhole {
      canvas.fill(layout.tiles, look[.panel])
      canvas.fill(layout.queue, look[.panel])
      if let shards = ShardView(shown.job) {
        drawShards(shards, on: &canvas, in: layout.tiles.inset(columns: 1), look)
      } else {
        drawTiles(figures, on: &canvas, in: layout.tiles.inset(columns: 1), look)
      }
    } else if !layout.tiles.isEmpty {
      drawFigureLines(figures, on: &canvas, in: layout.tiles, look)
    }
    if !layout.queue.isEmpty { drawQueue(on: &canvas, layout, session, look) }
    if !layout.log.isEmpty { drawLog(on: &canvas, in: layout.log, session, look) }
  }

  private func drawNothing(on canvas: inout Canvas, in area: CanvasArea, _ session: Session, _ look: Look) {
    let text =
      session.isConnected ? "nothing is queued: 1 marks pictures, 2 plans, r there runs" : "waiting for the engine"
    for (row, line) in text.wrapped(columns: max(1, area.columns - 4)).enumerated() {
      canvas.write(
        line, in: area.dropTop(min(1, area.rows - 1) + row).inset(columns: area.columns > 20 ? 2 : 0), look[.faint])
    }
  }

  private func drawHead(_ figures: RunFigures, on canvas: inout Canvas, in area: CanvasArea, _ look: Look) {
    let line = area.top(1).inset(columns: area.columns > 20 ? 1 : 0)
    let state = figures.state
    let used = canvas.write(state, in: line, look[figures.stateRole], .right)
    let room = line.dropRight(used + 2)
    let name = canvas.write(figures.name, in: room, look[.title])
    canvas.write(figures.settings, in: room.dropLeft(name + 2), look[.faint])
    guard area.rows > 1 else { return }
    if let shards = ShardView(figures.job) {
      let stands = figures.job.state == .paused || figures.job.state == .waiting ? figures.job.reason : nil
      canvas.drawMeter(shards.fraction, stands ?? shards.meterText(isWhole: area.rows <= 2), in: area.dropTop(1), look)
    } else {
      canvas.drawMeter(figures.fraction, figures.meterText, in: area.dropTop(1), look)
    }
    guard area.rows > 2 else { return }
    canvas.drawMeter(figures.whole.estimate.fraction, "job: " + figures.whole.text, in: area.dropTop(2), look)
  }

  private func drawPicture(
    _ shown: (job: JobInfo, place: Int, picture: PictureProgress), on canvas: inout Canvas, in area: CanvasArea,
    _ session: Session, _ look: Look
  ) {
    if shown.picture.state == .failed, !showsBefore, let reason = shown.picture.reason {
      let text = reason.reason(at: [shown.picture.input, shown.picture.output])
      let ways = shown.job.isEnded ? "\n\nR tries again; e changes the settings first" : ""
      let lines = (text + ways).wrapped(columns: max(1, area.columns - 4))
      let count = text.wrapped(columns: max(1, area.columns - 4)).count
      for (row, line) in lines.prefix(area.rows).enumerated() {
        let place = area.dropTop(row).inset(columns: area.columns > 20 ? 2 : 0)
        canvas.write(line, in: place, look[row < count ? .error : .faint])
      }
      return
    }
    switch showsBefore ? before.outcome : preview.outcome {
    case .shown(let view):
      var picture = ShownPicture(view.pixels, region: view.info.region)
      if let running = runningTile(shown, view.info, session) {
        picture.outlines = [ShownPicture.Outline(rectangle: running, role: .accent)]
      }
      canvas.draw(picture, in: area, look)
      if !showsBefore, let texts = RunFigures(shown.job, shown.place, shown.picture, session).networkTexts,
        let text = texts.first(where: { $0.columns + 2 <= area.columns }) ?? texts.last
      {
        canvas.write(" \(text) ", in: area.bottom(1), look[.barActive])
      }
      if showsBefore { canvas.write(" before ", in: area.top(1), look[.barActive]) }
    case .failed(let reason):
      for (row, line) in reason.wrapped(columns: max(1, area.columns - 4)).prefix(area.rows).enumerated() {
        canvas.write(line, in: area.dropTop(row).inset(columns: area.columns > 20 ? 2 : 0), look[.error])
      }
    case nil: canvas.write("reading", in: area.dropTop(area.rows / 2), look[.faint], .centre)
    }
  }

  /// In the pixels of the picture that is shown, which may be an enlarged one.
  private func runningTile(
    _ shown: (job: JobInfo, place: Int, picture: PictureProgress), _ info: PixelsInfo, _ session: Session
  ) -> Rectangle? {
    let picture = shown.picture
    guard !showsBefore, picture.state == .running, picture.width > 0, picture.height > 0 else { return nil }
    let tiles = RunTiles(picture, session.tiles[PictureKey(job: shown.job.id, picture: shown.place)])
    guard let running = tiles.running, picture.tiles.indices.contains(running) else { return nil }
    let tile = picture.tiles[running]
    func scaled(_ value: Int, _ to: Int, _ from: Int) -> Int { Int(Double(value) * Double(to) / Double(from)) }
    return Rectangle(
      x: scaled(tile.x, info.pictureWidth, picture.width), y: scaled(tile.y, info.pictureHeight, picture.height),
      width: max(1, scaled(tile.width, info.pictureWidth, picture.width)),
      height: max(1, scaled(tile.height, info.pictureHeight, picture.height)))
  }

  /// The last lines of the log that tell of the job, or all where none does.
  func logLines(_ session: Session) -> [LogLine] {
    guard let shown = shown(session) else { return session.log }
    let name = shown.job.name(of: shown.picture)
    // What stands above already, and that there is an engine, need not be told once more.
    let reasons = [shown.picture.reason, shown.job.reason].compactMap {
      $0?.reason(at: [shown.picture.input, shown.picture.output])
    }
    let lines = session.log.filter { line in
      !line.text.hasPrefix("connected to engine") && !reasons.contains { line.text.contains($0) }
    }
    let own = lines.filter { $0.text.contains(shown.job.id) || (!name.isEmpty && $0.text.contains(name)) }
    // What begins with a path tells of another picture.
    return own.isEmpty ? lines.filter { !$0.text.hasPrefix("/") } : own
  }

  private func drawLog(on canvas: inout Canvas, in area: CanvasArea, _ session: Session, _ look: Look) {
    let lines = logLines(session)
    let hasFocus = pane == .log && area.row > 4
    if hasFocus { canvas.fill(area, look[.bar]) }
    let ground: Look.Role = hasFocus ? .bar : .text
    let scroll = min(logScroll, max(0, lines.count - area.rows))
    for (row, line) in lines.dropLast(scroll).suffix(area.rows).enumerated() {
      let role: Look.Role = line.level == .error ? .error : line.level == .warning ? .warning : .faint
      canvas.write(line.text, in: area.dropTop(row).inset(columns: area.columns > 20 ? 1 : 0), look[role, on: ground])
    }
    if scroll > 0 { canvas.write(" \(scroll) more ", in: area.bottom(1).right(12), look[.bar], .right) }
  }
}

/// Where the parts of the run screen stand: all of them where there is room, else the one that has the focus.
struct RunLayout: Hashable, Sendable {
  static let twoColumns = 72
  static let fullRows = 17

  /// Name and state of the picture, and how far it is.
  let head: CanvasArea
  let picture: CanvasArea
  /// Tiles and figures.
  let tiles: CanvasArea
  let queue: CanvasArea
  let log: CanvasArea
  let isWhole: Bool

  /// - Parameters:
  ///   - tileRows: rows of tiles that there are to show; 0 where there are none.
  ///   - isTraining: curves stand in place of the tiles.
  ///   - hasJob: the job has a meter of its own below that of the picture.
  init(
    _ area: CanvasArea, tileRows: Int, pane: RunScreen.Pane, isTraining: Bool = false, hasJob: Bool = false
  ) {
    isWhole = area.columns >= Self.twoColumns && area.rows >= Self.fullRows
    head = area.top(area.rows >= 9 && hasJob ? 3 : area.rows >= 5 ? 2 : area.rows >= 2 ? 1 : 0)
    let rest = area.dropTop(head.rows)
    guard isWhole else {
      queue = pane == .queue ? rest : rest.top(0)
      log = pane == .log ? rest : rest.top(0)
      // The picture, with its figures in a line or two below.
      let figures = pane == .picture && rest.rows >= 6 ? 2 : 0
      picture = pane == .picture ? rest.dropBottom(figures) : rest.top(0)
      tiles = pane == .picture ? rest.bottom(figures) : rest.top(0)
      return
    }
    log = rest.bottom(rest.rows >= 34 ? 6 : rest.rows >= 20 ? 3 : 2)
    let middle = rest.dropBottom(log.rows)
    let side = min(max(34, area.columns * 2 / 5), 76)
    picture = middle.dropRight(side)
    let right = middle.right(side)
    // Tiles, their counts, two lines of figures and a blank one; larger tiles where there is room.
    let wanted = min(tileRows, 16) * (right.rows >= 30 ? 3 : right.rows >= 24 ? 2 : 1) + 4
    tiles = right.top(isTraining ? max(right.rows - 12, right.rows * 2 / 3) : min(max(7, wanted), right.rows * 11 / 20))
    queue = right.dropTop(tiles.rows)
  }

  /// Rows of the queue below its head.
  var queueRows: Int { max(1, queue.rows - (queue.rows >= 3 ? 1 : 0)) }
}
