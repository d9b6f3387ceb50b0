import GRLModel

extension TilePlan {
  /// Cuts a picture as `options` say, so that the memory stays within their budget.
  ///
  /// Tiles chosen here are multiples of what the network pads to, so nothing is padded in them, and fit the picture: tiles overlap, and the
  /// last of an axis lies flush with the border, so that a side which fits badly is computed half as often again as it has pixels.
  ///
  /// - Parameters:
  ///   - cardBytes: what may be taken of a graphics card.
  ///   - estimate: memory that a plan needs. Must not fall when the tile grows.
  /// - Throws: a usage error for a tile or overlap out of range, `overBudget` or `overCard` where nothing fits.
  static func choose(
    width: Int, height: Int, _ options: RestorationOptions, model: ModelCard, cardBytes: Int,
    estimate: (TilePlan) -> MemoryEstimate
  ) throws(RestorationError) -> TilePlan {
    if let overlap = options.overlap, overlap < 0 {
      throw .optionOutOfRange(option: "--overlap", value: "\(overlap)", allowed: "0 or more pixels")
    }
    let published = PublishedSettings.tiling(model)
    let longest = max(width, height)
    func plan(_ side: Int?, _ reason: String) -> TilePlan {
      // Small tiles share a quarter at most unless asked for more, or most of the work would be done twice.
      let overlap = options.overlap ?? min(published.overlap, (side ?? longest) / 4)
      return TilePlan(
        width: width, height: height, side: side, overlap: overlap, blending: options.blending, reason: reason)
    }
    let budget = options.budgetBytes
    func fits(_ plan: TilePlan) -> Bool {
      let need = estimate(plan)
      return need.totalBytes <= budget && need.card <= cardBytes
    }
    func largestSide() -> Int? {
      let unit = model.configuration.padMultiple
      return largest(in: 1...max(1, (longest - 1) / unit)) { fits(plan($0 * unit, "")) }.map { $0 * unit }
    }
    func accept(_ plan: TilePlan, or alternative: () -> String = { "" }) throws(RestorationError) -> TilePlan {
      if fits(plan) { return plan }
      let need = estimate(plan)
      if need.card > cardBytes {
        throw .overCard(estimate: need, freeBytes: cardBytes, advice: alternative() + "take --device cpu")
      }
      throw .overBudget(
        estimate: need, budgetBytes: budget,
        advice: alternative() + "raise --memory to \(MemoryBudget.argument(need.totalBytes))")
    }
    func computed(_ plan: TilePlan) -> Int {
      plan.tileCount * model.configuration.padded(plan.tileWidth) * model.configuration.padded(plan.tileHeight)
    }
    /// A large picture in one tile, in several where they cost hardly more: parts of it are seen while others are computed, and kept where the
    /// work is broken off.
    func split(_ whole: TilePlan) -> TilePlan {
      let most = Double(computed(whole)) * splitCost
      let tiles = fitted(leastOfSplit, longest - 1, enough: most / Double(width * height)) { _ in
        "the whole picture would fit; parts of it cost under 5 % more and are done one after the other"
      }
      return tiles.flatMap { $0.tileCount > 1 && Double(computed($0)) <= most ? $0 : nil } ?? whole
    }
    /// Of tiles with a side from `least` to `most` and within the memory: the smallest that computes few enough pixels, or the one that
    /// computes the fewest. The published protocol of plain means takes its own tile.
    func fitted(_ least: Int, _ most: Int, enough: Double, _ reason: (Int) -> String) -> TilePlan? {
      let unit = model.configuration.padMultiple
      if options.blending == .average { return nil }
      var best: (pixels: Int, plan: TilePlan)?
      for side in stride(from: model.configuration.padded(least), through: most, by: unit) {
        let plan = plan(side, reason(side))
        let pixels = computed(plan)
        if let best, pixels >= best.pixels { continue }
        guard fits(plan) else { break }
        best = (pixels, plan)
        if Double(pixels) <= enough * Double(width * height) { break }
      }
      return best?.plan
    }
    func smaller() -> String { largestSide().map { "use --tile auto or --tile \($0), or " } ?? "" }

    switch options.tile {
    case .whole:
      try checkOverlap(options.overlap, side: longest)
      return try accept(plan(nil, "whole picture as asked"), or: smaller)
    case .side(let side):
      guard side >= smallestSide else {
        throw .optionOutOfRange(option: "--tile", value: "\(side)", allowed: "auto, none or at least \(smallestSide)")
      }
      try checkOverlap(options.overlap, side: side)
      return try accept(plan(side, "tile as asked"), or: smaller)
    case .automatic:
      let name = [model.task.rawValue, model.variant?.rawValue].compactMap { $0 }.joined(separator: " ")
      let preferred =
        published.tile == 0
        ? plan(nil, "whole picture, fits \(MemoryBudget.text(budget))")
        : plan(published.tile, "published tile of \(name)")
      if fits(preferred) {
        try checkOverlap(options.overlap, side: max(preferred.tileWidth, preferred.tileHeight))
        return preferred.tileCount == 1
          ? split(preferred)
          : fitted(published.tile, 2 * published.tile, enough: fewPixels) {
            $0 == published.tile ? preferred.reason : "fits the picture better than the published tile of \(name)"
          } ?? preferred
      }
      guard let side = largestSide() else {
        let smallest = plan(model.configuration.padMultiple, "no tile is smaller")
        return try accept(estimate(smallest).totalBytes < estimate(preferred).totalBytes ? smallest : preferred)
      }
      try checkOverlap(options.overlap, side: side)
      let need = estimate(preferred)
      let isOverCard = need.card > cardBytes
      let wanted = MemoryBudget.text(isOverCard ? need.card : need.totalBytes)
      let limit = MemoryBudget.text(isOverCard ? cardBytes : budget) + (isOverCard ? " of the card" : "")
      let size = preferred.tileCount == 1 ? "the whole picture" : "the published tile \(published.tile)"
      let why = "in \(limit); \(size) needs \(wanted)"
      return fitted(max(smallestSide, side / 4, 2 * (options.overlap ?? 0)), side, enough: 1) { _ in
        "fits the picture best \(why)"
      }
        ?? plan(side, "largest \(why)")
    }
  }

  /// What a picture that could be one tile may cost in several, of the cost of one.
  private static let splitCost = 1.05
  /// Tiles of that kind are not smaller: the network looks far, and few pictures of benchmarks are larger.
  private static let leastOfSplit = 768

  /// How often a published tile may have a pixel computed, on average, before a larger tile is looked for.
  private static let fewPixels = 1.25

  private static func checkOverlap(_ overlap: Int?, side: Int) throws(RestorationError) {
    guard let overlap, overlap > side / 2 else { return }
    throw .optionOutOfRange(
      option: "--overlap", value: "\(overlap)", allowed: "0 to \(side / 2), half the tile of \(side)")
  }

  /// The largest number in `range` that `holds`, where it holds up to some number and not beyond; nil if for none.
  private static func largest(in range: ClosedRange<Int>, where holds: (Int) -> Bool) -> Int? {
    guard holds(range.lowerBound) else { return nil }
    var (below, above) = (range.lowerBound, range.upperBound + 1)
    while above - below > 1 {
      let middle = below + (above - below) / 2
      if holds(middle) { below = middle } else { above = middle }
    }
    return below
  }
}

extension PublishedSettings {
  /// The tile (0: the whole picture) that the released models of this task are tested with; those of another variant where
  /// there is no such row. Where they are tested on whole pictures, the overlap is that of their experiment file, or 32 as
  /// for most others.
  fileprivate static func tiling(_ model: ModelCard) -> (tile: Int, overlap: Int) {
    let rows = all.filter { $0.task == model.task.published(isDualPixel: model.isDualPixel) }
    guard let row = rows.first(where: { $0.variant == model.variant }) ?? rows.first else { return (0, 32) }
    return (row.defaultTiling.tile, [row.defaultTiling.overlap, row.fileTiling.overlap].first { $0 > 0 } ?? 32)
  }
}
