import Checkpoints
import GRLModel
import Tensors

/// One head of a block: windows and stripes are counted apart.
public struct HeadPlace: Hashable, Sendable, Comparable, CustomStringConvertible {
  public let block: BlockPlace
  /// `window` or `stripe`.
  public let kind: AttentionKind
  public let head: Int

  public init(block: BlockPlace, kind: AttentionKind, head: Int) {
    (self.block, self.kind, self.head) = (block, kind, head)
  }

  public static func < (a: Self, b: Self) -> Bool {
    (a.block, a.kind == .window ? 0 : 1, a.head) < (b.block, b.kind == .window ? 0 : 1, b.head)
  }

  public var description: String { "\(block) \(kind.rawValue) head \(head)" }
}

extension GRLConfiguration {
  /// All heads in the order of the blocks, windows first.
  public var allHeads: [HeadPlace] {
    blocks.flatMap { block in
      [AttentionKind.window, .stripe].flatMap { kind in
        (0..<heads(kind)).map { HeadPlace(block: block, kind: kind, head: $0) }
      }
    }
  }

  /// The input channels of a block's output projection that a head's result lies in.
  func channels(of place: HeadPlace) -> Range<Int> {
    let width = embeddingWidth / 2 / heads(place.kind)
    let first = (place.kind == .window ? 0 : embeddingWidth / 2) + place.head * width
    return first..<first + width
  }
}

extension Checkpoint {
  /// The weights of a block's output projection, `[C, C]`: rows are outputs.
  public func projection(of block: BlockPlace) -> [Float]? {
    tensors["layers.\(block.stage).blocks.\(block.block).attn.proj.weight"]?.floats()
  }

  /// The same weights with those set to zero through which some heads reach the rest of the network: as if what they give were zero.
  ///
  /// - Returns: nil where the checkpoint holds no such projection.
  public func without(_ heads: [HeadPlace], _ configuration: GRLConfiguration) -> Checkpoint? {
    var tensors = tensors
    let width = configuration.embeddingWidth
    for place in heads {
      let name = "layers.\(place.block.stage).blocks.\(place.block.block).attn.proj.weight"
      guard let stored = tensors[name], stored.shape == [width, width] else { return nil }
      var values = stored.floats()
      for row in 0..<width {
        for channel in configuration.channels(of: place) { values[row * width + channel] = 0 }
      }
      tensors[name] = StoredTensor(shape: stored.shape, values: values)
    }
    return Checkpoint(path: path, metadata: metadata, tensors: tensors, derivedShapes: derivedShapes)
  }
}

/// What the parts of a picture do to a restored patch, by trying: each square of the input is replaced by its mean colour, one after the
/// other, and the change of the patch is measured. Forward passes alone, so that it tells causes, not correlations.
public struct EffectMap: Sendable {
  /// Side of the squares, in input pixels.
  public let side: Int
  public let rows: Int
  public let columns: Int
  /// `[rows, columns]`: root mean square change of the patch's values, in 0...1; NaN where it has not been measured.
  public private(set) var effects: [Float]

  private let patch: AttentionCell.Area
  private let input: Tensor

  /// - Parameters:
  ///   - input: `[h, w, channels]`, values in 0...1.
  ///   - patch: of the restored picture.
  ///   - side: of the squares.
  ///   - effects: what an earlier run measured, `[rows, columns]`, NaN for the rest.
  public init(of input: Tensor, patch: AttentionCell.Area, side: Int, effects: [Float]? = nil) {
    precondition(side > 0)
    (self.input, self.patch, self.side) = (input, patch, side)
    let (rows, columns) = ((input.shape.height + side - 1) / side, (input.shape.width + side - 1) / side)
    precondition(effects.map { $0.count == rows * columns } ?? true)
    (self.rows, self.columns) = (rows, columns)
    self.effects = effects ?? [Float](repeating: .nan, count: rows * columns)
  }

  /// Passes that are still to be made, besides the one of the picture itself.
  public var passesLeft: Int { effects.count { $0.isNaN } }

  /// The input with a square replaced by its mean colour, and whether that changes anything.
  func intervened(_ square: Int) -> (picture: Tensor, isFlat: Bool) {
    let (top, left) = (square / columns * side, square % columns * side)
    let (bottom, right) = (min(top + side, input.shape.height), min(left + side, input.shape.width))
    var (result, isFlat) = (input, true)
    for channel in 0..<input.shape.channels {
      var sum = Float(0)
      for y in top..<bottom { for x in left..<right { sum += input[y, x, channel] } }
      let mean = sum / Float((bottom - top) * (right - left))
      for y in top..<bottom {
        for x in left..<right {
          if abs(input[y, x, channel] - mean) > 1e-6 { isFlat = false }
          result[y, x, channel] = mean
        }
      }
    }
    return (result, isFlat)
  }

  /// Measures what is left.
  ///
  /// - Parameters:
  ///   - restore: the network.
  ///   - onSquare: called after each square with the map so far; when it says false, no more are measured.
  public mutating func measure<Failure: Error>(
    _ restore: (Tensor) throws(Failure) -> Tensor, onSquare: (EffectMap) -> Bool
  ) throws(Failure) {
    let plain = try restore(input)
    for square in effects.indices where effects[square].isNaN {
      let (picture, isFlat) = intervened(square)
      effects[square] = isFlat ? 0 : difference(try restore(picture), plain)
      if !onSquare(self) { return }
    }
  }

  private func difference(_ a: Tensor, _ b: Tensor) -> Float {
    var sum = 0.0
    for y in patch.y..<patch.y + patch.height {
      for x in patch.x..<patch.x + patch.width {
        for channel in 0..<a.shape.channels {
          let d = Double(a[y, x, channel] - b[y, x, channel])
          sum += d * d
        }
      }
    }
    return Float((sum / Double(patch.width * patch.height * a.shape.channels)).squareRoot())
  }
}
