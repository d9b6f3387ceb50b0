import EngineWire

/// The picture of a job as it is by now: asked for when a tile finished, a few times a second at most.
struct RunPreview: Sendable {
  struct Key: Hashable, Sendable {
    var job: String
    var picture: Int
    /// Of the room there is, in pixels.
    var width: Int
    var height: Int
    /// Tiles that are painted in.
    var tiles: Int

    /// The same room for the same picture.
    func isSameView(_ other: Key) -> Bool {
      job == other.job && picture == other.picture && width == other.width && height == other.height
    }
  }

  /// Seconds between two questions for the same picture.
  static let pace = 0.35

  private(set) var wanted: Key?
  private var asked: Key?
  private var askedTime = -Double.infinity
  private var known: (key: Key, outcome: FilesPreview.Outcome)?

  /// The newest picture of what is wanted, some tiles behind perhaps.
  var outcome: FilesPreview.Outcome? {
    guard let wanted, let known, known.key.isSameView(wanted) else { return nil }
    return known.outcome
  }

  var shown: FilesPreview.Shown? {
    guard case .shown(let shown) = outcome else { return nil }
    return shown
  }

  mutating func want(_ key: Key?, _ session: inout Session) {
    wanted = key
    if asked != nil && !session.isAsking(.run, .jobPreview) { asked = nil }
    guard let key else { return session.forget(.run, .jobPreview) }
    guard known?.key != key, asked != key else { return }
    if let asked, asked.isSameView(key) { return }
    if let known, known.key.isSameView(key), session.time < askedTime + Self.pace - 0.01 {
      return session.wake(in: askedTime + Self.pace - session.time)
    }
    session.ask(
      .jobPreview(job: key.job, picture: key.picture, width: key.width, height: key.height), for: .run, .jobPreview)
    asked = session.isAsking(.run, .jobPreview) ? key : nil
    askedTime = session.time
  }

  mutating func receive(_ reply: Reply, body: [UInt8]) {
    guard let key = asked else { return }
    asked = nil
    switch reply {
    case .pixels(let info):
      guard let pixels = PixelBlock(info, body) else {
        return known = (key, .failed("the engine's answer does not hold the pixels it tells of"))
      }
      known = (key, .shown(FilesPreview.Shown(info: info, pixels: pixels)))
    case .failure(let failure): known = (key, .failed(failure.message))
    default: known = (key, .failed("the engine did not answer with a picture"))
    }
  }
}
