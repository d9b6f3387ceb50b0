import Base
import EngineWire

// What the run screen shows of a training: curves and figures in place of tiles, a held-out crop in place of the picture.

/// The held-out crop of a training, three times: as the network gets it, as it makes it now, and as it should be.
struct TrainingCrops: Sendable {
  enum Kind: Int, CaseIterable { case before, now, clean }

  private var previews: [RunPreview] = Kind.allCases.map { RunPreview(purpose: TrainingCrops.purpose($0)) }

  static func purpose(_ kind: Kind) -> Purpose { .other("crop \(kind.rawValue)") }

  subscript(_ kind: Kind) -> FilesPreview.Outcome? { previews[kind.rawValue].outcome }

  /// Place of a crop among the pictures of its job.
  private static func place(_ kind: Kind) -> Int {
    switch kind {
    case .now: 0
    case .before: 1
    case .clean: 2
    }
  }

  /// Asks for the crops; what the network makes of one is another at each measurement.
  mutating func want(_ job: JobInfo?, _ layout: TrainingLayout, _ session: inout Session) {
    for kind in Kind.allCases {
      var key: RunPreview.Key?
      if let job, case let area = layout.crop(kind), !area.isEmpty, let last = job.pictures.first?.curve?.heldOut.last {
        let size = session.pixels(in: area)
        key = RunPreview.Key(
          job: job.id, picture: Self.place(kind), width: size.width, height: size.height,
          tiles: kind == .now ? last.step : 0)
      }
      previews[kind.rawValue].want(key, &session)
    }
  }

  /// False where the purpose is none of a crop.
  mutating func receive(_ reply: Reply, body: [UInt8], to purpose: Purpose) -> Bool {
    guard let kind = Kind.allCases.first(where: { Self.purpose($0) == purpose }) else { return false }
    previews[kind.rawValue].receive(reply, body: body)
    return true
  }
}

/// Where the crops of a training stand, with a word above each: side by side, as they are compared.
struct TrainingLayout: Hashable, Sendable {
  let crops: CanvasArea
  /// Curves below the crops, where there is no pane for them.
  let curves: CanvasArea

  init(_ layout: RunLayout) {
    let splits = !layout.isWhole && layout.picture.rows >= 8
    crops = splits ? layout.picture.top((layout.picture.rows + 1) / 2) : layout.picture
    curves = splits ? layout.picture.dropTop(crops.rows) : layout.picture.top(0)
  }

  private func column(_ kind: TrainingCrops.Kind) -> CanvasArea {
    let width = max(0, (crops.columns - 2) / 3)
    return crops.dropLeft((crops.columns - 3 * width - 2) / 2 + kind.rawValue * (width + 1)).left(width)
  }

  func title(_ kind: TrainingCrops.Kind) -> CanvasArea { column(kind).top(crops.rows >= 3 ? 1 : 0) }
  func crop(_ kind: TrainingCrops.Kind) -> CanvasArea { column(kind).dropTop(title(kind).rows) }
}

extension RunScreen {
  func drawTraining(_ figures: RunFigures, on canvas: inout Canvas, _ layout: RunLayout, _ look: Look) {
    let own = TrainingLayout(layout)
    drawCrops(figures, on: &canvas, own, look)
    if !own.curves.isEmpty {
      drawCurve(
        "held out", figures.curve.heldOut, figures.heldOut(columns: own.curves.columns), on: &canvas, in: own.curves,
        figures, look, ground: .text)
    }
    if layout.isWhole {
      canvas.fill(layout.tiles, look[.panel])
      canvas.fill(layout.queue, look[.panel])
      drawLearning(figures, on: &canvas, in: layout.tiles.inset(columns: 1), look)
    } else if !layout.tiles.isEmpty {
      let inner = layout.tiles.inset(columns: layout.tiles.columns > 20 ? 1 : 0)
      canvas.write(figures.stepsText, in: inner, look[.text])
      canvas.write("memory \(figures.memory)  cpu \(figures.cpu)", in: inner.dropTop(1), look[.faint])
    }
  }

  private func drawCrops(_ figures: RunFigures, on canvas: inout Canvas, _ layout: TrainingLayout, _ look: Look) {
    guard !layout.crops.isEmpty else { return }
    guard !figures.curve.heldOut.isEmpty else {
      let text = figures.picture.state == .waiting ? "nothing is measured yet" : "reading and measuring"
      canvas.write(text, in: layout.crops.dropTop(layout.crops.rows / 2), look[.faint], .centre)
      return
    }
    for kind in TrainingCrops.Kind.allCases {
      let text =
        switch kind {
        case .before: "before"
        case .now: "now"
        case .clean: "clean"
        }
      canvas.write(text, in: layout.title(kind), look[kind == .now ? .accent : .faint], .centre)
      switch crops[kind] {
      case .shown(let view):
        canvas.draw(ShownPicture(view.pixels, region: view.info.region), in: layout.crop(kind), look)
      case .failed(let reason):
        let area = layout.crop(kind)
        for (row, line) in reason.wrapped(columns: max(1, area.columns)).prefix(area.rows).enumerated() {
          canvas.write(line, in: area.dropTop(row), look[.error])
        }
      case nil: break
      }
    }
  }

  /// Curves and figures, one below the other.
  private func drawLearning(_ figures: RunFigures, on canvas: inout Canvas, in area: CanvasArea, _ look: Look) {
    // Speed, memory and phase; the curves share the rest, each with a title.
    let below = figures.trained == nil ? 0 : min(3, max(0, area.rows - 6))
    let curves = area.dropBottom(below)
    let first = curves.top(curves.rows >= 6 ? (curves.rows + 1) / 2 : curves.rows)
    drawCurve(
      "held out", figures.curve.heldOut, figures.heldOut(columns: area.columns), on: &canvas, in: first, figures, look,
      ground: .panel)
    if curves.rows > first.rows {
      let loss = figures.trained.map { "loss \(Quantity.decimal($0.loss, 5))" } ?? "loss"
      drawCurve(
        "loss", figures.curve.losses, loss, on: &canvas, in: curves.dropTop(first.rows), figures, look, ground: .panel)
    }
    let lines = area.bottom(below)
    if below >= 1 {
      let cpu = canvas.write("cpu \(figures.cpu)", in: lines, look[.text, on: .panel], .right)
      canvas.write(figures.stepsText, in: lines.dropRight(cpu + 1), look[.text, on: .panel])
    }
    if below >= 2 { canvas.write(figures.phase(columns: area.columns), in: lines.dropTop(1), look[.faint, on: .panel]) }
    if below >= 3 {
      let meter = lines.dropTop(2).top(1)
      let used = canvas.write("memory ", in: meter, look[.faint, on: .panel])
      canvas.drawMeter(figures.memoryFraction, figures.memory, in: meter.dropLeft(used), look)
    }
  }

  /// A curve below its title, with its highest and lowest value at the left.
  private func drawCurve(
    _ name: String, _ points: [TrainingCurve.Point], _ title: String, on canvas: inout Canvas, in area: CanvasArea,
    _ figures: RunFigures, _ look: Look, ground: Look.Role
  ) {
    guard !area.isEmpty else { return }
    func style(_ role: Look.Role) -> Style { role == ground ? look[role] : look[role, on: ground] }
    canvas.write(title, in: area, style(.text))
    let plot = Plot(points.map { (Double($0.step), $0.value) })
    let room = area.dropTop(1)
    guard let range = plot.range, !room.isEmpty else { return }
    let decimals = name == "loss" ? 4 : 2
    let (high, low) = (Quantity.decimal(range.high, decimals), Quantity.decimal(range.low, decimals))
    let gutter = room.columns >= 24 ? max(high.columns, low.columns) + 1 : 0
    if gutter > 0 {
      canvas.write(high, in: room.left(gutter - 1), style(.faint), .right)
      if room.rows > 1 { canvas.write(low, in: room.bottom(1).left(gutter - 1), style(.faint), .right) }
    }
    let last = Double(max(figures.curve.losses.last?.step ?? 0, figures.curve.heldOut.last?.step ?? 0))
    canvas.draw(
      plot, to: last, in: room.dropLeft(gutter), style(name == "loss" ? .faint : .accent), isASCII: look.isASCII)
  }
}

extension RunFigures {
  var isTraining: Bool { job.training != nil }
  var curve: TrainingCurve { picture.curve ?? TrainingCurve() }
  var trained: TrainingFigures? { progress?.training }

  /// `held out 31.42 dB, +0.32`
  var heldOut: String {
    guard let last = curve.heldOut.last, let first = curve.heldOut.first else { return "held out: not measured yet" }
    let change = last.value - first.value
    let text = "held out \(Quantity.decimal(last.value, 2)) dB"
    return curve.heldOut.count > 1 ? text + ", \(change < 0 ? "" : "+")\(Quantity.decimal(change, 2))" : text
  }

  /// With the input's where there is room.
  func heldOut(columns: Int) -> String {
    let long = heldOut + (curve.inputPSNR.map { ", input \(Quantity.decimal($0, 2))" } ?? "")
    return long.count <= columns ? long : heldOut
  }

  /// `3.42 steps/s`
  var stepsText: String {
    guard let trained else { return curve.savedStep > 0 ? "kept up to step \(curve.savedStep)" : "" }
    return "\(Quantity.decimal(trained.stepsPerSecond, 2)) steps/s"
  }

  /// `patches 32 x 32, 8 a step, windows 8, stripes 16 x 16`; `8 of 32 x 32, window 8, 16 x 16` where there is less room.
  func phase(columns: Int) -> String {
    guard let trained else { return "" }
    let (side, stripe) = (
      "\(trained.patch) x \(trained.patch)", "\(trained.stripeRows) x \(trained.stripeColumns)"
    )
    let long = "patches \(side), \(trained.batch) a step, windows \(trained.window), stripes \(stripe)"
    return long.count <= columns ? long : "\(trained.batch) of \(side), window \(trained.window), \(stripe)"
  }

  /// `step 1200, 05:12, 04:48 left`
  var trainingMeterText: String {
    guard let trained, let progress else {
      if picture.state == .done { return heldOut }
      return picture.state == .running ? "reading and measuring" : stepsText
    }
    let left = progress.secondsRemaining.map { Quantity.clock($0) + " left" } ?? "time left not known yet"
    return "step \(trained.step), \(Quantity.clock(progress.secondsElapsed)), \(left)"
  }
}

extension RunReport {
  /// A training, described in lines.
  static func lines(_ picture: PictureProgress, training: TrainingRequest, of job: JobInfo) -> [String] {
    var lines = ["learns from: \(training.data.joined(separator: ", "))", "to: \(picture.output)"]
    lines.append("state: \(state(picture, of: job))")
    if let reason = picture.reason { lines.append("reason: \(reason)") }
    if let reason = job.reason, reason != picture.reason { lines.append("the job: \(reason)") }
    lines.append("begins with: \(training.model ?? "nothing")")
    if let curve = picture.curve {
      if let first = curve.heldOut.first, let last = curve.heldOut.last {
        let input = curve.inputPSNR.map { ", input \(Quantity.decimal($0, 2)) dB" } ?? ""
        lines.append(
          "held out: \(Quantity.decimal(last.value, 2)) dB after step \(last.step), "
            + "\(Quantity.decimal(first.value, 2)) dB after step \(first.step)\(input)")
      }
      if curve.savedStep > 0 { lines.append("kept: step \(curve.savedStep)") }
    }
    if picture.seconds > 0 { lines.append("time: \(Quantity.duration(picture.seconds)) computing") }
    return lines + picture.notes.map { "note: \($0)" } + ["job: \(job.id), \(training.commandLine)"]
  }
}
