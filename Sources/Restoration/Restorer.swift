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
  /// Makes networks' sessions that compute with some of the threads.
  private let makeNetwork: @Sendable (ThreadLease) -> TileNetworkFactory
  /// What takes the tiles of a device that failed.
  private let makeInstead: TileNetworkFactory?

  /// - Parameter threads: those that compute. Their gate is looked at before each piece of work; open it before the next
  ///   picture when it was cancelled.
  public init(model: RestorationModel, threads: ThreadLease) {
    let processor = ProcessorNetwork(model)
    let makeInstead: TileNetworkFactory = { (height, width) throws(OutOfMemory) in
      try processor.session(height, width, threads)
    }
    self.model = model
    self.threads = threads
    self.makeInstead = model.network.device is VulkanDevice ? makeInstead : nil
    makeNetwork = { threads in
      { (height, width) throws(OutOfMemory) in
        try GRLSession(network: model.network, height: height, width: width, threads: threads)
      }
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
    self.makeNetwork = { _ in makeNetwork }
  }

  func lanes(for plan: RestorationPlan) -> TileLanes {
    let orientations =
      !plan.options.usesSelfEnsemble
      ? [TileOrientation()] : plan.route == .dualPixel ? TileOrientation.keepingParallax : TileOrientation.all
    return TileLanes(plan.lanes, threads: threads) { [makeNetwork, makeInstead] threads in
      TileRunner(orientations: orientations, make: makeNetwork(threads), makeInstead: makeInstead)
    }
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
    var all: Image?
    var report = try restore(
      WholePicture(image), right: right.map { WholePicture($0) }, plan: plan, tileStore: tileStore,
      rowCount: plan.output.height, isCancelled: isCancelled, onTile: onTile, onProgress: onProgress
    ) { (rows) throws(RestorationError) in all = rows }
    guard var restored = all else { preconditionFailure("a picture without rows") }
    let hadThumbnail: Bool
    (restored.metadata, hadThumbnail) = plan.metadata(of: image.metadata)
    report.consistency = plan.consistency(of: restored, with: image)
    if hadThumbnail { report.notes.append(RestorationPlan.thumbnailNote) }
    return RestoredImage(image: restored, report: report)
  }

  /// Restores a picture that is read by rows, and hands over rows of the result from the top, without metadata.
  ///
  /// - Parameters: as ``restore(_:right:plan:tileStore:isCancelled:onTile:onProgress:)``; `put` gets rows in the samples of `plan.output`.
  /// - Throws: what that throws, what `put` throws, and `picture` where rows cannot be read.
  /// - Precondition: `source` and `right` have the shape that was planned for. `put` is called on any thread, one call at a time and in order.
  package func restore(
    rowsOf source: any PictureSource, right: (any PictureSource)? = nil, plan: RestorationPlan,
    tileStore: (any TileStore)? = nil, isCancelled: () -> Bool = { false }, onTile: (TileEvent) -> Void = { _ in },
    onProgress: (RestorationProgress) -> Void = { _ in }, put: (Image) throws(RestorationError) -> Void
  ) throws(RestorationError) -> RestorationReport {
    precondition(plan.request.isDualPixel == (right != nil))
    try checkMemory(plan)
    return try restore(
      source, right: right, plan: plan, tileStore: tileStore, rowCount: plan.tileShape.height,
      isCancelled: isCancelled, onTile: onTile, onProgress: onProgress, put: put)
  }

  /// - Parameter rowCount: rows of the result that are handed over at a time at most: all, or those of a row of tiles.
  private func restore(
    _ source: any PictureSource, right: (any PictureSource)?, plan: RestorationPlan, tileStore: (any TileStore)?,
    rowCount: Int, isCancelled: () -> Bool, onTile: (TileEvent) -> Void, onProgress: (RestorationProgress) -> Void,
    put: (Image) throws(RestorationError) -> Void
  ) throws(RestorationError) -> RestorationReport {
    let (tiles, channels) = (plan.tiles, plan.route.pictureChannels)
    var inspector = TileInspector(plan.options.checks)
    var canvas = BlendingCanvas(tiles, scale: plan.scale, channels: channels)
    var seams = SeamMeter(tiles, scale: plan.scale, channels: channels)
    var finisher = RowFinisher(plan)
    var sink = SampleSink(plan, rowCount: rowCount)
    let (end, fault) = try withoutActuallyEscaping(put) { (put) throws(RestorationError) in
      try restoreTiles(
        0..<tiles.tileCount, SourceBands(plan, source, right: right), plan, tileStore, isCancelled: isCancelled,
        onTile: onTile, onProgress: onProgress
      ) { (lanes, index, band, input, tile) throws(RestorationError) in
        try inspector.check(input: plan.route.colours(ofInput: input), output: tile, of: plan.place(ofTile: index))
        canvas.add(tile, at: index)
        seams.add(tile, at: index)
        guard (index + 1) % tiles.tilesPerRow == 0 else { return }
        canvas.close(tileRow: index / tiles.tilesPerRow) { y, row in
          seams.add(row: y, row)
          finisher.add(row: y, row, band) { sink.add(row: $0, $1, band) }
        }
        let isLast = index + 1 == tiles.tileCount
        guard isLast || rowCount < plan.output.height, let rows = sink.take() else { return }
        try lanes.later { () throws(RestorationError) in try put(rows) }
      }
    }
    return RestorationReport(
      task: plan.request.task, model: model.card.name, plan: tiles, seconds: end.secondsElapsed,
      pixelsPerSecond: end.pixelsPerSecond, estimate: plan.estimate, seamScore: seams.score, consistency: nil,
      notes: plan.notes + [fault].compactMap(\.self))
  }
}

extension RestorationPlan {
  package static let thumbnailNote = "EXIF thumbnail left out: it shows the picture as it was"

  /// What the result carries of the input's metadata, and whether a thumbnail was left out.
  package func metadata(of input: ImageMetadata) -> (ImageMetadata, hadThumbnail: Bool) {
    var metadata = input
    if options.metadata == .strip {
      (metadata.exif, metadata.xmp, metadata.iptc) = (nil, nil, nil)
      metadata.pixelsPerMetre = nil
    }
    let hadThumbnail = metadata.fit(width: result.width, height: result.height)
    return (metadata, hadThumbnail)
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
  /// PSNR of the result made small again against the input, in dB; nil for tasks that enlarge nothing, and where the picture was restored by
  /// rows. See `RestorationPlan.consistency`.
  public internal(set) var consistency: Double?
  /// One line on each thing that was converted or not kept.
  public internal(set) var notes: [String]
}
