import Base
import EngineTransport
import EngineWire
import Imaging

extension Engine {
  /// Pictures that are remembered for a comparison take at most half of what the running picture leaves of the budget.
  private var comparisonLimit: Int { max(64 << 20, (configuration.budgetBytes - runningBytes) / 2) }

  func compare(_ request: ComparisonRequest, _ requester: Requester) async throws(JobError) -> (Reply, [UInt8]) {
    let paths = request.paths.map(resolved)
    guard (2...ComparisonRequest.pictureLimit).contains(paths.count) else {
      throw .badRequest("\(paths.count) pictures to compare: two to \(ComparisonRequest.pictureLimit) can be")
    }
    guard paths.indices.contains(request.reference) else {
      throw .badRequest("picture \(request.reference) is to be the reference and there are \(paths.count)")
    }
    let (limit, cache, client) = (comparisonLimit, comparisonCache, requester.number)
    func pictures<Value: Sendable>(
      _ body: @escaping @Sendable (ComparedPictures) throws(JobError) -> Value
    ) async throws(JobError) -> Value {
      // What is asked for first is whether the file systems answer at all.
      for path in paths { _ = try await queues.headers.run(for: client, about: path) { _ in fileExists(path) } }
      return try await queues.comparisons.run(for: client, about: paths[0]) { (flag) throws(JobError) in
        let pictures = try cache.run { (cache) throws(JobError) in
          try cache.pictures(paths, limit: limit, flag)
        }
        return try body(pictures)
      }
    }
    switch request.question {
    case .open:
      let info = try await pictures { $0.info }
      return (.comparison(.opened(info)), [])
    case .view(let region, let width, let height, let x, let y):
      if width != 0 && height != 0 { _ = try Self.box(width, height, pictures: paths.count) }
      return try await pictures { (pictures) throws(JobError) in
        try Self.check(region, in: pictures)
        guard width <= region.width, height <= region.height else {
          throw .badRequest("a view of \(width) x \(height) pixels is larger than its region")
        }
        let pixels = width > 0 && height > 0 ? pictures.pixels(region, width: width, height: height) : []
        let view = ComparisonView(
          region: region, width: max(0, width), height: max(0, height), x: x, y: y,
          samples: pictures.samples(x: x, y: y))
        return (.comparison(.view(view)), pixels)
      }
    case .measure(let region, let name, let shave):
      guard let convention = Metric.Convention(rawValue: name), (0...32_767).contains(shave) else {
        throw .badRequest("convention \(name), shave \(shave): matlab, basicsr or grl, and 0 to 32767 pixels")
      }
      let pictures = try await pictures { $0 }
      if let region { try Self.check(region, in: pictures) }
      let queue = region == nil ? queues.measures : queues.partMeasures
      let measures = try await queue.run(for: client, about: paths[0]) { (flag) throws(JobError) in
        try pictures.measures(of: region, reference: request.reference, convention, shave: shave, flag)
      }
      return (.comparison(.measures(measures)), [])
    case .changes(let region):
      let pictures = try await pictures { $0 }
      if let region { try Self.check(region, in: pictures) }
      let queue = region == nil ? queues.measures : queues.partMeasures
      let changes = try await queue.run(for: client, about: paths[0]) { (flag) throws(JobError) in
        try pictures.changes(of: region, from: request.reference, flag)
      }
      return (.comparison(.measures(changes)), [])
    case .crops(let side, let count):
      guard (8...65_535).contains(side), (1...100).contains(count) else {
        throw .badRequest("\(count) crops of \(side) pixels: 1 to 100 of 8 to 65535")
      }
      let pictures = try await pictures { $0 }
      let crops = try await queues.measures.run(for: client, about: paths[0]) { (flag) throws(JobError) in
        try pictures.crops(side: side, count: count, reference: request.reference, flag)
      }
      return (.comparison(.crops(crops)), [])
    case .tiling(let picture, let columns, let rows):
      guard paths.indices.contains(picture) else {
        throw .badRequest("picture \(picture) was tiled and there are \(paths.count)")
      }
      let pictures = try await pictures { $0 }
      let effect = try await queues.measures.run(for: client, about: paths[0]) { (flag) throws(JobError) in
        try pictures.tilingEffect(on: picture, reference: request.reference, columns: columns, rows: rows, flag)
      }
      guard let effect else {
        throw .badRequest(
          "\(paths[picture]) and \(paths[request.reference]) differ in size or layout: they are not one picture, once in tiles "
            + "and once whole")
      }
      return (.comparison(.tiling(TilingInfo(effect))), [])
    }
  }

  private static func check(_ region: Rectangle, in pictures: ComparedPictures) throws(JobError) {
    let isInside =
      region.x >= 0 && region.y >= 0 && region.width > 0 && region.height > 0 && region.x < pictures.width
      && region.y < pictures.height && region.width <= pictures.width - region.x
      && region.height <= pictures.height - region.y
    guard isInside else {
      throw .badRequest(
        "region \(region.x),\(region.y),\(region.width),\(region.height) does not lie within "
          + "\(pictures.width) x \(pictures.height) pixels")
    }
  }
}
