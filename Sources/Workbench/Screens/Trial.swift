import EngineWire

/// A restored region beside what it was, before anything is run: asked for by `p`, looked at, put away.
struct Trial: Sendable {
  enum Phase: Hashable, Sendable {
    case closed
    case running(since: Double)
    case shown(TrialInfo, before: PixelBlock, after: PixelBlock)
    case failed(String)
  }

  /// What the footer offers while it is open.
  static let hints: [Command] = [
    .escape.called("", short: "back"), .zoomIn.called("", short: "larger"), .zoomOut.called("", short: "smaller"),
    .fit.called("", short: "all"), .actualSize.called("", short: "1:1"), FilesScreen.flip.called("", short: "flip"),
    .trial.called("", short: "again"),
  ]

  /// Most pixels a side that are asked for: both pictures stay far below the largest frame.
  static let pixelLimit = 1024

  let screen: ScreenID
  private(set) var phase = Phase.closed
  private(set) var path = ""
  private(set) var region = Rectangle(x: 0, y: 0, width: 0, height: 0)
  private(set) var task = ""
  var view = TrialView()

  init(screen: ScreenID) { self.screen = screen }

  var isOpen: Bool { phase != .closed }
  var isRunning: Bool { if case .running = phase { true } else { false } }

  /// Restores `region` of `path` as the plan says.
  mutating func start(path: String, region: Rectangle, _ session: inout Session) {
    guard session.isConnected else { return session.say("there is no engine to restore it", .warning) }
    stop(&session)
    (self.path, self.region, task) = (path, region, session.draft.request.task)
    phase = .running(since: session.time)
    var request = PlanScreen.request(session)
    (request.inputs, request.region) = ([path], nil)
    session.ask(
      .tryRegion(request, path: path, region: region, width: Self.pixelLimit, height: Self.pixelLimit), for: screen,
      .trial)
  }

  /// Puts it away; what is being computed stops.
  mutating func close(_ session: inout Session) {
    stop(&session)
    phase = .closed
  }

  private mutating func stop(_ session: inout Session) {
    guard isRunning else { return }
    session.forget(screen, .trial)
    session.ask(.stopTrying, for: screen, .control)
  }

  /// The question was lost with the engine.
  mutating func notice(lossIn session: Session) {
    guard isRunning, !session.isAsking(screen, .trial) else { return }
    phase = .failed("the engine was lost while it restored this; p tries again")
  }

  mutating func receive(_ reply: Reply, body: [UInt8], _ session: inout Session) {
    guard isRunning else { return }
    switch reply {
    case .trial(let info):
      let first = max(0, min(info.before.byteCount, body.count))
      guard let before = PixelBlock(info.before, body[..<first]), let after = PixelBlock(info.after, body[first...])
      else { return phase = .failed("the engine's answer does not hold the pixels it tells of") }
      phase = .shown(info, before: before, after: after)
      view = TrialView()
    case .failure(let failure): phase = .failed(failure.message)
    default: phase = .failed("the engine did not answer with pictures")
    }
  }

  /// The wheel zooms.
  mutating func mouse(_ event: MouseEvent, in area: CanvasArea, _ session: inout Session) {
    switch event.action {
    case .scrollUp: _ = perform(.zoomIn, in: area, &session)
    case .scrollDown: _ = perform(.zoomOut, in: area, &session)
    case .press, .drag, .release: break
    }
  }

  /// Keys while it is open. False for those that mean nothing here.
  mutating func perform(_ command: Command, in area: CanvasArea, _ session: inout Session) -> Bool {
    switch command {
    case .escape, .back: close(&session)
    case .trial: start(path: path, region: region, &session)
    default:
      guard case .shown(_, let before, let after) = phase else { return false }
      let room = session.pixels(in: TrialLayout(area, isFlipped: view.isFlipped).panes[0])
      return view.perform(command, before: before, after: after, room: room)
    }
    return true
  }
}

/// What part of both pictures is shown, and how large.
struct TrialView: Hashable, Sendable {
  /// Pixels of the result for one pixel of the screen; nil: all of it.
  private(set) var step: Double?
  /// Middle of what is shown, in shares of the picture.
  private(set) var centreX = 0.5
  private(set) var centreY = 0.5
  /// One picture at a time, in turn.
  private(set) var isFlipped = false
  /// Which one is in front then.
  private(set) var showsAfter = true

  private static let steps = [8.0, 4, 2, 1, 0.5, 0.25, 0.125]

  mutating func perform(
    _ command: Command, before: PixelBlock, after: PixelBlock, room: (width: Int, height: Int)
  ) -> Bool {
    let now = self.step(after, room)
    let (shareX, shareY) = share(after, room)
    switch command {
    case .zoomIn: step = Self.steps.first { $0 < now * 0.99 } ?? now
    case .zoomOut: step = Self.steps.last { $0 > now * 1.01 } ?? now
    case .fit: step = Self.fitting(after, room)
    case .actualSize: step = 1
    case .left: centreX -= shareX / 8
    case .right: centreX += shareX / 8
    case .up: centreY -= shareY / 8
    case .down: centreY += shareY / 8
    case FilesScreen.flip:
      if isFlipped { showsAfter.toggle() } else { (isFlipped, showsAfter) = (true, false) }
    case .nextPane, .previousPane: isFlipped.toggle()
    default: return false
    }
    let (halfX, halfY) = (share(after, room).0 / 2, share(after, room).1 / 2)
    centreX = min(max(centreX, halfX), 1 - halfX)
    centreY = min(max(centreY, halfY), 1 - halfY)
    return true
  }

  /// All of the result in the room.
  static func fitting(_ after: PixelBlock, _ room: (width: Int, height: Int)) -> Double {
    max(Double(after.width) / Double(max(1, room.width)), Double(after.height) / Double(max(1, room.height)))
  }

  /// One to one, unless all of it has room at little loss.
  func step(_ after: PixelBlock, _ room: (width: Int, height: Int)) -> Double {
    let fit = Self.fitting(after, room)
    return step ?? (fit <= 1.5 ? fit : 1)
  }

  /// How much of the picture is in sight, 0...1.
  private func share(_ after: PixelBlock, _ room: (width: Int, height: Int)) -> (Double, Double) {
    let step = step(after, room)
    return (
      min(1, Double(room.width) * step / Double(max(1, after.width))),
      min(1, Double(room.height) * step / Double(max(1, after.height)))
    )
  }

  /// The part in sight of `picture` (before or after), as large as the room shows it.
  func part(of picture: PixelBlock, after: PixelBlock, room: (width: Int, height: Int)) -> PixelBlock {
    let step = step(after, room)
    let (shareX, shareY) = share(after, room)
    let (left, top) = (
      min(max(centreX, shareX / 2), 1 - shareX / 2) - shareX / 2,
      min(max(centreY, shareY / 2), 1 - shareY / 2) - shareY / 2
    )
    let (columns, rows) = (
      min(room.width, max(1, Int((shareX * Double(after.width) / step).rounded()))),
      min(room.height, max(1, Int((shareY * Double(after.height) / step).rounded())))
    )
    return picture.cropped(
      x: Int((left * Double(picture.width)).rounded()), y: Int((top * Double(picture.height)).rounded()),
      width: Int((shareX * Double(picture.width)).rounded()), height: Int((shareY * Double(picture.height)).rounded())
    ).scaled(width: columns, height: rows)
  }
}

/// Where a trial's pictures stand.
struct TrialLayout: Hashable, Sendable {
  let head: CanvasArea
  /// One or two areas of the same size, each with a line for its caption above it.
  let panes: [CanvasArea]
  let captions: [CanvasArea]

  init(_ area: CanvasArea, isFlipped: Bool) {
    head = area.top(area.rows >= 4 ? 1 : 0)
    let rest = area.dropTop(head.rows)
    let captionRows = rest.rows >= 3 ? 1 : 0
    let halves: [CanvasArea]
    if isFlipped || area.columns < 24 {
      halves = [rest]
    } else {
      let width = (rest.columns - 1) / 2
      halves = [rest.left(width), rest.dropLeft(width + 1).left(width)]
    }
    panes = halves.map { $0.dropTop(captionRows) }
    captions = halves.map { $0.top(captionRows) }
  }
}
