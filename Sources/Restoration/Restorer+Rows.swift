import GRLModel
import Imaging
import Tensors

extension Restorer {
  /// Computes rows of a picture's tiles for a restoration that finds them in its store: the parts of a picture that several machines share.
  ///
  /// - Parameters:
  ///   - rows: of the tiles that `plan` has, from the top.
  ///   - tileStore: keeps each tile; what it has already is not computed.
  /// - Returns: seconds of computing.
  /// - Throws: as ``restore(_:right:plan:tileStore:isCancelled:onTile:onProgress:)``; repetitions are looked for within these rows.
  /// - Precondition: as there.
  public func restoreTiles(
    of image: Image, right: Image? = nil, plan: RestorationPlan, rows: Range<Int>, tileStore: any TileStore,
    isCancelled: () -> Bool = { false }, onTile: (TileEvent) -> Void = { _ in },
    onProgress: (RestorationProgress) -> Void = { _ in }
  ) throws(RestorationError) -> Double {
    precondition(PictureShape(image) == plan.input && plan.request.isDualPixel == (right != nil))
    try checkMemory(plan, image, right)
    return try restoreTiles(
      rowsOf: WholePicture(image), right: right.map { WholePicture($0) }, plan: plan, rows: rows,
      tileStore: tileStore, isCancelled: isCancelled, onTile: onTile, onProgress: onProgress)
  }

  /// The same of a picture that is read by rows.
  package func restoreTiles(
    rowsOf source: any PictureSource, right: (any PictureSource)? = nil, plan: RestorationPlan, rows: Range<Int>,
    tileStore: any TileStore, isCancelled: () -> Bool = { false }, onTile: (TileEvent) -> Void = { _ in },
    onProgress: (RestorationProgress) -> Void = { _ in }
  ) throws(RestorationError) -> Double {
    if plan.options.isBanded { try checkMemory(plan) }
    let tiles = rows.lowerBound * plan.tiles.tilesPerRow..<rows.upperBound * plan.tiles.tilesPerRow
    var inspector = TileInspector(plan.options.checks)
    return try restoreTiles(
      tiles, SourceBands(plan, source, right: right), plan, tileStore, isCancelled: isCancelled, onTile: onTile,
      onProgress: onProgress
    ) { (_, index, _, input, tile) throws(RestorationError) in
      try inspector.check(input: plan.route.colours(ofInput: input), output: tile, of: plan.place(ofTile: index))
    }.end.secondsElapsed
  }

  /// Takes tiles from the store, computes the others, several at once where the plan says so, and hands all over in order.
  ///
  /// - Parameter use: gets a tile with the rows of the picture around its row of tiles, and what the network got, before it is kept.
  /// - Returns: the progress at the end, and a note where a device failed.
  func restoreTiles(
    _ tiles: Range<Int>, _ source: SourceBands, _ plan: RestorationPlan, _ tileStore: (any TileStore)?,
    isCancelled: () -> Bool, onTile: (TileEvent) -> Void, onProgress: (RestorationProgress) -> Void,
    use: (_ lanes: TileLanes, _ index: Int, _ band: ImageBand, _ input: Tensor, _ tile: Tensor) throws(RestorationError)
      -> Void
  ) throws(RestorationError) -> (end: RestorationProgress, fault: String?) {
    let perRow = plan.tiles.tilesPerRow
    let share = Double(tiles.count) / Double(plan.tiles.tileCount)
    var source = source
    var meter = ProgressMeter(
      tileCount: tiles.count, pixels: Int(Double(plan.area.width * plan.area.height) * share), gate: gate)
    let (lanes, window) = (lanes(for: plan), TileLanes.window(lanes: plan.lanes))
    var (posted, kept, note) = (tiles.lowerBound, Set<Int>(), String?.none)
    // From the end of the tile before: of tiles that are computed at once each counts for its share of the time.
    var before = Duration.zero

    func post() throws(RestorationError) {
      let band = try source.band(ofTileRow: posted / perRow)
      let input = plan.route.input(band, plan.place(ofTile: posted))
      let began = meter.elapsed
      let tile = tileStore?.tile(posted, shape: plan.tileShape)
      if tile != nil {
        kept.insert(posted)
        meter.addLoaded(meter.elapsed - began)
      } else {
        onTile(.began(index: posted))
      }
      lanes.post(posted, input, tile: tile)
      posted += 1
    }

    try lanes.run { () throws(RestorationError) in
      for index in tiles {
        if isCancelled() || gate.isCancelled { throw .cancelled }
        while posted < tiles.upperBound, posted - index < window,
          !plan.options.isBanded || posted / perRow <= index / perRow + 1
        {
          try post()
        }
        let done = index - tiles.lowerBound
        let (input, output) = try lanes.take(index, isCancelled: isCancelled) { share in
          onProgress(meter.progress(tilesDone: done, shareOfNext: share))
        }
        let isComputed = kept.remove(index) == nil
        let tile = isComputed ? plan.route.picture(output) : output
        if note == nil, let fault = lanes.fault {
          note = "\(fault): the processor computed from tile \(index + 1) of \(plan.tiles.tileCount) on"
        }
        let band = try source.band(ofTileRow: index / perRow)
        try use(lanes, index, band.left, input, tile)
        if (index + 1) % perRow == 0 { source.close(tileRow: index / perRow) }
        let now = meter.elapsed
        if isComputed {
          do { try tileStore?.keep(tile, at: index, seconds: (now - before) / .seconds(1)) } catch { throw .cancelled }
        }
        before = now
        onTile(.finished(index: index, place: plan.place(ofTile: index), pixels: tile, isComputed: isComputed))
        onProgress(meter.progress(tilesDone: done + 1, shareOfNext: lanes.share))
      }
    }
    return (meter.progress(tilesDone: tiles.count), note)
  }

  /// A refusal is answered here; in the midst of the work it would be the end of the process.
  func checkMemory(_ plan: RestorationPlan, _ images: Image?...) throws(RestorationError) {
    do throws(OutOfMemory) { try OutOfMemory.check(plan.estimate.bytesToCome(after: images)) } catch {
      throw .outOfMemory(error)
    }
  }
}

extension RestorationModel {
  /// Side of the tile that tells a model's speed.
  private static let trialSide = 128

  /// What a trial may take; a network that needs longer for its tile is stopped behind a block.
  private static let trialTime = Duration.seconds(2)

  /// Input pixels that go through the network by the second on this machine, by one small tile in two seconds at most (and one block at least).
  package func trialSpeed(threadCount: Int) throws(RestorationError) -> Double {
    let side = network.configuration.padded(Self.trialSide)
    do {
      let session = try GRLSession(
        network: network, height: side, width: side, threads: ThreadLease(threadCount: threadCount))
      let channels = network.configuration.inputChannels
      let values = (0..<side * side * channels).map { Float($0 % 97) / 96 }
      let input = Tensor(shape: Shape(height: side, width: side, channels: channels), values: values)
      let began = ContinuousClock.now
      var share = 0.0
      do {
        _ = try session.restore(
          input, isCancelled: { ContinuousClock.now - began > Self.trialTime },
          onBlock: { share = Double($0) / Double($1) })
      } catch {
        if session.fault != nil { throw error }
      }
      return share * Double(side * side) / max((ContinuousClock.now - began) / .seconds(1), 1e-6)
    } catch let error as OutOfMemory {
      throw .outOfMemory(error)
    } catch {
      throw .cancelled
    }
  }
}
