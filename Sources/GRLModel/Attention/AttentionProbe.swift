import Tensors

/// Looks into chosen blocks while a forward pass comes by. Passes without a probe do nothing for it.
///
/// ```swift
/// let probe = AttentionProbe(blocks: [place], area: area) { block throws(OutOfMemory) in
///   rows = try block.rows(x: 212, y: 148, [AttentionQuestion(.stripe, head: 0)])
/// }
/// try session.inspect(picture, with: probe)
/// ```
public final class AttentionProbe {
  public let blocks: Set<BlockPlace>
  /// Where the pixels of the pass lie in the picture.
  public let area: AttentionCell.Area
  /// Weights of the channels of a block's local branch (GRL-B), `[C]` in 0...1, as far as the pass has come.
  public private(set) var channelWeights: [BlockPlace: [Float]] = [:]
  /// Why looking into a block failed; the pass ends with it.
  private(set) var failure: OutOfMemory?

  private let visit: (ProbedBlock) throws(OutOfMemory) -> Void
  private let visitOutput: ((BlockPlace, Tensor) -> Void)?
  private let last: BlockPlace?

  /// - Parameters:
  ///   - blocks: those to look into; the pass ends after the last.
  ///   - area: where the pixels of the pass lie in the picture.
  ///   - visitOutput: called after each of the blocks with what it made of its input, `[H, W, C]` of the padded map.
  ///   - visit: called before each of the blocks runs; what it is given is valid until it returns.
  public init(
    blocks: Set<BlockPlace>, area: AttentionCell.Area, visitOutput: ((BlockPlace, Tensor) -> Void)? = nil,
    visit: @escaping (ProbedBlock) throws(OutOfMemory) -> Void
  ) {
    self.visitOutput = visitOutput
    self.blocks = blocks
    self.area = area
    self.visit = visit
    last = blocks.max()
  }

  func look(at block: ProbedBlock) {
    guard blocks.contains(block.place), failure == nil else { return }
    do { try visit(block) } catch { failure = error }
  }

  /// - Parameter output: read only where somebody wants it.
  func note(output: @autoclosure () -> Tensor, of place: BlockPlace) {
    if let visitOutput, blocks.contains(place) { visitOutput(place, output()) }
  }

  func note(_ weights: [Float], of place: BlockPlace) {
    if blocks.contains(place) { channelWeights[place] = weights }
  }

  /// Whether nothing more is to be seen after a block.
  func isDone(after place: BlockPlace) -> Bool { failure != nil || last.map { $0 <= place } ?? true }
}

/// Why an inspection ended early.
public enum InspectionError: Error, Sendable {
  case cancelled
  case outOfMemory(OutOfMemory)
}
