import Base
import EngineWire

/// What was measured of the whole and of the part in sight, and where the pictures differ most.
struct CompareNumbers: Sendable {
  static let whole = Purpose.other("whole")
  static let part = Purpose.other("part")
  static let crops = Purpose.other("crops")
  /// How long a part must be in sight before it is measured, in seconds.
  static let rest = 0.3

  private(set) var wholeMeasures: [ComparisonMeasure]?
  private(set) var partMeasures: [ComparisonMeasure]?
  private(set) var cropList: [Rectangle]?
  /// The part that was measured, and the one that is asked for.
  private(set) var measured: Rectangle?
  private var asked: Rectangle?
  /// What is in sight, and since when.
  private(set) var region: Rectangle?
  private var since = -Double.infinity
  private var failed: Set<Purpose> = []

  /// With the title; a guess before anything was measured.
  var rowCount: Int { 1 + max(5, wholeMeasures?.count ?? 0) }

  /// Measures of what is in sight now; nil while they are not known.
  var current: [ComparisonMeasure]? { measured == region ? partMeasures : nil }

  mutating func want(
    _ region: Rectangle, frame: (width: Int, height: Int), _ screen: CompareScreen, _ session: inout Session
  ) {
    if region != self.region { (self.region, since) = (region, session.time) }
    func ask(_ purpose: Purpose, _ question: ComparisonRequest.Question) {
      guard !failed.contains(purpose), !session.isAsking(.compare, purpose) else { return }
      session.ask(screen.request(question), for: .compare, purpose)
    }
    if cropList == nil { ask(Self.crops, .crops(side: CompareScreen.cropSide, count: CompareScreen.cropCount)) }
    if wholeMeasures == nil {
      ask(Self.whole, screen.question(nil))
    }
    guard measured != region else { return }
    if region == Rectangle(x: 0, y: 0, width: frame.width, height: frame.height) {
      // All of it is in sight: that is being measured already.
      let isSame = screen.shave == 0 || !screen.isUndamaged
      if let wholeMeasures, isSame { (measured, partMeasures) = (region, wholeMeasures) }
      if isSame { return }
    }
    if session.time - since < Self.rest - 0.05 { return session.wake(in: Self.rest - (session.time - since)) }
    guard !failed.contains(Self.part), !session.isAsking(.compare, Self.part) else { return }
    asked = region
    ask(Self.part, screen.question(region))
  }

  mutating func receive(_ reply: ComparisonReply, to purpose: Purpose) {
    switch (purpose, reply) {
    case (Self.whole, .measures(let measures)): wholeMeasures = measures
    case (Self.part, .measures(let measures)): (measured, partMeasures) = (asked, measures)
    case (Self.crops, .crops(let list)): cropList = list
    default: break
    }
  }

  /// Not asked again until something else is measured.
  mutating func fail(_ purpose: Purpose) { failed.insert(purpose) }

  /// Another convention or border: what was measured counts no more; the crops stay.
  mutating func measureAnew(_ session: inout Session) {
    (wholeMeasures, partMeasures, measured, failed) = (nil, nil, nil, [])
    session.forget(.compare, Self.whole)
    session.forget(.compare, Self.part)
  }
}

extension CompareScreen {
  /// What is asked of a part, or of the whole: measures against an undamaged picture, or what changed.
  func question(_ region: Rectangle?) -> ComparisonRequest.Question {
    guard isUndamaged else { return .changes(region: region) }
    return .measure(region: region, convention: convention, shave: region == nil ? shave : 0)
  }

  /// The samples under the cursor, and their differences from the reference.
  func drawPixel(on canvas: inout Canvas, in area: CanvasArea, _ look: Look) {
    var pieces: [(String, Style)] = [("pixel", look[.faint])]
    for place in visible.samples.indices {
      pieces.append(("  \(Self.letter(place)) ", look[.faint]))
      pieces.append((Self.text(visible.samples[place]), look[.text]))
    }
    for place in visible.samples.indices where place != reference {
      guard let text = differenceText(place) else { continue }
      pieces.append(("  \(Self.letter(place))-\(Self.letter(reference)) ", look[.faint]))
      pieces.append((text, look[.accent]))
    }
    canvas.write(pieces, in: area)
  }

  static func text(_ samples: [Int]) -> String {
    samples.isEmpty ? "none" : samples.map { pad(String($0), 3) }.joined(separator: " ")
  }

  /// `-4 +4 +2`; nil where the samples are of different kinds.
  func differenceText(_ place: Int) -> String? {
    guard visible.samples.indices.contains(place), visible.samples.indices.contains(reference), let info else {
      return nil
    }
    let (a, b) = (visible.samples[place], visible.samples[reference])
    guard a.count == b.count, !a.isEmpty, info.pictures[place].bitDepth == info.pictures[reference].bitDepth else {
      return nil
    }
    return zip(a, b).map { $0 > $1 ? "+\($0 - $1)" : String($0 - $1) }.joined(separator: " ")
  }

  /// A row for each metric, a column for each picture: of the whole, and of what is in sight.
  func drawFigures(on canvas: inout Canvas, in area: CanvasArea, _ look: Look) {
    canvas.fill(area, look[.panel])
    let others = (0..<count).filter { $0 != reference }
    let inner = area.inset(columns: area.columns > 20 ? 1 : 0)
    // Before and after take more room than a number.
    let width = isUndamaged ? 9 : 15
    // What is in sight goes where there is no room for both.
    let sets = isUndamaged || 16 + 2 * others.count * width <= inner.columns ? 2 : 1
    let nameColumns = max(8, min(26, inner.columns - sets * others.count * width))
    func cells(_ row: Int) -> (name: CanvasArea, values: [CanvasArea]) {
      let line = inner.dropTop(row).top(1)
      let values = (0..<sets * others.count).map { line.dropLeft(nameColumns + $0 * width).left(width - 1) }
      return (line.left(nameColumns - 1), values)
    }
    let head = cells(0)
    canvas.write(
      isUndamaged ? "against \(Self.letter(reference))" : "from \(Self.letter(reference))", in: head.name,
      look[.faint, on: .panel])
    for (column, place) in others.enumerated() {
      canvas.write("whole \(Self.letter(place))", in: head.values[column], look[.faint, on: .panel], .right)
      guard sets > 1 else { continue }
      canvas.write(
        "crop \(Self.letter(place))", in: head.values[others.count + column], look[.faint, on: .panel], .right)
    }
    let names = numbers.wholeMeasures ?? numbers.current ?? []
    if names.isEmpty { canvas.write("measuring", in: cells(1).name, look[.faint, on: .panel]) }
    for (row, measure) in names.prefix(max(0, area.rows - 1)).enumerated() {
      let line = cells(row + 1)
      canvas.write(measure.name, in: line.name, look[.panel])
      for (column, place) in others.enumerated() {
        let whole = Self.value(numbers.wholeMeasures, row, place)
        let part = Self.value(numbers.current, row, place)
        canvas.write(whole, in: line.values[column], look[.panel], .right)
        if sets > 1 { canvas.write(part, in: line.values[others.count + column], look[.accent, on: .panel], .right) }
      }
    }
  }

  /// `..` while it is measured, `-` where it cannot be.
  static func value(_ measures: [ComparisonMeasure]?, _ row: Int, _ place: Int) -> String {
    guard let measures else { return ".." }
    guard measures.indices.contains(row), measures[row].values.indices.contains(place) else { return "-" }
    let value = measures[row].values[place]
    return value.isEmpty ? "-" : value
  }

  private static func pad(_ text: String, _ columns: Int) -> String {
    String(repeating: " ", count: max(0, columns - text.count)) + text
  }

  // MARK: Lines

  func plainLines(_ session: Session) -> [String] {
    if let failure { return [failure, "reload reads the pictures again, drop takes them away"] }
    guard let info else {
      guard paths.count >= 2 else { return ["nothing to compare; add PATH adds a picture, two to four are compared"] }
      return ["reading \(paths.map(\.lastPathPart).joined(separator: ", "))"]
    }
    var lines = info.pictures.enumerated().map { place, picture in
      "\(title(place)), \(picture.width) by \(picture.height), \(picture.bitDepth) bit"
        + (picture.note.map { ", \($0)" } ?? "")
    }
    if let note = tiling.note { lines.append(note) }
    for place in info.pictures.indices where place != reference {
      for (row, measure) in (numbers.wholeMeasures ?? []).enumerated() {
        let part = Self.value(numbers.current, row, place)
        lines.append(
          "\(Self.letter(place)) \(measure.name): \(Self.value(numbers.wholeMeasures, row, place)), in sight \(part)")
      }
    }
    for (place, samples) in visible.samples.enumerated() {
      let values = samples.map(String.init).joined(separator: " ")
      lines.append("pixel \(window.x),\(window.y) \(Self.letter(place)): \(values)")
    }
    let shown = geometry(session)
    lines.append("here: \(Self.text(shown.region)), zoom \(Self.scale(shown))")
    return lines
  }
}
