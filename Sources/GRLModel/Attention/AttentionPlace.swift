import Tensors

/// One transformer block, counted from 0.
public struct BlockPlace: Hashable, Sendable, Comparable, CustomStringConvertible {
  public var stage: Int
  /// In its stage.
  public var block: Int

  public init(stage: Int, block: Int) {
    self.stage = stage
    self.block = block
  }

  public static func < (a: Self, b: Self) -> Bool { (a.stage, a.block) < (b.stage, b.block) }
  public var description: String { "stage \(stage) block \(block)" }
}

/// What is looked at.
public enum AttentionKind: String, Hashable, Sendable, CaseIterable {
  /// The square window: query against its pixels.
  case window
  /// The anchored stripe: both factors multiplied, query against the stripe's pixels.
  case stripe
  /// The first factor alone: query against the stripe's anchors (published name `w2a`).
  case anchors
  /// The second factor alone: the anchor that the query reads most, against the stripe's pixels (published name `a2w`).
  case gather

  /// Whether keys are anchors, each a square of pixels, and not pixels.
  public var keysAreAnchors: Bool { self == .anchors }
}

/// What a block is asked.
public struct AttentionQuestion: Hashable, Sendable {
  public var kind: AttentionKind
  /// Nil for the mean over all heads.
  public var head: Int?
  public var terms: ScoreTerms

  public init(_ kind: AttentionKind, head: Int?, terms: ScoreTerms = ScoreTerms()) {
    self.kind = kind
    self.head = head
    self.terms = terms
  }
}

/// A question about something that does not exist.
public enum AttentionError: Error, Equatable, Sendable, CustomStringConvertible {
  case queryOutside(x: Int, y: Int, width: Int, height: Int)
  case noStage(Int, count: Int)
  case noBlock(BlockPlace, count: Int)
  case noHead(Int, count: Int, kind: AttentionKind)

  public var description: String {
    switch self {
    case .queryOutside(let x, let y, let width, let height):
      "query (\(x), \(y)) lies outside the picture of \(width) x \(height); x is 0 to \(width - 1), y is 0 to \(height - 1)"
    case .noStage(let stage, let count): "there is no stage \(stage); this network has stages 0 to \(count - 1)"
    case .noBlock(let place, let count):
      "there is no block \(place.block) in stage \(place.stage); it has blocks 0 to \(count - 1)"
    case .noHead(let head, let count, let kind):
      "there is no head \(head); \(kind.rawValue) attention has heads 0 to \(count - 1), or 'mean'"
    }
  }
}

extension GRLConfiguration {
  /// All blocks in the order in which they run.
  public var blocks: [BlockPlace] {
    depths.enumerated().flatMap { stage, depth in (0..<depth).map { BlockPlace(stage: stage, block: $0) } }
  }

  public func heads(_ kind: AttentionKind) -> Int { kind == .window ? windowHeads : stripeHeads }

  /// - Throws: `AttentionError.noStage` or `noBlock`.
  public func check(_ place: BlockPlace) throws(AttentionError) {
    guard depths.indices.contains(place.stage) else { throw .noStage(place.stage, count: depths.count) }
    guard (0..<depths[place.stage]).contains(place.block) else { throw .noBlock(place, count: depths[place.stage]) }
  }

  /// - Throws: `AttentionError.noHead`.
  public func check(head: Int?, of kind: AttentionKind) throws(AttentionError) {
    if let head, !(0..<heads(kind)).contains(head) { throw .noHead(head, count: heads(kind), kind: kind) }
  }
}
