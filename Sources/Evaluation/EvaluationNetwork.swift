import Base
import GRLModel
import Imaging
import Restoration
import Tensors

/// A model at work on test input, which no picture file can hold: floats that are neither clipped nor rounded.
///
/// Tiles as the paper has them: square, a plain mean where they overlap; the whole picture where the task was published so and
/// memory allows.
package struct EvaluationNetwork {
  package let model: RestorationModel
  private let planner: Restorer
  private let threads: ThreadLease
  private let options: RestorationOptions
  private var session: GRLSession?

  package init(model: RestorationModel, threads: ThreadLease, options: RestorationOptions) {
    self.model = model
    self.options = options
    self.threads = threads
    planner = Restorer(model: model, threads: threads)
  }

  /// The restored picture, not clamped: `[H * scale, W * scale, C]` with the input's channels (3 for dual pixel).
  ///
  /// - Parameters:
  ///   - besides: bytes that are held beside what the network takes.
  ///   - onProgress: told the share of the work that is done, 0...1.
  /// - Throws: a model that does not fit, `overBudget`, `outOfMemory`, `cancelled`.
  package mutating func restore(
    _ input: Tensor, _ setting: EvaluationSetting, besides: Int, isCancelled: () -> Bool,
    onProgress: (Double) -> Void
  ) throws(RestorationError) -> Tensor {
    let isGray = input.shape.channels == 1
    var options = options
    options.besidesBytes = besides
    let plan = try planner.plan(
      for: PictureShape(width: input.shape.width, height: input.shape.height, layout: isGray ? .gray : .rgb),
      request: setting.request, options: options)
    let takesColour = model.card.configuration.outputChannels == 3
    var fed = isGray && takesColour ? input.stacked(on: input).stacked(on: input) : input
    if let level = plan.levelMap { fed = fed.appending(channel: level) }

    let (tiles, scale) = (plan.tiles, model.card.scale)
    var sum = Tensor(
      shape: Shape(
        height: input.shape.height * scale, width: input.shape.width * scale,
        channels: model.card.configuration.outputChannels))
    var counts = [Float](repeating: 0, count: sum.shape.pixels)
    for index in 0..<tiles.tileCount {
      let region = tiles[index]
      let session = try session(height: region.height, width: region.width)
      let output: Tensor
      do {
        output = try session.restore(fed.part(region), isCancelled: isCancelled) { done, of in
          onProgress((Double(index) + Double(done) / Double(max(1, of))) / Double(tiles.tileCount))
        }
      } catch {
        throw session.fault.map { .device(.fault($0)) } ?? .cancelled
      }
      sum.add(output, at: (region.x * scale, region.y * scale), counts: &counts)
    }
    let channels = sum.shape.channels
    for i in sum.values.indices { sum.values[i] /= counts[i / channels] }
    return isGray && channels == 3 && !setting.isDualPixel && setting.task.hasGrayModels ? sum.meanOfChannels : sum
  }

  private mutating func session(height: Int, width: Int) throws(RestorationError) -> GRLSession {
    if let session, session.height == height, session.width == width { return session }
    session = nil
    do {
      let made = try GRLSession(network: model.network, height: height, width: width, threads: threads)
      session = made
      return made
    } catch {
      throw .outOfMemory(error)
    }
  }
}

extension Tensor {
  fileprivate func part(_ region: Rectangle) -> Tensor {
    if region.width == shape.width && region.height == shape.height { return self }
    var part: [Float] = []
    part.reserveCapacity(region.pixels * shape.channels)
    for y in region.y..<region.y + region.height {
      let start = (y * shape.width + region.x) * shape.channels
      part += values[start..<start + region.width * shape.channels]
    }
    return Tensor(shape: Shape(height: region.height, width: region.width, channels: shape.channels), values: part)
  }

  fileprivate mutating func add(_ tile: Tensor, at place: (x: Int, y: Int), counts: inout [Float]) {
    let channels = shape.channels
    for y in 0..<tile.shape.height {
      let (from, to) = (y * tile.shape.width, (place.y + y) * shape.width + place.x)
      for x in 0..<tile.shape.width { counts[to + x] += 1 }
      for i in 0..<tile.shape.width * channels { values[to * channels + i] += tile.values[from * channels + i] }
    }
  }

  fileprivate var meanOfChannels: Tensor {
    let channels = shape.channels
    let means = (0..<shape.pixels).map { pixel in
      (0..<channels).reduce(Float(0)) { $0 + values[pixel * channels + $1] } / Float(channels)
    }
    return Tensor(shape: Shape(height: shape.height, width: shape.width, channels: 1), values: means)
  }
}
