import Base
import GRLModel
import Imaging
import Tensors

/// How the colours of a picture reach the network, and what becomes of its output.
enum ChannelRoute: Hashable, Sendable {
  /// One or three channels, as the picture has them.
  case direct(channels: Int)
  /// A gray picture through a colour model: three equal channels in, the mean of the three out.
  case grayAsColour
  /// One colour per pixel behind these filters, interpolated by Malvar's method; three channels in and out.
  case mosaic(ColourFilterArray)
  /// Left and right view, six channels in, three out.
  case dualPixel
  /// One of the others, and one more input channel that is `level` everywhere (0...1).
  indirect case withLevel(ChannelRoute, level: Float)

  /// The route of a picture with `layout` through `model`, or an error saying why there is none.
  init(_ layout: Image.Layout, _ request: RestorationRequest, _ model: ModelCard) throws(RestorationError) {
    func refuse(_ reason: String) -> RestorationError { .modelNotForTask(model: model.name, reason: reason) }
    guard model.task == request.task else { throw refuse("it is for task \(model.task), not \(request.task)") }
    if let scale = request.scale, scale != model.scale {
      throw refuse("it enlarges x\(model.scale), asked for is x\(scale)")
    }
    guard model.isDualPixel == request.isDualPixel else {
      throw model.isDualPixel
        ? refuse("it needs both views of a dual-pixel picture; give the right one with --right")
        : refuse("it takes a single picture; leave --right out or choose a dual-pixel model")
    }
    if model.takesLevelMap {
      let colours: ChannelRoute =
        model.isGray ? .direct(channels: 1) : layout.isColour ? .direct(channels: 3) : .grayAsColour
      guard !model.isGray || !layout.isColour else { throw refuse("it is for gray pictures and this one has colour") }
      self = .withLevel(colours, level: try Self.level(request, model))
      return
    }
    switch (model.configuration.inputChannels, model.configuration.outputChannels) {
    case (6, 3): self = .dualPixel
    case (3, 3) where request.task == .demosaic: self = .mosaic(request.filters)
    case (3, 3): self = layout.isColour ? .direct(channels: 3) : .grayAsColour
    case (1, 1) where request.task == .demosaic:
      throw refuse("it is for gray pictures, a mosaic becomes a colour picture")
    case (1, 1):
      guard !layout.isColour else { throw refuse("it is for gray pictures and this one has colour") }
      self = .direct(channels: 1)
    case let (input, output):
      throw refuse("it has \(input) input and \(output) output channels, not 1 to 1, 3 to 3 or 6 to 3")
    }
  }

  /// What the published training code writes into the level map: sigma / 255, or 1 - quality / 100.
  private static func level(_ request: RestorationRequest, _ model: ModelCard) throws(RestorationError) -> Float {
    if let sigma = request.sigma { return Float(sigma / 255) }
    if let quality = request.quality { return 1 - Float(quality) / 100 }
    func range(_ known: ClosedRange<Double>?, _ all: String) -> String {
      "\(known?.text ?? all); model \(model.name) is told the strength of the damage"
    }
    throw request.task == .jpeg
      ? .optionMissing(option: "--quality", task: .jpeg, allowed: range(model.qualities, "1 to 100"))
      : .optionMissing(option: "--sigma", task: request.task, allowed: range(model.sigmas, "0 to 255"))
  }

  var inputChannels: Int {
    switch self {
    case .direct(let channels): channels
    case .grayAsColour, .mosaic: 3
    case .dualPixel: 6
    case .withLevel(let colours, _): colours.inputChannels + 1
    }
  }

  /// Channels of the restored picture, alpha left out.
  var pictureChannels: Int {
    switch self {
    case .direct(let channels): channels
    case .grayAsColour: 1
    case .mosaic, .dualPixel: 3
    case .withLevel(let colours, _): colours.pictureChannels
    }
  }

  /// The network's input for a part of the picture: `[H, W, inputChannels]`.
  func input(_ picture: SourceBand, _ region: Rectangle) -> Tensor {
    switch self {
    case .direct(let channels): Tensor(picture.left, region, channels: channels)
    case .grayAsColour: Tensor(picture.left, region, channels: 3)
    case .mosaic(let filters): Self.interpolated(picture.left, filters, region)
    case .dualPixel:
      Tensor(picture.left, region, channels: 3)
        .stacked(on: Tensor(picture.right ?? picture.left, region, channels: 3))
    case .withLevel(let colours, let level):
      colours.input(picture, region).appending(channel: level)
    }
  }

  /// The picture before the network, in the colours that the network's output is given in: `[H, W, pictureChannels]`.
  func colours(of picture: ImageBand, _ region: Rectangle) -> Tensor {
    switch self {
    case .mosaic(let filters): Self.interpolated(picture, filters, region)
    case .direct, .grayAsColour, .dualPixel, .withLevel: Tensor(picture, region, channels: pictureChannels)
    }
  }

  /// The part of the network's input that its output must resemble.
  func colours(ofInput input: Tensor) -> Tensor {
    if case .withLevel = self { input.droppingLastChannel() } else { input }
  }

  /// The picture's colours in the network's output: `[H, W, pictureChannels]`.
  func picture(_ output: Tensor) -> Tensor {
    switch self {
    case .grayAsColour, .withLevel(.grayAsColour, _): output.averagedChannels()
    case .direct, .mosaic, .dualPixel, .withLevel: output
    }
  }

  /// What is worth telling about the way a picture with this layout takes.
  func notes(_ layout: Image.Layout) -> [String] {
    switch self {
    case .direct: []
    case .grayAsColour:
      ["gray picture through a colour model: its pixels go in three times, the mean of the three channels comes out"]
    case .mosaic(let filters):
      [
        layout.isColour
          ? "one colour of each pixel is kept (\(filters.rawValue.uppercased()) mosaic) and the others are made anew"
          : "the gray picture is read as a \(filters.rawValue.uppercased()) mosaic; the output is RGB"
      ]
    case .dualPixel: layout.isColour ? [] : ["gray dual-pixel views: their pixels go in three times; the output is RGB"]
    case .withLevel(let colours, _): colours.notes(layout)
    }
  }

  /// Malvar's interpolation looks two pixels around, so a tile with a margin of two gives what the whole picture would.
  /// The tile begins at an even place, where the pattern begins anew.
  private static func interpolated(_ image: ImageBand, _ filters: ColourFilterArray, _ region: Rectangle) -> Tensor {
    let x = max(0, region.x - 2) & ~1
    let y = max(0, region.y - 2) & ~1
    let right = min(image.width, region.columns.upperBound + 2)
    let bottom = min(image.height, region.rows.upperBound + 2)
    let wider = Rectangle(x: x, y: y, width: right - x, height: bottom - y)
    let mosaic =
      image.layout.isColour
      ? Tensor(image, wider, channels: 3).mosaicked(filters)
      : Tensor(image, wider, channels: 1)
    return mosaic.demosaicked(filters).cropped(
      Rectangle(x: region.x - x, y: region.y - y, width: region.width, height: region.height))
  }
}
