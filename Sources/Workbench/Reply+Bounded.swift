import Base
import EngineWire

// What the engine says is checked once, here, for numbers that no honest engine sends; behind this point sums and products of
// them stay within an `Int` and every `Double` is finite.

extension Reply {
  /// The same with every number within bounds.
  var bounded: Reply {
    switch self {
    case .hello, .done, .submitted: self
    case .failure(var failure):
      .failure(
        {
          failure.message = PlanWords.text(failure.message)
          return failure
        }())
    case .folder(var listing):
      .folder(
        {
          for place in listing.entries.indices {
            listing.entries[place].bytes = Bounds.count(listing.entries[place].bytes)
            listing.entries[place].modified = Bounds.number(listing.entries[place].modified)
          }
          return listing
        }())
    case .picture(let info): .picture(info.bounded)
    case .pixels(let info): .pixels(info.bounded)
    case .models(let models): .models(models.map(\.bounded))
    case .plan(var plan):
      .plan(
        {
          plan.pictures = plan.pictures.map(\.bounded)
          plan.problem = plan.problem.map(PlanWords.text)
          return plan
        }())
    case .trainingPlan(var plan):
      .trainingPlan(
        {
          (plan.training, plan.heldOut) = (Bounds.count(plan.training), Bounds.count(plan.heldOut))
          plan.refusedCount = Bounds.count(plan.refusedCount)
          (plan.estimateBytes, plan.budgetBytes) = (Bounds.count(plan.estimateBytes), Bounds.count(plan.budgetBytes))
          return plan
        }())
    case .jobs(let jobs): .jobs(jobs.map(\.bounded))
    case .trial(var trial):
      .trial(
        {
          trial.before = trial.before.bounded
          trial.after = trial.after.bounded
          trial.seconds = Bounds.number(trial.seconds)
          return trial
        }())
    case .comparison(let reply): .comparison(reply.bounded)
    case .attention(let info): .attention(info.bounded)
    case .attentionOverview(let overview): .attentionOverview(overview.bounded)
    case .analysis(let report): .analysis(report.bounded)
    case .event(let event): .event(event.bounded)
    }
  }
}

/// What is taken for a side in pixels, a count, a number.
private enum Bounds {
  /// Of a chain.
  static let steps = 16
  static func side(_ value: Int) -> Int { min(max(value, 0), 1 << 24) }
  static func place(_ value: Int) -> Int { min(max(value, -1 << 24), 1 << 24) }
  static func count(_ value: Int) -> Int { min(max(value, 0), 1 << 52) }
  static func number(_ value: Double) -> Double { value.isFinite ? min(max(value, -1e15), 1e15) : 0 }
  static func number(_ value: Double?) -> Double? { value.flatMap { $0.isFinite ? min(max($0, -1e15), 1e15) : nil } }
}

extension Rectangle {
  fileprivate var bounded: Rectangle {
    Rectangle(x: Bounds.place(x), y: Bounds.place(y), width: Bounds.side(width), height: Bounds.side(height))
  }
}

extension AttentionNetwork {
  fileprivate var bounded: AttentionNetwork {
    var network = self
    network.depths = depths.prefix(64).map { min(max($0, 1), 64) }
    (network.windowHeads, network.stripeHeads) = (min(max(windowHeads, 1), 64), min(max(stripeHeads, 1), 64))
    return network
  }
}

extension AttentionFigures {
  fileprivate var bounded: AttentionFigures {
    func share(_ value: Double) -> Double { min(max(Bounds.number(value), -1), 1) }
    return AttentionFigures(
      entropyBits: Bounds.number(entropyBits), entropyLimitBits: Bounds.number(entropyLimitBits),
      meanDistance: Bounds.number(meanDistance), radius90: Bounds.number(radius90), massInWindow: share(massInWindow),
      massOnPadding: share(massOnPadding), anisotropy: share(anisotropy), anisotropyOfCell: share(anisotropyOfCell),
      topKeys: topKeys.prefix(20).map {
        Key(x: Bounds.place($0.x), y: Bounds.place($0.y), share: share($0.share))
      })
  }
}

extension AttentionInfo {
  fileprivate var bounded: AttentionInfo {
    var info = self
    (info.network, info.figures, info.tile) = (network.bounded, figures.bounded, tile.bounded)
    (info.rows, info.columns) = (Bounds.side(rows), Bounds.side(columns))
    (info.mapRows, info.mapColumns) = (Bounds.side(mapRows), Bounds.side(mapColumns))
    (info.left, info.top, info.pixelsPerKey) = (Bounds.place(left), Bounds.place(top), Bounds.side(pixelsPerKey))
    (info.pictureWidth, info.pictureHeight) = (Bounds.side(pictureWidth), Bounds.side(pictureHeight))
    (info.parts, info.window) = (parts.prefix(4).map(\.bounded), window.prefix(4).map(\.bounded))
    (info.anchor, info.largest) = (anchor?.bounded, Bounds.number(largest))
    (info.correlation, info.seconds) = (Bounds.number(correlation), max(0, Bounds.number(seconds)))
    return info
  }
}

extension AttentionOverview {
  fileprivate var bounded: AttentionOverview {
    var overview = self
    overview.network = network.bounded
    overview.entries = entries.prefix(1 << 14).map { entry in
      var entry = entry
      entry.figures = entry.figures.bounded
      return entry
    }
    overview.seconds = max(0, Bounds.number(seconds))
    return overview
  }
}

extension AnalysisReport {
  fileprivate var bounded: AnalysisReport {
    var report = self
    report.region = region.bounded
    report.marks = marks.prefix(64).map(\.bounded)
    report.tables = tables.prefix(64).map { rows in
      rows.prefix(4096).filter { !$0.isEmpty }.map { $0.prefix(16).map { String($0.prefix(200)) } }
    }
    report.charts = charts.prefix(64).map { chart in
      Chart(
        chart.title, axis: chart.axis,
        chart.series.prefix(8).map { Chart.Series($0.name, $0.values.prefix(1 << 14).map { Bounds.number($0) }) },
        isLogarithmic: chart.isLogarithmic, labels: Array(chart.labels.prefix(1 << 12)))
    }
    return report
  }
}

extension PictureInfo {
  fileprivate var bounded: PictureInfo {
    var info = self
    (info.width, info.height, info.bytes) = (Bounds.side(width), Bounds.side(height), Bounds.count(bytes))
    return info
  }
}

extension PixelsInfo {
  fileprivate var bounded: PixelsInfo {
    var info = self
    (info.width, info.height) = (Bounds.side(width), Bounds.side(height))
    (info.pictureWidth, info.pictureHeight) = (Bounds.side(pictureWidth), Bounds.side(pictureHeight))
    info.region = region.bounded
    (info.noiseSigma, info.blockiness) = (Bounds.number(noiseSigma), Bounds.number(blockiness))
    return info
  }
}

extension ComparisonReply {
  fileprivate var bounded: ComparisonReply {
    switch self {
    case .opened(var info):
      (info.width, info.height) = (Bounds.side(info.width), Bounds.side(info.height))
      for place in info.pictures.indices {
        info.pictures[place].width = Bounds.side(info.pictures[place].width)
        info.pictures[place].height = Bounds.side(info.pictures[place].height)
      }
      return .opened(info)
    case .view(var view):
      (view.width, view.height) = (Bounds.side(view.width), Bounds.side(view.height))
      (view.x, view.y) = (Bounds.place(view.x), Bounds.place(view.y))
      view.region = view.region.bounded
      view.samples = view.samples.map { $0.map(Bounds.count) }
      return .view(view)
    case .measures: return self
    case .crops(let crops): return .crops(crops.map(\.bounded))
    case .tiling(var tiling):
      (tiling.maximum, tiling.mean) = (Bounds.number(tiling.maximum), Bounds.number(tiling.mean))
      (tiling.x, tiling.y) = (Bounds.place(tiling.x), Bounds.place(tiling.y))
      tiling.seamScore = Bounds.number(tiling.seamScore)
      return .tiling(tiling)
    }
  }
}

extension ModelInfo {
  fileprivate var bounded: ModelInfo {
    var model = self
    (model.fileBytes, model.parameterCount) = (Bounds.count(fileBytes), Bounds.count(parameterCount))
    model.scale = min(max(scale, 1), 64)
    model.pixelsPerSecond = Bounds.number(pixelsPerSecond).flatMap { $0 > 0 ? $0 : nil }
    return model
  }
}

extension JobPlan.Picture {
  fileprivate var bounded: JobPlan.Picture {
    var picture = self
    (picture.width, picture.height) = (Bounds.side(width), Bounds.side(height))
    (picture.outputWidth, picture.outputHeight) = (Bounds.side(outputWidth), Bounds.side(outputHeight))
    (picture.tileWidth, picture.tileHeight) = (Bounds.side(tileWidth), Bounds.side(tileHeight))
    (picture.tileCount, picture.overlap) = (Bounds.side(tileCount), Bounds.side(overlap))
    (picture.estimateBytes, picture.budgetBytes) = (Bounds.count(estimateBytes), Bounds.count(budgetBytes))
    picture.seconds = Bounds.number(seconds).map { max(0, $0) }
    picture.steps = steps?.prefix(Bounds.steps).map(\.bounded)
    picture.problem = problem.map(PlanWords.text)
    picture.notes = notes.map(PlanWords.text)
    // The row that says it names the option itself.
    picture.ignored = ignored?.mapValues { text in
      guard text.hasPrefix("--"), let place = text.firstRange(of: "ignored") else { return PlanWords.text(text) }
      return String(text[place.lowerBound...])
    }
    return picture
  }
}

extension JobPlan.Step {
  fileprivate var bounded: JobPlan.Step {
    var step = self
    (step.outputWidth, step.outputHeight) = (Bounds.side(outputWidth), Bounds.side(outputHeight))
    (step.tileWidth, step.tileHeight) = (Bounds.side(tileWidth), Bounds.side(tileHeight))
    (step.tileCount, step.overlap) = (Bounds.side(tileCount), Bounds.side(overlap))
    step.estimateBytes = Bounds.count(estimateBytes)
    step.seconds = Bounds.number(seconds).map { max(0, $0) }
    return step
  }
}

extension JobInfo {
  fileprivate var bounded: JobInfo {
    var job = self
    job.created = Bounds.number(created)
    job.pictures = pictures.map(\.bounded)
    job.estimate = estimate?.bounded
    job.cluster = cluster?.bounded
    job.reason = reason.map(PlanWords.text)
    return job
  }
}

extension ClusterProgress {
  fileprivate var bounded: ClusterProgress {
    var progress = self
    progress.shards = shards.prefix(ClusterOrder.mostShards).map { shard in
      var shard = shard
      (shard.shard, shard.pieces) = (Bounds.side(shard.shard), Bounds.side(shard.pieces))
      (shard.done, shard.failed, shard.skipped) = (
        Bounds.side(shard.done), Bounds.side(shard.failed), Bounds.side(shard.skipped)
      )
      shard.share = min(max(Bounds.number(shard.share), 0), 1)
      shard.silentSeconds = shard.silentSeconds.map(Bounds.count)
      return shard
    }
    progress.pixelsPerSecond = Bounds.number(pixelsPerSecond).map { max(0, $0) }
    return progress
  }
}

extension PictureProgress {
  fileprivate var bounded: PictureProgress {
    var picture = self
    (picture.width, picture.height, picture.overlap) = (Bounds.side(width), Bounds.side(height), Bounds.side(overlap))
    picture.tiles = tiles.map(\.bounded)
    picture.tilesPerRow = min(max(tilesPerRow, tiles.isEmpty ? 0 : 1), max(tiles.count, 1))
    picture.tilesDone = min(Bounds.side(tilesDone), tiles.isEmpty ? .max : tiles.count)
    picture.seconds = max(0, Bounds.number(seconds))
    picture.seamScore = Bounds.number(seamScore)
    picture.curve = curve?.bounded
    picture.reason = reason.map(PlanWords.text)
    picture.notes = notes.map(PlanWords.text)
    if let step {
      let count = min(max(step.count, 1), Bounds.steps)
      picture.step = JobStep(number: min(max(step.number, 1), count), count: count, task: step.task)
    }
    return picture
  }
}

extension TrainingCurve {
  /// Built anew, so that steps rise and there are no more points than there may be.
  fileprivate var bounded: TrainingCurve {
    var curve = TrainingCurve()
    for point in losses.prefix(2 * Self.most) {
      curve.add(step: Bounds.count(point.step), loss: Bounds.number(point.value))
    }
    for point in heldOut.prefix(2 * Self.most) {
      curve.add(step: Bounds.count(point.step), heldOut: Bounds.number(point.value), input: Bounds.number(inputPSNR))
    }
    curve.saved(Bounds.count(savedStep))
    return curve
  }
}

extension TrainingFigures {
  fileprivate var bounded: TrainingFigures {
    var figures = self
    (figures.step, figures.share) = (Bounds.count(step), min(max(Bounds.number(share), 0), 1))
    (figures.loss, figures.psnr, figures.rate) = (Bounds.number(loss), Bounds.number(psnr), Bounds.number(rate))
    figures.stepsPerSecond = max(0, Bounds.number(stepsPerSecond))
    (figures.patch, figures.batch, figures.window) = (Bounds.side(patch), Bounds.side(batch), Bounds.side(window))
    (figures.stripeRows, figures.stripeColumns) = (Bounds.side(stripeRows), Bounds.side(stripeColumns))
    return figures
  }
}

extension Progress {
  fileprivate var bounded: Progress {
    var progress = self
    progress.tileCount = Bounds.side(tileCount)
    progress.tilesDone = min(Bounds.side(tilesDone), progress.tileCount)
    progress.tileFraction = min(max(Bounds.number(tileFraction), 0), 1)
    progress.secondsElapsed = max(0, Bounds.number(secondsElapsed))
    progress.secondsRemaining = Bounds.number(secondsRemaining).flatMap { $0 >= 0 ? $0 : nil }
    progress.pixelsPerSecond = max(0, Bounds.number(pixelsPerSecond))
    (progress.residentBytes, progress.budgetBytes) = (Bounds.count(residentBytes), Bounds.count(budgetBytes))
    progress.training = training?.bounded
    (progress.estimate, progress.queue) = (estimate?.bounded, queue?.bounded)
    progress.time = Bounds.number(time)
    progress.cpuPercent = min(max(Bounds.number(cpuPercent), 0), 1e6)
    return progress
  }
}

extension JobEstimate {
  fileprivate var bounded: JobEstimate {
    let count = Bounds.side(count)
    return JobEstimate(
      settled: min(Bounds.side(settled), count), count: count, fraction: min(max(Bounds.number(fraction), 0), 1),
      secondsRemaining: Bounds.number(secondsRemaining).flatMap { $0 >= 0 ? $0 : nil })
  }
}

extension EngineEvent {
  fileprivate var bounded: EngineEvent {
    switch self {
    case .jobs(let jobs): .jobs(jobs.map(\.bounded))
    case .picture(let job, let picture, let progress): .picture(job: job, picture: picture, progress.bounded)
    case .progress(let progress): .progress(progress.bounded)
    case .log(let line):
      .log(LogLine(time: Bounds.number(line.time), level: line.level, text: PlanWords.text(line.text)))
    case .planning(let files, let pictures, let count):
      .planning(files: Bounds.count(files), pictures: Bounds.count(pictures), count: Bounds.count(count))
    case .analysing(let share, let detail):
      .analysing(share: min(max(Bounds.number(share) ?? 0, 0), 1), detail: detail)
    case .cluster(let job, let progress, let estimate):
      .cluster(job: job, progress.bounded, estimate?.bounded)
    case .job, .tile: self
    case .job(let job, let state, let reason): .job(job: job, state: state, reason: reason.map(PlanWords.text))
    case .tile: self
    }
  }
}
