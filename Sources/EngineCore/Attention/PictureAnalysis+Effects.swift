import Base
import EngineWire
import Glibc
import GRLModel
import Imaging
import Inspection
import Restoration
import Tensors

/// What is found out by trying: heads left out, squares taken away, gradients.
extension PictureAnalysis {
  func heads() throws -> AnalysisReport {
    let checkpoint = try picture.checkpoint()
    let region = try order.region ?? picture.surroundings(x: query.x, y: query.y, span: order.span)
    let input = picture.networkInput(region)
    let plain = try watched(picture.session(region), input)
    let reference = try order.reference.map { try self.reference($0, region, plain.shape) }
    let places = picture.configuration.allHeads
    var rows: [(place: HeadPlace, change: Double, psnr: Double?)] = []
    for (index, place) in places.enumerated() {
      guard let weights = checkpoint.without([place], picture.configuration) else {
        throw JobError.badRequest("\(model): its output projections cannot be found")
      }
      let output = try watched(picture.session(region, weights), input)
      rows.append(
        (place, rms(output, plain) * 255, reference.map { psnr(output, $0) }))
      watch.onProgress(Double(index + 1) / Double(places.count), "head \(index + 1) of \(places.count)")
    }
    var report = AnalysisReport(
      title:
        "\(name): what each head is worth, \(region.width) x \(region.height) pixels from (\(region.x), \(region.y)) on",
      explanation: "\(model); each head's result set to zero, one after the other"
        + (reference == nil ? "; no --reference, so the change of the result is told, in levels of 255" : ""),
      region: region)
    let whole = reference.map { psnr(plain, $0) }
    report.tables = [
      [["", "change, levels"] + (whole == nil ? [] : ["PSNR, dB", "worth, dB"])]
        + rows.map { row in
          [row.place.description, row.change.fixed(3)]
            + (row.psnr.map { [$0.fixed(3), (whole! - $0).fixed(3)] } ?? [])
        }
    ]
    if let whole { report.tables.append([["", "PSNR, dB"], ["all heads", whole.fixed(3)]]) }
    report.charts = [
      Chart(
        whole == nil ? "change without the head, levels of 255" : "worth of the head, dB", axis: "heads in order",
        [Chart.Series("", rows.map { row in row.psnr.map { whole! - $0 } ?? row.change })],
        labels: rows.map {
          "\($0.place.block.stage).\($0.place.block.block)" + ($0.place.kind == .window ? "w" : "s")
            + "\($0.place.head)"
        })
    ]
    return report
  }

  func reference(_ path: String, _ region: Rectangle, _ shape: Shape) throws -> Tensor {
    let image = try ImageFile.read(path).image
    let scale = shape.width / region.width
    guard (image.width, image.height) == (picture.image.width * scale, picture.image.height * scale) else {
      throw JobError.badRequest(
        "--reference \(path.printable) is \(image.width) x \(image.height), the result would be "
          + "\(picture.image.width * scale) x \(picture.image.height * scale)")
    }
    return picture.colours(of: image, region.scaled(by: scale), channels: shape.channels)
  }

  /// The patch of the result that is asked about, and the part of the picture that goes through the network.
  func patch() throws -> (region: Rectangle, input: Tensor, patch: AttentionCell.Area, scale: Int) {
    let region = try picture.surroundings(x: query.x, y: query.y, span: order.span)
    let scale = picture.configuration.upscale
    let side = min(order.patch, region.width, region.height)
    func start(_ at: Int, _ length: Int) -> Int { min(max(0, at - side / 2), length - side) * scale }
    let area = AttentionCell.Area(
      x: start(query.x - region.x, region.width), y: start(query.y - region.y, region.height), width: side * scale,
      height: side * scale)
    return (region, picture.networkInput(region), area, scale)
  }

  func mark(_ patch: AttentionCell.Area, _ region: Rectangle, _ scale: Int) -> Rectangle {
    Rectangle(
      x: region.x + patch.x / scale, y: region.y + patch.y / scale, width: max(1, patch.width / scale),
      height: max(1, patch.height / scale))
  }

  func effect() throws -> AnalysisReport {
    let (region, input, patch, scale) = try patch()
    let session = try picture.session(region)
    let key = [
      picture.restorer.model.card.path,
      SHA256.hex(input.values.flatMap { value in withUnsafeBytes(of: value.bitPattern) { Array($0) } }), "\(patch)",
      "\(order.square)",
    ].joined(separator: "\n")
    var map = EffectMap(of: input, patch: patch, side: order.square, effects: watch.kept(key))
    let count = map.rows * map.columns
    if map.passesLeft < count {
      watch.note("\(name): \(count - map.passesLeft) of \(count) squares were there")
    }
    // The first pass takes the memory, the second one says what a pass takes.
    _ = try watched(session, input)
    let start = ContinuousClock.now
    _ = try watched(session, input)
    let each = (ContinuousClock.now - start).seconds
    watch.note(
      "\(name): \(map.passesLeft) passes of \(each.fixed(2)) s, about \(Int((each * Double(map.passesLeft)).rounded(.up))) s in all"
    )
    var written = ContinuousClock.now
    do {
      try map.measure({ try watched(session, $0) }) { now in
        let done = count - now.passesLeft
        watch.onProgress(Double(done) / Double(count), "square \(done) of \(count)")
        if ContinuousClock.now - written > .seconds(5) {
          watch.keep(key, now.effects)
          written = ContinuousClock.now
        }
        return true
      }
    } catch {
      watch.keep(key, map.effects)
      throw error
    }
    watch.keep(key, nil)
    let sum = map.effects.reduce(0, +)
    var report = AnalysisReport(
      title:
        "\(name): what restores the \(patch.width) x \(patch.height) pixels at (\(query.x), \(query.y))",
      explanation:
        "\(model); each square of \(order.square) pixels replaced by its mean colour: how much the patch changes",
      region: Rectangle(x: region.x, y: region.y, width: map.columns * map.side, height: map.rows * map.side)
        .intersection(Rectangle(x: 0, y: 0, width: picture.image.width, height: picture.image.height)) ?? region)
    let own = mark(patch, region, scale)
    let inside = map.effects.indices.reduce(Float(0)) { total, square in
      let place = Rectangle(
        x: region.x + square % map.columns * map.side, y: region.y + square / map.columns * map.side, width: map.side,
        height: map.side)
      return place.intersection(own) == nil ? total : total + map.effects[square]
    }
    report.tables = [
      [
        ["", ""], ["squares", "\(count)"], ["largest change, levels", (Double(map.effects.max() ?? 0) * 255).fixed(2)],
        ["share of the squares under the patch", percent(sum > 0 ? Double(inside / sum) : 0)],
      ]
    ]
    report.maps = [
      PlaneMap(
        "change of the patch", unit: "levels", width: map.columns, height: map.rows,
        values: map.effects.map { $0 * 255 })
    ]
    report.marks = [own]
    return report
  }

  func attribution() throws -> AnalysisReport {
    let (region, input, patch, scale) = try patch()
    let gradient = try picture.inputGradient(region)
    let steps = order.steps
    guard
      let found = LocalAttribution(
        input, patch: patch, through: gradient, steps: steps, isCancelled: watch.isCancelled,
        onStep: { done, count in
          watch.onProgress(Double(done) / Double(count), "step \(done) of \(count)")
        })
    else { throw JobError.cancelled }
    let change = found.detail - found.detailOfBlurred
    var report = AnalysisReport(
      title: "\(name): where the detail at (\(query.x), \(query.y)) comes from",
      explanation: "\(model); integrated gradients of the patch's detail, \(steps) steps from a blurred picture",
      region: region)
    report.tables = [
      [
        ["", ""], ["diffusion index, 0 to 100", found.diffusionIndex.fixed(2)],
        ["detail of the patch", found.detail.fixed(3)],
        ["explained", "\(found.total.fixed(3)) of \(change.fixed(3))"],
      ]
    ]
    report.maps = [
      PlaneMap(
        "part of the detail", width: region.width, height: region.height, values: found.map.map(\.rooted),
        look: .signed)
    ]
    report.marks = [mark(patch, region, scale)]
    return report
  }

  func field() throws -> AnalysisReport {
    let region = try picture.surroundings(x: query.x, y: query.y, span: order.span)
    let gradient = try picture.inputGradient(region)
    let scale = picture.configuration.upscale
    let found = EffectiveField(
      picture.networkInput(region), x: (query.x - region.x) * scale, y: (query.y - region.y) * scale, through: gradient)
    var report = AnalysisReport(
      title: "\(name): effective receptive field of (\(query.x), \(query.y))",
      explanation: "\(model); size of the gradient with respect to each pixel of \(region.width) x \(region.height)",
      region: region)
    report.tables = [
      [
        ["", ""], ["mean distance, pixels", found.meanDistance.fixed(2)],
        ["nine tenths within, pixels", found.radius90.fixed(2)],
      ]
    ]
    report.maps = [
      PlaneMap(
        "log10 of the share", width: region.width, height: region.height,
        values: found.map.map { log10(max($0, 1e-8)) }, look: .magnitude(fromZero: false))
    ]
    report.marks = [square(query)]
    return report
  }

  /// - Throws: `.cancelled` where nobody waits any more.
  private func watched(_ session: GRLSession, _ input: Tensor) throws -> Tensor {
    do { return try session.restore(input, isCancelled: watch.isCancelled) } catch { throw JobError.cancelled }
  }

  private func rms(_ a: Tensor, _ b: Tensor) -> Double {
    let sum = zip(a.values, b.values).reduce(0.0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
    return (sum / Double(a.values.count)).squareRoot()
  }

  /// Of values cut to 0...1, without rounding.
  private func psnr(_ a: Tensor, _ b: Tensor) -> Double {
    var clipped = a
    for index in clipped.values.indices { clipped.values[index] = min(max(clipped.values[index], 0), 1) }
    return -20 * log10(rms(clipped, b))
  }
}

extension Float {
  /// Its sign times the root of its size: small parts are seen beside large ones.
  fileprivate var rooted: Float { self < 0 ? -(-self).squareRoot() : squareRoot() }
}
