import CKernels
import CPUDevice
import GRLModel
import Tensors

/// Whether anchors are enough: in one stripe and head, the attention of every token on every other, and what anchors make of it.
///
///     full     = softmax(cos(q, k) * t)                    [N, N]
///     anchored = softmax(cos(q, a) * t) softmax(cos(a, k) * t')   [N, N], rank at most the anchors
///
/// Both are computed exactly, without position biases (which belong to one grid of anchors), `t` being the temperature of reading and `t'`
/// that of gathering. The paper (section 3.2) argues that the full matrix is of low rank where the picture repeats itself; the network was
/// never trained with the full one, so what is compared is how similar tokens are, not a better network.
public struct AnchorSpectrum: Sendable {
  /// Anchors of another density: `factor` x `factor` pixels each.
  public struct Anchored: Sendable {
    public let factor: Int
    public let anchors: Int
    /// Singular values of the product, largest first; as many as there are anchors, or tokens.
    public let singularValues: [Double]
    /// `|full - anchored| / |full|` (Frobenius).
    public let error: Double
    /// The least that any matrix of that rank has: what the full one's smaller singular values come to.
    public let leastError: Double
    /// Whether the network itself has this factor.
    public let isOwn: Bool
  }

  /// The stripe's tokens in the picture.
  public let cell: AttentionCell
  public let head: Int
  /// Of the full matrix, largest first.
  public let singularValues: [Double]
  public let anchored: [Anchored]

  /// Share of the full matrix's energy (the square of its Frobenius norm) that its largest `rank` singular values hold, 0...1.
  public func energy(ofRank rank: Int) -> Double {
    let squares = singularValues.map { $0 * $0 }
    return squares.prefix(rank).reduce(0, +) / squares.reduce(0, +)
  }

  /// Most tokens of a stripe: its matrix then takes 128 MiB three times, and its singular values a minute.
  public static let tokenLimit = 4096

  /// A stripe whose matrix is too large.
  public struct TooLarge: Error, CustomStringConvertible, Sendable {
    public let tokens: Int
    public var description: String {
      "a stripe of \(tokens) pixels is too large for its singular values; up to \(AnchorSpectrum.tokenLimit) are computed"
    }
  }

  /// - Parameters:
  ///   - x, y: a pixel of the stripe, in the picture.
  ///   - factors: those that do not divide the stripe's sides are left out; the network's own is always there.
  /// - Throws: `TooLarge`, `OutOfMemory`, or `OpenBLAS.NotFound` where there is no LAPACK.
  public init(_ block: WholeBlock, x: Int, y: Int, head: Int, factors: [Int] = [2, 4, 8]) throws {
    let tokens = block.cells(.stripe)
    let number = tokens.place(y: y - block.area.y, x: x - block.area.x).cell
    let (count, own) = (tokens.tokens, block.block.anchorFactor)
    cell = AttentionCell(tokens, cell: number, pixelsPerKey: 1, area: block.area)
    self.head = head
    guard count <= AnchorSpectrum.tokenLimit else { throw TooLarge(tokens: count) }
    try OutOfMemory.check(count * count * 40)
    let width = block.width(.stripe)
    let reading = block.block.rules.read.temperatures[head]
    let gathering = block.block.rules.gather.temperatures[head]
    func weights(
      _ queries: Partition, _ keys: Partition, _ temperature: Float, _ q: HeadVectors, _ k: HeadVectors
    ) -> CellWeights {
      let attention = LaidOutAttention(queries: queries, keys: keys, biases: nil, temperatures: [temperature])
      return CellWeights(
        attention: attention, head: 0, cell: number,
        queries: q.units(at: queries.pixels(of: number), width: width, scale: attention.temperatures[0]),
        keys: k.units(at: keys.pixels(of: number), width: width, scale: 1))
    }
    let (q, k) = (block.vectors(0, .stripe, head: head), block.vectors(1, .stripe, head: head))
    let full = Self.dense(weights(tokens, tokens, reading, q, k))
    let norm = full.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let values = try LinearAlgebra.singularValues(full, side: count)
    singularValues = values
    anchored = try Set(factors + [own]).sorted().filter { Self.divides($0, tokens) }.map { factor in
      let cells = Partition(
        height: tokens.height / factor, width: tokens.width / factor, cellHeight: tokens.cellHeight / factor,
        cellWidth: tokens.cellWidth / factor, shiftY: tokens.shiftY / factor, shiftX: tokens.shiftX / factor)
      let anchors = HeadVectors(
        values: try block.block.anchors(factor: factor) + [Float](repeating: 0, count: Int(GRL_SLACK)),
        stride: block.shape.channels / 2, channel: head * width)
      let product = Self.product(
        weights(tokens, cells, reading, q, anchors), weights(cells, tokens, gathering, anchors, k))
      let difference = zip(full, product).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
      let left = values.dropFirst(cells.tokens).reduce(0) { $0 + $1 * $1 }.squareRoot()
      return Anchored(
        factor: factor, anchors: cells.tokens,
        singularValues: Array(try LinearAlgebra.singularValues(product, side: count).prefix(cells.tokens)),
        error: difference / norm, leastError: left / norm, isOwn: factor == own)
    }
  }

  private static func divides(_ factor: Int, _ cells: Partition) -> Bool {
    [cells.cellHeight, cells.cellWidth, cells.height, cells.width].allSatisfy { $0 % factor == 0 }
  }

  /// `[N, N]` of one cell.
  private static func dense(_ weights: CellWeights) -> [Double] {
    let (rows, count) = (weights.all(), weights.keys.count)
    return (0..<count).flatMap { row in rows[row * weights.stride..<row * weights.stride + count].map(Double.init) }
  }

  private static func product(_ read: CellWeights, _ gather: CellWeights) -> [Double] {
    let count = gather.keys.count
    let packed = PackedRows(gather.all(), rows: gather.queries.count, columns: count, stride: gather.stride)
    let rows = read.all()
    var result = [Float](repeating: 0, count: count * count + Int(GRL_SLACK))
    result.withUnsafeMutableBufferPointer { target in
      rows.withUnsafeBufferPointer {
        packed.multiply(
          $0.baseAddress!, stride: read.stride, count: count, into: target.baseAddress!, outStride: count)
      }
    }
    return result.prefix(count * count).map(Double.init)
  }
}
