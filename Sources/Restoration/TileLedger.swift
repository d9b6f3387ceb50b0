import Base
import Tensors

/// Where finished tiles are kept, so that a restoration that was interrupted goes on where it stopped.
///
/// A tile is what the network made of it in the picture's own channels: `[tileHeight * scale, tileWidth * scale, channels]`,
/// neither blended nor clamped. Called on the thread that restores.
public protocol TileLedger: AnyObject {
  /// The finished tile `index`; nil where it has to be computed.
  func tile(_ index: Int, shape: Shape) -> Tensor?

  /// Keeps a tile that was computed and has passed the checks.
  ///
  /// - Parameter seconds: time of computing it, pauses left out.
  /// - Throws: `CancellationError` to stop the restoration. What else goes wrong is the ledger's own affair: a tile that
  ///   could not be kept is computed again some day.
  func keep(_ tile: Tensor, at index: Int, seconds: Double) throws(CancellationError)
}

/// What becomes of one tile.
public enum TileNews: Sendable {
  /// It is being computed from now on.
  case began(index: Int)
  /// It is there: computed in this run, or taken from the ledger. Its place in the picture, in input pixels, and its pixels.
  case finished(index: Int, place: Rectangle, pixels: Tensor, isComputed: Bool)
}
