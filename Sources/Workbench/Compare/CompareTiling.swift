import Base
import EngineWire

/// What cutting a picture into tiles changed, which takes the same picture restored whole.
struct CompareTiling: Sendable {
  static let queueing = Purpose.other("queue whole")
  static let measuring = Purpose.other("tiling")

  /// A result that was made in tiles.
  struct Source: Hashable, Sendable {
    let picture: PictureProgress
    let request: JobRequest
    /// When its job was queued, seconds since 1970.
    let created: Double

    /// The same without tiles, beside what is there.
    var wholeRequest: JobRequest {
      var request = request
      request.inputs = [picture.input]
      request.isRecursive = false
      request.tile = .whole
      request.output = Self.wholePath(picture.output)
      (request.outputFolder, request.name) = (nil, JobRequest(inputs: [], task: "").name)
      request.existing = .rename
      return request
    }

    /// `a/b_dn.png`: `a/b_dn_whole.png`.
    private static func wholePath(_ path: String) -> String {
      let name = path.lastPathPart
      guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return path + "_whole" }
      return path.dropLast(name.count) + name[..<dot] + "_whole" + name[dot...]
    }

    /// The lines with which tiles begin or end, in pixels of the result, which is `width` wide.
    func lines(width: Int) -> (columns: [Int], rows: [Int]) {
      let part = request.region ?? Rectangle(x: 0, y: 0, width: picture.width, height: picture.height)
      let scale = max(1, width / max(1, part.width))
      func lines(_ start: KeyPath<Rectangle, Int>, _ length: KeyPath<Rectangle, Int>) -> [Int] {
        let ends = picture.tiles.flatMap { [$0[keyPath: start], $0[keyPath: start] + $0[keyPath: length]] }
        return Set(ends).map { ($0 - part[keyPath: start]) * scale }.sorted()
      }
      return (lines(\.x, \.width), lines(\.y, \.height))
    }
  }

  /// What is looked at, or is to be.
  var source: Source?
  /// The job that restores it whole; nil where an earlier one did.
  var job: String?
  /// Both are compared: the whole one is the reference, before the tiled one.
  var isShown = false
  /// How far the job is, in a few words.
  var progress = ""
  private(set) var info: TilingInfo?
  private(set) var hasFailed = false

  /// One line; nil where nobody asked.
  var note: String? {
    guard let source else { return nil }
    let name = source.picture.output.lastPathPart
    guard isShown else { return "restoring \(name) whole, to see what tiling changed: \(progress)" }
    guard let info else { return hasFailed ? nil : "measuring what tiling changed" }
    let seams = info.seamScore.map { "seam score \(Quantity.decimal($0, 3))" } ?? "no seam to see"
    return
      "\(source.picture.tiles.count) tiles: \(seams), at most \(Quantity.decimal(info.maximum, 1)) levels of 255 at "
      + "\(info.x),\(info.y), mean \(Quantity.decimal(info.mean, 3))"
  }

  mutating func measureAnew() { (info, hasFailed) = (nil, false) }

  mutating func receive(_ reply: Reply, to purpose: Purpose, _ session: inout Session) {
    switch reply {
    case .submitted(let id): job = id
    case .comparison(.tiling(let tiling)): info = tiling
    case .failure(let problem):
      session.say(problem.message, .error)
      if purpose == Self.queueing { self = CompareTiling() } else { hasFailed = true }
    default: self = CompareTiling()
    }
  }
}

extension CompareScreen {
  mutating func receiveTiling(_ reply: Reply, to purpose: Purpose, _ session: inout Session) {
    tiling.receive(reply, to: purpose, &session)
    guard let info = tiling.info, let note = tiling.note else { return }
    // The largest change becomes visible, and the cursor stands on it.
    while gain < 64 && Double(2 * gain) * info.maximum <= 255 { gain *= 2 }
    window.read(x: info.x, y: info.y, frame: frame)
    if layout(session.area).notes.isEmpty { session.say(note) }
  }

  /// Restores the result in front whole, unless that was done, and compares the two.
  mutating func compareWithWhole(_ session: inout Session) {
    if tiling.source != nil && !tiling.isShown {
      return session.say("it is being restored whole; screen 3 shows how far that is")
    }
    guard let source = Self.tiledResult([paths[front]] + paths, session) else {
      return session.say("none of these is a result of screen 3 in several tiles")
    }
    if let whole = Self.wholeResult(of: source, session) { return show(source, whole: whole, &session) }
    restoreWhole(source, &session)
  }

  private mutating func restoreWhole(_ source: CompareTiling.Source, _ session: inout Session) {
    tiling = CompareTiling()
    tiling.source = source
    tiling.progress = "waiting"
    session.ask(.submit(source.wholeRequest), for: .compare, CompareTiling.queueing)
  }

  /// The whole picture of an earlier job is not there any more: makes it again beside what was compared.
  mutating func restoreWholeAgain(_ session: inout Session) -> Bool {
    guard let source = tiling.source, tiling.isShown, tiling.job == nil else { return false }
    show([source.picture.input, source.picture.output], &session)
    restoreWhole(source, &session)
    return true
  }

  /// Takes up the whole picture once it is there.
  mutating func takeWhole(_ session: inout Session) {
    guard let id = tiling.job, let source = tiling.source, !tiling.isShown, session.screen == .compare else { return }
    guard let job = session.jobs.first(where: { $0.id == id }), let picture = job.pictures.first else { return }
    switch job.state {
    case .done:
      show(source, whole: picture.output, &session)
      tiling.job = id
    case .failed, .cancelled:
      session.say(picture.reason ?? "\(picture.input) was not restored whole: cancelled", .error)
      tiling = CompareTiling()
    case .waiting: tiling.progress = "waiting"
    case .paused: tiling.progress = "paused on screen 3"
    case .running:
      let share = session.progress[id].map { (Double($0.tilesDone) + $0.tileFraction) / Double(max(1, $0.tileCount)) }
      tiling.progress = "\(Int((share ?? 0) * 100)) %"
    }
  }

  private mutating func show(_ source: CompareTiling.Source, whole: String, _ session: inout Session) {
    show([whole, source.picture.output], &session)
    mode = .difference
    (tiling.source, tiling.isShown) = (source, true)
  }

  /// Asks how much was changed, once.
  func measureTiling(_ session: inout Session) {
    guard let source = tiling.source, tiling.isShown, tiling.info == nil, !tiling.hasFailed,
      paths.count >= 2, paths[1] == source.picture.output, !session.isAsking(.compare, CompareTiling.measuring)
    else { return }
    let (columns, rows) = source.lines(width: frame.width)
    let request = ComparisonRequest(paths: paths, reference: 0, .tiling(picture: 1, columns: columns, rows: rows))
    session.ask(.compare(request), for: .compare, CompareTiling.measuring)
  }

  /// The first of the paths that a job made in several tiles, the newest such job first.
  private static func tiledResult(_ paths: [String], _ session: Session) -> CompareTiling.Source? {
    for path in paths {
      for job in session.jobs.reversed() {
        if let made = job.pictures.last(where: { $0.output == path && $0.state == .done && $0.tiles.count > 1 }) {
          return CompareTiling.Source(picture: made, request: job.request, created: job.created)
        }
      }
    }
    return nil
  }

  /// Where a later job put the same picture with the same settings but for tiles.
  private static func wholeResult(of source: CompareTiling.Source, _ session: Session) -> String? {
    let wanted = source.wholeRequest
    let job = session.jobs.last { $0.request == wanted && $0.state == .done && $0.created >= source.created }
    return job?.pictures.first?.output
  }
}

extension PixelBlock {
  /// Each pixel `zoom` times as wide and high, cut to `width` x `height`, and laid on `ground` where that is larger.
  func magnified(_ zoom: Int, to size: (width: Int, height: Int), on ground: RGB) -> PixelBlock {
    if zoom == 1, size == (width, height) { return self }
    var result = [UInt8](repeating: 0, count: max(0, size.width) * max(0, size.height) * 3)
    for y in 0..<max(0, size.height) {
      for x in 0..<max(0, size.width) {
        let (column, row) = (x / max(1, zoom), y / max(1, zoom))
        let colour = column < width && row < height ? self[column, row] : ground
        let place = (y * size.width + x) * 3
        (result[place], result[place + 1], result[place + 2]) = (colour.red, colour.green, colour.blue)
      }
    }
    return PixelBlock(width: max(0, size.width), height: max(0, size.height), bytes: result)
  }

  /// This up to column `edge`, `other` from there on. Both have one size.
  func wiped(with other: PixelBlock, at edge: Int) -> PixelBlock {
    guard other.width == width, other.height == height else { return self }
    let cut = min(max(0, edge), width) * 3
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    for row in 0..<height {
      let (start, end) = (row * width * 3, (row + 1) * width * 3)
      result += bytes[start..<start + cut]
      result += other.bytes[start + cut..<end]
    }
    return PixelBlock(width: width, height: height, bytes: result)
  }

  /// By how much this is lighter than `other`, pixel by pixel: mean of the channels, -255...255.
  func differences(from other: PixelBlock) -> [Int] {
    guard other.width == width, other.height == height else { return [] }
    return (0..<width * height).map { pixel in
      var sum = 0
      for channel in 0..<3 { sum += Int(bytes[pixel * 3 + channel]) - Int(other.bytes[pixel * 3 + channel]) }
      // To the nearest, away from zero at the half, so that both signs are treated alike.
      return (sum + (sum < 0 ? -1 : 1)) / 3
    }
  }

  /// Differences times `gain` as colours: blue where this is darker, orange where it is lighter, the ground where both are equal.
  func differenceMap(from other: PixelBlock, gain: Int, isLight: Bool) -> PixelBlock {
    let ground = isLight ? RGB(0xffffff) : RGB(0x101010)
    let (darker, lighter) = isLight ? (RGB(0x0044bb), RGB(0xb34a00)) : (RGB(0x4da3ff), RGB(0xffa033))
    let table = (0...255).map { amount in
      let share = min(1, Double(amount * gain) / 255)
      return (ground.mixed(with: darker, share), ground.mixed(with: lighter, share))
    }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    for difference in differences(from: other) {
      let colours = table[min(255, abs(difference))]
      let colour = difference < 0 ? colours.0 : colours.1
      result += [colour.red, colour.green, colour.blue]
    }
    guard result.count == bytes.count else { return self }
    return PixelBlock(width: width, height: height, bytes: result)
  }
}
