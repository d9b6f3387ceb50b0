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
    let tiles = rows.lowerBound * plan.tiles.tilesPerRow..<rows.upperBound * plan.tiles.tilesPerRow
    let share = Double(rows.count) * Double(plan.tiles.tilesPerRow) / Double(plan.tiles.tileCount)
    var network = tileRunner(for: plan)
    var inspector = TileInspector(plan.options.checks)
    var meter = ProgressMeter(
      tileCount: tiles.count, pixels: Int(Double(plan.area.width * plan.area.height) * share), gate: gate)
    for index in tiles {
      if isCancelled() || gate.isCancelled { throw .cancelled }
      let (began, done) = (meter.elapsed, index - tiles.lowerBound)
      let place = plan.place(ofTile: index)
      let input = plan.route.input(image, right: right, place)
      let kept = tileStore.tile(index, shape: plan.tileShape)
      if kept == nil { onTile(.began(index: index)) }
      let tile: Tensor
      if let kept {
        tile = kept
      } else {
        let output = try network.restore(input, isCancelled: isCancelled) { share in
          onProgress(meter.progress(tilesDone: done, shareOfNext: share))
        }
        tile = plan.route.picture(output)
      }
      try inspector.check(input: plan.route.colours(ofInput: input), output: tile, of: place)
      let seconds = meter.elapsed - began
      if kept == nil {
        do { try tileStore.keep(tile, at: index, seconds: seconds / .seconds(1)) } catch { throw .cancelled }
      } else {
        meter.addLoaded(seconds)
      }
      onTile(.finished(index: index, place: place, pixels: tile, isComputed: kept == nil))
      onProgress(meter.progress(tilesDone: done + 1))
    }
    return meter.progress(tilesDone: tiles.count).secondsElapsed
  }

  /// A refusal is answered here; in the midst of the work it would be the end of the process.
  func checkMemory(_ plan: RestorationPlan, _ image: Image, _ right: Image?) throws(RestorationError) {
    do throws(OutOfMemory) { try OutOfMemory.check(plan.estimate.bytesToCome(after: image, right)) } catch {
      throw .outOfMemory(error)
    }
  }

  func tileRunner(for plan: RestorationPlan) -> TileRunner {
    TileRunner(
      orientations: !plan.options.usesSelfEnsemble
        ? [TileOrientation()] : plan.route == .dualPixel ? TileOrientation.keepingParallax : TileOrientation.all,
      make: makeNetwork, makeInstead: makeInstead)
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
