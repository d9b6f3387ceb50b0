import Base
import GRLModel
import Tensors

/// What restores one tile: a `GRLSession`, or what a test puts in its place.
package protocol TileNetwork {
  /// See `GRLSession.restore`.
  func restore(
    _ input: Tensor, isCancelled: () -> Bool, onBlock: (_ done: Int, _ of: Int) -> Void
  ) throws(CancellationError) -> Tensor
}

extension GRLSession: TileNetwork {}

/// Makes the network's session for tiles of one size.
package typealias TileNetworkFactory =
  @Sendable (_ height: Int, _ width: Int) throws(OutOfMemory) -> any TileNetwork

/// Runs tiles through the network, in one orientation or as the mean over several.
///
/// Only the session of the last tile shape is kept: one workspace is alive at a time.
struct TileRunner {
  let orientations: [TileOrientation]
  private let make: TileNetworkFactory
  private var session: (height: Int, width: Int, network: any TileNetwork)?

  init(orientations: [TileOrientation], make: @escaping TileNetworkFactory) {
    self.orientations = orientations
    self.make = make
  }

  /// - Parameter onProgress: told the share of this tile's work that is done, 0...1.
  mutating func restore(
    _ input: Tensor, isCancelled: () -> Bool, onProgress: (_ share: Double) -> Void
  ) throws(RestorationError) -> Tensor {
    var sum: Tensor?
    for (run, orientation) in orientations.enumerated() {
      let turned = input.oriented(orientation)
      let network = try network(for: turned.shape)
      let output: Tensor
      do {
        output = try network.restore(turned, isCancelled: isCancelled) { done, of in
          onProgress((Double(run) + Double(done) / Double(max(1, of))) / Double(orientations.count))
        }
      } catch {
        throw .cancelled
      }
      let upright = output.oriented(orientation.inverse)
      if sum == nil { sum = upright } else { sum!.add(upright) }
    }
    var mean = sum!
    if orientations.count > 1 { mean.divide(by: Float(orientations.count)) }
    return mean
  }

  private mutating func network(for shape: Shape) throws(RestorationError) -> any TileNetwork {
    if let session, session.height == shape.height, session.width == shape.width { return session.network }
    session = nil
    do {
      let network = try make(shape.height, shape.width)
      session = (shape.height, shape.width, network)
      return network
    } catch {
      throw .outOfMemory(error)
    }
  }
}

extension Tensor {
  fileprivate mutating func add(_ other: Tensor) {
    precondition(shape == other.shape)
    for i in values.indices { values[i] += other.values[i] }
  }

  fileprivate mutating func divide(by divisor: Float) {
    for i in values.indices { values[i] /= divisor }
  }
}

/// Where finished tiles are kept, so that a restoration that was interrupted goes on where it stopped.
///
/// A tile is what the network made of it in the picture's own channels: `[tileHeight * scale, tileWidth * scale, channels]`,
/// neither blended nor clamped. Called on the thread that restores.
public protocol TileStore: AnyObject {
  /// The finished tile `index`; nil where it has to be computed.
  func tile(_ index: Int, shape: Shape) -> Tensor?

  /// Keeps a tile that was computed and has passed the checks.
  ///
  /// - Parameter seconds: time of computing it, pauses left out.
  /// - Throws: `CancellationError` to stop the restoration. What else goes wrong is the store's own affair: a tile that
  ///   could not be kept is computed again some day.
  func keep(_ tile: Tensor, at index: Int, seconds: Double) throws(CancellationError)
}

/// What becomes of one tile.
public enum TileEvent: Sendable {
  /// It is being computed from now on.
  case began(index: Int)
  /// It is there: computed in this run, or taken from the store. Its place in the picture, in input pixels, and its pixels.
  case finished(index: Int, place: Rectangle, pixels: Tensor, isComputed: Bool)
}
