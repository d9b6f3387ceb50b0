import Base
import GRLModel
import Imaging
import Tensors

/// Looking into the network while it works on the part of a picture that a query lies in.
extension Restorer {
  /// The tile of `plan` that shows most around a query: of those that hold it, the one whose edges are farthest.
  ///
  /// - Throws: `attention(.queryOutside)`.
  public func tile(forQueryAt x: Int, _ y: Int, plan: RestorationPlan) throws(RestorationError) -> Rectangle {
    guard (0..<plan.input.width).contains(x), (0..<plan.input.height).contains(y) else {
      throw .attention(.queryOutside(x: x, y: y, width: plan.input.width, height: plan.input.height))
    }
    return plan.place(ofTile: plan.tiles.tile(around: x - plan.area.x, y - plan.area.y))
  }

  /// A part of a picture as values in 0...1, `[H, W, channels]`.
  package func colours(of image: Image, _ region: Rectangle, channels: Int) -> Tensor {
    Tensor(image, region, channels: channels)
  }

  /// What the network is given of a part of a picture, `[H, W, input channels]`, values in 0...1.
  package func networkInput(
    _ image: Image, right: Image? = nil, plan: RestorationPlan, region: Rectangle
  ) -> Tensor {
    plan.route.input(SourceBand(image, right: right), region)
  }

  /// Runs one tile through the network up to the last block that the probe looks into.
  ///
  /// - Parameters:
  ///   - tile: in the picture's pixels.
  ///   - isCancelled, onBlock: as `GRLSession.inspect` has them.
  /// - Throws: `outOfMemory` or `cancelled`.
  public func inspect(
    _ image: Image, right: Image? = nil, plan: RestorationPlan, tile: Rectangle, with probe: AttentionProbe,
    isCancelled: () -> Bool = { false }, onBlock: (_ done: Int, _ of: Int) -> Void = { _, _ in }
  ) throws(RestorationError) {
    let input = plan.route.input(SourceBand(image, right: right), tile)
    let session: GRLSession
    do throws(OutOfMemory) {
      session = try GRLSession(network: model.network, height: tile.height, width: tile.width, threads: threads)
    } catch {
      throw .outOfMemory(error)
    }
    do throws(InspectionError) {
      try session.inspect(input, with: probe, isCancelled: isCancelled, onBlock: onBlock)
    } catch {
      if let fault = session.fault { throw .device(.fault(fault)) }
      throw RestorationError(error)
    }
  }

  /// Runs one tile and keeps the inputs of `blocks`, all where nil, so that queries need no further pass.
  public func activations(
    _ image: Image, right: Image? = nil, plan: RestorationPlan, tile: Rectangle, blocks: Set<BlockPlace>? = nil,
    isCancelled: () -> Bool = { false }, onBlock: (_ done: Int, _ of: Int) -> Void = { _, _ in }
  ) throws(RestorationError) -> KeptActivations {
    do throws(InspectionError) {
      return try KeptActivations(
        of: plan.route.input(SourceBand(image, right: right), tile), through: model.network, blocks: blocks, x: tile.x,
        y: tile.y,
        threads: threads, isCancelled: isCancelled, onBlock: onBlock)
    } catch {
      throw RestorationError(error)
    }
  }
}

extension RestorationError {
  init(_ error: InspectionError) {
    switch error {
    case .cancelled: self = .cancelled
    case .outOfMemory(let refusal): self = .outOfMemory(refusal)
    }
  }
}

extension AttentionCell.Area {
  public init(_ region: Rectangle) {
    self.init(x: region.x, y: region.y, width: region.width, height: region.height)
  }
}

extension Rectangle {
  package init(_ area: AttentionCell.Area) { self.init(x: area.x, y: area.y, width: area.width, height: area.height) }
}
