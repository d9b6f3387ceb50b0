import Base
import EngineWire

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
  /// Most pictures remembered; then all are forgotten and asked for anew.
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

  /// Nothing is on its way any more.
  mutating func forgetAsked() { asked = [:] }

  private static func path(_ purpose: Purpose) -> String? {
    guard case .other(let text) = purpose, text.hasPrefix(prefix) else { return nil }
    return String(text.dropFirst(prefix.count))
  }
}

extension PictureInfo {
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
