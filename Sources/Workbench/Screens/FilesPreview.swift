import Base
import EngineWire

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
