import Base
import EngineWire
import Foundation

/// What the second pane of screen 4 shows beyond rows of weights: a list of analyses, then what the chosen one found.
struct AnalysisPane: Sendable {
  enum Phase: Sendable {
    case choosing
    case running(since: Double)
    case shown(AnalysisReport)
    case failed(String)
  }

  /// In the order of the list: what a forward pass or two answer first.
  static let kinds: [AnalysisKind] = [
    .maps, .spectrum, .heads, .crossScale, .features, .region, .models, .attribution, .field, .rollout, .effect,
  ]
  static let purpose = Purpose.other("analysis")

  var phase = Phase.choosing
  var cursor = 0
  /// What was asked last.
  var order: AnalysisOrder?
  var mapNumber = 0

  var kind: AnalysisKind { Self.kinds[cursor] }
  var isRunning: Bool { if case .running = phase { true } else { false } }
  var isChoosing: Bool { if case .choosing = phase { true } else { false } }
  var report: AnalysisReport? { if case .shown(let report) = phase { report } else { nil } }
  var map: PlaneMap? { report.flatMap { $0.maps.isEmpty ? nil : $0.maps[mapNumber % $0.maps.count] } }

  mutating func receive(_ reply: Reply, _ body: [UInt8]) {
    switch reply {
    case .analysis(let report):
      guard let filled = report.filled(by: body) else {
        return phase = .failed("the engine's answer does not hold the numbers it tells of")
      }
      phase = .shown(filled)
    case .failure(let failure) where failure.kind == .cancelled: phase = .choosing
    case .failure(let failure): phase = .failed(PlanWords.text(failure.message))
    default: phase = .failed("the engine did not answer with an analysis")
    }
  }
}

// MARK: Keys

extension AttentionScreen {
  static let analyses = Command(
    "analyses", "what more can be found out: maps, anchors, heads, features", short: "find out", "i")

  /// What the footer offers while the list is open.
  static let choosingHints: [Command] = [
    .open.called("", short: "find out"), .up.called("", short: "up"), .down.called("", short: "down"),
    .escape.called("", short: "back"),
  ]

  /// Does what means something else while the pane is open; false for what means the same as ever.
  mutating func performAnalysis(_ command: Command, _ session: inout Session) -> Bool {
    let last = AnalysisPane.kinds.count - 1
    switch command {
    case Self.analyses where second != .analysis:
      second = .analysis
      if !analysis.isRunning { analysis.phase = .choosing }
    case Self.analyses where !analysis.isRunning: analysis.phase = .choosing
    case _ where second != .analysis: return false
    case .escape:
      if analysis.isRunning {
        session.forget(.attention, AnalysisPane.purpose)
        session.ask(.stopTrying, for: .attention, .control)
        analysis.phase = .choosing
      } else if analysis.isChoosing {
        second = .map
      } else {
        analysis.phase = .choosing
      }
    case .open where analysis.kind == .models: askForSecond(&session)
    case .open: find(&session)
    case .up where analysis.isChoosing: analysis.cursor = max(0, analysis.cursor - 1)
    case .down where analysis.isChoosing: analysis.cursor = min(last, analysis.cursor + 1)
    case .top where analysis.isChoosing: analysis.cursor = 0
    case .bottom where analysis.isChoosing: analysis.cursor = last
    case Self.figure where analysis.report != nil: analysis.mapNumber += 1
    default: return false
    }
    return true
  }

  /// Asks what the model is compared with: proposed is another installed one for the task.
  private mutating func askForSecond(_ session: inout Session) {
    guard !analysis.isRunning else { return }
    let task = PlanScreen.request(session).task
    let names = session.models.filter { $0.task == task }.map(\.name)
    session.prompt(
      "compare with (model, file or side of a tile)", tag: Self.secondTag, for: .attention,
      text: names.first { $0 != network?.model } ?? "", completion: .words(names), replaces: true)
  }

  static let secondTag = "second"

  /// - Parameter second: `models`: the name or file of a model, or the side of a tile.
  mutating func find(_ session: inout Session, second: String? = nil) {
    guard session.isConnected else { return session.say("there is no engine to ask", .warning) }
    guard let path, let query, let picture else { return session.say("choose a picture on screen 1 first", .warning) }
    guard !analysis.isRunning else { return }
    var order = AnalysisOrder(analysis.kind, x: query.x, y: query.y, stage: stage, block: block)
    (order.head, order.isOfWindow) = (head, kind == "window")
    (order.hasBias, order.hasTemperature) = (hasBias, hasTemperature)
    order.tellsProgress = true
    if order.kind == .region { order.region = zoom == nil ? Self.surroundings(query, in: picture) : region }
    if let second { (order.other, order.otherTile) = Int(second) == nil ? (second, nil) : (nil, second) }
    session.analysing = nil
    if analysis.order?.kind != order.kind { analysis.mapNumber = 0 }
    (analysis.order, analysis.phase) = (order, .running(since: session.time))
    session.ask(
      .analysis(PlanScreen.request(session), path: path, order), for: .attention, AnalysisPane.purpose)
  }

  /// What stands for a region where the whole picture is shown: a square of 32 pixels around the query.
  private static func surroundings(_ query: (x: Int, y: Int), in picture: PictureInfo) -> Rectangle {
    let (width, height) = (min(32, picture.width), min(32, picture.height))
    return Rectangle(
      x: min(max(0, query.x - width / 2), picture.width - width),
      y: min(max(0, query.y - height / 2), picture.height - height), width: width, height: height)
  }

  /// The question was lost with the engine.
  mutating func noticeLoss(_ session: Session) {
    guard analysis.isRunning, !session.isAsking(.attention, AnalysisPane.purpose) else { return }
    analysis.phase = .failed("the engine was lost while it worked on this; Enter asks again")
  }

  /// Words of `grl attention` behind the picture and the plan's options, and the file's name.
  func exported(_ order: AnalysisOrder, of path: String) -> (words: [String], file: String) {
    let (x, y) = (order.x ?? 0, order.y ?? 0)
    var words = ["--at", "\(x),\(y)", "--kind", order.kind.rawValue]
    func add(_ option: String, _ value: Int?) { if let value { words += [option, "\(value)"] } }
    add("--stage", order.stage)
    add("--block", order.block)
    add("--head", order.head)
    if !order.hasBias { words.append("--no-bias") }
    if !order.hasTemperature { words.append("--no-temperature") }
    if order.isOfWindow { words += ["--part", "window"] }
    if let region = order.region { words += ["--region", "\(region.x),\(region.y),\(region.width),\(region.height)"] }
    if let other = order.other { words += ["--against", other] }
    if let tile = order.otherTile { words += ["--against-tile", tile] }
    return (words, "\(exportStem(path))_\(order.kind.rawValue)_\(x)-\(y)")
  }
}

// MARK: Drawing

extension AttentionScreen {
  func drawAnalysis(on canvas: inout Canvas, in area: CanvasArea, _ session: Session, _ look: Look) {
    switch analysis.phase {
    case .choosing:
      canvas.write("What shall be found out?", in: area, look[.title])
      let kinds = AnalysisPane.kinds
      let list = area.dropTop(area.rows > kinds.count + 1 ? 2 : 1)
      let first = min(max(0, analysis.cursor - list.rows / 2), max(0, kinds.count - list.rows))
      for (row, kind) in kinds.enumerated().dropFirst(first).prefix(list.rows) {
        let line = list.dropTop(row - first).top(1)
        let isHere = row == analysis.cursor
        if isHere { canvas.fill(line, look[.cursor]) }
        canvas.write((isHere ? "> " : "  ") + kind.title, in: line, look[isHere ? .cursor : .text])
      }
      canvas.drawScrollMarks(first: first, count: kinds.count, in: list, on: .text, look)
    case .running(let since):
      canvas.write(analysis.kind.title, in: area, look[.faint])
      if let share = session.analysing?.share, share > 0 {
        canvas.drawMeter(share, in: area.dropTop(1).top(1), look)
      }
      drawLines(
        runningLines(session, since: since).map { ($0, .faint) }, on: &canvas,
        in: area.dropTop(session.analysing.map { $0.share > 0 } ?? false ? 2 : 1), look)
    case .failed(let reason):
      drawLines([(reason, .error), ("Enter asks again, Esc goes back.", .faint)], on: &canvas, in: area, look)
    case .shown(let report):
      guard let map = analysis.map else { return drawCharts(report.charts, on: &canvas, in: area, look) }
      draw(map, of: report, on: &canvas, in: area, look)
    }
  }

  /// What is being done, for how long, and what is left by what was done so far.
  private func runningLines(_ session: Session, since: Double) -> [String] {
    let seconds = max(0, session.time - since)
    var lines = [session.analysing?.detail ?? "the network is at work"]
    var time = seconds > 1 ? Quantity.duration(seconds.rounded()) : ""
    if let share = session.analysing?.share, share > 0.02, share < 1, seconds > 2 {
      time += ", about \(Quantity.duration((seconds / share - seconds).rounded(.up))) left"
    }
    if !time.isEmpty { lines.append(time) }
    return lines + ["Esc stops it"]
  }

  private func drawLines(
    _ lines: [(String, Look.Role)], on canvas: inout Canvas, in area: CanvasArea, _ look: Look
  ) {
    var rest = area
    for (text, role) in lines {
      for line in text.wrapped(columns: max(1, rest.columns)) {
        canvas.write(line, in: rest, look[role])
        rest = rest.dropTop(1)
      }
    }
  }

  private func draw(
    _ map: PlaneMap, of report: AnalysisReport, on canvas: inout Canvas, in area: CanvasArea, _ look: Look
  ) {
    let count = report.maps.count
    let unit = map.unit.isEmpty ? "" : ", \(map.unit)"
    var title = (count > 1 ? "\(analysis.mapNumber % count + 1)/\(count) " : "") + map.name + unit
    if count > 1, title.columns + 8 <= area.columns { title += "  f next" }
    canvas.write(title, in: area.top(1), look[.barActive])
    let room = area.dropTop(1)
    let region = report.region
    guard region.width > 0, region.height > 0, !room.isEmpty else { return }
    let limits = look.pixels(in: room)
    let (width, height) = Fit.filled(region.width, region.height, within: limits)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(width * height * 3)
    for y in 0..<height {
      let row = y * map.height / height
      for x in 0..<width {
        let colour = map.colour(row * map.width + x * map.width / width, look)
        bytes += [colour.red, colour.green, colour.blue]
      }
    }
    let placement = canvas.draw(
      ShownPicture(
        PixelBlock(width: width, height: height, bytes: bytes), region: region,
        outlines: report.marks.filter { $0.width > 1 || $0.height > 1 }.map {
          ShownPicture.Outline(rectangle: $0, role: .accent, isAround: true)
        }), in: room, look)
    drawCursor(
      region, placement, on: &canvas, look, at: analysis.order.flatMap { order in order.x.map { ($0, order.y ?? 0) } })
  }

  /// One below the other, as many as have room: curves, or bars where there are names.
  private func drawCharts(_ charts: [Chart], on canvas: inout Canvas, in area: CanvasArea, _ look: Look) {
    let shown = charts.prefix(max(1, area.rows / 6))
    guard !shown.isEmpty else { return }
    let rows = area.rows / shown.count
    for (place, chart) in shown.enumerated() {
      draw(chart, on: &canvas, in: area.dropTop(place * rows).top(rows), look)
    }
  }

  private func draw(_ chart: Chart, on canvas: inout Canvas, in area: CanvasArea, _ look: Look) {
    canvas.write(chart.title, in: area.top(1), look[.text])
    let room = area.dropTop(1).dropBottom(area.rows > 4 ? 1 : 0)
    let roles: [Look.Role] = [.accent, .good, .warning]
    func level(_ value: Double) -> Double { chart.isLogarithmic ? log10(max(value, 1e-12)) : value }
    let all = chart.series.flatMap(\.values).map(level)
    guard let low = all.min(), let high = all.max(), !room.isEmpty else { return }
    let ends = [high, low].map { significantText(chart.isLogarithmic ? pow(10, $0) : $0) }
    let gutter = room.columns >= 24 ? (ends.map(\.columns).max() ?? 0) + 1 : 0
    if gutter > 0 {
      canvas.write(ends[0], in: room.left(gutter - 1), look[.faint], .right)
      if room.rows > 1 { canvas.write(ends[1], in: room.bottom(1).left(gutter - 1), look[.faint], .right) }
    }
    let field = room.dropLeft(gutter)
    let longest = chart.series.map(\.values.count).max() ?? 0
    for (place, series) in chart.series.enumerated() {
      let points = series.values.enumerated().map { (x: Double($0.offset), y: level($0.element)) }
      canvas.draw(
        Plot(points, edges: (low, high)), to: Double(max(1, longest - 1)), in: field, look[roles[place % roles.count]],
        isASCII: look.isASCII)
    }
    guard area.rows > 4 else { return }
    let names = chart.series.enumerated().filter { !$0.element.name.isEmpty }
      .map { ($0.element.name + "  ", look[roles[$0.offset % roles.count]]) }
    canvas.write(names + [(chart.axis, look[.faint])], in: area.bottom(1).dropLeft(gutter))
  }

  /// The colours of a map, in words and from least to most; for the line below the panes.
  func analysisScale(_ look: Look) -> (least: String, most: String, colour: (Double) -> RGB)? {
    guard let map = analysis.map else { return nil }
    switch map.look {
    case .magnitude, .signed:
      let (low, high) = map.range
      return (
        significantText(Double(low)), significantText(Double(high)) + (map.unit.isEmpty ? "" : " " + map.unit),
        { share in map.look == .signed ? PlaneMap.signedColour(share) : PlaneMap.heat(share, look) }
      )
    case .axis: return ("-90", "90 degrees", { PlaneMap.axisColour($0 * 180 - 90, strength: 1) })
    case .categories(let names):
      return (names.first ?? "", names.last ?? "", { PlaneMap.category(Int($0 * Double(max(1, names.count)))) })
    case .colours: return nil
    }
  }

  /// What the tables say, in lines of `columns`: a name, and its numbers beside or below it.
  func analysisLines(columns: Int) -> [(text: String, role: Look.Role)] {
    if analysis.isChoosing {
      return analysis.kind.explanation.wrapped(columns: max(1, columns)).map { ($0, .faint) }
    }
    guard let report = analysis.report else { return [] }
    var lines: [(text: String, role: Look.Role)] = []
    for var rows in report.tables {
      guard let heading = rows.first else { continue }
      rows.removeFirst()
      if analysis.order?.kind == .heads {
        // What one asked from comes first, then what matters most.
        let here = "stage \(stage) block \(block) "
        func weight(_ row: [String]) -> Double { row.count > 1 ? Double(row[1]) ?? 0 : 0 }
        rows.sort { a, b in
          let (first, second) = (a[0].hasPrefix(here), b[0].hasPrefix(here))
          return first != second ? first : weight(a) > weight(b)
        }
      }
      if !lines.isEmpty { lines.append(("", .text)) }
      let title = heading.filter { !$0.isEmpty }.joined(separator: "  ")
      if !title.isEmpty { lines += title.wrapped(columns: max(1, columns)).map { ($0, .faint) } }
      for row in rows {
        let (name, numbers) = (row.first ?? "", row.dropFirst().joined(separator: "  "))
        let gap = columns - name.columns - numbers.columns
        if gap >= 1 {
          lines.append((name + String(repeating: " ", count: gap) + numbers, .text))
        } else {
          lines.append((name, .text))
          lines.append((String(repeating: " ", count: max(0, columns - numbers.columns)) + numbers, .text))
        }
      }
    }
    return lines
  }

  func analysisPlainLines() -> [String] {
    switch analysis.phase {
    case .choosing:
      return AnalysisPane.kinds.enumerated().map { "\($0.offset + 1) \($0.element.title)" }
        + ["at \(analysis.cursor + 1)"]
    case .running: return ["\(analysis.kind.title): the network is at work"]
    case .failed(let reason): return [reason]
    case .shown(let report):
      return [report.title, report.explanation] + report.tables.flatMap { table($0) }
    }
  }

  /// Three digits that count.
  private func significantText(_ value: Double) -> String {
    let size = abs(value)
    return Quantity.decimal(value, size >= 100 || size == 0 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.01 ? 3 : 5)
  }
}

extension PlaneMap {
  func colour(_ pixel: Int, _ look: Workbench.Look) -> RGB {
    guard let share = share(pixel) else { return RGB(0x101114) }
    switch self.look {
    case .magnitude: return Self.heat(Double(share), look)
    case .signed: return Self.signedColour(Double(share))
    case .axis(let strength): return Self.axisColour(Double(values[pixel]), strength: Double(strength[pixel]))
    case .categories: return Self.category(Int(min(max(values[pixel], 0), 1e6)))
    case .colours(let colours): return RGB(colours[pixel] & 0xffffff)
    }
  }

  static func heat(_ share: Double, _ look: Workbench.Look) -> RGB {
    let gray = UInt8(min(max(share, 0), 1) * 255)
    return look.heat(share).usualRGB ?? RGB(gray, gray, gray)
  }

  /// Blue below zero, dark at it, orange above.
  static func signedColour(_ share: Double) -> RGB {
    let zero = RGB(0x16181c)
    return share < 0.5
      ? zero.mixed(with: RGB(0x4aa3ff), 1 - 2 * max(0, share)) : zero.mixed(with: RGB(0xffa03c), 2 * min(1, share) - 1)
  }

  /// Hue goes round once in half a turn: an axis has no front.
  static func axisColour(_ degrees: Double, strength: Double) -> RGB {
    guard degrees.isFinite, strength.isFinite else { return RGB(0x101114) }
    let place = (degrees + 90) / 180 * 6
    let sector = place - 6 * (place / 6).rounded(.down)
    let level = 60 + 195 * min(max(strength, 0), 1)
    func channel(_ shift: Double) -> UInt8 {
      var distance = abs(sector - shift)
      distance = min(distance, 6 - distance)
      return UInt8(level * min(max(2 - distance, 0), 1))
    }
    return RGB(channel(0), channel(2), channel(4))
  }

  /// Colours that people who see red and green alike tell apart (Okabe, Ito).
  static func category(_ number: Int) -> RGB {
    let colours: [UInt32] = [0x56b4e9, 0xe69f00, 0x009e73, 0xf0e442, 0x0072b2, 0xd55e00, 0xcc79a7, 0x999999]
    return RGB(colours[max(0, number) % colours.count])
  }
}
