import Base
import EngineWire

/// The part in sight of all pictures, as the engine sent it. One question at a time is on its way, the newest next.
struct CompareView: Sendable {
  static let purpose = Purpose.other("view")

  /// What pixels are wanted.
  struct Key: Hashable, Sendable {
    let region: Rectangle
    let width: Int
    let height: Int

    init(_ geometry: CompareGeometry) {
      (region, width, height) = (geometry.region, geometry.width, geometry.height)
    }

    init(_ view: ComparisonView) { (region, width, height) = (view.region, view.width, view.height) }
  }

  /// What is known, some movements behind perhaps.
  private(set) var key: Key?
  private(set) var blocks: [PixelBlock] = []
  private(set) var samples: [[Int]] = []
  private(set) var samplesAt: (x: Int, y: Int)?

  var isKnown: Bool { key != nil }

  /// Asks for what differs from what is known.
  mutating func want(
    _ wanted: Key, x: Int, y: Int, _ request: (ComparisonRequest.Question) -> Request, _ session: inout Session
  ) {
    guard !session.isAsking(.compare, Self.purpose) else { return }
    let hasPixels = key == wanted
    if hasPixels, let samplesAt, samplesAt == (x, y) { return }
    let (width, height) = hasPixels ? (0, 0) : (wanted.width, wanted.height)
    session.ask(
      request(.view(region: wanted.region, width: width, height: height, x: x, y: y)), for: .compare, Self.purpose)
  }

  /// - Returns: false where the answer is not whole.
  mutating func receive(_ view: ComparisonView, _ body: [UInt8], count: Int) -> Bool {
    guard view.samples.count == count else { return false }
    (samples, samplesAt) = (view.samples, (view.x, view.y))
    if body.isEmpty && (view.width == 0 || view.height == 0) { return true }
    let (pixels, isHuge) = view.width.multipliedReportingOverflow(by: view.height)
    guard !isHuge, pixels > 0, pixels <= body.count, body.count == pixels * 3 * count else { return false }
    blocks = (0..<count).map { place in
      PixelBlock(
        width: view.width, height: view.height, bytes: Array(body[place * pixels * 3..<(place + 1) * pixels * 3]))
    }
    key = Key(view)
    return true
  }
}
