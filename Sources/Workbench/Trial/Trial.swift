import Base
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
    .escape.called("", short: "back"), less.called("", short: "less"), more.called("", short: "more"),
    FilesScreen.flip.called("", short: "flip"), otherModel.called("", short: "model"),
    several.called("", short: "strengths"), control.called("", short: "of what"),
    .zoomIn.called("", short: "larger"), .zoomOut.called("", short: "smaller"), .fit.called("", short: "all"),
    .actualSize.called("", short: "1:1"), .trial.called("", short: "again"),
  ]

  /// What the help lists while it is open.
  static let helped: [Command] = [
    .trial.called("preview once more"), FilesScreen.flip.called("before and after in turn"), .zoomIn, .zoomOut,
    .fit.called("all of it"), .actualSize, less.called("less strength, or of what o has chosen"),
    more.called("more strength, or of what o has chosen"), control.called("what < and > change"),
    several.called("several strengths side by side, and back"),
    otherModel.called("the same part by another model, side by side"), .escape.called("put the preview away"),
  ]

  static let otherModel = Command(
    "second-model", "after a preview: the same part by another model, side by side", "M")
  static let less = Command("less", "after a preview: less strength, or of what o has chosen", "<")
  static let more = Command("more", "after a preview: more strength, or of what o has chosen", ">")
  static let control = Command(
    "control", "after a preview: < and > change strength, texture, grain or chroma only", "o")
  static let several = Command("several", "after a preview: several strengths side by side, and back", "V")
  /// What stands side by side then: from a little to all that the network says.
  static let strengths = [0.25, 0.5, 0.75, 1]
  /// What `less` and `more` change: the engine makes it from the tiles that it has, without another pass.
  static let controls: [PlanRow] = [.strength, .texture, .grain, .chromaOnly]

  /// Most pixels a side that are asked for: both pictures stay far below the largest frame.
  static let pixelLimit = 1024

  let screen: ScreenID
  private(set) var phase = Phase.closed
  private(set) var path = ""
  private(set) var region = Rectangle(x: 0, y: 0, width: 0, height: 0)
  private(set) var task = ""
  /// In `controls`: the one that is changed.
  private(set) var chosen = 0
  /// The results of `strengths` that are there by now; nil where one result stands beside the input.
  private(set) var series: [PixelBlock]?
  /// Something was changed while the engine worked on the change before.
  private var isStale = false
  var view = TrialView()
  /// Another model's result for the same part, beside the one of the plan.
  private(set) var rival: Rival?

  struct Rival: Hashable, Sendable {
    let model: String
    /// nil while the engine works on it.
    var result: PixelBlock?
    var seconds = 0.0
  }

  init(screen: ScreenID) { self.screen = screen }

  var isOpen: Bool { phase != .closed }
  var isRunning: Bool { if case .running = phase { true } else { false } }

  /// Restores `region` of `path` as the plan says.
  mutating func start(path: String, region: Rectangle, _ session: inout Session) {
    guard session.isConnected else { return session.say("there is no engine to restore it", .warning) }
    stop(&session)
    rival = nil
    (self.path, self.region, task) = (path, region, session.draft.request.task)
    series = nil
    phase = .running(since: session.time)
    ask(&session)
  }

  private mutating func ask(_ session: inout Session) {
    isStale = false
    var request = PlanScreen.request(session)
    if let rival, rival.result == nil { (request.model, request.variant) = (rival.model, nil) }
    (request.inputs, request.region) = ([path], nil)
    if let series {
      let strength = Self.strengths[series.count]
      request.strength = strength == 1 ? nil : strength
    }
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
    guard session.isAsking(screen, .trial) else { return }
    session.forget(screen, .trial)
    session.ask(.stopTrying, for: screen, .control)
  }

  /// The question was lost with the engine.
  mutating func notice(lossIn session: Session) {
    guard isRunning, !session.isAsking(screen, .trial) else { return }
    phase = .failed("the engine was lost while it restored this; p tries again")
  }

  mutating func receive(_ reply: Reply, body: [UInt8], _ session: inout Session) {
    guard isOpen else { return }
    if let rival, rival.result == nil { return receive(reply, body, for: rival, &session) }
    let isFirst = isRunning
    switch reply {
    case .trial(let info):
      let first = max(0, min(info.before.byteCount, body.count))
      guard let before = PixelBlock(info.before, body[..<first]), let after = PixelBlock(info.after, body[first...])
      else { return phase = .failed("the engine's answer does not hold the pixels it tells of") }
      if let series, series.count < Self.strengths.count {
        self.series = series + [after]
        if series.count + 1 < Self.strengths.count { ask(&session) }
        return
      }
      phase = .shown(info, before: before, after: after)
      if isFirst { view = TrialView() }
      if isStale { ask(&session) }
    case .failure(let failure): (phase, series) = (.failed(failure.message), nil)
    default: (phase, series) = (.failed("the engine did not answer with pictures"), nil)
    }
  }

  private mutating func receive(_ reply: Reply, _ body: [UInt8], for rival: Rival, _ session: inout Session) {
    self.rival = nil
    guard case .trial(let info) = reply,
      let after = PixelBlock(info.after, body[min(body.count, max(0, info.before.byteCount))...])
    else {
      if case .failure(let failure) = reply { session.say("\(rival.model): \(failure.message)", .warning) }
      return
    }
    self.rival = Rival(model: rival.model, result: after, seconds: info.seconds)
  }

  /// The next model of the task that is not the plan's; after the last one, what was before.
  private mutating func takeRival(_ session: inout Session) {
    guard case .shown(let info, _, _) = phase, !session.isAsking(screen, .trial) else {
      return session.say("the engine is at work on this part; a moment")
    }
    let models = PlanModels.fitting(PlanScreen.request(session), session.models).map(\.name).filter { $0 != info.model }
    guard !models.isEmpty else { return session.say("no other model for \(task) is installed") }
    series = nil
    let place = rival.flatMap { models.firstIndex(of: $0.model) }.map { $0 + 1 } ?? 0
    guard place < models.count else {
      rival = nil
      return session.say("before and after again")
    }
    rival = Rival(model: models[place])
    ask(&session)
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
      switch command {
      case Self.control: chosen = (chosen + 1) % Self.controls.count
      case Self.several: showSeveral(&session)
      case Self.otherModel: takeRival(&session)
      case Self.less, Self.more: change(by: command == Self.more ? 1 : -1, &session)
      default: break
      }
      if [Self.control, Self.less, Self.more, Self.several, Self.otherModel].contains(command) { return true }
      let room = session.pixels(in: layout(area).panes[0])
      return view.perform(command, before: before, after: after, room: room)
    }
    return true
  }
}

extension Trial {
  /// Asks for the results of all strengths, one after the other: the engine has their tiles. Once more, and one result stands there again.
  private mutating func showSeveral(_ session: inout Session) {
    guard series == nil else {
      if session.isAsking(screen, .trial) { session.forget(screen, .trial) }
      return series = nil
    }
    guard !session.isAsking(screen, .trial) else { return session.say("the engine still works on the last change") }
    (series, rival) = ([], nil)
    ask(&session)
  }

  /// Takes the next value of what is chosen, staying at the ends, into the plan, and has it shown.
  private mutating func change(by step: Int, _ session: inout Session) {
    if series != nil { showSeveral(&session) }
    let row = Self.controls[chosen]
    let before = session.draft.request
    session.draft.edit { row.move(&$0, by: step) }
    guard session.draft.request != before else { return }
    if rival != nil {
      stop(&session)
      rival = nil
    }
    if session.isAsking(screen, .trial) { isStale = true } else { ask(&session) }
  }
}

/// The part of a picture that is framed for a trial: how it begins, moves and grows, always within the picture.
enum RegionFrame {
  /// Sides that + and - go through, in pixels of the picture.
  static let sides = [16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
  static let standardSide = 96

  /// In the middle, or all of a picture that is smaller.
  static func standard(width: Int, height: Int) -> Rectangle {
    within(width, height, centreX: width / 2, centreY: height / 2, standardSide, standardSide)
  }

  static func moved(_ frame: Rectangle, x: Int, y: Int, width: Int, height: Int) -> Rectangle {
    var moved = frame
    moved.x = min(max(frame.x + x, 0), max(0, width - frame.width))
    moved.y = min(max(frame.y + y, 0), max(0, height - frame.height))
    return moved
  }

  /// The next larger (`by` 1) or smaller (-1) square around the same middle.
  static func resized(_ frame: Rectangle, by step: Int, width: Int, height: Int) -> Rectangle {
    let side = max(frame.width, frame.height)
    let next = step > 0 ? sides.first { $0 > side } : sides.last { $0 < side }
    guard let next else { return frame }
    return within(
      width, height, centreX: frame.x + frame.width / 2, centreY: frame.y + frame.height / 2, next, next)
  }

  /// From corner to corner, at least the smallest and at most the largest side.
  static func spanning(_ a: (x: Int, y: Int), _ b: (x: Int, y: Int), width: Int, height: Int) -> Rectangle {
    let clampedWidth = min(max(abs(a.x - b.x), sides[0]), sides[sides.count - 1])
    let clampedHeight = min(max(abs(a.y - b.y), sides[0]), sides[sides.count - 1])
    return within(
      width, height, centreX: (a.x + b.x) / 2, centreY: (a.y + b.y) / 2, clampedWidth, clampedHeight)
  }

  private static func within(
    _ width: Int, _ height: Int, centreX: Int, centreY: Int, _ frameWidth: Int, _ frameHeight: Int
  ) -> Rectangle {
    let (columns, rows) = (min(frameWidth, max(width, 1)), min(frameHeight, max(height, 1)))
    return Rectangle(
      x: min(max(centreX - columns / 2, 0), max(0, width - columns)),
      y: min(max(centreY - rows / 2, 0), max(0, height - rows)), width: columns, height: rows)
  }
}
