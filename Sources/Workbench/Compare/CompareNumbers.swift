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
      ask(Self.whole, .measure(region: nil, convention: screen.convention, shave: screen.shave))
    }
    guard measured != region else { return }
    if region == Rectangle(x: 0, y: 0, width: frame.width, height: frame.height) {
      // All of it is in sight: that is being measured already.
      if let wholeMeasures, screen.shave == 0 { (measured, partMeasures) = (region, wholeMeasures) }
      if screen.shave == 0 { return }
    }
    if session.time - since < Self.rest - 0.05 { return session.wake(in: Self.rest - (session.time - since)) }
    guard !failed.contains(Self.part), !session.isAsking(.compare, Self.part) else { return }
    asked = region
    ask(Self.part, .measure(region: region, convention: screen.convention, shave: 0))
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
