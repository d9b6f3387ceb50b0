/// Pixels of a character cell.
public struct CellSize: Codable, Hashable, Sendable {
  public var width: Int
  public var height: Int

  /// What stands for the size where the terminal does not tell: the VT340's, and about that of many fonts.
  public static let usual = CellSize(width: 10, height: 20)

  public init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }
}

/// What the terminal said of itself when it was asked at the start, and what that means for pictures.
public struct TerminalFacts: Codable, Hashable, Sendable {
  /// The value of `TERM`.
  public var name = ""
  /// Name and version of the program (XTVERSION).
  public var program: String?
  /// It closed the batch of questions: what it did not say, it does not have.
  public var hasAnswered = false
  /// Kitty pictures; inside tmux only where tmux passes them on.
  public var hasKitty = false
  /// Kitty pictures may go through shared memory: the terminal runs on this machine.
  public var sharesMemory = false
  public var hasSixel = false
  public var hasITerm = false
  public var isTruecolour = false
  public var cell: CellSize?
  /// Dark text on a light background; nil where it did not say.
  public var isLight: Bool?
  /// Frames can be shown as a whole (mode 2026); nil where it did not say.
  public var isSynchronised: Bool?
  /// tmux stands between the program and the terminal.
  public var isTmux = false

  public init() {}
}

extension TerminalFacts {
  /// Ways to show real pixels, the best one first.
  public var pixelWays: [Graphics] {
    [(Graphics.kitty, hasKitty), (.sixel, hasSixel), (.iterm, hasITerm && !isTmux)].filter(\.1).map(\.0)
  }

  /// Ways to show pictures, in the order in which one key leads through them.
  public var ways: [Graphics] {
    var ways: [Graphics] = [.half, .quarter]
    // The Linux console has a font of 256 or 512 glyphs.
    if name != "linux" { ways.append(.sextant) }
    let drawsOctants = ["kitty", "ghostty", "foot"].contains { (program ?? "").lowercased().hasPrefix($0) }
    if drawsOctants { ways.append(.octant) }
    return ways + pixelWays
  }

  /// How a picture is really shown where `wish` is wanted.
  ///
  /// - Parameter isForced: a flag says so, for terminals that do not answer.
  func shown(_ wish: Graphics, isForced: Bool) -> Graphics {
    guard wish.isPixels, !pixelWays.contains(wish) else { return wish }
    if isTmux { return .half }
    return isForced || !hasAnswered ? wish : .half
  }

  /// Why `wish` is not possible here, and what to do; nil where it is.
  func refusal(_ wish: Graphics, isForced: Bool) -> String? {
    guard shown(wish, isForced: isForced) != wish else { return nil }
    let other = "half blocks instead"
    guard isTmux else { return "this terminal does not show \(wish.title): \(other); G chooses" }
    return switch wish {
    case .kitty:
      "tmux does not pass Kitty pictures on: \(other); in tmux: set -g allow-passthrough on (Kitty 0.28 or later)"
    case .sixel: "Sixel needs tmux 3.4 or later, built with it: \(other); G chooses"
    default: "tmux does not pass \(wish.title) on: \(other); G chooses"
    }
  }

  /// `kitty 0.35.2: Kitty, truecolor, cells of 9 x 18, dark`
  public var text: String {
    var parts = pixelWays.map(\.title)
    if sharesMemory { parts.append("shared memory") }
    if isTruecolour { parts.append("truecolor") }
    if let cell { parts.append("cells of \(cell.width) x \(cell.height)") }
    if let isLight { parts.append(isLight ? "light" : "dark") }
    if isSynchronised == true { parts.append("whole frames") }
    let who = program ?? (isTmux ? "tmux" : name.isEmpty ? "terminal" : name)
    if !hasAnswered && parts.isEmpty { return "\(who): says nothing of itself" }
    return parts.isEmpty ? "\(who): blocks alone" : "\(who): " + parts.joined(separator: ", ")
  }
}

extension Graphics {
  /// The terminal draws pixels itself.
  public var isPixels: Bool { self == .kitty || self == .sixel || self == .iterm }

  /// For people.
  public var title: String {
    switch self {
    case .half: "half blocks"
    case .quarter: "quarter blocks"
    case .ascii: "ASCII"
    case .sextant: "sextants"
    case .octant: "octants"
    case .kitty: "Kitty pictures"
    case .sixel: "Sixel"
    case .iterm: "iTerm2 pictures"
    }
  }

  /// `auto, half, ...`, as flags and settings take them.
  public static let allowed =
    "auto, " + allCases.dropLast().map(\.rawValue).joined(separator: ", ")
    + " or " + allCases[allCases.count - 1].rawValue
}
