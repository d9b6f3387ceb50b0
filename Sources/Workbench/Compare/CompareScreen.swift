import EngineWire

/// Two to four pictures at the same place: side by side, in turn, wiped or subtracted, with what was measured.
///
/// The engine keeps the pictures and sends the part in sight at the size that the screen shows; flip, wipe and difference are made
/// of that here.
struct CompareScreen: Screen {
  static let flip = Command("flip", "flip: the next picture at the same place", short: "flip", "b")
  static let wipe = Command("wipe", "wipe: one picture left of an edge, one right of it", short: "wipe", "x")
  static let difference = Command("difference", "difference to the reference, with sign", short: "diff", "d")
  static let nextCrop = Command.nextMatch.called("next crop: where they differ most", short: "crop")
  static let previousCrop = Command.previousMatch.called("crop before")
  static let less = Command("less", "wipe: edge to the left; difference: half the gain", "<")
  static let more = Command("more", "wipe: edge to the right; difference: twice the gain", ">")
  static let pixelLeft = Command("pixel-left", "read the pixel to the left", "H")
  static let pixelDown = Command("pixel-down", "read the pixel below", "J")
  static let pixelUp = Command("pixel-up", "read the pixel above", "K")
  static let pixelRight = Command("pixel-right", "read the pixel to the right", "L")
  static let reference = Command("reference", "the picture in front is undamaged: measure against it, or no more", "*")
  static let convention = Command("convention", "next convention of metrics: matlab, basicsr, grl", "C")
  static let shave = Command("shave", "leave out pixels at the border of the whole", "S")
  static let figures = Command("figures", "numbers shown or hidden", "i")
  static let crops = Command("crops", "list of crops", "c")
  static let add = Command("add", "add a picture by its path", short: "add", "a")
  static let drop = Command("drop", "take the picture in front away", "X")
  static let againstWhole = Command(
    "whole", "what tiling changed, beside the picture whole", short: "whole", "t")
  static let reload = Command("reload", "read the pictures again", "R")
  static let view = Command("view", "open the picture in front in a viewer", "O")

  static let commands: [Command] = [
    flip, wipe, difference, .zoomIn.called("zoom in", short: "in"), .zoomOut.called("zoom out", short: "out"),
    .actualSize.called("one pixel to one", short: "1:1"), .fit.called("fit the whole picture", short: "fit"), nextCrop,
    againstWhole, previousCrop, less, more, pixelLeft, pixelDown, pixelUp, pixelRight, crops, reference, convention,
    shave, figures,
    add, drop, .nextInput.called("use the picture in front as the next input", short: "next input"), view,
    .export.called("a sheet of crops and a map of differences as PNG files"), reload,
  ]

  static let conventions = ["matlab", "basicsr", "grl"]
  static let cropSide = 64
  static let cropCount = 12

  func hints(_ session: Session) -> [Command] {
    guard info != nil else { return [Self.add, ScreenID.files.command(short: "< files")] }
    let own: [Command] =
      switch mode {
      case .sideBySide: []
      case .flip: [.nextPane.called("", short: "next")]
      case .wipe: [Self.less.called("", short: "left"), Self.more.called("", short: "right")]
      case .difference: [Self.less.called("", short: "less"), Self.more.called("", short: "more")]
      }
    return own + Self.commands
  }

  var paths: [String] = []
  /// Place of the picture that the others are held against and subtracted from.
  var reference = 0
  /// The person said that it is undamaged: the others are measured against it. Of any other it is told what changed.
  var isUndamaged = false
  /// The picture that is looked at: shown by flip, right of the edge, subtracted from.
  var front = 1
  var mode = CompareMode.sideBySide
  var window = CompareWindow()
  /// Where the edge of the wipe stands, in shares of what is shown.
  var edge = 0.5
  var gain = 4
  var convention = "matlab"
  var shave = 0
  var showsFigures = true
  var cropPlace: Int?
  /// Where the mouse was pressed or seen last while it is held.
  var dragged: (column: Int, row: Int)?
  /// What was last taken from marks or jobs, so that coming back does not load it again.
  var offered: [String] = []
  /// How often pictures were loaded.
  var loads = 0

  // What the engine said
  var info: ComparisonInfo?
  var failure: String?
  var visible = CompareView()
  var numbers = CompareNumbers()
  var tiling = CompareTiling()

  init() {}

  var frame: (width: Int, height: Int) { (info?.width ?? 0, info?.height ?? 0) }
  var count: Int { info?.pictures.count ?? 0 }
  /// A picture other than the reference, for wipe and difference.
  var other: Int { front != reference || count < 2 ? front : (reference + 1) % count }

  func layout(_ area: CanvasArea) -> CompareLayout {
    CompareLayout(
      area, pictures: mode == .sideBySide ? count : 1, frame: frame, notes: notes.count,
      figures: showsFigures && count > 0 ? numbers.rowCount : 0)
  }

  func room(_ session: Session) -> CompareRoom { room(layout(session.area), session) }
  func room(_ layout: CompareLayout, _ session: Session) -> CompareRoom {
    CompareRoom(layout.panes[0], session.graphics, session.colours, session.cell)
  }

  func geometry(_ session: Session) -> CompareGeometry {
    CompareGeometry(window, frame: frame, room: room(session))
  }

  /// What is special about the pictures: a line for each.
  var notes: [String] {
    let own = info?.pictures.enumerated().compactMap { place, picture in
      picture.note.map { "\(Self.letter(place)): \($0)" }
    }
    return (tiling.note.map { [$0] } ?? []) + (own ?? [])
  }

  static func letter(_ place: Int) -> String { String("ABCD"[String.Index(utf16Offset: min(place, 3), in: "ABCD")]) }

  // MARK: Pictures

  /// Compares these from now on.
  mutating func show(_ paths: [String], _ session: inout Session) {
    self.paths = Array(paths.prefix(ComparisonRequest.pictureLimit))
    (reference, front, cropPlace) = (0, min(1, max(0, paths.count - 1)), nil)
    isUndamaged = false
    mode = .sideBySide
    tiling = CompareTiling()
    session.forget(.compare, CompareTiling.queueing)
    load(&session)
  }

  /// Asks for everything again.
  mutating func load(_ session: inout Session) {
    (info, failure) = (nil, nil)
    loads += 1
    visible = CompareView()
    numbers = CompareNumbers()
    tiling.measureAnew()
    let purposes = [
      Self.opening, CompareView.purpose, CompareNumbers.whole, CompareNumbers.part, CompareNumbers.crops,
      CompareTiling.measuring,
    ]
    for purpose in purposes { session.forget(.compare, purpose) }
  }

  static let opening = Purpose.other("open")

  func request(_ question: ComparisonRequest.Question) -> Request {
    .compare(ComparisonRequest(paths: paths, reference: reference, question))
  }

  mutating func refresh(_ session: inout Session) {
    if let wanted = session.compared {
      session.compared = nil
      show(wanted, &session)
    }
    takeOffer(&session)
    takeWhole(&session)
    settle(&session)
  }

  /// With nothing to show: the marked pictures, or the last that was restored.
  private mutating func takeOffer(_ session: inout Session) {
    guard paths.isEmpty, session.screen == .compare, let offer = Self.offer(session), offer != offered else { return }
    offered = offer
    show(offer, &session)
  }

  static func offer(_ session: Session) -> [String]? {
    let marked = session.marked.filter { !$0.hasSuffix("/") }
    if (2...ComparisonRequest.pictureLimit).contains(marked.count) { return marked }
    let done = session.jobs.lazy.flatMap(\.pictures).filter { $0.state == .done && !$0.output.isEmpty }
    if let path = marked.first ?? session.current, let own = done.last(where: { $0.input == path }) {
      return [own.input, own.output]
    }
    return done.last.map { [$0.input, $0.output] }
  }

  /// Brings the window to where there are pixels and asks for what is not known.
  mutating func settle(_ session: inout Session) {
    guard session.screen == .compare, session.isConnected, paths.count >= 2, failure == nil else { return }
    guard info != nil else {
      if !session.isAsking(.compare, Self.opening) { session.ask(request(.open), for: .compare, Self.opening) }
      return
    }
    let room = room(session)
    window.settle(frame: frame, room: room)
    visible.want(
      CompareView.Key(CompareGeometry(window, frame: frame, room: room)), x: window.x, y: window.y, request, &session)
    guard visible.isKnown else { return }
    measureTiling(&session)
    if showsFigures { numbers.want(geometry(session).region, frame: frame, self, &session) }
  }

  mutating func receive(_ reply: Reply, body: [UInt8], to purpose: Purpose, _ session: inout Session) {
    switch (purpose, reply) {
    case (Self.opening, .comparison(.opened(let opened))):
      guard opened.pictures.count == paths.count, opened.width > 0, opened.height > 0 else {
        failure = "the engine's answer does not tell of these pictures"
        break
      }
      info = opened
      window = CompareWindow(frame: frame)
    case (Self.opening, .failure(let problem)):
      if !restoreWholeAgain(&session) { failure = problem.message }
    case (CompareView.purpose, .comparison(.view(let view))):
      let isWhole = visible.receive(view, body, count: count)
      if !isWhole { failure = "the engine's answer does not hold the pixels it tells of" }
    case (CompareView.purpose, .failure(let problem)): failure = problem.message
    case (CompareTiling.queueing, _), (CompareTiling.measuring, _): receiveTiling(reply, to: purpose, &session)
    case (_, .failure(let problem)):
      numbers.fail(purpose)
      session.say(problem.message, .error)
    case (_, .comparison(let reply)): numbers.receive(reply, to: purpose)
    default: failure = "the engine did not answer with pictures"
    }
    settle(&session)
  }
}
