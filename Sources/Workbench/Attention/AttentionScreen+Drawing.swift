import Base
import EngineWire

extension AttentionScreen {
  func draw(on canvas: inout Canvas, in area: CanvasArea, _ session: Session, _ look: Look) {
    let layout = layout(area)
    canvas.write(heading(session), in: layout.heading.inset(columns: area.columns > 20 ? 1 : 0), look[.title])
    guard path != nil, problem == nil || map != nil else {
      return drawText(page(session), on: &canvas, in: layout.panes[0], look)
    }
    if layout.panes.count == 2 {
      let isPair = second == .halfScale
      drawPicture(
        map, withMap: arrangement != .beside || isPair, near: firstRegion, on: &canvas, in: layout.panes[0], look)
      if isPair && map != nil { canvas.write(" full scale ", in: layout.panes[0].top(1), look[.barActive]) }
      drawSecond(on: &canvas, in: layout.panes[1], session, look)
    } else {
      drawPicture(map, withMap: true, near: firstRegion, on: &canvas, in: layout.panes[0], look)
    }
    drawScale(on: &canvas, in: layout.scale, look)
    let found = second == .analysis ? analysisLines(columns: layout.numbers.columns) : []
    let lines = found.isEmpty ? numberLines(session, isWide: layout.isWide) : found
    for (row, line) in lines.prefix(layout.numbers.rows).enumerated() {
      canvas.write(line.text, in: layout.numbers.dropTop(row), look[line.role])
    }
  }

  /// `harbour-01.png (212, 148)  stage 2 block 3 head mean  stripe, shifted, 64 x 128`
  func heading(_ session: Session) -> String {
    guard let path else { return "Attention: what the network looks at" }
    var parts = [path.lastPathPart]
    if let query { parts[0] += " (\(query.x), \(query.y))" }
    parts.append("stage \(stage)  block \(block)  head \(head.map { String($0) } ?? "mean")")
    parts.append(kindText)
    if !hasBias { parts.append("without bias") }
    if !hasTemperature { parts.append("without temperature") }
    return parts.joined(separator: "  ")
  }

  private var kindText: String {
    let names = ["anchors": "query to anchors", "gather": "anchor to pixels"]
    guard let info = map?.info, info.order.kind == kind else { return names[kind] ?? kind }
    let shape = "\(info.columns) x \(info.rows)" + (kind == "anchors" ? " anchors" : "")
    let isSquare = kind == "stripe" && info.rows == info.columns
    return "\(isSquare ? "square " : "")\(names[kind] ?? kind)\(info.isShifted ? ", shifted" : ""), \(shape)"
  }

  /// What is said in place of a map.
  private func page(_ session: Session) -> [(String, Look.Role)] {
    if path == nil {
      return [
        ("No picture is chosen: put the cursor on one on screen 1, then come back.", .text),
        ("Here you see, for one pixel, which others the network takes its answer from.", .faint),
      ]
    }
    if let problem {
      return [(problem, .error), ("Enter asks again; screen 2 chooses task and model.", .faint)]
    }
    return []
  }

  private func drawText(
    _ page: [(String, Look.Role)], on canvas: inout Canvas, in area: CanvasArea, _ look: Look
  ) {
    var rest = area.inset(columns: area.columns > 20 ? 2 : 0).dropTop(area.rows > 6 ? 1 : 0)
    for (text, role) in page {
      for line in text.wrapped(columns: max(1, rest.columns)) {
        canvas.write(line, in: rest, look[role])
        rest = rest.dropTop(1)
      }
    }
  }

  private func say(_ text: String, on canvas: inout Canvas, in area: CanvasArea, _ look: Look) {
    canvas.write(text, in: area.dropTop(area.rows / 2), look[.faint], .centre)
  }

  // MARK: Pictures

  private func drawPicture(
    _ shown: ShownAttention?, withMap: Bool, near: Rectangle? = nil, on canvas: inout Canvas, in area: CanvasArea,
    _ look: Look
  ) {
    guard let region = near ?? region else { return say("reading", on: &canvas, in: area, look) }
    var ground: PixelBlock?
    if case .shown(let view) = backdrop(region), view.info.region == region { ground = view.pixels }
    if case .failed(let reason) = backdrop(region) { return drawText([(reason, .error)], on: &canvas, in: area, look) }
    let room = look.pixels(in: area)
    let (width, height) = Fit.filled(region.width, region.height, within: room)
    let pixels: PixelBlock
    if withMap, let shown {
      pixels = shown.pixels(
        of: region, width: width, height: height, over: arrangement == .alone ? nil : ground, look)
    } else if let ground {
      pixels = ground
    } else {
      return say("reading", on: &canvas, in: area, look)
    }
    var picture = ShownPicture(pixels, region: region)
    if let info = shown?.info, !info.order.isHalfScale {
      if info.order.kind != "window" {
        picture.outlines += info.window.map { ShownPicture.Outline(rectangle: $0, role: .good, isAround: true) }
      }
      picture.outlines += info.parts.map { ShownPicture.Outline(rectangle: $0, role: .accent, isAround: true) }
    }
    let placement = canvas.draw(picture, in: area, look)
    drawCursor(
      region, placement, on: &canvas, look,
      at: shown.flatMap { $0 == map ? nil : ($0.info.order.x, $0.info.order.y) } ?? query)
  }

  /// A cross of one cell: a sign that is found on any picture.
  func drawCursor(
    _ region: Rectangle, _ placement: PicturePlacement, on canvas: inout Canvas, _ look: Look,
    at place: (x: Int, y: Int)?
  ) {
    guard let place, !placement.area.isEmpty, region.width > 0, region.height > 0 else { return }
    let column =
      placement.area.column
      + Int((Double(place.x - region.x) + 0.5) / Double(region.width) * Double(placement.area.columns))
    let row =
      placement.area.row
      + Int((Double(place.y - region.y) + 0.5) / Double(region.height) * Double(placement.area.rows))
    guard placement.area.contains(column: column, row: row) else { return }
    canvas.set(column, row, "+", look[.cursor])
  }

  private func drawSecond(on canvas: inout Canvas, in area: CanvasArea, _ session: Session, _ look: Look) {
    switch second {
    case .map: drawMap(map, on: &canvas, in: area, look, waiting: waitingText(session))
    case .pinned:
      drawMap(pinned, on: &canvas, in: area, look, waiting: "")
      if let info = pinned?.info {
        canvas.write(" kept: (\(info.order.x), \(info.order.y)) ", in: area.top(1), look[.barActive])
      }
    case .halfScale:
      drawHalf(on: &canvas, in: area, look)
    case .overview: drawOverview(on: &canvas, in: area, look)
    case .analysis: drawAnalysis(on: &canvas, in: area, session, look)
    }
  }

  private func waitingText(_ session: Session) -> String {
    if !hasBegun { return "Enter looks into the network" }
    return session.isConnected ? "the network is at work" : "no engine"
  }

  private func drawMap(
    _ shown: ShownAttention?, on canvas: inout Canvas, in area: CanvasArea, _ look: Look, waiting: String
  ) {
    guard let shown else { return say(waiting, on: &canvas, in: area, look) }
    drawPicture(shown, withMap: true, near: mapRegion(shown), on: &canvas, in: area, look)
  }

  private func drawHalf(on canvas: inout Canvas, in area: CanvasArea, _ look: Look) {
    guard let half, let small = halfRegion, half.info.order.isHalfScale else {
      return say("the network is at work", on: &canvas, in: area, look)
    }
    var ground: PixelBlock?
    let twice = Rectangle(x: 2 * small.x, y: 2 * small.y, width: 2 * small.width, height: 2 * small.height)
    if arrangement != .alone, case .shown(let view) = backdrop(twice) { ground = view.pixels }
    let room = look.pixels(in: area)
    let (width, height) = Fit.filled(small.width, small.height, within: room)
    let pixels = half.pixels(of: small, width: width, height: height, over: ground, look)
    let placement = canvas.draw(
      ShownPicture(
        pixels, region: small,
        outlines: half.info.parts.map { ShownPicture.Outline(rectangle: $0, role: .accent, isAround: true) }),
      in: area, look)
    drawCursor(small, placement, on: &canvas, look, at: (half.info.order.x / 2, half.info.order.y / 2))
    let text = half.info.correlation.map { " half scale: correlation \(Quantity.decimal($0, 3)) " }
    canvas.write(text ?? " half scale: nothing is seen at both ", in: area.top(1), look[.barActive])
  }

  /// Rows of heads, columns of blocks, stage by stage; a cell's colour is the chosen figure.
  private func drawOverview(on canvas: inout Canvas, in area: CanvasArea, _ look: Look) {
    guard let summary, !summary.entries.isEmpty else {
      return say(hasBegun ? "the network is at work" : "Enter looks into the network", on: &canvas, in: area, look)
    }
    canvas.write(shownFigure.title + "; f next", in: area.top(1), look[.faint])
    let depths = summary.network.depths
    let count = depths.reduce(0, +)
    let names = 5
    let width = min(12, max(1, (area.columns - names - depths.count) / max(1, count)))
    let heads = summary.network.windowHeads + summary.network.stripeHeads
    let height = min(6, max(1, (area.rows - 2) / max(1, heads)))
    let largest = summary.entries.map(\.figures.meanDistance).max() ?? 1
    var column = area.column + names
    for (number, depth) in depths.enumerated() {
      canvas.write("s\(number)", column: column, row: area.row + 1, width: max(1, depth * width), look[.faint])
      for place in 0..<depth {
        let entries = summary.entries.filter { $0.stage == number && $0.block == place }
        for (line, entry) in entries.enumerated() where (line + 1) * height + 2 <= area.rows {
          let row = area.row + 2 + line * height
          if number == 0 && place == 0 {
            canvas.write(
              "\(entry.kind.prefix(1)) \(entry.head)", column: area.column, row: row, width: names, look[.faint])
          }
          let share = shownFigure.share(entry.figures, largestDistance: largest)
          let isHere =
            number == stage && place == block && (entry.kind == "window") == (kind == "window")
            && (head == nil || head == entry.head)
          let colour = look.heat(share)
          let digit = "\(min(9, max(0, Int(share * 10))))"
          let text = colour == .standard ? digit : isHere ? "+" : " "
          for cell in 0..<width where column + cell < area.endColumn {
            let style =
              colour == .standard
              ? look[isHere ? .cursor : .text] : Style(share > 0.6 ? RGB(0).colour : RGB(0xffffff).colour, on: colour)
            for part in 0..<height {
              canvas.set(column + cell, row + part, cell == 0 && part == 0 ? Character(text) : " ", style)
            }
          }
        }
        column += width
      }
      column += 1
    }
  }

  /// What the colours stand for, from least to most, and what the lines are.
  private func drawScale(on canvas: inout Canvas, in area: CanvasArea, _ look: Look) {
    guard !area.isEmpty else { return }
    if second == .analysis { return drawScale(of: analysisScale(look), on: &canvas, in: area, look) }
    guard let info = map?.info else { return }
    let isOverview = second == .overview && summary != nil
    let (least, most): (String, String)
    if isOverview, let summary {
      let largest = summary.entries.map(\.figures.meanDistance).max() ?? 0
      (least, most) =
        shownFigure == .distance
        ? ("0", "\(Quantity.decimal(largest, 0)) px") : shownFigure == .anisotropy ? ("-1", "1") : ("0", "100 %")
    } else {
      (least, most) = ("0", "\(Quantity.decimal(info.largest * 100, 1)) % of the answer, by its root")
    }
    let bar = 16
    var used = canvas.write(least + " ", in: area, look[.faint])
    if look.heat(0) == .standard {
      used += canvas.write(
        String((0..<bar).map { Character("\($0 * 10 / bar)") }), in: area.dropLeft(used), look[.text])
    } else {
      for step in 0..<min(bar, max(0, area.columns - used)) {
        let colour = look.heat((Double(step) + 0.5) / Double(bar))
        canvas.set(area.column + used + step, area.row, " ", Style(.standard, on: colour))
      }
      used += bar
    }
    used += canvas.write(" " + most, in: area.dropLeft(used), look[.faint]) + 2
    guard !isOverview else { return }
    var pieces: [(String, Style)] = [("+", look[.cursor]), (" query  ", look[.faint])]
    pieces += [("cell", look[.accent]), ("  ", look[.faint])]
    if info.order.kind != "window" { pieces.append(("window", look[.good])) }
    canvas.write(pieces, in: area.dropLeft(used))
  }

  private func drawScale(
    of scale: (least: String, most: String, colour: (Double) -> RGB)?, on canvas: inout Canvas, in area: CanvasArea,
    _ look: Look
  ) {
    guard let scale else { return }
    let bar = 16
    var used = canvas.write(scale.least + " ", in: area, look[.faint])
    guard look.heat(0) != .standard else {
      canvas.write("to " + scale.most, in: area.dropLeft(used), look[.faint])
      return
    }
    for step in 0..<min(bar, max(0, area.columns - used)) {
      let colour = scale.colour((Double(step) + 0.5) / Double(bar))
      canvas.set(area.column + used + step, area.row, " ", Style(.standard, on: colour.colour))
    }
    used += bar
    canvas.write(" " + scale.most, in: area.dropLeft(used), look[.faint])
  }

  // MARK: Numbers

  func numberLines(_ session: Session, isWide: Bool) -> [(text: String, role: Look.Role)] {
    guard let info = map?.info else {
      return [
        (hasBegun ? "the first query of a tile takes one forward pass" : "hjkl moves the query, Enter looks", .faint)
      ]
    }
    let (figures, kept) = (info.figures, second == .pinned ? pinned?.info.figures : nil)
    func percent(_ share: Double) -> String { Quantity.decimal(share * 100, 1) + " %" }
    func line(_ name: String, _ text: (AttentionFigures) -> String) -> (String, Look.Role) {
      let padded = name + String(repeating: " ", count: max(1, 15 - name.count))
      return (padded + text(figures) + (kept.map { "  (kept: \(text($0)))" } ?? ""), .text)
    }
    let time = Quantity.decimal(info.seconds * 1000, 0) + " ms" + (info.isNewPass ? ", a forward pass" : "")
    let keys = figures.topKeys.prefix(isWide ? 5 : 3).map { "(\($0.x), \($0.y)) \(percent($0.share))" }
    var lines = [
      line("entropy") { "\(Quantity.decimal($0.entropyBits, 2)) of \(Quantity.decimal($0.entropyLimitBits, 1)) bit" },
      line("mean distance") {
        "\(Quantity.decimal($0.meanDistance, 1)) px, 90 % in \(Quantity.decimal($0.radius90, 0))"
      },
      line("inside window") { percent($0.massInWindow) },
      line("anisotropy") {
        "\(Quantity.decimal($0.anisotropy, 2)), cell \(Quantity.decimal($0.anisotropyOfCell, 2))"
      },
    ]
    if isWide {
      lines.append(("", .text))
      lines.append(("top keys", .faint))
      lines += keys.map { ("  " + $0, .text) }
      lines.append(("", .text))
      lines.append(("largest \(percent(info.largest))", .faint))
      if kind == "stripe", info.rows == info.columns { lines.append(("this model's stripes are squares", .faint)) }
      if figures.massOnPadding > 0.0005 { lines.append(("on padding \(percent(figures.massOnPadding))", .faint)) }
    } else {
      lines.append(("top keys       " + keys.joined(separator: "  "), .text))
    }
    lines.append((problem ?? time, problem == nil ? .faint : .error))
    return lines
  }

  func plainLines(_ session: Session) -> [String] {
    guard path != nil, problem == nil || map != nil else { return page(session).map(\.0) }
    if second == .analysis { return analysisPlainLines() + [heading(session)] }
    var lines = numberLines(session, isWide: true).map(\.text).filter { !$0.isEmpty }
    if second == .overview, let summary {
      lines += summary.entries.map {
        "stage \($0.stage) block \($0.block) \($0.kind) head \($0.head): entropy \(Quantity.decimal($0.figures.entropyBits, 2)) bit, "
          + "distance \(Quantity.decimal($0.figures.meanDistance, 1)) px"
      }
    }
    return lines + [heading(session)]
  }
}
