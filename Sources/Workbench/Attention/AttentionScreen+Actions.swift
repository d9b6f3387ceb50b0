import Base
import EngineWire

extension AttentionScreen {
  mutating func perform(_ command: Command, _ session: inout Session) -> Bool {
    if performAnalysis(command, &session) {
      refresh(&session)
      return true
    }
    switch command {
    case .left: step(-1, 0, &session)
    case .right: step(1, 0, &session)
    case .up: step(0, -1, &session)
    case .down: step(0, 1, &session)
    case .halfPageUp, .pageUp: step(0, -8, &session)
    case .halfPageDown, .pageDown: step(0, 8, &session)
    case .top: step(-8, 0, &session)
    case .bottom: step(8, 0, &session)
    case .open: begin(&session)
    case Self.nextBlock: go(stage, block + 1)
    case Self.previousBlock: go(stage, block - 1)
    case Self.nextStage: go(stage + 1, block)
    case Self.previousStage: go(stage - 1, block)
    case Self.nextHead: turnHead(by: 1)
    case Self.previousHead: turnHead(by: -1)
    case Self.window: choose(kind: "window")
    case Self.kind: choose(kind: "stripe")
    case Self.anchors: choose(kind: kind == "anchors" ? "gather" : "anchors")
    case Self.overlay:
      let all = Arrangement.allCases
      arrangement = all[(all.firstIndex(of: arrangement)! + 1) % all.count]
    case Self.overview: second = second == .overview ? .map : .overview
    case Self.pin:
      pinned = second == .pinned ? nil : map
      second = pinned == nil ? .map : .pinned
    case Self.scales: second = second == .halfScale ? .map : .halfScale
    case Self.terms:
      // Both, without bias, without temperature, without both.
      if hasTemperature {
        (hasBias, hasTemperature) = hasBias ? (false, true) : (true, false)
      } else {
        (hasBias, hasTemperature) = hasBias ? (false, false) : (true, true)
      }
    case Self.figure: shownFigure = shownFigure.next
    case .zoomIn: zoom(by: 0.5)
    case .zoomOut: zoom(by: 2)
    case .fit: (zoom, centre) = (nil, nil)
    case .export: export(&session, isShownOnly: false)
    case .showCommand: export(&session, isShownOnly: true)
    case Self.place: session.prompt("query pixel X,Y", tag: "query", for: .attention)
    case .escape:
      guard second != .map else { return false }
      (second, pinned) = (.map, nil)
    case .nextPane, .previousPane: second = second == .overview ? .map : .overview
    default: return false
    }
    refresh(&session)
    return true
  }

  private mutating func begin(_ session: inout Session) {
    guard session.isConnected else { return session.say("there is no engine to ask", .warning) }
    guard path != nil else { return session.say("choose a picture on screen 1 first", .warning) }
    (hasBegun, problem) = (true, nil)
  }

  /// Moves the query by places of the screen.
  private mutating func step(_ x: Int, _ y: Int, _ session: inout Session) {
    guard let query, let region = firstRegion else { return }
    let room = session.pixels(in: layout(session.area).panes[0])
    let place = max(1, Int(Fit.step(region.width, region.height, within: room).rounded()))
    move(to: (query.x + x * place, query.y + y * place), &session)
  }

  mutating func move(to place: (x: Int, y: Int), _ session: inout Session) {
    guard let picture else { return }
    let moved = (x: min(max(place.x, 0), picture.width - 1), y: min(max(place.y, 0), picture.height - 1))
    query = moved
    if let region, zoom != nil, !Self.holds(region, moved) { centre = moved }
    refresh(&session)
  }

  private static func holds(_ region: Rectangle, _ place: (x: Int, y: Int)) -> Bool {
    (region.x..<region.x + region.width).contains(place.x) && (region.y..<region.y + region.height).contains(place.y)
  }

  /// To a block, as far as there are stages and blocks; over the end of a stage into the next.
  private mutating func go(_ stage: Int, _ block: Int) {
    guard let depths = network?.depths, !depths.isEmpty else { return }
    var (stage, block) = (min(max(stage, 0), depths.count - 1), block)
    if block < 0 { (stage, block) = stage > 0 ? (stage - 1, depths[stage - 1] - 1) : (0, 0) }
    if block >= depths[stage] {
      let goesOn = stage + 1 < depths.count && stage == self.stage
      (stage, block) = goesOn ? (stage + 1, 0) : (stage, depths[stage] - 1)
    }
    (self.stage, self.block) = (stage, block)
  }

  private mutating func turnHead(by step: Int) {
    guard let network else { return }
    let count = kind == "window" ? network.windowHeads : network.stripeHeads
    // The mean comes before the first.
    let place = ((head.map { $0 + 1 } ?? 0) + step + count + 1) % (count + 1)
    head = place == 0 ? nil : place - 1
  }

  private mutating func choose(kind: String) {
    self.kind = kind
    if let network, let head, head >= (kind == "window" ? network.windowHeads : network.stripeHeads) { self.head = nil }
  }

  private mutating func zoom(by factor: Double) {
    guard let picture, let query else { return }
    let whole = max(picture.width, picture.height)
    let side = Int(Double(zoom ?? whole) * factor)
    if side >= whole {
      (zoom, centre) = (nil, nil)
    } else {
      (zoom, centre) = (max(24, side), query)
    }
  }

  /// The map as a file, or the command line that writes it.
  private mutating func export(_ session: inout Session, isShownOnly: Bool) {
    guard let path, let order else { return session.say("choose a picture on screen 1 first", .warning) }
    let request = PlanScreen.request(session)
    let found = second == .analysis && analysis.report != nil ? analysis.order : nil
    let kind = second == .overview ? "overview" : second == .halfScale ? "scales" : order.kind
    var shown = JobRequest(inputs: [], task: request.task)
    (shown.sigma, shown.quality, shown.scale, shown.filters) = (
      request.sigma, request.quality, request.scale, request.filters
    )
    (shown.noise, shown.style) = (request.noise, request.style)
    (shown.right, shown.model, shown.variant, shown.network) = (
      request.right, request.model, request.variant, request.network
    )
    (shown.tile, shown.memoryBytes, shown.threadCount, shown.maxPixels) = (
      request.tile, request.memoryBytes, request.threadCount, request.maxPixels
    )
    let (asked, file) = found.map { exported($0, of: path) } ?? exported(order, kind, of: path)
    let words = ["attention", path] + shown.optionWords + asked
    guard !isShownOnly else {
      return session.show(command: ShellLine.text(["grl"] + words + ["-o", file + ".png"]))
    }
    exported = (words, file + ".png")
    session.prompt(
      "file (png svg npy csv json html)", tag: Self.exportTag, for: .attention,
      text: file + ".png", completion: .path)
  }

  static let exportTag = "export"
  static let groundTag = "ground"

  /// The file was named; of what is drawn, what lies behind it is asked for too.
  mutating func export(to name: String, _ session: inout Session) {
    guard let words = exported?.words, !name.isEmpty else { return }
    exported = (words, session.absolute(name))
    guard [".png", ".svg", ".html"].contains(where: name.lowercased().hasSuffix) else {
      return export(on: "d", &session)
    }
    session.confirm(
      "What lies behind maps and letters?", tag: Self.groundTag, for: .attention,
      choices: [("d", "dark"), ("l", "light, for paper")])
  }

  mutating func export(on ground: String, _ session: inout Session) {
    guard let (words, file) = exported, ["d", "l"].contains(ground) else { return }
    exported = nil
    session.export(words + (ground == "l" ? ["--background", "light"] : []) + ["-o", file], file: file.lastPathPart)
  }

  /// The picture's name and the model's, as files are called that are made of them.
  func exportStem(_ path: String) -> String {
    func stem(_ name: String) -> String? { name.lastPathPart.split(separator: ".").first.map(String.init) }
    // An explanation begins with the model.
    let found = analysis.report?.explanation.split(separator: ";").first.map(String.init)
    return [stem(path) ?? "picture", (network?.model ?? found).flatMap(stem)].compactMap(\.self).joined(separator: "_")
  }

  private func exported(
    _ order: AttentionOrder, _ kind: String, of path: String
  ) -> (words: [String], file: String) {
    var words = ["--at", "\(order.x),\(order.y)", "--kind", kind]
    var file = "\(exportStem(path))_\(kind)_\(order.x)-\(order.y)"
    if second != .overview {
      words += ["--stage", "\(order.stage)", "--block", "\(order.block)"]
      words += order.head.map { ["--head", "\($0)"] } ?? []
      file += "_s\(order.stage)b\(order.block)" + (order.head.map { "h\($0)" } ?? "")
    }
    if !order.hasBias { words.append("--no-bias") }
    if !order.hasTemperature { words.append("--no-temperature") }
    return (words, file)
  }

  // MARK: Asking

  mutating func refresh(_ session: inout Session) {
    let wanted = session.marked.first ?? session.current
    if wanted != path { forget(wanted) }
    guard let path, session.isConnected else { return }
    if picture == nil {
      if problem == nil, !session.isAsking(.attention, .details) {
        session.ask(.inspect(path: path), for: .attention, .details)
      }
      return
    }
    askBackdrop(path, &session)
    noticeLoss(session)
    if analysis.isRunning { session.wake(in: 1) }
    // A row would end it.
    guard !analysis.isRunning, hasBegun, problem == nil, let order else { return }
    if asked != nil && !session.isAsking(.attention, .other("row")) { asked = nil }
    // One question at a time; the newest is asked when the last is answered.
    if asked == nil, map?.info.order != order {
      asked = order
      session.ask(.attention(PlanScreen.request(session), path: path, order), for: .attention, .other("row"))
    } else if asked == nil {
      askMore(path, order, &session)
    }
  }

  /// What the second pane needs, once the map is there.
  private mutating func askMore(_ path: String, _ order: AttentionOrder, _ session: inout Session) {
    let request = PlanScreen.request(session)
    switch second {
    case .halfScale:
      var order = order
      order.isHalfScale = true
      if half?.info.order != order, !session.isAsking(.attention, .other("half")) {
        session.ask(.attention(request, path: path, order), for: .attention, .other("half"))
      }
    case .overview:
      let isKnown = summary.map { $0.x == order.x && $0.y == order.y } ?? false
      if !isKnown, !session.isAsking(.attention, .other("overview")) {
        session.ask(.attentionOverview(request, path: path, order), for: .attention, .other("overview"))
      }
    case .map, .pinned, .analysis: break
    }
  }

  private mutating func forget(_ path: String?) {
    self.path = path
    (picture, query, map, pinned, half, summary, problem) = (nil, nil, nil, nil, nil, nil, nil)
    (asked, backdrops, askedBackdrops) = (nil, [], [:])
    (zoom, centre, hasBegun) = (nil, nil, false)
    analysis = AnalysisPane()
    if second == .pinned || second == .analysis { second = .map }
  }

  /// Parts of the picture that are shown: the first pane's, the map's, and that behind the half-scale map.
  private var wantedBackdrops: [Rectangle] {
    let twice = halfRegion.map { Rectangle(x: 2 * $0.x, y: 2 * $0.y, width: 2 * $0.width, height: 2 * $0.height) }
    var regions: [Rectangle] = []
    for region in [firstRegion, map.flatMap { mapRegion($0) }, second == .halfScale ? twice : nil] {
      if let region, !regions.contains(region) { regions.append(region) }
    }
    return regions
  }

  private mutating func askBackdrop(_ path: String, _ session: inout Session) {
    let room = session.pixels(in: layout(session.area).panes[0])
    for (place, region) in wantedBackdrops.enumerated() {
      let key = BackdropKey(path: path, region: region, width: room.width, height: room.height)
      let purpose = Purpose.other(Self.backdropPurpose + "\(place)")
      if askedBackdrops[place] != nil && !session.isAsking(.attention, purpose) { askedBackdrops[place] = nil }
      guard !backdrops.contains(where: { $0.key == key }), !askedBackdrops.values.contains(key) else { continue }
      session.ask(
        .preview(path: path, region: region, width: room.width, height: room.height), for: .attention, purpose)
      askedBackdrops[place] = session.isAsking(.attention, purpose) ? key : nil
    }
  }
}
