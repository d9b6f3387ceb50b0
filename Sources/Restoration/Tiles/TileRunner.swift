import Base
import GRLModel
import Tensors

/// What restores one tile: a `GRLSession`, or what a test puts in its place.
package protocol TileNetwork {
  /// See `GRLSession.restore`.
  func restore(
    _ input: Tensor, isCancelled: () -> Bool, onBlock: (_ done: Int, _ of: Int) -> Void
  ) throws(CancellationError) -> Tensor

  /// Why its device computes nothing more, where that is why `restore` threw.
  var fault: DeviceFault? { get }
}

extension TileNetwork {
  package var fault: DeviceFault? { nil }
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
  private let makeInstead: TileNetworkFactory?
  private var session: (height: Int, width: Int, network: any TileNetwork)?
  /// What the device failed at; from then on tiles are computed by what `makeInstead` makes.
  private(set) var fault: DeviceFault?

  /// - Parameter makeInstead: what takes a tile that the device failed at, and those after it; nil where nothing does.
  init(
    orientations: [TileOrientation], make: @escaping TileNetworkFactory, makeInstead: TileNetworkFactory? = nil
  ) {
    self.orientations = orientations
    self.make = make
    self.makeInstead = makeInstead
  }

  /// - Parameter onProgress: told the share of this tile's work that is done, 0...1.
  mutating func restore(
    _ input: Tensor, isCancelled: () -> Bool, onProgress: (_ share: Double) -> Void
  ) throws(RestorationError) -> Tensor {
    let runs = Double(orientations.count)
    var sum: Tensor?
    for (run, orientation) in orientations.enumerated() {
      let output = try compute(input.oriented(orientation), isCancelled: isCancelled) { share in
        onProgress((Double(run) + share) / runs)
      }
      let upright = output.oriented(orientation.inverse)
      if sum == nil { sum = upright } else { sum!.add(upright) }
    }
    var mean = sum!
    if orientations.count > 1 { mean.divide(by: Float(orientations.count)) }
    return mean
  }

  /// One orientation. A device that fails costs one try.
  private mutating func compute(
    _ input: Tensor, isCancelled: () -> Bool, onProgress: (_ share: Double) -> Void
  ) throws(RestorationError) -> Tensor {
    let network = try network(for: input.shape)
    do {
      return try network.restore(input, isCancelled: isCancelled) { onProgress(Double($0) / Double(max(1, $1))) }
    } catch {
      guard let failure = network.fault else { throw .cancelled }
      guard fault == nil, makeInstead != nil else { throw .device(.fault(failure)) }
      (fault, session) = (failure, nil)
    }
    return try compute(input, isCancelled: isCancelled, onProgress: onProgress)
  }

  private mutating func network(for shape: Shape) throws(RestorationError) -> any TileNetwork {
    if let session, session.height == shape.height, session.width == shape.width { return session.network }
    session = nil
    do {
      let network = try (fault == nil ? make : makeInstead!)(shape.height, shape.width)
      session = (shape.height, shape.width, network)
      return network
    } catch {
      guard fault == nil, makeInstead != nil else { throw .outOfMemory(error) }
      fault = DeviceFault(device: "the device", call: "\(error)", kind: .outOfMemory)
    }
    return try network(for: shape)
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
