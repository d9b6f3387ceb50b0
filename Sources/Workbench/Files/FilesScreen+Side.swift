import Base
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
    let impression = PictureImpression(preview.shown?.info, of: details.picture(path))
    if let text = impression.text, !impression.isRaw { lines.append((text, .faint)) }
    if impression.text != nil || impression.isRaw {
      lines.append((impression.suggestion, impression.task == nil ? .faint : .accent))
    }
    if let frame = session.framed {
      lines.append(("frame \(frame.width) x \(frame.height) at \(frame.x),\(frame.y): p restores it", .accent))
    } else if pane == .preview {
      lines.append(("hjkl moves a frame, + - its size, p restores it", .faint))
    }
    return lines
  }
}

/// What the headers of pictures say, asked for as they come into sight, few at a time.
struct FilesDetails: Sendable {
  enum Detail: Hashable, Sendable {
    case picture(PictureInfo)
    /// Why it cannot be read.
    case failed(String)
  }

  private struct Known: Sendable {
    let modified: Double
    let detail: Detail
  }

  /// Most questions on their way.
  static let inFlight = 4
  /// Most pictures remembered; then all are forgotten and asked for again.
  static let limit = 20_000
  private static let prefix = "inspect "

  private var known: [PathKey: Known] = [:]
  /// When the pictures that are asked for were changed last.
  private var asked: [PathKey: Double] = [:]

  subscript(_ path: String) -> Detail? { known[PathKey(path)]?.detail }

  func picture(_ path: String) -> PictureInfo? {
    guard case .picture(let info) = self[path] else { return nil }
    return info
  }

  /// Asks for those of `wanted` that are not known, the first ones first.
  mutating func ask(_ wanted: some Sequence<(path: String, modified: Double)>, _ session: inout Session) {
    let onTheirWay = session.pending.values.filter { Self.path($0.purpose) != nil && $0.screen == .files }
    var free = Self.inFlight - onTheirWay.count
    guard free > 0, session.isConnected else { return }
    let paths = Set(onTheirWay.compactMap { Self.path($0.purpose).map(PathKey.init) })
    for (path, modified) in wanted where free > 0 {
      if let known = known[PathKey(path)], known.modified == modified { continue }
      if paths.contains(PathKey(path)) { continue }
      asked[PathKey(path)] = modified
      session.ask(.inspect(path: path), for: .files, .other(Self.prefix + path))
      free -= 1
    }
  }

  /// Takes the answer to one of its questions; false where it asked no such.
  mutating func receive(_ reply: Reply, to purpose: Purpose) -> Bool {
    guard let path = Self.path(purpose) else { return false }
    if known.count >= Self.limit { known = [:] }
    let modified = asked.removeValue(forKey: PathKey(path)) ?? 0
    switch reply {
    case .picture(let info): known[PathKey(path)] = Known(modified: modified, detail: .picture(info))
    case .failure(let failure): known[PathKey(path)] = Known(modified: modified, detail: .failed(failure.message))
    default: break
    }
    return true
  }

  private static func path(_ purpose: Purpose) -> String? {
    guard case .other(let text) = purpose, text.hasPrefix(prefix) else { return nil }
    return String(text.dropFirst(prefix.count))
  }
}

extension PictureInfo {
  /// A camera raw file.
  var isRaw: Bool { format.lowercased().contains("raw") }

  /// `8 RGB`, `16 gray`; alpha beside gray is told by `carried`.
  var kindText: String { "\(bitDepth) \(layoutText)" }

  private var layoutText: String {
    switch layout {
    case "gray": "gray"
    case "grayAlpha": "gray"
    case "rgb": "RGB"
    case "rgbAlpha": "RGBA"
    default: layout
    }
  }

  /// `alpha`, `icc`, `exif`, `turned 90`: what a restoration has to carry along.
  var carried: [String] {
    var words: [String] = []
    if layout.hasSuffix("Alpha") { words.append("alpha") }
    if hasICC { words.append("icc") }
    if hasEXIF { words.append("exif") }
    if turnedDegrees != 0 { words.append("turned \(turnedDegrees)") }
    if isMirrored { words.append("mirrored") }
    return words
  }
}

/// The picture under the cursor, scaled by the engine to what the pane can show. A cursor that runs over many pictures asks for
/// the one it rests on.
struct FilesPreview: Sendable {
  struct Key: Hashable, Sendable {
    var path: PathKey
    /// Seconds since 1970: a picture that changed is another one.
    var modified: Double
    /// Of the room there is, in pixels.
    var width: Int
    var height: Int
  }

  struct Shown: Hashable, Sendable {
    let info: PixelsInfo
    let pixels: PixelBlock
  }

  enum Outcome: Hashable, Sendable {
    case shown(Shown)
    case failed(String)
  }

  /// Two movements within this time are a run, and what lies under a run is not asked for.
  static let quick = 0.25
  /// How long the cursor of a run must rest, in seconds.
  static let rest = 0.12
  /// Pictures kept for the way back.
  static let kept = 12

  let screen: ScreenID
  private(set) var wanted: Key?
  private var asked: Key?
  /// When `wanted` became what it is, and whether soon after it had become something else.
  private var since = -Double.infinity
  private var isQuick = false
  private var outcomes: [(key: Key, outcome: Outcome)] = []

  init(screen: ScreenID) { self.screen = screen }

  /// What is known of the picture that is wanted.
  var outcome: Outcome? { outcomes.last { $0.key == wanted }?.outcome }

  var shown: Shown? {
    guard case .shown(let shown) = outcome else { return nil }
    return shown
  }

  /// A tick is wanted, to ask when the cursor has rested.
  var isWaiting: Bool { wanted != nil && outcome == nil && asked != wanted }

  /// Wants a picture from now on; nil wants none.
  mutating func want(_ key: Key?, _ session: inout Session) {
    if key != wanted {
      // Another size of the same picture is no movement.
      isQuick = key?.path != wanted?.path && session.time - since < Self.quick
      wanted = key
      since = session.time
    }
    if asked != nil && !session.isAsking(screen, .preview) { asked = nil }
    guard let key else { return session.forget(screen, .preview) }
    guard outcome == nil, asked != key else { return }
    // Time comes in steps of 100 ms; what is left of a step does not make it wait for another one.
    guard !isQuick || session.time - since > Self.rest - 0.05 else { return }
    session.ask(
      .preview(path: key.path.text, region: nil, width: key.width, height: key.height), for: screen, .preview)
    asked = session.isAsking(screen, .preview) ? key : nil
  }

  mutating func receive(_ reply: Reply, body: [UInt8]) {
    guard let key = asked else { return }
    asked = nil
    switch reply {
    case .pixels(let info):
      guard let pixels = PixelBlock(info, body) else {
        return keep(.failed("the engine's answer holds \(body.count) bytes of pixels, not \(info.byteCount)"), key)
      }
      keep(.shown(Shown(info: info, pixels: pixels)), key)
    case .failure(let failure): keep(.failed(failure.message), key)
    default: keep(.failed("the engine did not answer with a picture"), key)
    }
  }

  private mutating func keep(_ outcome: Outcome, _ key: Key) {
    outcomes.removeAll { $0.key == key }
    outcomes.append((key, outcome))
    if outcomes.count > Self.kept { outcomes.removeFirst() }
  }
}

/// What the estimates on a picture suggest. They are estimates: texture looks like noise, and a task is only proposed.
struct PictureImpression: Hashable, Sendable {
  /// Below this it is no grid.
  static let gridStrength = 0.1

  let sigma: Double?
  let blockiness: Double?
  /// A sensor's mosaic, which other tasks cannot read.
  let isRaw: Bool

  init(_ info: PixelsInfo?, of picture: PictureInfo?) {
    sigma = info?.noiseSigma
    blockiness = info?.blockiness
    isRaw = picture?.isRaw ?? false
  }

  /// The task to try first; nil where nothing stands out.
  var task: String? {
    if isRaw { return "demosaic" }
    if let blockiness, blockiness >= PixelsInfo.blockyStrength { return "jpeg" }
    if let sigma, sigma >= PixelsInfo.noisySigma { return "denoise" }
    return nil
  }

  /// `noise sigma 21, no JPEG grid`; nil where nothing was estimated.
  var text: String? {
    guard sigma != nil || blockiness != nil else { return nil }
    var parts: [String] = []
    if let sigma { parts.append("noise sigma \(Quantity.decimal(sigma, sigma < 9.5 ? 1 : 0))") }
    if let blockiness {
      parts.append(
        blockiness >= Self.gridStrength ? "JPEG grid \(Quantity.decimal(blockiness, 1))" : "no JPEG grid")
    }
    return parts.joined(separator: ", ")
  }

  /// What it looks like, and what could be tried.
  var suggestion: String {
    switch task {
    case "jpeg": "JPEG damage: t takes task jpeg"
    case "denoise": "noisy: t takes task denoise"
    case "demosaic": "camera raw: t takes task demosaic"
    default: "nothing stands out (estimates)"
    }
  }
}
