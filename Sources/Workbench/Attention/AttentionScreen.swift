import Base
import EngineWire

/// What the network looks at from one pixel: a query cursor on the picture, the map beside or over it, numbers, and an overview of
/// all blocks and heads.
struct AttentionScreen: Screen {
  /// How picture and map stand together.
  enum Arrangement: Hashable, Sendable, CaseIterable { case beside, over, alone }
  /// What stands in the second pane.
  enum Second: Hashable, Sendable { case map, overview, pinned, halfScale, analysis }

  static let place = Command("query", "to a pixel by its coordinates", "p")
  static let kind = Command("kind", "next kind: stripe, window, anchors, gather", short: "kind", "s")
  static let window = Command("window", "the square window", short: "window", "w")
  static let anchors = Command(
    "anchors", "the stripe's factors: query to anchors, anchor to pixels", short: "anchors", "a")
  static let nextBlock = Command("next-block", "next block", short: "block", "]")
  static let previousBlock = Command("previous-block", "previous block", "[")
  static let nextStage = Command("next-stage", "next stage", short: "stage", "}")
  static let previousStage = Command("previous-stage", "previous stage", "{")
  static let nextHead = Command("next-head", "next head, then the mean of all", short: "head", ".")
  static let previousHead = Command("previous-head", "previous head", ",")
  static let overlay = Command("overlay", "map beside the picture, over it, alone", short: "overlay", "o")
  static let overview = Command("overview", "all blocks and heads at a glance", short: "overview", "v")
  static let pin = Command("pin", "keep this query beside the next ones", short: "pin", "b")
  static let scales = Command("scales", "the same query at half scale", short: "scales", "x")
  static let terms = Command("terms", "without bias, without temperature, without both", "t")
  static let figure = Command("figure", "next figure of the overview, next map of what was found", "f")

  static let commands: [Command] = [
    .open.called("begin, or ask again", short: "ask"), nextBlock, previousBlock, nextStage, previousStage, nextHead,
    previousHead, analyses, window, kind.called("the anchored stripe", short: "stripe"), anchors, overlay, overview,
    pin,
    scales, terms, figure, .zoomIn, .zoomOut, .fit,
    .export.called("what is shown as a file: picture, drawing or numbers", short: "export"),
    place,
  ]

  var path: String?
  var picture: PictureInfo?
  var query: (x: Int, y: Int)?
  var kind = "stripe"
  var stage = 0
  var block = 0
  /// Nil for the mean.
  var head: Int?
  var hasBias = true
  var hasTemperature = true
  var arrangement = Arrangement.beside
  var second = Second.map
  var shownFigure = AttentionFigure.entropy
  /// Pixels of the shorter side of the region that is shown; nil shows all.
  var zoom: Int?
  var centre: (x: Int, y: Int)?
  /// The first question was asked: from now on every movement asks.
  var hasBegun = false

  var map: ShownAttention?
  var pinned: ShownAttention?
  var half: ShownAttention?
  var summary: AttentionOverview?
  var analysis = AnalysisPane()
  /// Words of `grl attention` for what is being exported, and the file that was named.
  var exported: (words: [String], file: String)?
  var problem: String?
  var asked: AttentionOrder?
  /// The picture behind the maps, and what was asked for by its place in `wantedBackdrops`.
  var backdrops: [(key: BackdropKey, outcome: FilesPreview.Outcome?)] = []
  var askedBackdrops: [Int: BackdropKey] = [:]

  struct BackdropKey: Hashable, Sendable {
    let path: String
    let region: Rectangle
    let width: Int
    let height: Int
  }

  func hints(_ session: Session) -> [Command] {
    second == .analysis && analysis.isChoosing ? Self.choosingHints : Self.commands
  }

  var network: AttentionNetwork? { map?.info.network }

  /// What shall be shown now.
  var order: AttentionOrder? {
    guard let query else { return nil }
    return AttentionOrder(
      x: query.x, y: query.y, stage: stage, block: block, kind: kind, head: head, hasBias: hasBias,
      hasTemperature: hasTemperature)
  }

  /// The part of the picture that is shown.
  var region: Rectangle? {
    guard let picture, picture.width > 0, picture.height > 0 else { return nil }
    guard let zoom, let centre else { return Rectangle(x: 0, y: 0, width: picture.width, height: picture.height) }
    let (width, height) = (min(zoom, picture.width), min(zoom, picture.height))
    return Rectangle(
      x: min(max(centre.x - width / 2, 0), picture.width - width),
      y: min(max(centre.y - height / 2, 0), picture.height - height), width: width, height: height)
  }

  /// The part that a map shows: the surroundings of a cell that would be lost in the whole picture.
  func mapRegion(_ shown: ShownAttention) -> Rectangle? {
    guard let region, zoom == nil else { return region }
    let near = shown.surroundings(in: (region.width, region.height))
    return max(near.width, near.height) * 2 < max(region.width, region.height) ? near : region
  }

  /// What the first pane shows: the whole picture beside a map, the map's surroundings where it lies over the picture.
  var firstRegion: Rectangle? {
    let showsMap = arrangement != .beside || second == .halfScale
    return showsMap ? map.flatMap { mapRegion($0) } ?? region : region
  }

  /// What the half-scale pane shows, in pixels of the picture at half size.
  var halfRegion: Rectangle? {
    guard let half, let picture else { return nil }
    return half.surroundings(in: (max(1, picture.width / 2), max(1, picture.height / 2)))
  }

  func layout(_ area: CanvasArea) -> AttentionLayout {
    AttentionLayout(area, isSplit: arrangement == .beside || second != .map)
  }

  mutating func receive(_ reply: Reply, body: [UInt8], to purpose: Purpose, _ session: inout Session) {
    switch purpose {
    case .details: receiveDetails(reply, &session)
    case .other(let text) where text.hasPrefix(Self.backdropPurpose):
      receiveBackdrop(reply, body, Int(text.dropFirst(Self.backdropPurpose.count)) ?? 0)
    case .other("row"): receiveRow(reply, body)
    case .other("half"): receiveHalf(reply, body)
    case .other("overview"): receiveOverview(reply)
    case AnalysisPane.purpose: analysis.receive(reply, body)
    default: break
    }
    refresh(&session)
  }

  private mutating func receiveDetails(_ reply: Reply, _ session: inout Session) {
    switch reply {
    case .picture(let info):
      guard info.path == path || path != nil else { return }
      picture = info
      query = query ?? (info.width / 2, info.height / 2)
    case .failure(let failure): problem = failure.message
    default: problem = "the engine did not answer with a picture's size"
    }
  }

  static let backdropPurpose = "backdrop "

  private mutating func receiveBackdrop(_ reply: Reply, _ body: [UInt8], _ place: Int) {
    guard let key = askedBackdrops.removeValue(forKey: place) else { return }
    let outcome: FilesPreview.Outcome?
    switch reply {
    case .pixels(let info):
      outcome = PixelBlock(info, body).map { .shown(FilesPreview.Shown(info: info, pixels: $0)) }
    case .failure(let failure): outcome = .failed(failure.message)
    default: outcome = nil
    }
    backdrops.append((key, outcome))
    if backdrops.count > 6 { backdrops.removeFirst() }
  }

  /// What is known of a part of the picture.
  func backdrop(_ region: Rectangle) -> FilesPreview.Outcome? { backdrops.last { $0.key.region == region }?.outcome }

  private mutating func receiveRow(_ reply: Reply, _ body: [UInt8]) {
    let order = asked
    asked = nil
    switch reply {
    case .attention(let info):
      guard let shown = ShownAttention(info, body) else {
        return problem = "the engine's answer does not hold the weights it tells of"
      }
      let isFirst = map == nil
      (map, problem) = (shown, nil)
      // The first question cannot know how many stages there are: it asks for the first.
      if isFirst, let depths = network?.depths, order?.stage == stage {
        stage = min(stage, max(0, depths.count - 1))
      }
    case .failure(let failure): (problem, hasBegun) = (failure.message, false)
    default: problem = "the engine did not answer with a row of attention"
    }
  }

  private mutating func receiveHalf(_ reply: Reply, _ body: [UInt8]) {
    switch reply {
    case .attention(let info): half = ShownAttention(info, body)
    // A newer query ended it; it is asked again.
    case .failure(let failure) where failure.kind == .cancelled: break
    case .failure(let failure): (problem, second) = (failure.message, .map)
    default: break
    }
  }

  private mutating func receiveOverview(_ reply: Reply) {
    switch reply {
    case .attentionOverview(let overview): summary = overview
    case .failure(let failure) where failure.kind == .cancelled: break
    case .failure(let failure): (problem, second) = (failure.message, .map)
    default: break
    }
  }

  mutating func answered(_ text: String, to tag: String, _ session: inout Session) {
    switch tag {
    case Self.secondTag:
      let name = text.trimmingCharacters(in: .whitespaces)
      if !name.isEmpty { find(&session, second: name) }
      return refresh(&session)
    case Self.exportTag: return export(to: text, &session)
    case Self.groundTag: return export(on: text, &session)
    default: break
    }
    guard tag == "query", let picture else { return }
    let parts = text.split(whereSeparator: { ", ".contains($0) }).map { Int($0) }
    guard parts.count == 2, let x = parts[0], let y = parts[1] else {
      return session.say("'\(text)' is no place: give X,Y in whole pixels", .error)
    }
    guard (0..<picture.width).contains(x), (0..<picture.height).contains(y) else {
      return session.say(
        "(\(x), \(y)) lies outside the picture of \(picture.width) x \(picture.height)", .error)
    }
    move(to: (x, y), &session)
  }

  mutating func mouse(_ event: MouseEvent, in area: CanvasArea, _ session: inout Session) {
    switch event.action {
    case .scrollUp: _ = perform(.zoomIn, &session)
    case .scrollDown: _ = perform(.zoomOut, &session)
    case .press, .drag:
      guard let region else { return }
      for (number, pane) in layout(area).panes.enumerated() {
        let region = (number == 1 && second == .map ? map.flatMap { mapRegion($0) } : firstRegion) ?? region
        let placement = PicturePlacement(
          width: region.width, height: region.height, in: pane, cell: session.pixelCell)
        if let pixel = placement.pixel(column: event.column, row: event.row) {
          move(to: (region.x + pixel.x, region.y + pixel.y), &session)
        }
      }
    case .release: break
    }
  }
}
