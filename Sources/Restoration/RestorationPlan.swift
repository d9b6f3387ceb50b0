import Base
import Imaging
import Tensors
import VulkanDevice

/// What a restoration will do, settled before it starts: tiles, memory, output, and what will be converted on the way.
public struct RestorationPlan: Sendable {
  public let request: RestorationRequest
  public let options: RestorationOptions
  public let input: PictureShape
  /// What the network makes of it, in the samples that `Restorer.restore` returns.
  public let output: PictureShape
  /// What that becomes at last: ``finished(_:)``.
  public let result: PictureShape
  /// The part of the input that goes through the network: all of it, or the region asked for with its surroundings.
  public let area: Rectangle
  /// The tiles of `area`.
  public let tiles: TilePlan
  public let estimate: MemoryEstimate
  /// Tiles that are computed at once.
  public let lanes: Int
  /// One line on each thing that will be converted or not kept.
  public let notes: [String]
  /// By the name of the option, `sigma` or `quality`: why the model does not heed it.
  public let ignored: [String: String]

  let route: ChannelRoute
  /// What the last input channel of a network that reads a level map is everywhere; nil for other networks.
  package var levelMap: Float? { if case .withLevel(_, let level) = route { level } else { nil } }
  let scale: Int
  /// The part of the enlarged `area` that becomes the output.
  let crop: Rectangle

  /// - Parameter picture: of both views the left one for a dual-pixel model.
  init(
    _ picture: PictureShape, _ request: RestorationRequest, _ options: RestorationOptions, _ model: RestorationModel,
    threadCount: Int
  ) throws(RestorationError) {
    try request.validate(modelIsNamed: true)
    try options.finish.validate()
    try options.size.validate()
    let route = try ChannelRoute(picture.layout, request, model.card)
    let region = options.region ?? Rectangle(x: 0, y: 0, width: picture.width, height: picture.height)
    guard region.fits(width: picture.width, height: picture.height) else {
      throw .regionOutside(region, width: picture.width, height: picture.height)
    }
    let scale = model.card.scale
    let area = Self.surroundings(of: region, in: picture, padMultiple: model.card.configuration.padMultiple)
    let layout = Image.Layout(colourChannels: route.pictureChannels, hasAlpha: picture.layout.hasAlpha)
    let output = PictureShape(
      width: region.width * scale, height: region.height * scale, layout: layout,
      bitDepth: options.isFinishedLater ? max(16, options.depth.bits(of: picture)) : options.depth.bits(of: picture))
    let sides = options.size.sides(output.width, output.height)
    let result = PictureShape(
      width: sides.width, height: sides.height, layout: layout, bitDepth: options.depth.bits(of: picture))
    let estimate = { (tiles: TilePlan, lanes: Int) in
      var estimate = MemoryEstimate(
        tiles, lanes: lanes, input: picture, output: output, route: route, model: model,
        ensemble: options.usesSelfEnsemble, threadCount: threadCount)
      if options.isBanded {
        // Of the result a row of tiles, the same while it is finished, those that wait for it, and the rows that a file of tiles collects.
        let rows = min(output.height, (lanes == 1 ? 3 : 6) * tiles.tileHeight * scale + 256)
        estimate.pictures =
          SourceBands.bytes(tiles, picture) * (request.isDualPixel ? 2 : 1) + output.byteCount / output.height * rows
      }
      let configuration = model.card.configuration
      estimate.pictures +=
        options.besidesBytes + options.besidesFeatures * configuration.padded(tiles.tileWidth)
        * configuration.padded(tiles.tileHeight) * configuration.embeddingWidth * MemoryLayout<Float>.stride
      estimate.band += RowFinisher.bytes(
        options.finish, width: area.width * scale, channels: route.pictureChannels, scale: scale)
      if scale > 1 {
        estimate.band += Image.resizingBytes(
          from: (output.width, output.height), to: (region.width, region.height), channels: layout.colourChannels)
      }
      if options.isFinishedLater {
        estimate.pictures += result.byteCount * 2
        estimate.band += Image.resizingBytes(
          from: (output.width, output.height), to: (result.width, result.height), channels: layout.channels)
      }
      return estimate
    }
    self.request = request
    self.options = options
    self.input = picture
    self.output = output
    self.result = result
    self.area = area
    self.route = route
    self.scale = scale
    crop = Rectangle(x: region.x - area.x, y: region.y - area.y, width: region.width, height: region.height)
      .scaled(by: scale)
    tiles = try TilePlan.choose(
      width: area.width, height: area.height, options, model: model.card,
      cardBytes: (model.network.device as? VulkanDevice)?.budgetBytes ?? .max, estimate: { estimate($0, 1) })
    let tiles = tiles
    lanes = TileLanes.count(
      tiles, threadCount: threadCount, isOnCard: model.network.device is VulkanDevice,
      fits: { estimate(tiles, $0).totalBytes <= options.budgetBytes })
    self.estimate = estimate(tiles, lanes)
    ignored = Self.ignored(request, route, model.card)
    notes =
      Self.notes(picture, result, request, route, model.card) + ignored.values.sorted()
      + options.finish.notes(isColour: layout.isColour)
  }

  /// Where tile `index` lies in the picture, in input pixels.
  public func place(ofTile index: Int) -> Rectangle { tiles[index].offset(x: area.x, y: area.y) }

  /// Shape of a restored tile, in the channels of the output without alpha.
  public var tileShape: Shape {
    Shape(height: tiles.tileHeight * scale, width: tiles.tileWidth * scale, channels: route.pictureChannels)
  }

  /// Input pixels that go through the network, counted as often as they do.
  public var networkPixels: Int {
    let orientations = !options.usesSelfEnsemble ? 1 : route == .dualPixel ? 2 : 8
    return tiles.tileCount * tiles.tileWidth * tiles.tileHeight * orientations
  }

  /// `region` with what the network needs to see around it: at least one padding unit on each side as far as the picture
  /// goes, beginning where a window and a stripe of the whole picture begin.
  private static func surroundings(of region: Rectangle, in picture: PictureShape, padMultiple: Int) -> Rectangle {
    func grown(_ range: Range<Int>, _ length: Int) -> Range<Int> {
      let start = max(0, range.lowerBound - padMultiple) / padMultiple * padMultiple
      let end = (range.upperBound + 2 * padMultiple - 1) / padMultiple * padMultiple
      return start..<min(length, end)
    }
    let (columns, rows) = (grown(region.columns, picture.width), grown(region.rows, picture.height))
    return Rectangle(x: columns.lowerBound, y: rows.lowerBound, width: columns.count, height: rows.count)
  }

  /// Where the output begins in the result of the whole picture.
  var resultOrigin: (x: Int, y: Int) { (area.x * scale + crop.x, area.y * scale + crop.y) }

  /// A level that neither reaches the network nor had part in the choice of it: it finds the level itself.
  private static func ignored(
    _ request: RestorationRequest, _ route: ChannelRoute, _ model: ModelCard
  ) -> [String: String] {
    if case .withLevel = route { return [:] }
    func isBlind(_ levels: ClosedRange<Double>?) -> Bool { levels.map { $0.lowerBound < $0.upperBound } ?? true }
    if let sigma = request.sigma, isBlind(model.sigmas) {
      return [
        "sigma": "--sigma \(sigma.shortText) is ignored: \(model.name) is blind, it finds the level of the noise itself"
      ]
    }
    if let quality = request.quality, isBlind(model.qualities) {
      return [
        "quality": "--quality \(quality) is ignored: \(model.name) is blind, it finds the strength of the damage itself"
      ]
    }
    return [:]
  }

  private static func notes(
    _ input: PictureShape, _ output: PictureShape, _ request: RestorationRequest, _ route: ChannelRoute,
    _ model: ModelCard
  ) -> [String] {
    var notes = model.experimental.map { ["\(model.name) is experimental: \($0)"] } ?? []
    notes += route.notes(input.layout)
    if input.layout.hasAlpha && model.scale > 1 {
      notes.append("alpha enlarged by Matlab's bicubic, not by the network")
    }
    if output.bitDepth < input.bitDepth {
      let from = input.bitDepth == 32 ? "floats" : "\(input.bitDepth)-bit samples"
      notes.append("\(from) rounded to \(output.bitDepth) bits")
    }
    if let sigma = request.sigma, let trained = model.sigmas, !trained.contains(sigma) {
      notes.append("the model was trained for sigma \(trained.text), not \(sigma.shortText)")
    }
    if let quality = request.quality, let trained = model.qualities, !trained.contains(Double(quality)) {
      notes.append("the model was trained for JPEG quality \(trained.text), not \(quality)")
    }
    return notes
  }
}

extension OutputDepth {
  /// 8 or 16.
  func bits(of picture: PictureShape) -> Int {
    switch self {
    case .keep: picture.bitDepth
    case .eight: 8
    case .sixteen: 16
    }
  }
}

extension Image.Layout {
  init(colourChannels: Int, hasAlpha: Bool) {
    self = colourChannels == 1 ? (hasAlpha ? .grayAlpha : .gray) : (hasAlpha ? .rgbAlpha : .rgb)
  }
}

extension ClosedRange<Double> {
  /// `15` or `0 to 55`.
  var text: String {
    lowerBound == upperBound ? lowerBound.shortText : "\(lowerBound.shortText) to \(upperBound.shortText)"
  }
}

/// Size and kind of a picture, known from its header before any sample is decoded.
public struct PictureShape: Hashable, Sendable {
  public let width: Int
  public let height: Int
  public let layout: Image.Layout
  /// 8, 16 or 32.
  public let bitDepth: Int

  public init(width: Int, height: Int, layout: Image.Layout, bitDepth: Int = 8) {
    self.width = width
    self.height = height
    self.layout = layout
    self.bitDepth = bitDepth
  }

  public init(_ image: Image) {
    self.init(width: image.width, height: image.height, layout: image.layout, bitDepth: image.bitDepth)
  }

  public init(_ header: ImageFile.Header) {
    self.init(width: header.width, height: header.height, layout: header.layout, bitDepth: header.bitDepth)
  }

  /// Bytes of the decoded samples.
  public var byteCount: Int { width * height * layout.channels * bitDepth / 8 }
}
