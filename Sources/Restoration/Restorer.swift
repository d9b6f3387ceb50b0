import GRLModel
import Imaging
import Tensors
import VulkanDevice

/// Restores pictures with one model: image in, image out, the same bytes for any number of threads.
///
/// A picture with transparency is restored as its file stores it: colours are not multiplied by alpha, so hidden colours
/// under transparent pixels take part. Alpha itself is carried over, or resized where the task enlarges.
public struct Restorer: Sendable {
  public let model: RestorationModel
  public var threadCount: Int { threads.threadCount }
  /// Pauses and cancels what this restorer computes, within milliseconds.
  public var gate: WorkGate { threads.gate }

  let threads: ThreadLease
  let makeNetwork: TileNetworkFactory
  /// What takes the tiles of a device that failed.
  let makeInstead: TileNetworkFactory?

  /// - Parameter threads: those that compute. Their gate is looked at before each piece of work; open it before the next
  ///   picture when it was cancelled.
  public init(model: RestorationModel, threads: ThreadLease) {
    let processor = ProcessorNetwork(model)
    let makeInstead: TileNetworkFactory = { (height, width) throws(OutOfMemory) in
      try processor.session(height, width, threads)
    }
    self.init(
      model: model, threads: threads, makeInstead: model.network.device is VulkanDevice ? makeInstead : nil
    ) { (height, width) throws(OutOfMemory) in
      try GRLSession(network: model.network, height: height, width: width, threads: threads)
    }
  }

  /// With something else in place of the network, to see what comes of its faults.
  package init(
    model: RestorationModel, threads: ThreadLease, makeInstead: TileNetworkFactory? = nil,
    makeNetwork: @escaping TileNetworkFactory
  ) {
    self.model = model
    self.makeInstead = makeInstead
    self.threads = threads
    self.makeNetwork = makeNetwork
  }

  /// Settles tiles and memory for a picture of this shape, without its samples.
  ///
  /// - Throws: `RestorationError`: an option out of range, a model that does not fit task or picture, a region outside, or
  ///   `overBudget` with the numbers.
  public func plan(
    for picture: PictureShape, request: RestorationRequest, options: RestorationOptions = .init()
  ) throws(RestorationError) -> RestorationPlan {
    try RestorationPlan(picture, request, options, model, threadCount: threadCount)
  }

  /// Restores `image` (for dual pixel the left view, with `right` beside it) as `plan` says.
  ///
  /// Runs on the caller's thread and the restorer's own, for as long as it takes.
  /// - Parameters:
  ///   - tileStore: where tiles that are finished come from and go to; the result has the same bytes with and without.
  ///   - isCancelled: asked between transformer blocks; when true, `RestorationError.cancelled` is thrown, as when the gate
  ///     is cancelled.
  ///   - onTile: told when a tile begins and when it is there.
  ///   - onProgress: told after each transformer block.
  /// - Throws: `sizesDiffer` for views of two sizes, `outOfMemory`, `suspiciousOutput` where a tile fails the checks, `cancelled`.
  /// - Precondition: `image` has the shape that was planned for; `right` is there exactly for a dual-pixel request.
  public func restore(
    _ image: Image, right: Image? = nil, plan: RestorationPlan, tileStore: (any TileStore)? = nil,
    isCancelled: () -> Bool = { false }, onTile: (TileEvent) -> Void = { _ in },
    onProgress: (RestorationProgress) -> Void = { _ in }
  ) throws(RestorationError) -> RestoredImage {
    precondition(PictureShape(image) == plan.input && plan.request.isDualPixel == (right != nil))
    if let right, right.width != image.width || right.height != image.height {
      throw .sizesDiffer(left: PictureShape(image), right: PictureShape(right))
    }
    try checkMemory(plan, image, right)
    let (tiles, route) = (plan.tiles, plan.route)
    var network = tileRunner(for: plan)
    var faulty: (fault: DeviceFault, tile: Int)?
    var meter = ProgressMeter(tileCount: tiles.tileCount, pixels: plan.area.width * plan.area.height, gate: gate)
    var inspector = TileInspector(plan.options.checks)
    var canvas = BlendingCanvas(tiles, scale: plan.scale, channels: route.pictureChannels)
    var seams = SeamMeter(tiles, scale: plan.scale, channels: route.pictureChannels)
    var finisher = RowFinisher(image, plan)
    var sink = SampleSink(
      layout: plan.output.layout, bitDepth: plan.output.bitDepth, crop: plan.crop, alpha: Self.alpha(of: image, plan))

    for index in 0..<tiles.tileCount {
      if isCancelled() || gate.isCancelled { throw .cancelled }
      let began = meter.elapsed
      let place = plan.place(ofTile: index)
      let input = route.input(image, right: right, place)
      let kept = tileStore?.tile(index, shape: plan.tileShape)
      let tile: Tensor
      if let kept {
        tile = kept
      } else {
        onTile(.began(index: index))
        let output = try network.restore(input, isCancelled: isCancelled) { share in
          onProgress(meter.progress(tilesDone: index, shareOfNext: share))
        }
        tile = route.picture(output)
        if faulty == nil, let fault = network.fault { faulty = (fault, index) }
      }
      try inspector.check(input: route.colours(ofInput: input), output: tile, of: place)
      canvas.add(tile, at: index)
      seams.add(tile, at: index)
      if (index + 1) % tiles.tilesPerRow == 0 {
        canvas.close(tileRow: index / tiles.tilesPerRow) { y, row in
          seams.add(row: y, row)
          finisher.add(row: y, row) { sink.add(row: $0, $1) }
        }
      }
      let seconds = meter.elapsed - began
      if kept == nil {
        do { try tileStore?.keep(tile, at: index, seconds: seconds / .seconds(1)) } catch { throw .cancelled }
      } else {
        meter.addLoaded(seconds)
      }
      onTile(.finished(index: index, place: place, pixels: tile, isComputed: kept == nil))
      onProgress(meter.progress(tilesDone: index + 1))
    }
    let end = meter.progress(tilesDone: tiles.tileCount)
    var metadata = Self.metadata(of: image, plan)
    let hadThumbnail = metadata.fit(width: plan.result.width, height: plan.result.height)
    let restored = sink.image(metadata: metadata)
    return RestoredImage(
      image: restored,
      report: RestorationReport(
        task: plan.request.task, model: model.card.name, plan: tiles, seconds: end.secondsElapsed,
        pixelsPerSecond: end.pixelsPerSecond, estimate: plan.estimate, seamScore: seams.score,
        consistency: plan.consistency(of: restored, with: image),
        notes: plan.notes
          + (faulty.map { ["\($0.fault): the processor computed from tile \($0.tile + 1) of \(tiles.tileCount) on"] }
            ?? [])
          + (hadThumbnail ? ["EXIF thumbnail left out: it shows the picture as it was"] : []))
    )
  }

  /// Alpha of the output, `[H, W, 1]`.
  private static func alpha(of image: Image, _ plan: RestorationPlan) -> Tensor? {
    guard image.layout.hasAlpha else { return nil }
    let shape = Shape(height: plan.area.height, width: plan.area.width, channels: 1)
    let alpha = Tensor(shape: shape, values: image.floats(.alpha, of: plan.area))
    let resized =
      plan.scale == 1 ? alpha : alpha.bicubicResized(height: shape.height * plan.scale, width: shape.width * plan.scale)
    return resized.cropped(plan.crop)
  }

  /// What the output carries of the input's metadata.
  private static func metadata(of image: Image, _ plan: RestorationPlan) -> ImageMetadata {
    var metadata = image.metadata
    if plan.options.metadata == .strip {
      (metadata.exif, metadata.xmp, metadata.iptc) = (nil, nil, nil)
      metadata.pixelsPerMetre = nil
    }
    return metadata
  }
}

/// A finished restoration.
public struct RestoredImage: Sendable {
  public let image: Image
  public let report: RestorationReport
}

/// How a picture was restored.
public struct RestorationReport: Sendable {
  public let task: RestorationTask
  /// Name of the model.
  public let model: String
  public let plan: TilePlan
  public let seconds: Double
  /// Input pixels that came out restored, by the second.
  public let pixelsPerSecond: Double
  public let estimate: MemoryEstimate
  /// Gradient across the lines where a tile begins or ends, over the gradient there in the tiles that lie on both sides: 1
  /// where no seam was added, whatever the picture shows there. Without an overlap, over the gradient beside the lines, and
  /// then edges along a line count. Nil with a single tile, or where there is no gradient to compare with.
  public let seamScore: Double?
  /// PSNR of the result made small again against the input, in dB; nil for tasks that enlarge nothing. See
  /// `RestorationPlan.consistency`.
  public let consistency: Double?
  /// One line on each thing that was converted or not kept.
  public let notes: [String]
}
